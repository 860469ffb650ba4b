"""The admin port: who may see what."""

from collections.abc import Iterator

import httpx
import pytest

from mainstream.messages.forgetting import Forgotten
from mainstream.messages.runner_orders import (
    HEALTH_PATH,
    METRICS_PATH,
    READY_PATH,
    REPORT_PATH,
    TOKEN_HEADER,
    UPLOADS_PATH,
    URLS_PATH,
)
from mainstream.messages.status_report import (
    AppStatusReport,
    DeliveryReport,
    SignedUploads,
    StatusReport,
    StreamStatusReport,
)
from mainstream_runner.pod.admin import AdminServer, Answers
from mainstream_runner.pod.metrics import Snapshot, render_metrics
from mainstream_runner.pod.status import Health

TOKEN = "word"  # noqa: S105 - of a server that lives as long as a test
METRICS_TOKEN = "other word"  # noqa: S105 - the same
REPORT = StatusReport(
    node="n",
    served="0" * 64,
    apps={
        "plaza/a": AppStatusReport(
            captured=10,
            analysed=5,
            skipped=4,
            dropped=1,
            decisions=3,
            fps=4.9,
            delivery=DeliveryReport(alerts=2, lost=7),
        ),
        "plaza/b": AppStatusReport(captured=10, analysed=1, skipped=9, problem="its weights could not be loaded"),
    },
    streams={"plaza": StreamStatusReport(state="decoding", captured=10, reconnects=2, decode_errors=3, stale_s=0.1)},
)
SNAPSHOT = Snapshot(
    report=REPORT,
    planned_fps={"plaza/a": 5.0, "plaza/b": 1.0},
    stream_of={"plaza/a": "plaza", "plaza/b": "plaza"},
    planned_cost=0.5,
    spool_records=4,
    clips_evicted=1,
    clips_failed=0,
    torchserve_restarts=0,
    abandoned_decoders=0,
    clock_s=1767323045.5,
)


class Runner:
    ready = True

    def __init__(self) -> None:
        self.uploads: list[SignedUploads] = []


@pytest.fixture
def runner() -> Runner:
    return Runner()


@pytest.fixture
def url(runner: Runner) -> Iterator[str]:
    server = AdminServer(
        0,
        Answers(
            alive=lambda: True,
            ready=lambda: runner.ready,
            health=lambda: Health(plan="0" * 64, stale_s=0.2),
            report=lambda: REPORT,
            metrics=render_metrics(lambda: SNAPSHOT),
            take_urls=lambda _: None,
            take_uploads=runner.uploads.append,
            forget=lambda order: Forgotten(deliveries=len(order.app)),
            token=lambda: TOKEN,
            metrics_token=lambda: METRICS_TOKEN,
        ),
    )
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_probes_need_no_token_and_tell_plan_and_staleness(url: str, runner: Runner) -> None:
    assert httpx.get(url + HEALTH_PATH).json() == {"plan": "0" * 64, "stale_s": 0.2}
    assert httpx.get(url + READY_PATH).status_code == 200
    runner.ready = False
    assert httpx.get(url + READY_PATH).status_code == 503


@pytest.mark.parametrize("path", [REPORT_PATH, METRICS_PATH])
def test_report_and_metrics_need_the_token(url: str, path: str) -> None:
    assert httpx.get(url + path).status_code == 403
    assert httpx.get(url + path, headers={TOKEN_HEADER: "other"}).status_code == 403
    assert httpx.get(url + path, headers={TOKEN_HEADER: TOKEN}).status_code == 200
    assert httpx.get(url + path, headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_the_token_for_metrics_opens_nothing_else(url: str) -> None:
    shown = {"Authorization": f"Bearer {METRICS_TOKEN}"}
    assert httpx.get(url + METRICS_PATH, headers=shown).status_code == 200
    assert httpx.get(url + REPORT_PATH, headers=shown).status_code == 403
    assert httpx.post(url + URLS_PATH, content=b'{"blobs": []}', headers=shown).status_code == 403


@pytest.mark.parametrize("path", [URLS_PATH, UPLOADS_PATH])
def test_what_is_posted_needs_the_token_and_makes_sense(url: str, path: str, runner: Runner) -> None:
    assert httpx.post(url + path, content=b"{}").status_code == 403
    assert httpx.post(url + path, content=b"{}", headers={TOKEN_HEADER: TOKEN}).status_code == 400
    good = b'{"uploads": []}' if path == UPLOADS_PATH else b'{"blobs": []}'
    assert httpx.post(url + path, content=good, headers={TOKEN_HEADER: TOKEN}).status_code == 204
    assert len(runner.uploads) == (path == UPLOADS_PATH)


def test_metrics_say_what_the_report_says(url: str) -> None:
    text = httpx.get(url + METRICS_PATH, headers={TOKEN_HEADER: TOKEN}).text
    lines = set(text.splitlines())
    for wanted in (
        'mainstream_runner_stream_captured_frames_total{stream="plaza"} 10.0',
        'mainstream_runner_stream_analysed_frames_total{stream="plaza"} 6.0',
        'mainstream_runner_stream_skipped_frames_total{stream="plaza"} 13.0',
        'mainstream_runner_stream_dropped_frames_total{stream="plaza"} 1.0',
        'mainstream_runner_stream_decode_errors_total{stream="plaza"} 3.0',
        'mainstream_runner_stream_reconnects_total{stream="plaza"} 2.0',
        'mainstream_runner_stream_stale_seconds{stream="plaza"} 0.1',
        'mainstream_runner_app_frames_per_second{app="plaza/a"} 4.9',
        'mainstream_runner_app_decisions_total{app="plaza/a"} 3.0',
        'mainstream_runner_app_events_total{app="plaza/a"} 2.0',
        'mainstream_runner_app_lost_deliveries_total{app="plaza/a"} 7.0',
        'mainstream_runner_app_running{app="plaza/b"} 0.0',
        "mainstream_runner_spool_records 4.0",
        "mainstream_runner_planned_cpu_seconds_per_second 0.5",
    ):
        assert wanted in lines, wanted
