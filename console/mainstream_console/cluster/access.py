"""Who somebody is, and what they may see: asked of the API server, and remembered for a minute."""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Generic, Protocol, TypeVar

from mainstream.api.model import GROUP
from mainstream_console.cluster.api_server import ApiServer

_REMEMBERED_S = 60.0
_MOST = 10_000
_REVIEWS = "reviews"
"""subresource of VideoApps: its `get` shows what an app keeps for review, its `create` takes verdicts"""
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Visitor:
    """Somebody who is logged in, as the API server names them."""

    name: str
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wish:
    """What somebody wants to do; without a namespace in all of them."""

    verb: str
    resource: str
    namespace: str = ""


def sees_apps(namespace: str = "") -> Wish:
    """To see apps and what is planned for them."""
    return Wish("get", "videoapps", namespace)


def sees_streams(namespace: str = "") -> Wish:
    """To see cameras and how they are."""
    return Wish("get", "videostreams", namespace)


def sees_nodes() -> Wish:
    """To see nodes, which name apps of all tenants."""
    return Wish("get", "edgenodes")


def sees_review(namespace: str) -> Wish:
    """To see pictures and alerts that are kept."""
    return Wish("get", f"videoapps/{_REVIEWS}", namespace)


def says_verdicts(namespace: str) -> Wish:
    """To say what was right."""
    return Wish("create", f"videoapps/{_REVIEWS}", namespace)


class Reviews(Protocol):
    """Who answers; see `ApiReviews`."""

    def visitor(self, token: str) -> Visitor | None:
        """Whose token it is; None where it is nobody's."""
        ...

    def may(self, visitor: Visitor, wish: Wish) -> bool:
        """Whether they may."""
        ...


class ApiReviews:
    """The API server's answers."""

    def __init__(self, api: ApiServer) -> None:
        self._api = api

    def visitor(self, token: str) -> Visitor | None:
        """See `Reviews.visitor`; raises `ApiServerError`."""
        status = self._api.review("/apis/authentication.k8s.io/v1/tokenreviews", {"token": token})
        user = status.get("user") or {}
        if not status.get("authenticated") or not user.get("username"):
            return None
        return Visitor(str(user["username"]), tuple(sorted(map(str, user.get("groups") or ()))))

    def may(self, visitor: Visitor, wish: Wish) -> bool:
        """See `Reviews.may`; raises `ApiServerError`."""
        resource, _, subresource = wish.resource.partition("/")
        attributes = {"group": GROUP, "verb": wish.verb, "resource": resource}
        attributes |= {"subresource": subresource} if subresource else {}
        attributes |= {"namespace": wish.namespace} if wish.namespace else {}
        spec = {"user": visitor.name, "groups": list(visitor.groups), "resourceAttributes": attributes}
        status = self._api.review("/apis/authorization.k8s.io/v1/subjectaccessreviews", spec)
        return status.get("allowed") is True


class RememberedReviews:
    """The same, each asked once a minute; may be used from several threads. A failure is not remembered."""

    def __init__(self, reviews: Reviews, now_s: Callable[[], float] = time.monotonic) -> None:
        self._reviews = reviews
        self._visitors: _Remembered[Visitor | None] = _Remembered(now_s)
        self._rights: _Remembered[bool] = _Remembered(now_s)

    def visitor(self, token: str) -> Visitor | None:
        """See `Reviews.visitor`; a token itself is not remembered."""
        key = hashlib.sha256(token.encode()).hexdigest()
        return self._visitors.get(key, lambda: self._reviews.visitor(token))

    def may(self, visitor: Visitor, wish: Wish) -> bool:
        """See `Reviews.may`."""
        return self._rights.get((visitor, wish), lambda: self._reviews.may(visitor, wish))


class _Remembered(Generic[Answer]):
    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._answers: OrderedDict[object, tuple[float, Answer]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: object, ask: Callable[[], Answer]) -> Answer:
        with self._lock:
            known = self._answers.get(key)
        if known is not None and self._now_s() - known[0] < _REMEMBERED_S:
            return known[1]
        answer = ask()
        with self._lock:
            self._answers[key] = (self._now_s(), answer)
            self._answers.move_to_end(key)
            while len(self._answers) > _MOST:
                self._answers.popitem(last=False)
        return answer
