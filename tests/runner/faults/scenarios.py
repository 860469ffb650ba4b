"""Faults, injected into a runner's real processes: how long until frames are analysed again, and what was lost.

Each scenario takes a stage on which a plan is served, with one event for each analysed frame, and leaves it so.
"""

import contextlib
import json
import os
import time
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from fault_scene import FPS, LONGEST_S, CameraScene, Outcome, Scene
from fault_stage import Stage, counted
from fault_surroundings import Broker
from fault_tools import wait_for
from paho.mqtt.enums import CallbackAPIVersion

from mainstream.messages.runner_orders import Wanted

_UNDER_WAY_S = 3.0
"""from when a measurement begins until the worker is at it"""


def worker_killed(on: Scene) -> Outcome:
    """TorchServe's worker, with the engine in it."""
    before = on.stage.app()
    on.stage.worker().kill()
    recovery_s = _after_a_gap(on, before.analysed)
    return _outcome(on, "worker killed (-9)", recovery_s, on.stage.app().dropped - before.dropped)


def killed_as_it_measures(on: Scene, base: str) -> Outcome:
    """The worker, as it measures a base network that a newcomer asks for: as when that takes all memory."""
    stage, before = on.stage, on.stage.app()
    marker = stage.data / "profiling.json"
    stage.order(stage.plan, wanted=Wanted(bases=(base,)))
    wait_for(lambda: marker.exists() and json.loads(marker.read_text())["measuring"] == base, LONGEST_S)
    time.sleep(_UNDER_WAY_S)
    stage.worker().kill()
    recovery_s = _after_a_gap(on, before.analysed)
    wait_for(lambda: (report := stage.report()) is not None and report.interrupted is not None, LONGEST_S)
    report = stage.report()
    found = "nothing" if report is None or report.interrupted is None else report.interrupted.base
    return _outcome(
        on, f"worker killed (-9) as it measured {base}", recovery_s, on.stage.app().dropped - before.dropped, found
    )


def java_killed(on: Scene) -> Outcome:
    """The JVM."""
    before = on.stage.app()
    on.stage.java().kill()
    recovery_s = _after_a_gap(on, before.analysed)
    return _outcome(on, "JVM killed (-9)", recovery_s, on.stage.app().dropped - before.dropped)


def feeder_killed(on: Scene) -> Outcome:
    """The feeder's process; the kubelet starts the container again, TorchServe with it."""
    on.stage.kill()
    start_s = time.monotonic()
    on.stage.start()
    wait_for(on.stage.serves, LONGEST_S)
    recovery_s = time.monotonic() - start_s
    return _outcome(on, "feeder killed (-9)", recovery_s, round(recovery_s * FPS), "container started at once")


def camera_gone(on: CameraScene, seconds: float) -> Outcome:
    """The camera, and back."""
    before = on.stage.app()
    on.camera.stop()
    noticed_s = wait_for(lambda: _state(on) != "decoding", 10.0)
    time.sleep(max(0.0, seconds - noticed_s))
    on.camera.start()
    recovery_s = on.recovery_s()
    lost = on.stage.app().dropped - before.dropped
    return _outcome(on, f"camera gone for {seconds:.0f} s", recovery_s, lost, f"noticed after {noticed_s:.1f} s")


def camera_silent(on: CameraScene, seconds: float) -> Outcome:
    """A connection that stays, and nothing comes."""
    before = on.stage.app()
    reconnects = _reconnects(on)
    on.camera.pause(paused=True)
    noticed_s = wait_for(lambda: _reconnects(on) > reconnects, 10.0)
    time.sleep(max(0.0, seconds - noticed_s))
    on.camera.pause(paused=False)
    recovery_s = on.recovery_s()
    lost = on.stage.app().dropped - before.dropped
    return _outcome(on, f"camera silent for {seconds:.0f} s", recovery_s, lost, f"noticed after {noticed_s:.1f} s")


def camera_back_in_another_size(on: CameraScene, other: Path) -> Outcome:
    """The camera plays another resolution when it is back."""
    before = on.stage.app()
    on.camera.stop()
    wait_for(lambda: _state(on) != "decoding", 10.0)
    on.camera.start(other)
    recovery_s = on.recovery_s()
    wait_for(lambda: _state(on) == "decoding", 10.0)
    report = on.stage.report()
    width = None if report is None else report.streams["plaza"].width
    on.camera.stop()
    wait_for(lambda: _state(on) != "decoding", 10.0)
    on.camera.start()
    on.recovery_s()
    lost = on.stage.app().dropped - before.dropped
    return _outcome(on, "camera back in another resolution", recovery_s, lost, f"{width} pixels wide")


def rubbish(on: CameraScene, seconds: float) -> Outcome:
    """Bytes of the stream changed on the way."""
    before = on.stage.app()
    errors, reconnects = _errors(on), _reconnects(on)
    on.wire.spoiled_share = 0.001
    time.sleep(seconds)
    on.wire.spoiled_share = 0.0
    recovery_s = on.recovery_s()
    notes = f"{_errors(on) - errors} decode errors, {_reconnects(on) - reconnects} reconnects"
    return _outcome(
        on, f"garbage in the stream for {seconds:.0f} s", recovery_s, on.stage.app().dropped - before.dropped, notes
    )


def webhook_down(on: Scene, seconds: float) -> Outcome:
    """Nobody listens, then the receiver answers 503, then it is back."""
    before = on.stage.app()
    on.receiver.stop()
    time.sleep(seconds / 2)
    on.receiver.status = 503
    on.receiver.start()
    time.sleep(seconds / 2)
    waiting = on.stage.app().delivery.undelivered
    on.receiver.status = 200
    start_s = time.monotonic()
    missing = on.settle(300.0)  # 3,000 alerts come as fast as the machine lets them
    drained_s = time.monotonic() - start_s
    app = on.stage.app()
    return Outcome(
        f"webhook down for {seconds:.0f} s",
        0.0,
        app.dropped - before.dropped,
        app.delivery.alerts,
        missing,
        f"frames went on; {waiting} lines waited, waited for {drained_s:.0f} s once it was back",
    )


def head_corrupted(on: Scene) -> Outcome:
    """A byte of a head changed on the disk, found when the container starts."""
    assert on.stage.plan is not None
    path = on.stage.data / "store" / "blobs" / on.stage.plan.apps[0].head.sha256
    spoiled = bytearray(path.read_bytes())
    spoiled[-1] ^= 0xFF
    on.stage.kill()
    path.write_bytes(spoiled)
    start_s = time.monotonic()
    on.stage.start()
    wait_for(on.stage.serves, LONGEST_S)
    recovery_s = time.monotonic() - start_s
    notes = "fetched again, container started at once" if path.read_bytes() != bytes(spoiled) else "NOT fetched again"
    return _outcome(on, "head file corrupted on disk", recovery_s, round(recovery_s * FPS), notes)


def store_and_operator_gone(on: Scene) -> Outcome:
    """The container starts with neither operator nor store, and with nothing mounted."""
    on.stage.operator_away = True
    on.stage.store.stop()
    kept = {path: path.read_bytes() for path in (on.stage.folder / "orders").iterdir()}
    on.stage.kill()
    for path in kept:
        path.unlink()
    start_s = time.monotonic()
    on.stage.start()
    wait_for(on.stage.serves, LONGEST_S)
    recovery_s = time.monotonic() - start_s
    outcome = _outcome(
        on, "API and store gone through a restart", recovery_s, round(recovery_s * FPS), "orders from the disk's copy"
    )
    for path, content in kept.items():
        path.write_bytes(content)
    on.stage.store.start()
    on.stage.operator_away = False
    return outcome


def disk_full(on: Scene, seconds: float) -> Outcome:
    """Not one more byte on the node's disk, then room again; the stage's data lies on a file system of its own."""
    before = on.stage.app()
    filler = on.stage.data / "filler"
    with filler.open("wb") as file, contextlib.suppress(OSError):
        while True:
            os.write(file.fileno(), b"x" * 65536)
    with filler.open("ab") as file, contextlib.suppress(OSError):
        while True:
            os.write(file.fileno(), b"x")
    time.sleep(seconds)
    during = on.stage.app()
    filler.unlink()
    start_s = time.monotonic()
    wait_for(lambda: on.stage.app().delivery.problem is None, 30.0)
    room_s = time.monotonic() - start_s
    missing = on.settle()
    app = on.stage.app()
    return Outcome(
        f"disk full for {seconds:.0f} s",
        0.0,
        app.dropped - before.dropped,
        app.delivery.alerts,
        missing,
        f"{during.analysed - before.analysed} frames analysed meanwhile; "
        f"{app.delivery.lost - before.delivery.lost} deliveries lost, counted;"
        f" alerts kept again after {room_s:.1f} s",
    )


def broker_restarted(on: Scene, broker: Broker, topic: str, seconds: float) -> Outcome:
    """The MQTT broker; a subscriber with a session is told everything."""
    heard: dict[str, dict[str, Any]] = {}
    states: list[bytes] = []

    def take(_client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage) -> None:
        if message.topic.endswith("/state"):
            states.append(bytes(message.payload))
        elif (line := json.loads(message.payload))["event"] == "opened":
            heard[line["id"]] = line

    def subscribe(connected: mqtt.Client, *_: object) -> None:
        connected.subscribe([(topic, 1), (f"{topic}/state", 1)])

    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="reader", clean_session=False)
    client.reconnect_delay_set(1, 1)
    client.on_message = take
    client.on_connect = subscribe
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    try:
        wait_for(lambda: heard, 30.0)
        before, first = on.stage.app(), len(heard)
        events_at = before.delivery.alerts
        broker.stop()
        time.sleep(seconds)
        waiting = on.stage.app().delivery.undelivered
        broker.start()
        start_s = time.monotonic()
        wait_for(lambda: len(heard) > first + 1, LONGEST_S)
        recovery_s = time.monotonic() - start_s
        time.sleep(8.0)
        reported = on.stage.app().delivery.alerts
        with contextlib.suppress(TimeoutError):
            wait_for(lambda: len(heard) - first >= reported - events_at, 30.0)
        missing = max(0, reported - events_at - (len(heard) - first))
        notes = f"{waiting} lines waited; state {states[-1].decode() if states else 'never told'}"
        dropped = on.stage.app().dropped - before.dropped
        return Outcome(
            f"MQTT broker away for {seconds:.0f} s", recovery_s, dropped, reported - events_at, missing, notes
        )
    finally:
        client.disconnect()
        client.loop_stop()


def clock_jumped(stage: Stage, ahead_s: float) -> Outcome:
    """The wall clock, under one report that goes on: it is neither split nor stretched."""
    before = stage.app()
    time.sleep(2.0)
    (stage.folder / "clock-ahead").write_text(str(ahead_s))
    time.sleep(4.0)
    after = stage.app()
    (stage.folder / "clock-ahead").unlink()
    time.sleep(2.0)
    split = stage.app().delivery.alerts - before.delivery.alerts
    return Outcome(
        f"wall clock {ahead_s:+.0f} s and back",
        0.0,
        after.dropped - before.dropped,
        stage.app().delivery.alerts,
        0,
        f"{after.analysed - before.analysed} frames analysed, the open alert {'SPLIT' if split else 'not split'}",
    )


def _after_a_gap(on: Scene, analysed: int) -> float:
    """Frames whose scores were on their way may still arrive: recovered is who analyses a second later, too."""
    start_s = time.monotonic()
    last, moved_s = on.stage.app().analysed, start_s
    stood = False
    while time.monotonic() - start_s < LONGEST_S:
        now = on.stage.app().analysed
        if now > last:
            if stood:
                return time.monotonic() - start_s
            last, moved_s = now, time.monotonic()
        stood = stood or time.monotonic() - moved_s > 2.5 / FPS
        if not stood and time.monotonic() - start_s > 5.0 and now > analysed:
            return 0.0
        time.sleep(0.02)
    raise TimeoutError("no frame is analysed any more")


def _outcome(on: Scene, fault: str, recovery_s: float, frames_lost: int, notes: str = "") -> Outcome:
    missing = on.settle()
    app = on.stage.app()
    assert app.captured >= counted(app), app
    return Outcome(fault, recovery_s, frames_lost, app.delivery.alerts, missing, notes)


def _state(on: CameraScene) -> str:
    report = on.stage.report()
    return "away" if report is None else report.streams["plaza"].state


def _reconnects(on: CameraScene) -> int:
    report = on.stage.report()
    return 0 if report is None else report.streams["plaza"].reconnects


def _errors(on: CameraScene) -> int:
    report = on.stage.report()
    return 0 if report is None else report.streams["plaza"].decode_errors
