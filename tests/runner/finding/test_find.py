"""`mainstream cameras find`: asked over the multicast of this machine's loopback, and by ONVIF's own messages."""

import gzip
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml
from typer.testing import CliRunner, Result

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))

from onvif_responder import Network, Offer, OnvifCamera

from mainstream.api.manifests.load import load_manifests
from mainstream.api.video_stream import Substream
from mainstream.cli.main import app as command
from mainstream.errors import InvalidInputError
from mainstream_runner.finding import find
from mainstream_runner.finding.probe import read_answer

WORD = "s3cret&word"


def run_find(*words: str) -> Result:
    line = ["cameras", "find", "--node", "edge-1", "--seconds", "1.2", *words]
    return CliRunner().invoke(command, line, catch_exceptions=False)


def streams(result: Result) -> dict[str, dict[str, Any]]:
    return {each["metadata"]["name"]: each["spec"] for each in yaml.safe_load_all(result.stdout)}


@pytest.fixture
def login(tmp_path: Path) -> Sequence[str]:
    (tmp_path / "word").write_text(f"{WORD}\n")
    return "--user", "admin", "--password-file", str(tmp_path / "word")


def test_a_camera_is_declared_ready_to_apply(tmp_path: Path) -> None:
    with Network(OnvifCamera("127.0.0.2", "Entrance Hall")):
        result = run_find("--namespace", "plaza")
    (tmp_path / "streams.yaml").write_text(result.stdout)
    (stream,) = load_manifests(tmp_path).streams
    assert (stream.key, stream.spec.url) == ("plaza/entrance-hall", "rtsp://127.0.0.2:554/main")
    assert (stream.spec.frames_per_second, stream.spec.node.name) == (25, "edge-1")
    assert stream.spec.substream == Substream(url="rtsp://127.0.0.2:554/sub", frames_per_second=10)
    assert stream.spec.credentials_secret_name is None
    assert result.stderr == ""


@pytest.mark.parametrize("by_http", [False, True], ids=["token", "http digest"])
@pytest.mark.parametrize("hours", [0, -3])
def test_a_password_is_shown_as_a_digest_by_the_cameras_clock_and_printed_nowhere(
    by_http: bool, hours: int, login: Sequence[str]
) -> None:
    camera = OnvifCamera("127.0.0.2", "gate", password=WORD, by_http=by_http, clock_off=timedelta(hours=hours))
    with Network(camera):
        result = run_find(*login, "--secret", "gate-login", "--namespace", "plaza")
    assert streams(result)["gate"]["credentialsSecretName"] == "gate-login"
    assert "kubectl create secret generic gate-login --namespace plaza" in result.stderr
    assert WORD not in result.output
    assert not any(WORD in request for request in camera.asked)


def test_a_password_is_asked_for_where_no_file_has_it() -> None:
    with Network(OnvifCamera("127.0.0.2", "gate", password=WORD)):
        line = ["cameras", "find", "--node", "edge-1", "--seconds", "1.2", "--user", "admin"]
        result = CliRunner().invoke(command, line, input=f"{WORD}\n", catch_exceptions=False)
    assert streams(result)["gate"]["credentialsSecretName"] == "cameras"
    assert WORD not in result.output


def test_without_a_login_or_with_a_wrong_one_it_is_told(login: Sequence[str]) -> None:
    with Network(OnvifCamera("127.0.0.2", "a", password=f"not {WORD}"), OnvifCamera("127.0.0.3", "b")):
        assert "127.0.0.2: asks for a login; give --user and --password-file" in run_find().stderr
        result = run_find(*login)
    assert "127.0.0.2: refuses the login" in result.stderr
    assert list(streams(result)) == ["b"]


def test_cameras_of_one_name_get_their_addresses_behind_it_whether_they_are_reached_or_not() -> None:
    alone = OnvifCamera("127.0.0.2", "Gate"), OnvifCamera("127.0.0.3", "gate", password=WORD)
    with Network(*alone, OnvifCamera("127.0.0.4", "gate-127-0-0-2"), OnvifCamera("127.0.0.5", "")):
        found = streams(run_find())
    assert list(found) == ["gate-127-0-0-2", "gate-127-0-0-2-2", "camera"]


def test_the_substream_is_the_smallest_on_which_something_can_be_seen() -> None:
    offers = [
        Offer("main", 2560, 1440),
        Offer("middle", 1280, 720),
        Offer("small", 640, 360, fps=8),
        Offer("untimed", 480, 270, fps=None),
        Offer("tiny", 176, 144),
        Offer("pictures", 400, 300, encoding="JPEG"),
    ]
    tiny = [offers[0], offers[4]]
    with Network(OnvifCamera("127.0.0.2", "a", offers), OnvifCamera("127.0.0.3", "b", tiny)):
        found = streams(run_find())
    assert found["a"]["substream"] == {"url": "rtsp://127.0.0.2:554/small", "framesPerSecond": 8}
    assert found["b"]["substream"]["url"] == "rtsp://127.0.0.3:554/tiny"


def test_of_each_lens_the_profile_with_most_pixels_is_taken() -> None:
    offers = [
        Offer("small", 640, 360, fps=5),
        Offer("large", 2560, 1440, fps=12),
        Offer("pictures", 3840, 2160, encoding="JPEG"),
        Offer("other", 800, 600, lens="lens-2", fps=None),
    ]
    with Network(OnvifCamera("127.0.0.2", "dome", offers)):
        result = run_find()
    found = streams(result)
    assert [(each["url"], each["framesPerSecond"]) for each in found.values()] == [
        ("rtsp://127.0.0.2:554/large", 12),
        ("rtsp://127.0.0.2:554/other", 25),
    ]
    assert list(found) == ["dome-127-0-0-2", "dome-127-0-0-2-2"]
    assert "says no rate" in result.stderr


@pytest.mark.parametrize("first", ["empty", "missing", "refused"])
def test_a_camera_that_knows_the_second_media_service_alone_is_declared_like_any(
    first: Literal["empty", "missing", "refused"], login: Sequence[str]
) -> None:
    offers = [Offer("main?a=1&b=2", 3840, 2160, fps=15, encoding="H265"), Offer("sub", 640, 360, fps=None)]
    smaller = Offer("small", 704, 576, fps=10)
    camera = OnvifCamera("127.0.0.2", "roof", [*offers, smaller], password=WORD, first_media=first)
    with Network(camera):
        found = streams(run_find(*login))
    assert (found["roof"]["url"], found["roof"]["framesPerSecond"]) == ("rtsp://127.0.0.2:554/main?a=1&b=2", 15)
    assert found["roof"]["substream"] == {"url": "rtsp://127.0.0.2:554/small", "framesPerSecond": 10}


LIES = {
    "video elsewhere": (OnvifCamera("127.0.0.2", "x", video_at="rtsp://10.0.0.9"), "are at 10.0.0.9"),
    "no rtsp": (OnvifCamera("127.0.0.2", "x", video_at="file://127.0.0.2"), "by file, not RTSP"),
    "a word in the address": (
        OnvifCamera("127.0.0.2", "x", [Offer(f"user=admin&password={WORD}&channel=1", 640, 360)]),
        "wants its password in the address",
    ),
    "itself elsewhere": (OnvifCamera("127.0.0.2", "x", endpoint="http://127.0.0.3/onvif"), "it was not asked"),
    "garbage": (OnvifCamera("127.0.0.2", "x", body=b"<a>\0&&&"), "are no ONVIF"),
    "nothing": (OnvifCamera("127.0.0.2", "x", body=b""), "are no ONVIF"),
    "entities": (
        OnvifCamera("127.0.0.2", "x", body=b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'),
        "are no ONVIF",
    ),
    "a bomb": (OnvifCamera("127.0.0.2", "x", body=gzip.compress(b" " * (1 << 26))), "are no ONVIF"),
    "no end": (OnvifCamera("127.0.0.2", "x", endless=True), "has no end"),
    "silence": (OnvifCamera("127.0.0.2", "x", silent=True), "is ONVIF switched on"),
    "no pictures": (OnvifCamera("127.0.0.2", "x", ()), "offers no pictures"),
    "pictures alone": (
        OnvifCamera("127.0.0.2", "x", [Offer("a", 640, 360, encoding="JPEG")]),
        "set one of its profiles",
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_what_lies_or_says_nothing_is_told_in_one_sentence_and_holds_up_nobody(lie: str) -> None:
    camera, told = LIES[lie]
    with Network(camera, OnvifCamera("127.0.0.3", "honest")):
        result = run_find()
    assert list(streams(result)) == ["honest"]
    (line,) = result.stderr.splitlines()
    assert line.startswith("127.0.0.2: ")
    assert told in line
    assert WORD not in result.output


def test_a_login_in_an_address_is_left_out_and_a_terminal_is_not_steered() -> None:
    honest = OnvifCamera("127.0.0.2", "x", video_at=f"rtsp://admin:{WORD}@127.0.0.2")
    steering = OnvifCamera("127.0.0.3", "y", video_at="rtsp://evil\x1b]2;owned\x07")
    with Network(honest, steering):
        result = run_find()
    assert streams(result)["x"]["url"] == "rtsp://127.0.0.2/main"
    assert WORD not in result.output
    assert "\x1b" not in result.output


def test_a_camera_that_drips_is_told_once_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find, "_GRACE_S", 0.2)
    with Network(OnvifCamera("127.0.0.2", "x", silent=True)):
        (camera,) = find.find_cameras(None, 1.2, 0.5)
    assert camera.problem == "does not come to an end of its answer; write its VideoStream by hand"


def test_noise_on_the_network_hides_no_camera() -> None:
    noise = [b"", b"\xff\xfe", b"<a/>", b"<a>", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>']
    with Network(OnvifCamera("127.0.0.2", "x"), noise=noise):
        assert list(streams(run_find())) == ["x"]


def test_a_printer_is_no_camera() -> None:
    match = (
        b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
        b'xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
        b'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:w="urn:printer"><s:Header>'
        b"<a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</a:Action><a:MessageID>a</a:MessageID>"
        b"<a:RelatesTo>b</a:RelatesTo></s:Header><s:Body><d:ProbeMatches><d:ProbeMatch><a:EndpointReference>"
        b"<a:Address>urn:1</a:Address></a:EndpointReference><d:Types>w:%s</d:Types><d:MetadataVersion>1"
        b"</d:MetadataVersion></d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>"
    )
    assert read_answer(match % b"PrintDevice", "10.0.0.1") == []
    assert len(read_answer(match % b"NetworkVideoTransmitter", "10.0.0.1")) == 1


def test_where_nobody_answers_the_way_out_is_said() -> None:
    with pytest.raises(
        InvalidInputError, match=r"no camera answered within 1\.2 s: run it in the cameras' own network"
    ):
        run_find()


def test_a_password_of_nobody_is_refused(login: Sequence[str]) -> None:
    with pytest.raises(InvalidInputError, match="--password-file: is of a user; name it with --user"):
        run_find(*login[2:])
