"""Gives a console what an app's tenant keeps for review, and takes verdicts: nothing else of the tenant's store."""

from collections.abc import Callable
from contextlib import suppress
from heapq import nlargest

from mainstream.api import VideoApp
from mainstream.api.sinks.review import Review
from mainstream.api.sinks.sink import ClipsSink
from mainstream.errors import InvalidInputError
from mainstream.messages.review_desk import MOST_KEYS, KeptKeys
from mainstream.messages.runner_plan import RunnerPlan
from mainstream.mpackage.stores.store import MissingKeyError, Piece, Store, is_key
from mainstream.review.objects import (
    ALERT,
    FRAMES,
    MOST_BYTES,
    MOST_PICTURE_BYTES,
    PIECE_BYTES,
    VERDICT,
    is_clip,
    key_of,
    verdict_object,
)
from mainstream.review.verdicts import decode_verdict
from mainstream_operator.kinds import CONFIG_MAP
from mainstream_operator.kube import Kube
from mainstream_operator.names import NODE_LABEL, node_slug
from mainstream_operator.observe.orders import given_plan
from mainstream_operator.observe.stores import StoreOpener

_PICTURE = ".jpg"


class ReviewDesk:
    """Asked by several threads."""

    def __init__(self, app: Callable[[str], VideoApp | None], stores: StoreOpener, kube: Kube, namespace: str) -> None:
        """`app` knows apps by key; runners' orders lie in `namespace`."""
        self._app = app
        self._stores = stores
        self._kube = kube
        self._namespace = namespace

    def keys(self, app: str) -> KeptKeys:
        """The newest of an app's keys; raises `MissingKeyError` without a review, `MainstreamError`, `KubeError`."""
        store, name = self._opened(app)
        ours = (key for key in store.each_key(name) if _most_bytes(key))
        newest = nlargest(MOST_KEYS, ours, key=lambda key: key.rpartition("/")[2])
        return KeptKeys(keys=tuple(reversed(newest)))

    def read(self, app: str, key: str) -> bytes:
        """One object; raises as `keys`."""
        store, name = self._opened(app)
        most_bytes = _most_bytes(key)
        if not most_bytes or not is_key(key) or not key.startswith(f"{name}/"):
            raise MissingKeyError("is nothing of this app's review", field=key)
        return store.read(key, most_bytes)

    def clip(self, app: str, name: str, start: int) -> Piece:
        """A piece of an alert's clip, from whichever of the app's `clips` sinks has it; raises as `keys`."""
        found, _ = self._reviewed(app)
        if not is_clip(name) or not is_key(name):
            raise MissingKeyError("is no clip", field=name)
        for sink in found.spec.sinks:
            if isinstance(sink, ClipsSink):
                store = self._stores.open(sink.prefix, sink.store, found.metadata.namespace or "")
                with suppress(MissingKeyError):
                    return store.read_piece(f"{found.metadata.name}/{name}", start, PIECE_BYTES)
        raise MissingKeyError("is in no bucket of the app's clips", field=name)

    def keep(self, app: str, key: str, body: bytes) -> None:
        """Keep a verdict, once however often it is sent; raises `InvalidInputError` where it is none, and as `keys`."""
        store, name = self._opened(app)
        try:
            verdict = decode_verdict(body)
        except ValueError:
            raise InvalidInputError("is no verdict; send one as a console does", field=key) from None
        if verdict.app != app or key != key_of(name, verdict_object(verdict)):
            raise InvalidInputError("is a verdict on something else; name it by its own app and time", field=key)
        store.put(key, body)

    def plan(self, node: str) -> RunnerPlan | None:
        """What a node's runner was given last; raises `KubeError`."""
        label = f"{NODE_LABEL}={node_slug(node)}"
        return given_plan(self._kube.list_all(CONFIG_MAP.path(self._namespace), label))

    def _opened(self, key: str) -> tuple[Store, str]:
        app, review = self._reviewed(key)
        return self._stores.open(review.prefix, review.store, app.metadata.namespace or ""), app.metadata.name

    def _reviewed(self, key: str) -> tuple[VideoApp, Review]:
        app = self._app(key)
        review: Review | None = None if app is None else app.spec.review
        if app is None or review is None:
            raise MissingKeyError("is no app that keeps anything for review", field=key)
        return app, review


def _most_bytes(key: str) -> int:
    """How large what lies under a key of ours may be; 0 under one that is not."""
    if key.endswith(_PICTURE):
        return MOST_PICTURE_BYTES
    return MOST_BYTES if key.endswith((ALERT, FRAMES, VERDICT)) else 0
