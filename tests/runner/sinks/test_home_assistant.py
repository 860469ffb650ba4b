"""A device of Home Assistant: announced as its documentation says, over a real broker; it appears and goes."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from runner_apps import runner_app

sys.path.insert(0, str(Path(__file__).parents[1] / "faults"))

from fault_surroundings import Broker
from fault_tools import MissingToolError, wait_for

from mainstream.api.sinks.sink import Sink
from mainstream.messages.alert import Alert, AlertPhase
from mainstream.messages.runner_plan import RunnerApp
from mainstream_runner.clips.packet_ring import PacketRing
from mainstream_runner.clips.recorder import ClipRecorder
from mainstream_runner.sinks.alert_delivery import AlertDelivery
from mainstream_runner.sinks.home_assistant import HomeDevice
from mainstream_runner.sinks.json_lines import AlertFiles
from mainstream_runner.spool.spool import Spool

SINK: TypeAdapter[Sink] = TypeAdapter(Sink)
DEVICE = HomeDevice("plaza/door", "n", "homeassistant", pictures=True)

# ---- the schema, from the pages "MQTT", "MQTT binary sensor" and "MQTT image" of the documentation -----------------

Topic = Annotated[str, Field(min_length=1, pattern=r"^[^#+\x00]+$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class DocumentedDevice(_Strict):
    identifiers: list[str] = Field(min_length=1)
    name: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    serial_number: str | None = None


class DocumentedOrigin(_Strict):
    name: str
    sw_version: str | None = None
    support_url: str | None = None


class BinarySensor(_Strict):
    platform: Literal["binary_sensor"]
    unique_id: str
    name: str | None = None
    state_topic: Topic
    json_attributes_topic: Topic | None = None


class Image(_Strict):
    platform: Literal["image"]
    unique_id: str
    name: str | None = None
    image_topic: Topic
    content_type: str | None = None


class Removed(_Strict):
    platform: str


class Discovery(_Strict):
    device: DocumentedDevice
    origin: DocumentedOrigin
    availability_topic: Topic | None = None
    qos: Annotated[int, Field(ge=0, le=2)] = 0
    components: dict[str, BinarySensor | Image | Removed]


def app_with(port: int, **fields: object) -> RunnerApp:
    sink = SINK.validate_python({"homeAssistant": {"host": "127.0.0.1", "port": port, **fields}})
    return runner_app("plaza/door", sinks=(sink,))


def alert(phase: AlertPhase) -> Alert:
    now_s = time.monotonic()
    return Alert(phase, "id-1", "plaza/door", 1.0, now_s, now_s, 0.9, 1)


@pytest.mark.parametrize("pictures", [True, False])
def test_the_announcement_is_what_the_documentation_asks_for(pictures: bool) -> None:
    device = HomeDevice("plaza/door", "n", "homeassistant", pictures)
    announced = Discovery.model_validate_json(device.announcement())
    # <discovery prefix>/device/<object id>/config, of an id of letters, digits, underscores and hyphens.
    assert device.config_topic.split("/")[:2] == ["homeassistant", "device"]
    assert device.identity.replace("_", "").isalnum()
    assert isinstance(announced.components["alert"], BinarySensor)
    assert isinstance(announced.components["picture"], Image if pictures else Removed)
    assert announced.availability_topic == device.topic("state")


def test_the_same_app_is_another_device_on_another_node() -> None:
    assert HomeDevice("plaza/door", "m", "homeassistant", pictures=True).identity != DEVICE.identity


class House:
    """What Home Assistant would be told: the last payload of each topic, as the broker retains it."""

    def __init__(self, port: int) -> None:
        self.heard: dict[str, bytes] = {}
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.on_message = lambda _c, _u, message: self.heard.__setitem__(message.topic, bytes(message.payload))
        self._client.on_connect = lambda connected, *_: connected.subscribe(
            [("homeassistant/#", 1), ("mainstream/#", 1)]
        )
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def says(self, name: str) -> bytes | None:
        return self.heard.get(DEVICE.topic(name))

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def retained(port: int) -> dict[str, bytes]:
    """What somebody who comes later is told."""
    house = House(port)
    time.sleep(0.5)
    house.close()
    return house.heard


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    try:
        started = Broker(tmp_path)
    except MissingToolError as missing:
        pytest.skip(str(missing))
    yield started
    started.stop()


@pytest.fixture
def delivery(tmp_path: Path) -> Iterator[AlertDelivery]:
    spool = Spool(tmp_path / "spool")
    recorder = ClipRecorder(tmp_path / "clips", lambda _: PacketRing())
    made = AlertDelivery(spool, recorder, AlertFiles(tmp_path / "files"), node="n")
    yield made
    made.close()
    spool.close()


def test_a_device_appears_shows_alerts_and_goes_with_its_app(
    broker: Broker, delivery: AlertDelivery, tmp_path: Path
) -> None:
    house = House(broker.port)
    app = app_with(broker.port)
    delivery.keep([app], {})
    wait_for(lambda: house.says("state") == b"online", 15.0)
    announced = Discovery.model_validate_json(house.heard[DEVICE.config_topic])
    sensor, image = announced.components["alert"], announced.components["picture"]
    assert isinstance(sensor, BinarySensor)
    assert isinstance(image, Image)
    delivery.deliver(app, alert("opened"))
    wait_for(lambda: house.heard.get(sensor.state_topic) == b"ON", 10.0)
    attributes: dict[str, Any] = json.loads(house.heard[sensor.json_attributes_topic or ""])
    assert (attributes["app"], attributes["event"]) == ("plaza/door", "opened")
    (tmp_path / "clips/plaza.door").mkdir(parents=True)
    (tmp_path / "clips/plaza.door/1-id-1.jpg").write_bytes(b"\xff\xd8picture")
    delivery._file_is_there(app.name, "1-id-1.jpg")
    wait_for(lambda: house.heard.get(image.image_topic) == b"\xff\xd8picture", 10.0)
    delivery.deliver(app, alert("closed"))
    wait_for(lambda: house.heard[sensor.state_topic] == b"OFF", 10.0)
    delivery.keep([], {})
    wait_for(lambda: house.heard[DEVICE.config_topic] == b"", 10.0)
    house.close()
    wait_for(lambda: retained(broker.port) == {}, 10.0)


def test_a_device_whose_runner_ends_stays_and_is_unavailable(broker: Broker, delivery: AlertDelivery) -> None:
    delivery.keep([app_with(broker.port)], {})
    wait_for(lambda: retained(broker.port).get(DEVICE.topic("state")) == b"online", 15.0)
    delivery.close()
    after = retained(broker.port)
    assert after[DEVICE.topic("state")] == b"offline"
    assert DEVICE.config_topic in after


def test_a_device_that_is_shown_in_another_way_stays(broker: Broker, delivery: AlertDelivery) -> None:
    delivery.keep([app_with(broker.port)], {})
    wait_for(lambda: retained(broker.port).get(DEVICE.topic("state")) == b"online", 15.0)
    delivery.keep([app_with(broker.port, pictures=False)], {})
    wait_for(lambda: b'"picture":{"platform":"image"}' in retained(broker.port).get(DEVICE.config_topic, b""), 15.0)
    wait_for(lambda: retained(broker.port).get(DEVICE.topic("state")) == b"online", 15.0)
    assert Discovery.model_validate_json(retained(broker.port)[DEVICE.config_topic]).components.keys() == {
        "alert",
        "picture",
    }


def test_a_device_whose_runner_was_killed_is_unavailable(broker: Broker) -> None:
    script = (
        "import sys, time\nfrom mainstream.api.sinks.sink import HomeAssistantSink\n"
        "from mainstream.api.sinks.sink_kind import SinkKeys\n"
        "from mainstream_runner.sinks.home_assistant import HomeAssistant, HomeDevice\n"
        "sink = HomeAssistantSink(host='127.0.0.1', port=int(sys.argv[1]))\n"
        "home = HomeAssistant(sink, SinkKeys(), HomeDevice('plaza/door', 'n', 'homeassistant', True), None)\n"
        "time.sleep(60)\n"
    )
    house = House(broker.port)
    runner = subprocess.Popen([sys.executable, "-c", script, str(broker.port)])
    wait_for(lambda: house.says("state") == b"online", 20.0)
    runner.kill()
    runner.wait()
    wait_for(lambda: house.says("state") == b"offline", 10.0)
    house.close()
    assert retained(broker.port)[DEVICE.topic("state")] == b"offline"
