"""The story on a real cluster, second part: a tenant tries to stop its neighbours, one kind after the other.

The short form of `make bench-neighbours`; 2,000 apps at once and definitions that are deleted have tests of their own,
without a runner (test_crowd.py, test_api.py).
"""

from collections.abc import Iterator

import pytest
from cluster_stage import Stage
from neighbour_apps import Neighbours
from neighbour_stage import Outcome, do_harm, open_neighbours
from neighbour_watch import Alone
from rival import Rival
from rival_kinds import KINDS, Kind

SHORT = [each for each in KINDS if each.name != "crowd"]
TOLD_S, SOON_S, END_S = 30.0, 20.0, 5.0
"""until the rival is told; until a neighbour's new app is Ready; until what was deleted or suspended sends no alert"""

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def beside(story: Stage) -> Iterator[tuple[Neighbours, Rival]]:
    with open_neighbours(story) as opened:
        yield opened


@pytest.mark.parametrize("kind", SHORT, ids=lambda kind: kind.name)
def test_what_one_tenant_does_is_told_to_it_and_stops_no_neighbour(
    beside: tuple[Neighbours, Rival], kind: Kind
) -> None:
    neighbours, rival = beside
    outcome = do_harm(neighbours, rival, kind, Alone(neighbours.plan()))
    assert_isolated(outcome)


def assert_isolated(outcome: Outcome) -> None:
    print(outcome)
    assert outcome.harm == []
    assert outcome.told_s is not None
    assert outcome.told_s <= TOLD_S
    assert outcome.new_ready_s <= SOON_S
    assert outcome.gone_s <= END_S
    assert outcome.last_alert_s <= END_S
