"""Second step: which apps cannot be used as they are. One that is refused touches nobody else. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from mainstream.api import EdgeNode, VideoApp, VideoStream
from mainstream.api.edge_node import EdgeNodeStatus
from mainstream.api.model import Metadata
from mainstream.api.reasons import Reason
from mainstream.api.video_app import VideoAppStatus
from mainstream.api.video_stream import VideoStreamStatus
from mainstream.decide.inputs import AskingApp, NodeInputs, PackageState
from mainstream.decide.refusal import Refusal
from mainstream.errors import InvalidInputError, MainstreamError
from mainstream.mpackage.stores.store import (
    DamagedPackageError,
    StoreError,
    StoreHostError,
    StoreRefusedError,
    StoreUnreachableError,
)
from mainstream.workload.hours import opening, opening_of_all
from mainstream.workload.kept_app import kept_app
from mainstream.workload.node_workload import PlacedApp


@dataclass(frozen=True)
class SortedApps:
    """The apps of a node by what can be done with them; `refused` and `waiting` are by key."""

    usable: tuple[PlacedApp, ...]
    """whose stream and package are known and in order, by key"""
    refused: dict[str, Refusal]
    waiting: dict[str, Refusal]
    """that could be used, but are not to run, or not yet; or that go on as they run until more is known"""


def refuse_apps(apps: Iterable[AskingApp]) -> dict[str, Refusal]:
    """What follows from apps and streams alone, before anything of an app is read; by key."""
    return {each.key: refusal for each in apps if (refusal := _refuse(each)) is not None}


def refuse_package(error: Exception) -> Refusal:
    """Why a package cannot be used, from what went wrong as it was read; nothing in it comes from a Secret."""
    match error:
        case StoreHostError():
            return Refusal(Reason.HOST_NOT_ALLOWED, _sentence(error))
        case StoreRefusedError():
            return Refusal(Reason.STORE_REFUSED, _sentence(error))
        case StoreUnreachableError():
            return Refusal(Reason.STORE_UNREACHABLE, _sentence(error))
        case DamagedPackageError():
            return Refusal(Reason.PACKAGE_CORRUPT, _sentence(error))
        case StoreError():
            return Refusal(Reason.PACKAGE_UNREADABLE, _sentence(error))
        case InvalidInputError() if error.field == "reference" or error.source is None:
            return Refusal(Reason.INVALID_REFERENCE, _sentence(error))
        case MainstreamError():
            return Refusal(Reason.PACKAGE_MISSING, _sentence(error))
    return Refusal(Reason.READING_FAILED, f"The package could not be read ({type(error).__name__}); it is read again.")


def sort_apps(inputs: NodeInputs, held_back: Mapping[str, Refusal]) -> SortedApps:
    """Who can be used, now that packages were read as far as they could be; those that are held back, by key, wait."""
    usable: list[PlacedApp] = []
    refused: dict[str, Refusal] = {}
    waiting: dict[str, Refusal] = {}
    known = [state.manifest for state in inputs.packages.values() if state.manifest is not None]
    for each in sorted(inputs.apps, key=lambda each: each.key):
        state = inputs.packages.get(each.key, PackageState())
        refusal = inputs.refused.get(each.key) or (None if state.unknown else state.refusal)
        if each.over_quota is not None:
            # Nothing else of it is looked at.
            waiting[each.key] = each.over_quota
        elif refusal is not None:
            refused[each.key] = refusal
        elif each.app.spec.suspend:
            waiting[each.key] = _SUSPENDED
        elif (closed := _out_of_hours(each, inputs.at)) is not None:
            waiting[each.key] = closed
        elif each.key in held_back:
            waiting[each.key] = held_back[each.key]
        elif each.stream is not None and state.manifest is not None:
            usable.append(PlacedApp(_bare_app(each), _bare_stream(each.stream), state.manifest))
        elif each.stream is not None and (entry := inputs.entry_of(each)) is not None:
            usable.append(kept_app(_bare_app(each), _bare_stream(each.stream), entry, known))
            waiting[each.key] = goes_on(state.refusal or _BEING_READ)
        elif state.refusal is None:
            waiting[each.key] = _BEING_READ
        else:
            refused[each.key] = state.refusal
    return SortedApps(tuple(usable), refused, waiting)


def with_predictions(found: SortedApps, inputs: NodeInputs) -> SortedApps:
    """Without apps whose predictions are being worked out: one that runs goes on so, and any other waits alone."""
    slow = [placed for placed in found.usable if placed.name in inputs.predicting and placed.kept is None]
    asking = {each.key: each for each in inputs.apps}
    known = [placed.package for placed in found.usable if placed.kept is None]
    usable = {placed.name: placed for placed in found.usable}
    waiting = dict(found.waiting)
    for placed in slow:
        del usable[placed.name]
        waiting[placed.name] = _PREDICTING
        if (entry := inputs.entry_of(asking[placed.name])) is not None:
            usable[placed.name] = kept_app(placed.app, placed.stream, entry, known)
            waiting[placed.name] = goes_on(_PREDICTING)
    return replace(found, usable=tuple(usable[name] for name in sorted(usable)), waiting=waiting)


def goes_on(refusal: Refusal) -> Refusal:
    """The same of an app that runs, and goes on with what it runs."""
    return Refusal(refusal.reason, f"{refusal.message} Until then the app goes on as it runs.")


def bare_node(node: EdgeNode) -> EdgeNode:
    """What of a node matters for its plan, its profile apart: another status or label is no other input."""
    spec = node.spec.model_copy(update={"profile": None})
    return EdgeNode(metadata=Metadata(name=node.metadata.name), spec=spec, status=EdgeNodeStatus())


_SUSPENDED = Refusal(Reason.SUSPENDED, "The app is suspended; set spec.suspend to false to run it.")
_BEING_READ = Refusal(Reason.PACKAGE_BEING_READ, "The package's manifest is being read.")
_PREDICTING = Refusal(
    Reason.PREDICTING,
    "What the package's candidates would find at each threshold, rate and votes is being worked out, for one namespace "
    "after the other; fewer candidates, thresholds or rates take less time.",
)


def _refuse(each: AskingApp) -> Refusal | None:
    source, namespace = each.app.spec.stream, each.app.metadata.namespace
    if each.stream is None:
        where = source.namespace or namespace
        inside = f" in namespace {where}" if where else ""
        return Refusal(Reason.STREAM_NOT_FOUND, f"There is no VideoStream {source.name}{inside}; create it.")
    if not each.stream.admits(namespace):
        # The same words whether or not its views fit: a tenant learns nothing of a stream that is not for it.
        problem = f"VideoStream {source.name} does not list namespace {namespace} in allowedNamespaces"
        message = f"{problem}; ask whoever owns the stream to add it."
        return Refusal(Reason.STREAM_NOT_ALLOWED, message)
    try:
        each.stream.crop(source.view)
    except KeyError:
        message = f"VideoStream {source.name} has no view {source.view}; use one of its views."
        return Refusal(Reason.VIEW_NOT_FOUND, message)
    if each.unplaced is not None:
        message = f"VideoStream {source.name} has no node yet: {each.unplaced.message}"
        return Refusal(Reason.STREAM_NOT_PLACED, message)
    return None


def _out_of_hours(each: AskingApp, at: datetime | None) -> Refusal | None:
    """That an app does not run now; a dry run is answered at any time."""
    if at is None or each.app.spec.dry_run:
        return None
    now = opening_of_all(each.hours, at)
    if now.is_open:
        return None
    own = each.app.spec.active
    of_stream = own is None or opening(own, at).is_open
    where = f"VideoStream {each.app.spec.stream.name}'s" if of_stream else "the app's"
    again = "" if now.until is None else f" Hours change next at {now.until:%Y-%m-%d %H:%M} UTC."
    return Refusal(Reason.OUT_OF_HOURS, f"It is outside of {where} spec.active.{again}")


def _sentence(error: MainstreamError) -> str:
    return f"Package {error}."[:1000]


def _bare_app(asking: AskingApp) -> VideoApp:
    """What matters for a plan: another status or label is no other input, and a weight counts as far as it may."""
    app, known = asking.app, asking.app.metadata
    metadata = Metadata(name=known.name, namespace=known.namespace, creation_timestamp=known.creation_timestamp)
    objective = app.spec.objective.model_copy(update={"weight": asking.weight})
    spec = app.spec.model_copy(update={"objective": objective})
    return app.model_copy(update={"metadata": metadata, "spec": spec, "status": VideoAppStatus()})


def _bare_stream(stream: VideoStream) -> VideoStream:
    metadata = Metadata(name=stream.metadata.name, namespace=stream.metadata.namespace)
    return stream.model_copy(update={"metadata": metadata, "status": VideoStreamStatus()})
