"""The few calls that a console makes of the Kubernetes API: lists, watches, reviews, all bounded and with time-outs."""

import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from mainstream.errors import MainstreamError

Body = dict[str, Any]
_TIMEOUT = httpx.Timeout(20.0, connect=5.0)
_WATCH_S = 290
"""then the watch is begun again where it ended"""
_PAGE = 500
_MOST_LINE_BYTES = 4 << 20
_GONE = 410


class ApiServerError(MainstreamError):
    """The API server refused, or did not answer; `status` is 0 where there was no answer."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(f"the API server says {status} {said}"[:300])
        self.status = status


class ApiServer:
    """One pool of connections, for several threads. The token is read anew for each call, as it changes."""

    def __init__(self, url: str, token: Path, certificate: Path | None) -> None:
        verify: ssl.SSLContext | bool = True
        if certificate is not None and url.startswith("https:"):
            verify = ssl.create_default_context(cafile=str(certificate))
        self._token = token
        self._client = httpx.Client(base_url=url, timeout=_TIMEOUT, verify=verify, trust_env=False)

    def list_all(self, path: str) -> tuple[list[Body], str]:
        """Every object at `path`, and the version from which on to watch."""
        found: list[Body] = []
        query = {"limit": str(_PAGE)}
        while True:
            page = self._answer("GET", path, params=query)
            metadata = page.get("metadata") or {}
            found += page.get("items") or []
            if not metadata.get("continue"):
                return found, str(metadata.get("resourceVersion", ""))
            query["continue"] = metadata["continue"]

    def watch(self, path: str, version: str) -> Iterator[tuple[str, Body]]:
        """Kinds of change and objects, until the watch ends; raises `ApiServerError` with 410 where it is too late."""
        query = {"watch": "true", "resourceVersion": version, "timeoutSeconds": str(_WATCH_S)}
        query["allowWatchBookmarks"] = "true"
        timeout = httpx.Timeout(_WATCH_S + 30.0, connect=5.0)
        try:
            with self._client.stream("GET", path, params=query, headers=self._headers(), timeout=timeout) as answer:
                if answer.status_code >= 400:
                    raise ApiServerError(answer.status_code, "to a watch")
                for line in answer.iter_lines():
                    if len(line) > _MOST_LINE_BYTES:
                        raise ApiServerError(0, "more than is read")
                    change = json.loads(line)
                    if change["type"] == "ERROR":
                        raise ApiServerError(int(change["object"].get("code", _GONE)), "to a watch")
                    yield change["type"], change["object"]
        except (httpx.HTTPError, ValueError, KeyError) as error:
            raise ApiServerError(0, type(error).__name__) from None

    def review(self, path: str, spec: Body) -> Body:
        """The status that the API server answers to a review."""
        api, _, plural = path.removeprefix("/apis/").rpartition("/")
        kind = {"tokenreviews": "TokenReview", "subjectaccessreviews": "SubjectAccessReview"}[plural]
        answer = self._answer("POST", path, json={"apiVersion": api, "kind": kind, "spec": spec})
        status: Body = answer.get("status") or {}
        return status

    def create(self, path: str, body: Body, token: str) -> None:
        """Make an object as whoever has that token; raises `ApiServerError`."""
        self._answer("POST", path, token, json=body)

    def delete(self, path: str, token: str) -> None:
        """Delete an object as whoever has that token; raises `ApiServerError`."""
        self._answer("DELETE", path, token)

    def close(self) -> None:
        """End all connections."""
        self._client.close()

    def _answer(self, method: str, path: str, token: str | None = None, **options: Any) -> Body:
        try:
            answer = self._client.request(method, path, headers=self._headers(token), **options)
            body: Body = answer.json() if answer.status_code < 400 else {}
        except (httpx.HTTPError, OSError, ValueError) as error:
            raise ApiServerError(0, type(error).__name__) from None
        if answer.status_code >= 400:
            raise ApiServerError(answer.status_code, answer.reason_phrase)
        return body

    def _headers(self, token: str | None = None) -> dict[str, str]:
        """Those of the console's own token, where it is nobody else's."""
        return {"Authorization": f"Bearer {token or self._token.read_text(encoding='utf-8').strip()}"}
