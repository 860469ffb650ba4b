"""Which apps and streams name hosts that must not be called. Pure; what is judged how is `mainstream.hosts`'."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from mainstream.api import VideoApp, VideoStream
from mainstream.api.host_call import HostCall
from mainstream.api.one_of import written_key
from mainstream.api.reasons import Reason
from mainstream.api.sinks.sink_kind import SinkKind
from mainstream.decide.refusal import Refusal
from mainstream.hosts.rules import HostRules, problem_of_host, problem_of_url
from mainstream_operator.watch.snapshot import NodeSnapshot


def app_refusal(app: VideoApp, rules: HostRules) -> Refusal | None:
    """Why an app is not to be run: the first thing it names that must not be called."""
    return _first(_calls_of_app(app), _Judge(rules))


def stream_refusal(stream: VideoStream, rules: HostRules) -> Refusal | None:
    """Why a stream is not to be opened; a file has no host."""
    url, substream = stream.spec.url, stream.spec.substream
    calls = [] if url.startswith("file:") else [HostCall("url", url=url)]
    if substream is not None:
        calls.append(HostCall("substream.url", url=substream.url))
    return _first(calls, _Judge(rules))


def host_refusals(snapshot: NodeSnapshot, rules: HostRules) -> tuple[dict[str, Refusal], dict[str, Refusal]]:
    """Apps and streams of a node that name hosts which must not be called, each by key."""
    found_of = ((each.stream.key, stream_refusal(each.stream, rules)) for each in snapshot.streams)
    streams = {key: refusal for key, refusal in found_of if refusal is not None}
    apps: dict[str, Refusal] = {}
    judge = _Judge(rules)
    for each in snapshot.apps:
        found = _first(_calls_of_app(each.app), judge)
        if found is None and each.stream is not None and each.stream.key in streams:
            name = each.app.spec.stream.name
            found = Refusal(
                Reason.HOST_NOT_ALLOWED, f"VideoStream {name} is at a host that must not be called; see its conditions."
            )
        if found is not None:
            apps[each.key] = found
    return apps, streams


class _Judge:
    """Judges each host once, however many apps name it."""

    def __init__(self, rules: HostRules) -> None:
        self._rules = rules
        self._problems: dict[tuple[str | None, str | None, int | None], str | None] = {}

    def problem(self, call: HostCall) -> str | None:
        """Why it must not be called."""
        place = (call.url, call.host, call.port)
        if place not in self._problems:
            url, host, port = place
            problem = (
                problem_of_host(host or "", self._rules, port) if url is None else problem_of_url(url, self._rules)
            )
            self._problems[place] = problem
        return self._problems[place]


def _first(calls: Iterable[HostCall], judge: _Judge) -> Refusal | None:
    for call in calls:
        problem = judge.problem(call)
        if problem is not None:
            way_out = "name another one, or ask the platform team to list it in the chart's allowedHosts"
            return Refusal(Reason.HOST_NOT_ALLOWED, f"The host in spec.{call.field} {problem}; {way_out}.")
    return None


def _calls_of_app(app: VideoApp) -> Iterator[HostCall]:
    yield app.spec.package.store.call("package.store")
    yield from _calls_of_sinks(app.spec.sinks)
    if app.spec.review is not None:
        yield from (replace(call, field=f"review.{call.field}") for call in app.spec.review.calls())


def _calls_of_sinks(sinks: Sequence[SinkKind]) -> Iterator[HostCall]:
    for index, sink in enumerate(sinks):
        for call in sink.calls():
            yield replace(call, field=f"sinks[{index}].{written_key(sink)}.{call.field}")
