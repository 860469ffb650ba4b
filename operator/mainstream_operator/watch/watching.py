"""Watches everything, and notices when it no longer hears of something.

A watch of kopf's ends for good where its kind is not there, be it that the definitions come after the operator or that
they are deleted and installed again. So somebody looks every few seconds whether each kind that can be listed is also
watched. Where one is not, the process ends, and the kubelet starts another one, which lists everything: kopf cancels
whatever tasks it finds when it ends, so it cannot be begun anew beside the workers.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import kopf

from mainstream.errors import MainstreamError
from mainstream_operator.kinds import NODE, OWN_KINDS, RUNNER_KINDS, Kind
from mainstream_operator.kube import Kube, KubeError
from mainstream_operator.names import FIELD_MANAGER, NODE_LABEL

_LOOK_S = 4.0
_DEAF_LOOKS = 3
"""looks in a row at which a kind was there and not watched; at the first ones watching still begins"""
_NOT_FOUND = 404
_PAGE = 50
"""objects that are listed at a time: of a mebibyte each, where somebody fills their annotations"""
Watch = Callable[[asyncio.Event], Awaitable[None]]
"""watches until the flag is set"""


@dataclass
class Hearing:
    """Which kinds are there, and which are watched: one look after the other. Pure."""

    missed: dict[str, int] = field(default_factory=dict)
    """looks in a row, by kind"""
    absent: set[str] = field(default_factory=set)
    """kinds that were not there at some look"""

    def note(self, there: Iterable[str], all_kinds: Iterable[str], watched: Iterable[str]) -> None:
        """Note one look."""
        here, heard = set(there), set(watched)
        self.missed = {kind: self.missed.get(kind, 0) + 1 for kind in here if kind not in heard or kind in self.absent}
        self.absent |= set(all_kinds) - here

    @property
    def deaf(self) -> tuple[str, ...]:
        """Kinds that are there and not heard of: not watched, or watched since before they went and came back."""
        return tuple(sorted(kind for kind, looks in self.missed.items() if looks >= _DEAF_LOOKS or kind in self.absent))


class NotHeardError(MainstreamError):
    """Something that is there is not watched any more: a new process has to begin anew."""


class Watching:
    """Belongs to one event loop."""

    def __init__(self, kube: Kube) -> None:
        self._kube = kube
        self._heard_s = time.monotonic()

    def seconds_deaf(self) -> float:
        """For the liveness probe: since when something is there and not heard of, or nobody looks."""
        return time.monotonic() - self._heard_s

    async def run(self, watches: Iterable[Watch], stop: asyncio.Event) -> None:
        """Watch until `stop` is set; raises `NotHeardError`."""
        over = asyncio.Event()
        self._heard_s = time.monotonic()
        watching = [asyncio.ensure_future(watch(over)) for watch in watches]
        looking, stopping = asyncio.ensure_future(self._look(over)), asyncio.ensure_future(stop.wait())
        await asyncio.wait([*watching, looking, stopping], return_when=asyncio.FIRST_COMPLETED)
        deaf = "" if not looking.done() or looking.exception() else looking.result()
        over.set()
        for each in (looking, stopping):
            each.cancel()
        outcomes = await asyncio.gather(*watching, looking, stopping, return_exceptions=True)
        failures = [str(each) for each in outcomes if isinstance(each, Exception)]
        if not stop.is_set():
            reason = deaf or "; ".join(failures) or "a watch ended"
            raise NotHeardError(f"not everything is watched any more ({reason}); a new process has to begin anew")

    async def _look(self, over: asyncio.Event) -> str:
        """Until some kind is not heard of any more: which."""
        hearing, kinds = Hearing(), {kind.plural: kind for kind in (*OWN_KINDS.values(), NODE, *RUNNER_KINDS.values())}
        loop = asyncio.get_running_loop()
        while not over.is_set():
            await _waited(over, _LOOK_S)
            try:
                there = await loop.run_in_executor(None, partial(_there, self._kube, OWN_KINDS.values()))
            except KubeError:
                self._heard_s = time.monotonic()  # nobody can hear anything while the API server is away
                continue
            always = [kind.plural for kind in (NODE, *RUNNER_KINDS.values())]
            hearing.note([*there, *always], kinds, [name for name, kind in kinds.items() if _is_watched(kind)])
            if not hearing.missed:
                self._heard_s = time.monotonic()
            if hearing.deaf:
                return ", ".join(hearing.deaf)
        return ""


def watch_with(registry: kopf.OperatorRegistry, **options: Any) -> Watch:
    """Watch for the handlers of a registry; `options` are `kopf.operator`'s."""
    namespaces = options.get("namespaces")
    settings = _settings(None if namespaces is None else NODE_LABEL)
    return lambda over: kopf.operator(registry=registry, settings=settings, standalone=True, stop_flag=over, **options)


def _is_watched(kind: Kind) -> bool:
    """Whether kopf has a task that watches it: by the task's name, as it says nothing of its watches otherwise."""
    group, version = kind.group_and_version
    name = f"watcher for {'.'.join(part for part in (kind.plural, version, group) if part)}@"
    return any(task.get_name().startswith(name) for task in asyncio.all_tasks())


def _there(kube: Kube, kinds: Iterable[Kind]) -> list[str]:
    found = []
    for kind in kinds:
        try:
            kube.first(kind.path())
            found.append(kind.plural)
        except KubeError as error:
            if error.status != _NOT_FOUND:
                raise
    return found


async def _waited(flag: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(flag.wait(), seconds)


class _NothingKept(kopf.DiffBaseStorage):
    """Nobody asks what changed of an object, so that nothing of it is copied to be compared: a quarter of what kopf
    takes for an event.
    """

    def build(self, **_: Any) -> kopf.BodyEssence:
        """What changes of it would matter: nothing."""
        return kopf.BodyEssence()

    def fetch(self, **_: Any) -> kopf.BodyEssence | None:
        """As it was last handled: not known."""
        return None

    def store(self, **_: Any) -> None:
        """Nowhere."""


def _settings(labels: str | None) -> kopf.OperatorSettings:
    """How kopf watches: nothing posted, nothing persisted, a silent disconnect noticed."""
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.scanning.disabled = True
    settings.watching.server_timeout = 300
    settings.watching.client_timeout = 330
    settings.watching.connect_timeout = 10
    settings.networking.request_timeout = 30
    # Nodes gather their changes themselves; an object alone need not.
    settings.queueing.batch_window = 0.02
    # An object's task holds it until it ends, and anybody may make thousands of a mebibyte each.
    settings.queueing.idle_timeout = 0.2
    settings.watching.chunk_size = _PAGE
    settings.persistence.diffbase_storage = _NothingKept()
    settings.persistence.finalizer = f"{FIELD_MANAGER}/none"
    if labels is not None:
        settings.watching.label_selectors[kopf.EVERYTHING] = labels
    return settings
