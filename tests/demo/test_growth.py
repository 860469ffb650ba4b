"""More and more apps: who is planned for, and what a plan decides when it is played from scores."""

from pathlib import Path

import numpy as np
import pytest
from runner_apps import runner_app, runner_plan

from mainstream.arrays import FloatArray
from mainstream.laws.sampling import NestedSampler
from mainstream.laws.voting import Voter
from mainstream.messages.runner_plan import RunnerPlan
from mainstream_demo.example import read_example
from mainstream_demo.growth.chart import growth_chart
from mainstream_demo.growth.decoding import decoded_frames
from mainstream_demo.growth.plans import crowds
from mainstream_demo.growth.playing import decided_frames
from mainstream_demo.result import DemoResult, GrowthPoint

PLAZA = Path(__file__).parents[2] / "examples" / "plaza"
FRAMES = 200
DECODED = np.delete(np.arange(FRAMES), slice(3, None, 7))


def test_the_plaza_has_six_apps_of_its_own_and_sixteen_more() -> None:
    example = read_example(PLAZA)
    assert len(example.own_apps) == 6
    assert len(example.keys) == len(set(example.keys)) == 22
    events = {app: labels.apps[app].event for app, labels in example.labels_of.items()}
    assert events["spot-480-244"] == "somebody stands in x 480-528, y 244-292"


def test_few_apps_are_some_of_the_examples_own_and_all_come_last() -> None:
    example = read_example(PLAZA)
    asked = crowds(example)
    assert asked == crowds(example)
    assert {len(crowd.apps) for crowd in asked} == {2, 4, 6, 9, 12, 16, 22}
    assert all(set(crowd.apps) <= set(example.own_apps) for crowd in asked if len(crowd.apps) <= 6)
    assert all(set(example.own_apps) <= set(crowd.apps) for crowd in asked if len(crowd.apps) >= 6)
    assert asked[-1].apps == example.keys


@pytest.mark.parametrize("sharing", [True, False])
def test_a_plan_played_from_scores_decides_as_frame_by_frame(sharing: bool) -> None:
    apps = [runner_app("a", fps=10.0, votes=2), runner_app("b", fps=3.0), runner_app("c", fps=2.0, threshold=0.2)]
    plan = runner_plan(*apps, sharing=sharing)
    rng = np.random.default_rng(0)
    scores = {app.name: rng.random(FRAMES) for app in apps}
    edges_s = np.arange(FRAMES + 1) / 10.0
    decided = {name: frames.tolist() for name, frames in decided_frames(plan, scores, edges_s, DECODED).items()}
    beside_each_other = [plan] if sharing else [runner_plan(app) for app in apps]
    expected = [_frame_by_frame(each, scores, edges_s) for each in beside_each_other]
    assert decided == {name: frames for each in expected for name, frames in each.items()}
    assert all(decided.values())


def _frame_by_frame(plan: RunnerPlan, scores: dict[str, FloatArray], edges_s: FloatArray) -> dict[str, list[int]]:
    """All apps of one view, as a runner goes."""
    sampler, voters = NestedSampler(), {app.name: Voter(app.votes) for app in plan.apps}
    found: dict[str, list[int]] = {app.name: [] for app in plan.apps}
    for frame in DECODED.tolist():
        at_s = float(edges_s[frame])
        rates = sampler.due(at_s, {app.fps for app in plan.apps})
        for app in plan.apps:
            if app.fps in rates and voters[app.name].decide(scores[app.name][frame] >= app.threshold):
                found[app.name].append(frame)
    return found


def test_modes_decode_some_of_the_frames_that_are_played() -> None:
    played = read_example(PLAZA).played
    every, reference, key = (decoded_frames(played, mode).tolist() for mode in ("all", "reference", "keyframes"))
    assert every == list(range(398))
    assert set(key) < set(reference) < set(every)
    assert key == [3, 53, 103, 153, 203, 253, 303, 353]


def test_names_of_curves_are_written_apart() -> None:
    f1 = {"mainstream": 0.9, "alone": 0.89, "max-sharing": 0.89}
    point = GrowthPoint(apps=22, crowds=1, f1_measured=f1, f1_predicted=f1, differences=[])
    chart = growth_chart(DemoResult(machine={}, seconds={}, policies={}, differences=[], growth=[point]))
    heights = sorted(curve.name_y for curve in chart.curves)
    assert len(heights) == 3
    assert np.diff(heights).min() >= 12.0
