"""Events of one tenant's apps neither keep a neighbour's waiting nor push them out."""

import threading
from typing import Any, cast

from operator_objects import NOW

from mainstream.api.model import Metadata
from mainstream_operator.kube import Body, Kube, Ref
from mainstream_operator.status.writing.event_messages import EventMessage
from mainstream_operator.status.writing.event_recorder import EventRecorder

MESSAGE = EventMessage("Warning", "PlannedFalse", "It does not fit.")


class Slow:
    """An API server that takes nothing until it is let go."""

    def __init__(self) -> None:
        self.go, self.begun = threading.Event(), threading.Event()
        self.taken: list[str] = []

    def create(self, ref: Ref, body: Body) -> bool:
        self.begun.set()
        self.go.wait(10)
        about: Any = body["involvedObject"]
        self.taken.append(f"{ref.namespace}/{about['name']}")
        return True


def test_of_a_thousand_and_more_the_neighbours_comes_second_and_the_crowds_oldest_go() -> None:
    server = Slow()
    recorder = EventRecorder(cast(Kube, server))

    def record(namespace: str, name: str) -> None:
        recorder.record(MESSAGE, "VideoApp", Metadata(name=name, namespace=namespace, uid=name), NOW)

    record("crowd", "first")
    assert server.begun.wait(10)
    record("plaza", "crossing")
    for number in range(1005):
        record("crowd", f"app-{number:04}")
    server.go.set()
    recorder.close()
    assert server.taken[:4] == ["crowd/first", "plaza/crossing", "crowd/app-0006", "crowd/app-0007"]
