"""Who reads which metrics: everything with the platform's token, a tenant's own series with the tenant's."""

import asyncio
import base64
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from mainstream_operator import metrics_tokens, shared_token
from mainstream_operator.kube import Body, Kube, KubeError, Ref
from mainstream_operator.metrics import Metrics
from mainstream_operator.metrics_server import MetricsServer
from mainstream_operator.metrics_tokens import MetricsTokens
from mainstream_operator.shared_token import SharedToken

PLATFORM, PLAZA = "p" * 32, "q" * 32


@dataclass
class Secrets(Kube):
    """Secrets by namespace and name, and what was asked for."""

    bodies: dict[tuple[str, str], Body] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    away: bool = False

    def put(self, namespace: str, name: str, **texts: str) -> None:
        data = {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}
        self.bodies[namespace, name] = {"data": data}

    def get(self, ref: Ref) -> Body | None:
        if self.away:
            raise KubeError(0, "away")
        self.asked.append(f"{ref.namespace}/{ref.name}")
        return self.bodies.get((str(ref.namespace), ref.name))

    def patch(self, ref: Ref, patch: Body) -> Body | None:
        found = self.bodies.get((str(ref.namespace), ref.name))
        if found is not None:
            found |= patch
        return found

    def create(self, ref: Ref, body: Body) -> bool:
        self.bodies[str(ref.namespace), ref.name] = body
        return True


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> Secrets:
    for module in (metrics_tokens, shared_token):
        monkeypatch.setattr(module, "FRESH_S", 0.0)
    found = Secrets()
    found.put("system", "metrics", token=PLATFORM)
    found.put("plaza", "mainstream-metrics", token=PLAZA)
    return found


@pytest.fixture
def port(secrets: Secrets) -> Iterator[int]:
    """A node with apps of two tenants."""
    metrics = Metrics()
    samples = [({"namespace": each, "app": "door", "node": "n1"}, 2.0) for each in ("plaza", "harbour")]
    metrics._fleet.note("n1", {"app_planned_fps": samples, "node_budget": [({"node": "n1"}, 0.8)]})
    server = MetricsServer(0, metrics, MetricsTokens(secrets, SharedToken(secrets, "system", "metrics")))
    yield int(server.server_address[1])
    server.close()


def read(port: int, path: str, token: str | None) -> tuple[int, str]:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - our own
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_everything_is_for_the_platforms_token_alone(port: int) -> None:
    status, text = read(port, "/metrics", PLATFORM)
    assert status == 200
    assert 'namespace="harbour"' in text
    assert "mainstream_operator_reconcile_seconds" in text
    for shown in (None, "", PLAZA, PLATFORM[:-1]):
        status, text = read(port, "/metrics", shown)
        assert status == 401
        assert "harbour" not in text


def test_a_tenant_reads_its_own_apps_and_neither_nodes_nor_anybody_elses(port: int) -> None:
    status, text = read(port, "/metrics/plaza", PLAZA)
    assert status == 200
    assert 'mainstream_operator_app_planned_fps{app="door",namespace="plaza",node="n1"} 2.0' in text
    assert "harbour" not in text
    assert "node_budget" not in text
    assert "reconcile" not in text


@pytest.mark.parametrize("path", ["/metrics/harbour", "/metrics/nobody", "/metrics/plaza/..", "/metrics/%2e"])
def test_a_tenants_token_opens_no_other_namespace(port: int, path: str) -> None:
    assert read(port, path, PLAZA)[0] == 401


def test_no_secret_of_a_namespace_without_apps_is_read_whoever_asks(port: int, secrets: Secrets) -> None:
    assert read(port, "/metrics/kube-system", "x" * 32)[0] == 401
    assert secrets.asked == []


def test_a_token_that_can_be_guessed_opens_nothing(port: int, secrets: Secrets) -> None:
    secrets.put("plaza", "mainstream-metrics", token=PLAZA[:15])
    assert read(port, "/metrics/plaza", PLAZA[:15])[0] == 401
    secrets.put("plaza", "mainstream-metrics", token="")
    assert read(port, "/metrics/plaza", "")[0] == 401


def test_the_platforms_token_is_there_before_anybody_asks(secrets: Secrets) -> None:
    del secrets.bodies["system", "metrics"]
    token = SharedToken(secrets, "system", "metrics")

    async def start() -> None:
        keeping = asyncio.create_task(token.keep())
        while ("system", "metrics") not in secrets.bodies:
            await asyncio.sleep(0.01)
        keeping.cancel()

    asyncio.run(asyncio.wait_for(start(), 10))
    made = base64.b64decode(secrets.bodies["system", "metrics"]["data"]["token"]).decode()
    assert token.is_shown(made)


def test_the_first_token_counts_at_once_whoever_asked_before_it_was_there(
    secrets: Secrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_token, "FRESH_S", 60.0)
    token = SharedToken(secrets, "system", "metrics")
    secrets.away = True
    assert not token.is_shown(PLATFORM)
    secrets.away = False
    assert token.is_shown(PLATFORM)


@pytest.mark.parametrize("left", [{}, None])
def test_a_token_is_made_where_there_is_none(secrets: Secrets, left: dict[str, Any] | None) -> None:
    del secrets.bodies["system", "metrics"]
    if left is not None:
        secrets.bodies["system", "metrics"] = left
    token = SharedToken(secrets, "system", "metrics")
    assert not token.is_shown("")
    made = base64.b64decode(secrets.bodies["system", "metrics"]["data"]["token"]).decode()
    assert token.is_shown(made)


def test_a_changed_token_holds_and_the_last_one_does_while_the_api_server_is_away(secrets: Secrets) -> None:
    token = SharedToken(secrets, "system", "metrics")
    assert token.is_shown(PLATFORM)
    secrets.put("system", "metrics", token="r" * 32)
    assert not token.is_shown(PLATFORM)
    secrets.away = True
    assert token.is_shown("r" * 32)
