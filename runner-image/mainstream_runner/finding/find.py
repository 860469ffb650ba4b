"""Find cameras: ask the network who is there, then each camera what it offers, side by side."""

import threading
from ipaddress import ip_address
from queue import Empty, SimpleQueue
from time import monotonic

from mainstream_runner.finding.declared import FoundCamera
from mainstream_runner.finding.onvif_camera import WITHIN_S, CameraError, CameraLogin, ask
from mainstream_runner.finding.probe import Answer, probe

_GRACE_S = 5.0
_ENDLESS = "does not come to an end of its answer; write its VideoStream by hand"


def find_cameras(login: CameraLogin | None, wait_s: float, within_s: float = WITHIN_S) -> list[FoundCamera]:
    """Every camera that answers, by address, with what it offers or why it did not say."""
    answers = probe(wait_s)
    done: SimpleQueue[tuple[Answer, FoundCamera]] = SimpleQueue()

    def look(answer: Answer) -> None:
        try:
            found = FoundCamera(answer.address, answer.name, ask(answer, login, within_s))
        except CameraError as error:
            found = FoundCamera(answer.address, answer.name, problem=str(error))
        done.put((answer, found))

    # Daemons: one that a camera holds up, byte by byte, does not hold up the command.
    for answer in answers:
        threading.Thread(target=look, args=(answer,), daemon=True).start()
    cameras, waiting = [], set(answers)
    end_s = monotonic() + within_s + _GRACE_S
    while waiting:
        try:
            answer, found = done.get(timeout=max(0.0, end_s - monotonic()))
        except Empty:
            break
        waiting.remove(answer)
        cameras.append(found)
    cameras += [FoundCamera(answer.address, answer.name, problem=_ENDLESS) for answer in waiting]
    return sorted(cameras, key=lambda camera: (ip_address(camera.address), camera.name or ""))
