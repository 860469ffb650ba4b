"""A tenant who writes URLs that lead to what only the platform can reach."""

from datetime import UTC, datetime
from typing import Any

import pytest

from mainstream.api import VideoApp, VideoStream
from mainstream.api.model import Metadata
from mainstream.hosts.addresses import read_address
from mainstream.hosts.rules import (
    CLUSTER_PORTS,
    CLUSTERS_OWN,
    INTERNAL,
    Endpoint,
    HostRules,
    problem_of_host,
    problem_of_resolved,
    problem_of_url,
)
from mainstream.messages.runner_orders import NodeCredentials
from mainstream_operator.decide.decide import decide
from mainstream_operator.decide.planning import KeptPlanning
from mainstream_operator.observe.allowed_hosts import app_refusal, host_refusals, stream_refusal
from mainstream_operator.observe.host_rules import api_server_endpoints
from mainstream_operator.observe.observation import Observation
from mainstream_operator.watch.cluster_state import ClusterState, KubernetesNode
from mainstream_operator.watch.snapshot import take_snapshot

API_SERVER = "10.43.0.1"
DEFAULT = HostRules(api_server=(Endpoint(address=API_SERVER), Endpoint(address="192.168.1.2", port=7443)))
LISTED = HostRules(allowed=("s3.example.org", "*.cameras.example.org", "10.1.0.0/16", "192.0.2.7"))


def app(**spec: object) -> VideoApp:
    metadata = {"name": "door", "namespace": "plaza"}
    package = {"reference": "s3://packages/door@1", "store": {"endpoint": "http://s3.example.org"}}
    return VideoApp.model_validate(
        {"kind": "VideoApp", "metadata": metadata, "spec": {"stream": {"name": "hall"}, "package": package, **spec}}
    )


def stream(url: str, **more: Any) -> VideoStream:
    spec = {"url": url, "framesPerSecond": 10, "node": {"name": "n1"}, **more}
    return VideoStream.model_validate({"kind": "VideoStream", "metadata": {"name": "hall"}, "spec": spec})


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.8.8.8", "127.1", "0x7f000001", "2130706433", "0177.0.0.1", "0.0.0.0", "0"),  # noqa: S104
        *("::1", "[::1]", "::", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"),
        *("169.254.169.254", "169.254.0.1", "fe80::1", "fe80::1%eth0", "fd00:ec2::254", "::ffff:169.254.169.254"),
        *("localhost", "LOCALHOST", "localhost.", "a.localhost", "metadata.google.internal", "metadata"),
        *("kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"),
        *(API_SERVER, f"::ffff:{API_SERVER}", "170590209", f"64:ff9b::{API_SERVER}"),
        *("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd20:ce::254", "fd00:ec2::23", "fd00:42::42"),
        "fd00:c1::a9fe:a9fe",
        *("0x646464c8", "0144.0144.0144.0310", "1684301000", "64:ff9b::6464:64c8", "::ffff:168.63.129.16"),
        *("::127.0.0.1", "[::127.0.0.1]", "::ffff:0:127.0.0.1", "64:ff9b:1::7f00:1", "fe80::5efe:7f00:1"),
        *("64:ff9b:1:7f00:0:100::", "64:ff9b:1:7f:0:1::", "64:ff9b:1:0:7f:0:100:0", "64:ff9b:1::", "64:ff9b:1::7f00:1"),
        "64:ff9b:1:a9fe:a9:fe00::",
        *("2001:db8::5efe:169.254.169.254", "2001:db8::200:5efe:7f00:1", "2001:0:7f00:1::", "2001::80ff:fffe"),
        *("2002:a9fe:a9fe::1", "::ffff:7f00:1", "0:0:0:0:0:ffff:7f00:1", "0:0:0:0:0:0:0:1", "::1%lo"),
        *("localhost6", "localhost6.localdomain6", "localhost4", "ip6-localhost", "ip6-loopback.", "LocalHost6."),
        *("127.0.0.1.", "127.0.0.1..", "0x7f.1", "0177.1", "0X7F.0.0.1", "017700000001", "127.0.1", "0.0.0.1"),
        *("255.255.255.255", "240.0.0.1", "ff02::1", "fec0::1"),
        *("metadata.azure.internal", "instance-data.ec2.internal"),
    ],
)
def test_internal_hosts_are_refused_however_they_are_spelled(host: str) -> None:
    assert problem_of_host(host, DEFAULT) == "is internal"


@pytest.mark.parametrize(
    "host", ["", ".", "a b", "exa\u2024mple.org", "\uff11\uff12\uff17.0.0.1", "ex%61mple.org", "a\nb", "[", "a/b"]
)
def test_what_is_no_name_of_a_host_is_refused(host: str) -> None:
    assert problem_of_host(host, DEFAULT) == "is not the name or address of a host"


NAT64 = ("64:ff9b::5db8:d822", "64:ff9b:1::5db8:d822", "64:ff9b:1:5db8:d8:2200::", "64:ff9b:1:0:5d:b8d8:2200:0")
"""93.184.216.34 behind prefixes of several lengths"""


@pytest.mark.parametrize(
    "host", ["10.0.0.9", "192.168.1.20", "fd12::1", "s3.plaza.svc", "example.org", "8.8.8.8", *NAT64]
)
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
    beside = stream("rtsp://192.168.1.20:554/stream", substream={"url": url, "framesPerSecond": 5})
    refusal = stream_refusal(beside, DEFAULT)
    assert refusal is not None
    assert refusal.message.startswith("The host in spec.substream.url ")


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


@pytest.mark.parametrize("port", sorted(CLUSTER_PORTS))
def test_a_kubelet_etcd_and_api_server_are_refused_by_their_ports_on_every_address_and_name(port: int) -> None:
    for host in ("10.0.0.9", "fd12::1", "node-1", "example.org"):
        assert problem_of_host(host, DEFAULT, port) == CLUSTERS_OWN
    assert problem_of_url(f"https://10.0.0.9:{port}/", DEFAULT) == CLUSTERS_OWN
    broker = app(sinks=[{"mqtt": {"host": "10.0.0.9", "port": port, "topic": "a"}}])
    assert app_refusal(broker, DEFAULT) is not None


def test_an_api_server_is_refused_where_it_listens_and_its_machine_may_serve_a_store() -> None:
    assert problem_of_url("https://192.168.1.2:7443/", DEFAULT) == INTERNAL
    assert problem_of_url("https://[::ffff:192.168.1.2]:7443/", DEFAULT) == INTERNAL
    assert problem_of_url("http://192.168.1.2:9000/", DEFAULT) is None


def test_where_api_servers_listen_is_what_their_own_endpoint_slice_says() -> None:
    body = {"endpoints": [{"addresses": ["10.0.0.3"]}, {"addresses": ["10.0.0.2"]}], "ports": [{"port": 6443}]}
    expected = (Endpoint(address="10.0.0.2", port=6443), Endpoint(address="10.0.0.3", port=6443))
    assert api_server_endpoints(body) == expected
    assert api_server_endpoints(None) == ()


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "::1", "fd00:ec2::254", API_SERVER])
@pytest.mark.parametrize("rules", [DEFAULT, LISTED.model_copy(update={"api_server": DEFAULT.api_server})])
def test_an_internal_address_is_refused_whatever_name_resolves_to_it(address: str, rules: HostRules) -> None:
    found = read_address(address)
    assert found is not None
    assert problem_of_resolved(found, rules, 80) == INTERNAL


def test_a_listed_network_opens_nothing_internal_in_it_and_a_listed_address_opens_itself() -> None:
    listed = DEFAULT.model_copy(update={"allowed": ("10.0.0.0/8", "127.0.0.0/8", "127.0.0.2")})
    assert problem_of_host("10.1.1.1", listed) is None
    assert problem_of_host(API_SERVER, listed) == INTERNAL
    assert problem_of_host("127.0.0.1", listed) == INTERNAL
    assert problem_of_host("127.0.0.2", listed, 6443) is None
