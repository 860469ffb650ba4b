"""Servers of attackers, for a test each."""

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from attackers import Answer, Attacker, Start


@pytest.fixture
def attacker() -> Iterator[Start]:
    """Starts servers that are ended with the test."""
    started: list[Attacker] = []

    def start(answer: Answer) -> Attacker:
        server = Attacker(answer)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        started.append(server)
        return server

    yield start
    for server in started:
        server.shutdown()
        server.server_close()
