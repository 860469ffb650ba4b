"""Dry runs that `kubectl mainstream what-if` makes are answered, and gone afterwards."""

from typing import Any

import pytest
from operator_objects import app_body

from mainstream.api import VideoApp
from mainstream.errors import InvalidInputError
from mainstream_kubectl.what_if import asked, try_apps
from mainstream_operator.kube import Body, Kube, Ref

ANSWER = {"admitted": False, "meanF1Before": 0.8, "meanF1After": 0.7, "losing": 0, "mostLostF1": 0.0}


class OneApp(Kube):
    """A namespace in which an operator gives each dry run this status."""

    def __init__(self, status: dict[str, Any]) -> None:
        self.status = status
        self.apps: dict[str, Body] = {}
        self.made: list[str] = []

    def get(self, ref: Ref) -> Body | None:
        return self.apps.get(ref.name)

    def create(self, ref: Ref, body: Body) -> bool:
        if ref.name in self.apps:
            return False
        metadata = {**body["metadata"], "uid": f"uid of {ref.name}", "generation": 1}
        self.apps[ref.name] = {**body, "metadata": metadata, "status": self.status}
        self.made.append(ref.name)
        return True

    def delete(self, ref: Ref, uid: str) -> None:
        assert self.apps.pop(ref.name)["metadata"]["uid"] == uid


def bodies(*names: str) -> list[Body]:
    return [asked(VideoApp.model_validate(app_body(name)), "plaza") for name in names]


def test_each_dry_run_is_answered_and_gone_before_the_next() -> None:
    kube, said = OneApp({"observedGeneration": 1, "dryRun": ANSWER}), list[str]()
    assert try_apps(kube, bodies("crossing", "lamp-post"), 5, said.append)
    assert [line for line in said if not line.startswith(" ")] == [
        "crossing would not be admitted.",
        "lamp-post would not be admitted.",
    ]
    assert kube.made == ["crossing-what-if", "lamp-post-what-if"]
    assert not kube.apps


def test_a_dry_run_that_nobody_answers_is_gone_too_and_what_it_says_is_told() -> None:
    kube, said = OneApp({}), list[str]()
    assert not try_apps(kube, bodies("crossing"), 0, said.append)
    assert said[0] == "crossing: no answer within 0 s"
    assert "The operator has not seen the app yet" in said[1]
    assert not kube.apps


def test_a_dry_run_that_somebody_else_made_is_left_alone() -> None:
    kube = OneApp({})
    others = {"metadata": {"uid": "theirs"}}
    kube.apps["crossing-what-if"] = others
    with pytest.raises(InvalidInputError, match="exists in namespace plaza"):
        try_apps(kube, bodies("crossing"), 5, print)
    assert kube.apps["crossing-what-if"] is others
