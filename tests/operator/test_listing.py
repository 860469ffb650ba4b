"""Objects of any size are listed: what is too much for one answer is asked for in smaller pages."""

from typing import Any, cast

import pytest
from kubernetes import client

from mainstream_operator import kube
from mainstream_operator.kube import AnswerTooLargeError, Kube

OBJECTS = [{"metadata": {"name": f"app-{number}"}} for number in range(7)]


class Pages(Kube):
    """Answers with pages, and refuses what has more objects than are read."""

    def __init__(self, most: int) -> None:
        super().__init__(cast(client.ApiClient, None))
        self._most = most

    def _call(self, _method: str, _path: str, _body: Any = None, **options: Any) -> dict[str, Any]:
        query = dict(options["query"])
        start, limit = int(query.get("continue", 0)), int(query["limit"])
        if min(limit, len(OBJECTS) - start) > self._most:
            raise AnswerTooLargeError(0, "")
        end = start + limit
        return {"items": OBJECTS[start:end], "metadata": {"continue": str(end) if end < len(OBJECTS) else ""}}


def test_pages_that_are_too_large_are_halved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kube, "_PAGE", 5)
    assert Pages(2).list_all("/apps") == OBJECTS
    assert Pages(5).list_all("/apps") == OBJECTS
    with pytest.raises(AnswerTooLargeError):
        Pages(0).list_all("/apps")
