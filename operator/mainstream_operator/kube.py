"""The few calls that the operator makes of the Kubernetes API: each with a time-out, errors with a status.

Watching is kopf's business; here is what reconciling needs. Bodies are plain dictionaries, as the API has them.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import urllib3
from kubernetes import client, config

from mainstream.errors import InvalidInputError
from mainstream.hosts.bounded_reading import read_bounded
from mainstream_operator.names import FIELD_MANAGER

Body = dict[str, Any]
_TIMEOUT_S = (5.0, 20.0)
_PROXY_TIMEOUT_S = (2.0, 5.0)
_RETRIES = 3
"""of what is safe to send again, where the connection broke"""
_ANSWER_S = 30.0
"""for a whole answer; a runner that was taken over may send a byte now and then"""
_NOT_FOUND, _CONFLICT = 404, 409
_PAGE = 500
"""objects listed at a time"""


class KubeError(Exception):
    """The API server refused or did not answer; `status` is 0 where there was no answer."""

    def __init__(self, status: int, said: str) -> None:
        self.status = status
        super().__init__(f"{status} {said}"[:500])


class NotLeadingError(KubeError):
    """Another operator may hold the Lease by now: nothing is written, and no harm done."""

    def __init__(self, said: str) -> None:
        super().__init__(0, said)


class AnswerTooLargeError(KubeError):
    """More than is read: users write objects of a MiB each, and hundreds of them are listed at a time."""


@dataclass(frozen=True)
class Ref:
    """Where one object lies."""

    api: str
    """`v1` or `group/version`"""
    plural: str
    name: str
    namespace: str | None = None

    @property
    def path(self) -> str:
        """Path below the API server's address."""
        root = f"/api/{self.api}" if "/" not in self.api else f"/apis/{self.api}"
        middle = f"/namespaces/{quote(self.namespace, safe='')}" if self.namespace else ""
        return f"{root}{middle}/{self.plural}/{quote(self.name, safe='')}"


class Kube:
    """One connection pool to the API server; may be used from several threads."""

    def __init__(self, api_client: client.ApiClient, timeout_s: tuple[float, float] = _TIMEOUT_S) -> None:
        self._client = api_client
        self._timeout_s = timeout_s
        self._check: Callable[[], None] = lambda: None

    def check_before_writes(self, check: Callable[[], None]) -> None:
        """Ask it right before each write, which it refuses by raising a `KubeError`."""
        self._check = check

    @classmethod
    def connect(cls, timeout_s: tuple[float, float] = _TIMEOUT_S, retries: int = _RETRIES) -> "Kube":
        """With the pod's own service account, else with the kubeconfig of whoever runs the operator by hand."""
        configuration = client.Configuration()
        try:
            config.load_incluster_config(client_configuration=configuration)
        except config.ConfigException:
            try:
                config.load_kube_config(client_configuration=configuration)
            except (config.ConfigException, OSError) as error:
                raise InvalidInputError(
                    f"leads to no API server ({error}), and there is no service account of a pod; name a kubeconfig",
                    field="KUBECONFIG",
                ) from None
        return cls.at(configuration, timeout_s, retries)

    @classmethod
    def at(
        cls,
        configuration: client.Configuration,
        timeout_s: tuple[float, float] = _TIMEOUT_S,
        retries: int = _RETRIES,
    ) -> "Kube":
        """Where a configuration says. Redirects are not followed: one from a runner would take its token elsewhere."""
        configuration.connection_pool_maxsize = 16
        configuration.retries = urllib3.Retry(retries, redirect=False)
        return cls(client.ApiClient(configuration), timeout_s)

    def get(self, ref: Ref) -> Body | None:
        """The object, or None where there is none."""
        try:
            return self._call("GET", ref.path)
        except KubeError as error:
            if error.status == _NOT_FOUND:
                return None
            raise

    def first(self, path: str) -> Body | None:
        """One of the objects at `path`, where there is one; `KubeError` with 404 where there is no such kind."""
        page = self._call("GET", path, query=[("limit", "1")]) or {}
        return next(iter(page.get("items") or []), None)

    def list_all(
        self, path: str, label: str | None = None, keep: Callable[[Body], Body] = lambda body: body
    ) -> list[Body]:
        """Every object at `path` (with that label), a page at a time; fewer a page where they are large.

        What `keep` leaves of each is all that is held while the others come.
        """
        found: list[Body] = []
        labelled = [("labelSelector", label)] if label else []
        limit, following = _PAGE, ""
        while True:
            query = [("limit", str(limit)), *labelled, *([("continue", following)] if following else [])]
            try:
                page = self._call("GET", path, query=query) or {}
            except AnswerTooLargeError:
                if limit == 1:
                    raise
                limit //= 2
                continue
            found += [keep(each) for each in page.get("items") or []]
            following = (page.get("metadata") or {}).get("continue") or ""
            if not following:
                return found

    def create(self, ref: Ref, body: Body) -> bool:
        """Create the object; false where it exists."""
        try:
            self._call("POST", ref.path.rsplit("/", 1)[0], body)
        except KubeError as error:
            if error.status == _CONFLICT:
                return False
            raise
        return True

    def ask(self, path: str, body: Body) -> Body:
        """What the API server answers to a review, which it keeps nowhere."""
        data = self._raw("POST", path, body, headers={"Content-Type": "application/json"})
        answer: Body = json.loads(data)
        return answer

    def server_version(self) -> tuple[str, datetime]:
        """Of Kubernetes, as `1.34`; and what time it is there."""
        try:
            said, _, headers = client.VersionApi(self._client).get_code_with_http_info(_request_timeout=_TIMEOUT_S)
        except client.ApiException as error:
            raise KubeError(error.status or 0, _reason(error)) from None
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise KubeError(0, type(error).__name__) from None
        return f"{said.major}.{said.minor.rstrip('+')}", parsedate_to_datetime(headers["Date"])

    def replace(self, ref: Ref, body: Body) -> bool:
        """Write the whole object in place of the version that it names; false where that is not the last."""
        try:
            self._call("PUT", ref.path, body)
        except KubeError as error:
            if error.status in (_NOT_FOUND, _CONFLICT):
                return False
            raise
        return True

    def apply(self, ref: Ref, body: Body, *, subresource: str = "") -> Body | None:
        """Server-side apply of the operator's own fields, over whoever else changed them."""
        path = f"{ref.path}/{subresource}" if subresource else ref.path
        query = [("fieldManager", FIELD_MANAGER), ("force", "true")]
        return self._call("PATCH", path, body, query=query, content_type="application/apply-patch+yaml")

    def annotate(self, ref: Ref, annotations: dict[str, str]) -> None:
        """Set annotations and leave all else alone; an object that is gone is nobody's loss."""
        self.patch(ref, {"metadata": {"annotations": annotations}})

    def patch(self, ref: Ref, patch: Body) -> Body | None:
        """Merge a patch; null takes a field away, whosesoever it is, and a list replaces the whole list.

        What came of it; None where the object is gone.
        """
        try:
            return self._call("PATCH", ref.path, patch, content_type="application/merge-patch+json")
        except KubeError as error:
            if error.status != _NOT_FOUND:
                raise
            return None

    def delete(self, ref: Ref, uid: str) -> None:
        """Delete exactly this object, in the background; one that is gone, or another one by now, is left alone."""
        options = {"propagationPolicy": "Background", "preconditions": {"uid": uid}}
        try:
            self._call("DELETE", ref.path, options)
        except KubeError as error:
            if error.status not in (_NOT_FOUND, _CONFLICT):
                raise

    def proxy(self, namespace: str, pod: str, port: int, path: str, headers: dict[str, str], body: Any = None) -> bytes:
        """Ask a pod through the API server, which works where the node can't be reached from outside."""
        target = f"/api/v1/namespaces/{namespace}/pods/{pod}:{port}/proxy{path}"
        method = "GET" if body is None else "POST"
        return self._raw(method, target, body, headers=headers, timeout_s=_PROXY_TIMEOUT_S)

    def _call(
        self,
        method: str,
        path: str,
        body: Body | None = None,
        *,
        query: list[tuple[str, str]] | None = None,
        content_type: str = "application/json",
    ) -> Body | None:
        if method != "GET":
            self._check()
        data = self._raw(method, path, body, query=query, headers={"Content-Type": content_type})
        answer = json.loads(data) if data else None
        return answer if isinstance(answer, dict) else None

    def _raw(
        self,
        method: str,
        path: str,
        body: Any,
        *,
        query: list[tuple[str, str]] | None = None,
        headers: dict[str, str],
        timeout_s: tuple[float, float] | None = None,
    ) -> bytes:
        try:
            response = self._client.call_api(
                path,
                method,
                query_params=query or [],
                header_params={"Accept": "application/json", **headers},
                body=body,
                auth_settings=["BearerToken"],
                _preload_content=False,
                _request_timeout=timeout_s or self._timeout_s,
            )
            data = read_bounded(response, MAX_ANSWER_BYTES, _ANSWER_S)
            response.release_conn()
        except client.ApiException as error:
            raise KubeError(error.status or 0, _reason(error)) from None
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise KubeError(0, type(error).__name__) from None
        if len(data) > MAX_ANSWER_BYTES:
            raise AnswerTooLargeError(0, f"has more than {MAX_ANSWER_BYTES} bytes")
        return data


MAX_ANSWER_BYTES = 16 << 20


def _reason(error: client.ApiException) -> str:
    body = error.body if isinstance(error.body, str | bytes) else b""
    return f"{error.reason or ''} {body[:300]!r}"
