"""A tenant who writes URLs that lead to what only the platform can reach."""

from datetime import UTC, datetime
from typing import Any

import pytest

from mainstream.api import VideoApp, VideoStream
from mainstream.api.model import Metadata
from mainstream.runner_orders import NodeCredentials
from mainstream_operator.decide.decide import decide
from mainstream_operator.decide.planning import KeptPlanning
from mainstream_operator.observe.allowed_hosts import (
    HostRules,
    app_refusal,
    host_refusals,
    problem_of_host,
    problem_of_url,
    stream_refusal,
)
from mainstream_operator.observe.observation import Observation
from mainstream_operator.watch.cluster_state import ClusterState, KubernetesNode
from mainstream_operator.watch.snapshot import take_snapshot

API_SERVER = "10.43.0.1"
DEFAULT = HostRules(api_server=API_SERVER)
LISTED = HostRules(allowed=("s3.example.org", "*.cameras.example.org", "10.1.0.0/16", "192.0.2.7"))


def app(**spec: object) -> VideoApp:
    metadata = {"name": "door", "namespace": "plaza"}
    package = {"reference": "s3://packages/door@1", "store": {"endpoint": "http://s3.example.org"}}
    return VideoApp.model_validate(
        {"kind": "VideoApp", "metadata": metadata, "spec": {"stream": {"name": "hall"}, "package": package, **spec}}
    )


def stream(url: str) -> VideoStream:
    spec = {"url": url, "framesPerSecond": 10, "node": {"name": "n1"}}
    return VideoStream.model_validate({"kind": "VideoStream", "metadata": {"name": "hall"}, "spec": spec})


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.8.8.8", "127.1", "0x7f000001", "2130706433", "0177.0.0.1", "0.0.0.0", "0"),  # noqa: S104
        *("::1", "[::1]", "::", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"),
        *("169.254.169.254", "169.254.0.1", "fe80::1", "fe80::1%eth0", "fd00:ec2::254", "::ffff:169.254.169.254"),
        *("localhost", "LOCALHOST", "localhost.", "a.localhost", "metadata.google.internal", "metadata"),
        *("kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"),
        *(API_SERVER, f"::ffff:{API_SERVER}", "170590209"),
    ],
)
def test_internal_hosts_are_refused_however_they_are_spelled(host: str) -> None:
    assert problem_of_host(host, DEFAULT) == "is internal"


@pytest.mark.parametrize(
    "host", ["", ".", "a b", "exa\u2024mple.org", "\uff11\uff12\uff17.0.0.1", "ex%61mple.org", "a\nb", "[", "a/b"]
)
def test_what_is_no_name_of_a_host_is_refused(host: str) -> None:
    assert problem_of_host(host, DEFAULT) == "is not the name or address of a host"


@pytest.mark.parametrize("host", ["10.0.0.9", "192.168.1.20", "fd12::1", "s3.plaza.svc", "example.org", "8.8.8.8"])
def test_private_addresses_and_other_names_are_allowed_without_a_list(host: str) -> None:
    assert problem_of_host(host, DEFAULT) is None


@pytest.mark.parametrize(
    "host", ["s3.example.org", "S3.example.org.", "a.cameras.example.org", "10.1.2.3", "192.0.2.7"]
)
def test_listed_hosts_are_allowed(host: str) -> None:
    assert problem_of_host(host, LISTED) is None


@pytest.mark.parametrize(
    "host",
    [
        *("example.org", "as3.example.org", "s3.example.org.evil.org", "cameras.example.org", "10.2.0.1", "192.0.2.8"),
        *("127.0.0.1", "localhost", "8.8.8.8"),
    ],
)
def test_with_a_list_nothing_else_is_allowed(host: str) -> None:
    assert problem_of_host(host, LISTED) == "is not among the chart's allowedHosts"


@pytest.mark.parametrize(
    "url",
    [
        *("http://good.org\\@127.0.0.1/", "http://good.org @127.0.0.1/", "http://127.0.0.1\t/", "http://[::1/"),
        *("http://good.org:x/", "http://user:word@good.org/", "http:///path", "http://good.org\r\nHost: x"),
    ],
)
def test_a_url_that_can_be_read_in_two_ways_is_refused(url: str) -> None:
    assert problem_of_url(url, DEFAULT) is not None


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"package": {"reference": "s3://b/a@1", "store": {"endpoint": "http://169.254.169.254"}}}, "package.store"),
        ({"sinks": [{"webhook": {"url": "http://127.0.0.1:8080/urls"}}]}, "sinks[0].webhook.url"),
        ({"sinks": [{"mqtt": {"host": "localhost", "topic": "a"}}]}, "sinks[0].mqtt.host"),
        (
            {"sinks": [{"clips": {"prefix": "s3://clips/a", "store": {"endpoint": "https://kubernetes.default.svc"}}}]},
            "sinks[0].clips.store.endpoint",
        ),
    ],
)
def test_an_app_that_names_an_internal_host_is_refused_with_the_field(spec: dict[str, object], field: str) -> None:
    refusal = app_refusal(app(**spec), DEFAULT)
    assert refusal is not None
    assert refusal.reason == "HostNotAllowed"
    assert f"spec.{field}" in refusal.message
    assert app_refusal(app(), DEFAULT) is None


def test_a_store_without_an_endpoint_is_aws_own_and_has_to_be_listed_where_there_is_a_list() -> None:
    aws = app(package={"reference": "s3://b/a@1", "store": {"region": "eu-west-1"}})
    assert app_refusal(aws, DEFAULT) is None
    assert app_refusal(aws, LISTED) is not None
    assert app_refusal(aws, HostRules(allowed=("*.amazonaws.com",))) is None


@pytest.mark.parametrize("url", ["rtsp://127.0.0.1/a", "rtsp://[::1]:554/a", "rtsps://169.254.169.254/a", "rtsp:a"])
def test_a_stream_at_an_internal_host_is_refused(url: str) -> None:
    refusal = stream_refusal(stream(url), DEFAULT)
    assert refusal is not None
    assert refusal.reason == "HostNotAllowed"
    assert stream_refusal(stream("rtsp://192.168.1.20:554/stream"), DEFAULT) is None


def _body(thing: VideoApp | VideoStream) -> dict[str, Any]:
    return thing.model_dump(mode="json", by_alias=True, exclude_none=True)


def test_the_refused_are_neither_read_nor_opened_and_touch_nobody() -> None:
    """An app, and a stream that another app looks at: each is told, and the third goes on."""
    cluster = ClusterState()
    inside, outside = app(sinks=[{"webhook": {"url": "http://[::1]/"}}]), app()
    looking = app(stream={"name": "inside"})
    for number, each in enumerate((inside, outside, looking)):
        metadata = each.metadata.model_copy(update={"name": f"app-{number}"})
        cluster.note_resource("VideoApp", _body(each.model_copy(update={"metadata": metadata})), gone=False)
    for name, url in (("hall", "rtsp://192.168.1.20/a"), ("inside", "rtsp://localhost/a")):
        metadata = Metadata(name=name, namespace="plaza")
        body = _body(stream(url).model_copy(update={"metadata": metadata}))
        cluster.note_resource("VideoStream", body, gone=False)
    cluster.kubernetes_nodes["n1"] = KubernetesNode("n1", {"mainstream.video/edge": "true"}, ready=True)
    apps, streams = host_refusals(take_snapshot(cluster, "n1"), DEFAULT)
    assert set(apps) == {"plaza/app-0", "plaza/app-2"}
    assert set(streams) == {"plaza/inside"}
    observation = Observation(
        at=datetime.now(UTC),
        snapshot=take_snapshot(cluster, "n1"),
        packages={},
        report=None,
        credentials=NodeCredentials(),
        stream_refusals=streams,
        refused=apps,
    )
    decision = decide(observation, KeptPlanning())
    assert {key: refusal.reason for key, refusal in decision.refused.items()} == dict.fromkeys(apps, "HostNotAllowed")
    assert decision.waiting["plaza/app-1"].reason == "PackageBeingRead"
    assert all("inside" not in placed.stream_name for placed in decision.usable)
