"""What people said of alerts is in the status and the metrics, beside what was predicted, and outlives a restart."""

from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest
from operator_objects import NOW, app_body, observed, typed
from reviewed_objects import HERE, OneSecret, reviewed_app
from s3_server import BUCKET, S3Server

from mainstream.api import VideoApp
from mainstream.api.alert_evidence import MeasuredApp
from mainstream.api.video_app import PlannedApp, VideoAppStatus
from mainstream.messages.alert import AlertMessage
from mainstream.mpackage.stores.s3_store import S3Store
from mainstream.mpackage.stores.store import Store
from mainstream.review.links import LINK_KEY
from mainstream.review.objects import KeptAlert, alert_object, encode_object, key_of
from mainstream.review.shelf import ReviewShelf
from mainstream.review.verdicts import AlertVerdict, StretchVerdict
from mainstream_operator.decide.decide import decide
from mainstream_operator.decide.planning import KeptPlanning
from mainstream_operator.kube import Kube
from mainstream_operator.metrics import samples
from mainstream_operator.observe.stores import StoreOpener
from mainstream_operator.reviewing.link_keys import ReviewLinkKeys
from mainstream_operator.reviewing.measuring import Measuring
from mainstream_operator.status.app import AppFacts, app_status
from mainstream_operator.status.quality import below_prediction
from mainstream_operator.watch.cluster_state import ClusterState

AT_S = NOW.timestamp()
REVIEW = {"prefix": f"s3://{BUCKET}/kept"}
LOW = MeasuredApp(at=NOW, labels=100, f1=0.5, f1_low=0.4, f1_high=0.6, what_helps="What would help most: labels.")
PLAN = PlannedApp(
    candidate="tuned-0",
    kind="fine-tuned",
    branch_point=0,
    frames_per_second=5,
    votes=1,
    threshold=0.5,
    predicted_f1=0.8,
    predicted_f1_low=0.7,
    predicted_f1_high=0.9,
    shared_with=0,
    why="Best.",
)


def _keep_alerts(store: Store, count: int) -> None:
    for number in range(count):
        start_s = AT_S - 3600.0 + 60.0 * number
        told = (start_s, start_s + 5.0, 0.9, 3, "n1", "plaza/plaza", "full")
        alert = AlertMessage("closed", f"a{number}", "plaza/crossing", *told)
        kept = KeptAlert(alert=alert, merge_gap_s=4.0)
        store.put(key_of("crossing", alert_object(kept)), encode_object(kept))


def _say(store: Store, number: int, is_right: bool) -> None:
    verdict = AlertVerdict(app="plaza/crossing", who="ada", at_s=AT_S, alert=f"a{number}", is_right=is_right)
    ReviewShelf(store).say("crossing", verdict)


def test_verdicts_in_the_bucket_become_the_measured_quality_and_only_new_ones_are_news(server: S3Server) -> None:
    store, app = server.store("kept"), reviewed_app(server.endpoint)
    measuring = Measuring(StoreOpener(cast(Kube, OneSecret()), lambda: HERE))
    _keep_alerts(store, 4)
    assert measuring.measure([app], NOW) == [app]
    assert measuring.of([app.key])[app.key].labels == 0
    for number, is_right in enumerate((True, True, False)):
        _say(store, number, is_right)
    looked = StretchVerdict(app=app.key, who="ada", at_s=AT_S, start_s=AT_S - 60, end_s=AT_S, is_missed=False)
    ReviewShelf(store).say("crossing", looked)
    assert measuring.measure([app], NOW) == [app]
    known = measuring.of([app.key])[app.key]
    assert known.labels == 3
    assert known.precision is not None
    assert known.f1_low is not None
    assert known.f1 is not None
    assert 0.4 < known.precision < 0.9
    assert known.f1_low < known.f1
    assert "ten more" in known.what_helps
    assert measuring.measure([app], NOW + timedelta(minutes=5)) == []


def test_a_store_that_does_not_answer_leaves_what_is_known(server: S3Server) -> None:
    store, app = server.store("kept"), reviewed_app(server.endpoint)
    measuring = Measuring(StoreOpener(cast(Kube, OneSecret()), lambda: HERE))
    _keep_alerts(store, 1)
    _say(store, 0, True)
    measuring.measure([app], NOW)
    before = measuring.of([app.key])
    server.kill()
    assert measuring.measure([app], NOW) == []
    assert measuring.of([app.key]) == before


def _status(before: VideoAppStatus, measured: MeasuredApp | None, *, is_reviewed: bool = True) -> VideoAppStatus:
    body = app_body(**({"review": {"prefix": f"s3://{BUCKET}/kept"}} if is_reviewed else {}))
    app = typed({**body, "status": before.model_dump(mode="json", by_alias=True, exclude_none=True)})
    assert isinstance(app, VideoApp)
    cluster = ClusterState()
    cluster.note_resource("VideoApp", body, gone=False)
    facts = AppFacts("n1", None, None, None, None, 0, None, measured=measured)
    return app_status(app, facts, NOW)


def _part(status: VideoAppStatus) -> tuple[str, str] | None:
    found = [each for each in status.conditions if each.type == "MeasuredBelowPredicted"]
    return (found[0].status, found[0].message) if found else None


def test_it_outlives_a_restart_and_goes_with_the_review() -> None:
    first = _status(VideoAppStatus(), LOW)
    assert first.measured == LOW
    assert _status(first, None).measured == LOW
    assert _status(first, None, is_reviewed=False).measured is None
    assert _status(first, MeasuredApp(at=NOW, labels=0)).measured is None


def test_where_the_intervals_part_the_tenant_reads_so_with_the_way_out() -> None:
    (parted,) = below_prediction(PLAN, LOW)
    assert (parted.status, parted.reason) == ("True", "IntervalsPart")
    assert "0.50 (0.40 to 0.60) from 100 labels, predicted 0.80 (0.70 to 0.90)" in parted.message
    assert "mainstream train --review" in parted.message
    (met,) = below_prediction(PLAN, LOW.model_copy(update={"f1_high": 0.7}))
    assert (met.status, met.reason) == ("False", "IntervalsMeet")
    assert below_prediction(PLAN, LOW.model_copy(update={"f1": None})) == []
    assert below_prediction(None, LOW) == []


def test_metrics_have_it_beside_the_predicted(cluster: ClusterState) -> None:
    cluster.note_resource("VideoApp", app_body(review={"prefix": f"s3://{BUCKET}/kept"}), gone=False)
    observation = replace(observed(cluster), measured={"plaza/crossing": LOW})
    found = samples(observation, decide(observation, KeptPlanning()))
    (of_f1,) = found["app_measured_f1"]
    assert (of_f1[0]["app"], of_f1[1]) == ("crossing", 0.5)
    assert [value for _, value in found["app_measured_labels"]] == [100.0]


def test_a_node_is_given_keys_of_reviewed_apps_alone_and_of_each_another() -> None:
    apps = [reviewed_app("http://127.0.0.1:9"), typed(app_body("lamp-post")), typed(app_body("gate", review=REVIEW))]
    keys = ReviewLinkKeys("https://console.example.org", lambda: "t" * 32).of(
        app for app in apps if isinstance(app, VideoApp)
    )
    assert sorted(keys) == ["plaza/crossing#0", "plaza/gate#0"]
    assert len({each.get(LINK_KEY) for each in keys.values()}) == 2
    assert "t" * 32 not in str([each.root for each in keys.values()])
    assert ReviewLinkKeys("https://console.example.org", lambda: "").of([]) == {}


def test_for_a_new_verdict_only_what_is_new_is_read(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    store, app = server.store("kept"), reviewed_app(server.endpoint)
    measuring = Measuring(StoreOpener(cast(Kube, OneSecret()), lambda: HERE))
    _keep_alerts(store, 5)
    _say(store, 0, is_right=True)
    measuring.measure([app], NOW)
    read, keys = S3Store.read, list[str]()

    def counted(store: S3Store, key: str, max_bytes: int) -> bytes:
        keys.append(key)
        return read(store, key, max_bytes)

    monkeypatch.setattr(S3Store, "read", counted)
    _say(store, 1, is_right=False)
    (measured,) = measuring.measure([app], NOW)
    assert measured.key == app.key
    assert len(keys) == 1
    assert measuring.of([app.key])[app.key].labels == 2
