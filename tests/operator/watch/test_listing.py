"""Objects of any size are listed: what is too much for one answer is asked for in smaller pages."""

from typing import Any, cast

import pytest
from kubernetes import client
from operator_objects import app_body

from mainstream_operator import kube
from mainstream_operator.kube import AnswerTooLargeError, Kube
from mainstream_operator.watch.resources import Unreadable, read_resource

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


def test_of_each_object_only_what_is_kept_is_held_while_the_others_come() -> None:
    names = Pages(7).list_all("/apps", keep=lambda body: {"name": body["metadata"]["name"]})
    assert names == [{"name": f"app-{number}"} for number in range(7)]


def test_what_anybody_may_write_much_into_is_not_kept_of_an_object() -> None:
    body = app_body()
    body["metadata"] |= {"annotations": {"notes": "x" * 200_000}, "labels": {f"l-{n}": "x" for n in range(2000)}}
    body["metadata"]["managedFields"] = [{"manager": "x" * 10_000}]
    broken = {**body, "spec": {"stream": "x"}}
    for each in (body, broken):
        assert len(str(read_resource("VideoApp", each))) < 20_000
    kept = read_resource("VideoApp", body)
    assert not isinstance(kept, Unreadable)
    assert kept.metadata == read_resource("VideoApp", app_body()).metadata
