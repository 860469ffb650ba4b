"""What a tenant's Secret opens, and whose it is."""

import base64
import time
from typing import Any, cast

from operator_objects import app_body, typed

from mainstream.api import VideoApp
from mainstream.api.store_access import StoreAccess
from mainstream.hosts.rules import HostRules
from mainstream.messages.runner_orders import sink_key
from mainstream.messages.status_report import StatusReport
from mainstream_operator.kube import Body, Kube, KubeError, Ref
from mainstream_operator.observe.node_secrets import NodeSecrets
from mainstream_operator.observe.packages import PackageReader, WantedUpload
from mainstream_operator.observe.runner_client import RunnerClient
from mainstream_operator.observe.status_reports import PATIENCE_S, StatusReports
from mainstream_operator.observe.stores import StoreOpener

KEY = "word-of-a-test"


class Secrets:
    """An API server that has Secrets in one namespace, and forbids all others."""

    def __init__(self, **secrets: dict[str, str]) -> None:
        self.secrets = secrets
        self.asked: list[str] = []

    def get(self, ref: Ref) -> Body | None:
        self.asked.append(f"{ref.namespace}/{ref.name}")
        if ref.namespace != "plaza":
            raise KubeError(403, "forbidden")
        texts = self.secrets.get(ref.name)
        encoded = {name: base64.b64encode(text.encode()).decode() for name, text in (texts or {}).items()}
        return None if texts is None else {"data": encoded}


def app(**spec: Any) -> VideoApp:
    thing = typed(app_body(**spec))
    assert isinstance(thing, VideoApp)
    return thing


def test_keys_of_sinks_are_read_from_the_apps_own_namespace() -> None:
    kube = Secrets(hook={"key": KEY}, broker={"username": "u", "password": KEY, "ca.crt": "pem"})
    sinks = [
        {"webhook": {"url": "https://a.example/x", "secretName": "hook"}},
        {"jsonLines": {"path": "a.jsonl"}},
        {"mqtt": {"host": "broker", "topic": "t", "secretName": "broker"}},
    ]
    keys, refusals = NodeSecrets(cast(Kube, kube), "mainstream").sink_keys([app(sinks=sinks)])
    assert not refusals
    assert keys[sink_key("plaza/crossing", 0)].get("hmac_key") == KEY
    assert keys[sink_key("plaza/crossing", 2)].get("ca_pem") == "pem"
    assert KEY not in repr(keys)
    assert set(kube.asked) == {"plaza/hook", "plaza/broker"}


def test_a_secret_that_is_missing_or_lacks_its_key_is_told_without_values() -> None:
    secrets = NodeSecrets(cast(Kube, Secrets(hook={"other": KEY})), "mainstream")
    for name, reason in (("hook", "SecretIncomplete"), ("none", "SecretMissing")):
        hook = {"webhook": {"url": "https://a.example/x", "secretName": name}}
        _, refusals = secrets.sink_keys([app(sinks=[hook])])
        assert refusals["plaza/crossing"].reason == reason
        assert KEY not in refusals["plaza/crossing"].message


def test_without_a_secret_a_store_is_read_as_nobody_unless_the_platform_allows_more() -> None:
    access = StoreAccess(endpoint="http://127.0.0.1:9")
    kube = cast(Kube, Secrets())
    url = StoreOpener(kube, HostRules).open("s3://packages/a", access, "plaza").signed_url("blob", 60)
    assert "Signature" not in url
    allowed = StoreOpener(kube, HostRules, own_credentials=True).open("s3://packages/a", access, "plaza")
    assert allowed._client.meta.config.signature_version == "s3v4"


def test_clips_go_below_the_sinks_own_prefix_with_the_tenants_own_keys() -> None:
    kube = Secrets(store={"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": KEY})
    reader = PackageReader(StoreOpener(cast(Kube, kube), HostRules), lambda _node: None)
    clips = {"prefix": "s3://media/clips", "store": {"endpoint": "http://127.0.0.1:9", "secretName": "store"}}
    owner = app(sinks=[{"jsonLines": {"path": "a.jsonl"}}, {"clips": clips}])
    upload = WantedUpload(app=owner.key, sink=1, name="event-1.mp4", size_bytes=5)
    url = reader.signed_upload(owner, upload)
    assert url is not None
    assert url.startswith("http://127.0.0.1:9/media/clips/crossing/event-1.mp4?")
    assert "content-length" in url
    assert "X-Amz-Expires=300" in url
    assert KEY not in url
    for sink in (0, 7):
        assert reader.signed_upload(owner, upload.model_copy(update={"sink": sink})) is None
    reader.close()


def test_what_is_kept_for_review_goes_below_its_own_prefix_by_day() -> None:
    kube = Secrets(store={"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": KEY})
    reader = PackageReader(StoreOpener(cast(Kube, kube), HostRules), lambda _node: None)
    review = {"prefix": "s3://media/kept", "store": {"endpoint": "http://127.0.0.1:9", "secretName": "store"}}
    owner = app(sinks=[{"jsonLines": {"path": "a.jsonl"}}], review=review)
    upload = WantedUpload(app=owner.key, sink=1, name="20261129T175640Z-id-1.alert.json", size_bytes=5)
    url = reader.signed_upload(owner, upload)
    assert url is not None
    assert url.startswith("http://127.0.0.1:9/media/kept/crossing/20261129/20261129T175640Z-id-1.alert.json?")
    reader.close()


def test_a_runner_that_does_not_answer_holds_up_nobody() -> None:
    class Slow:
        def report(self) -> StatusReport | None:
            time.sleep(PATIENCE_S * 3)
            return StatusReport(node="n1")

    changed: list[str] = []
    reports = StatusReports(changed.append)
    slow = cast(RunnerClient, Slow())
    start_s = time.monotonic()
    assert reports.read("n1", "pod", slow) is None
    assert reports.read("n1", "pod", slow) is None
    assert time.monotonic() - start_s < PATIENCE_S * 2.5
    deadline_s = time.monotonic() + 10
    while not changed and time.monotonic() < deadline_s:
        time.sleep(0.05)
    assert changed == ["n1"]
    assert reports.read("n1", "pod", slow) == StatusReport(node="n1")
    reports.close()


def test_one_runner_after_another_pod_is_asked_anew() -> None:
    class Silent:
        asked = 0

        def report(self) -> StatusReport | None:
            Silent.asked += 1
            return None

    reports = StatusReports(lambda _node: None)
    silent = cast(RunnerClient, Silent())
    for pod in ("a", "a", "a", "b"):
        assert reports.read("n1", pod, silent) is None
    assert Silent.asked == 2, "one that did not answer is asked later, another pod at once"
    reports.close()
