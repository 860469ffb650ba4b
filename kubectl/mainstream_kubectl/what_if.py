"""`kubectl mainstream what-if -f`: what the node's plan would give apps that do not run, by dry runs that go again."""

import time
from collections.abc import Callable

from mainstream.api import VideoApp
from mainstream.api.dry_run_words import dry_run_sentences
from mainstream.errors import InvalidInputError
from mainstream_kubectl.cluster import Cluster
from mainstream_kubectl.why import why
from mainstream_operator.kinds import OWN_KINDS
from mainstream_operator.kube import Body, Kube, KubeError, Ref

_SUFFIX = "-what-if"
_LONGEST_NAME = 253
_EVERY_S = 0.5


def asked(app: VideoApp, namespace: str) -> Body:
    """The dry run to make for an app of a file: under a name of its own, so that an app that runs is left alone."""
    body: Body = app.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"status"})
    name = app.metadata.name[: _LONGEST_NAME - len(_SUFFIX)] + _SUFFIX
    body["metadata"] = {"name": name, "namespace": app.metadata.namespace or namespace}
    body["spec"] |= {"dryRun": True, "suspend": False}
    return body


def answer(app: VideoApp) -> list[str] | None:
    """What its status says in sentences; None while it has said nothing yet."""
    told = app.status.observed_generation == app.metadata.generation
    found = app.status.dry_run if told else None
    name = app.metadata.name.removesuffix(_SUFFIX)
    if found is None:
        stalled = [each for each in app.status.conditions if each.type == "Accepted" and each.status == "False"]
        return [f"{name}: {stalled[0].message}"] if told and stalled else None
    first, *more = dry_run_sentences(name, found)
    return [first, *(f"  {line}" for line in more)]


def try_apps(kube: Kube, bodies: list[Body], timeout_s: float, say: Callable[[str], None]) -> bool:
    """Make each dry run, say its answer, and take it away again; false where one had no answer in time."""
    answered = True
    for body in bodies:
        app, lines = _tried(kube, body, timeout_s)
        if lines is None:
            answered = False
            name = body["metadata"]["name"].removesuffix(_SUFFIX)
            causes = [] if app is None else why(app, Cluster(apps=(app,)))
            lines = [f"{name}: no answer within {timeout_s:g} s", *causes]
        for line in lines:
            say(line)
    return answered


def _tried(kube: Kube, body: Body, timeout_s: float) -> tuple[VideoApp | None, list[str] | None]:
    """One dry run as it was last seen, and its answer; it is there no longer than that takes."""
    ref = OWN_KINDS["VideoApp"].ref(body["metadata"]["name"], body["metadata"]["namespace"])
    try:
        made = kube.create(ref, body)
    except KubeError as error:
        if error.status == 0:
            raise
        raise InvalidInputError(f"is refused by the API server ({error})", field=f"app {ref.name}") from None
    if not made:
        raise InvalidInputError(
            f"exists in namespace {ref.namespace}; delete it, or wait for whoever asks", field=f"VideoApp {ref.name}"
        )
    try:
        return _waited(kube, ref, timeout_s)
    finally:
        found = kube.get(ref)
        if found is not None:
            kube.delete(ref, found["metadata"]["uid"])


def _waited(kube: Kube, ref: Ref, timeout_s: float) -> tuple[VideoApp | None, list[str] | None]:
    app: VideoApp | None = None
    until_s = time.monotonic() + timeout_s
    while True:
        found = kube.get(ref)
        app = app if found is None else VideoApp.model_validate(found)
        lines = None if app is None else answer(app)
        if lines is not None or time.monotonic() > until_s:
            return app, lines
        time.sleep(_EVERY_S)
