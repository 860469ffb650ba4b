"""Micro-heads as slots of one call, against the modules that trained them."""

import re
from pathlib import Path
from weakref import WeakValueDictionary

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from mainstream.messages.runner_plan import RunnerApp, RunnerPlan
from mainstream.nn.heads.kinds import head_of, make_head
from mainstream.nn.heads.map_shape import MapShape
from mainstream.nn.network import Network
from mainstream_runner.due_frame import DueFrame
from mainstream_runner.engine.calibration import always
from mainstream_runner.engine.heads import scores_of, sigmoid
from mainstream_runner.engine.loader import PreparedParts, load_executor
from mainstream_runner.engine.micro_heads import MicroHeads, Slots
from mainstream_runner.engine.openvino_cpu import OpenVinoCpu
from mainstream_runner.engine.templates import Templates
from mainstream_runner.engine.torch_eager import TorchEager

SHAPE = MapShape(7, 4, 5)
PLAIN = [("flat", 8), ("pooled", 16), ("flat", 16), ("pooled", 8), ("flat", 8)]
APPS = ("a", "b", "c", "d", "e")


def heads(family):
    torch.manual_seed(0)
    made = [make_head(kind + family, SHAPE, width) for kind, width in PLAIN]
    with torch.no_grad():
        for head in made:
            for tensor in head.state_dict().values():
                tensor.copy_(0.3 * torch.randn(tensor.shape))
    return made


def feature_map(seed=1):
    return torch.randn(1, *SHAPE, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("family", ["", "-dw"])
def test_slots_of_one_call_score_as_each_head_does_alone(family):
    modules = heads(family)
    group = MicroHeads("map", APPS, Slots.of(modules, SHAPE), TorchEager())
    for seed in range(3):
        features = feature_map(seed)
        with torch.inference_mode():
            expected = [float(sigmoid(module(features).numpy())[0]) for module in modules]
        assert list(scores_of(group, features)) == list(APPS)
        assert list(scores_of(group, features).values()) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("family", ["", "-dw"])
@pytest.mark.parametrize(("due", "run"), [({"a"}, "a"), ({"b"}, "ab"), ({"a", "d"}, "abcd"), ({"e"}, "abcde")])
def test_heads_up_to_the_slowest_that_is_due_run_and_score_as_with_all_others(family, due, run):
    group = MicroHeads("map", APPS, Slots.of(heads(family), SHAPE), TorchEager())
    everyone = scores_of(group, feature_map())
    some = group.due(frozenset(due))
    assert some.apps == tuple(run)
    assert scores_of(some, feature_map()) == pytest.approx({app: everyone[app] for app in run}, abs=1e-6)
    assert scores_of(group, feature_map()) == everyone


def test_what_is_due_next_is_not_touched_by_what_was_due_before():
    group = MicroHeads("map", APPS, Slots.of(heads("-dw"), SHAPE), TorchEager())
    few, first = group.due(frozenset("b")), scores_of(group, feature_map(1))
    scores_of(few, feature_map(2))
    assert scores_of(group, feature_map(1)) == first


def test_weights_of_those_that_are_due_are_not_copied():
    slots = Slots.of(heads("-dw"), SHAPE)
    some = slots.first(3)
    assert all(
        np.shares_memory(a, b) for a, b in ((some.narrow_weight, slots.narrow_weight), (some.weight, slots.weight))
    )


FORMS = [("flat", 9, 8, 4.0), ("pooled", 9, 16, 2.0), ("flat-dw", 9, 8, 1.0), ("pooled-dw", 5, 8, 4.0)]
NAMES = tuple(f"app-{number}" for number in range(len(FORMS)))


def alone(network: Network, store: Path, app: RunnerApp, pixels: NDArray[np.uint8]) -> float:
    """The score by the modules that the trainer has."""
    head = head_of(app.head_form)
    head.load_state_dict(load_file(store / "blobs" / app.head.sha256))
    with torch.inference_mode():
        features = network.stem(app.branch_point)(network.preprocessing(torch.from_numpy(pixels[np.newaxis])))
        return float(torch.sigmoid(head(features)))


@pytest.mark.parametrize(("back_end", "batch"), [("openvino", 1), ("openvino", 4), ("torch", 1)])
def test_apps_at_several_taps_score_as_their_modules_do_whoever_is_due(
    make_micro_plan, network: Network, store: Path, engine_cache: Path, back_end: str, batch: int
) -> None:
    plan: RunnerPlan = make_micro_plan(FORMS)
    engine = OpenVinoCpu(Templates(engine_cache / "templates")) if back_end == "openvino" else TorchEager()
    executor = load_executor(plan, store, always(engine, batch))
    shown = [np.random.default_rng(seed).integers(0, 256, (160, 160, 3), dtype=np.uint8) for seed in range(5)]
    due = [NAMES, NAMES[:1], NAMES, NAMES[3:], NAMES[:2]]
    frames = [DueFrame(0, pixels, apps) for pixels, apps in zip(shown, due, strict=True)]
    for frame, scores in zip(frames, executor.score(frames), strict=True):
        expected = {app.name: alone(network, store, app, frame.pixels) for app in plan.apps if app.name in frame.apps}
        assert scores == pytest.approx(expected, abs=1e-4)


def test_the_stem_runs_only_as_deep_as_the_deepest_tap_that_is_due(make_micro_plan, store: Path) -> None:
    executor = load_executor(make_micro_plan(FORMS), store, always(TorchEager()))
    (view,) = executor.views
    assert [work.depth for work in view.work] == [5, 9]
    pixels = np.zeros((160, 160, 3), np.uint8)
    assert [work.depth for work in executor.way(DueFrame(0, pixels, NAMES[3:])).work] == [5]
    assert [work.depth for work in executor.way(DueFrame(0, pixels, NAMES[:1])).work] == [5, 9]


def test_a_head_that_does_not_fit_the_map_at_its_tap_is_refused_before_it_is_read(
    make_micro_plan, tmp_path: Path
) -> None:
    plan: RunnerPlan = make_micro_plan(FORMS[:1])
    form = plan.apps[0].head_form.model_copy(update={"map": (112, 9, 9)})
    app = plan.apps[0].model_copy(update={"head_form": form})
    executor = load_executor(plan.model_copy(update={"apps": (app,)}), tmp_path, always(TorchEager()))
    assert re.search(r"apps\[app-0\].head_form.map: was made for a map of 112x9x9", executor.unavailable_apps["app-0"])


def test_an_app_more_compiles_nothing(make_micro_plan, store: Path) -> None:
    prepared: PreparedParts = WeakValueDictionary()
    counting = Counting()
    sixteen = load_executor(make_micro_plan(FORMS[:2] * 8), store, always(counting), prepared=prepared)
    before = counting.chains
    more = load_executor(make_micro_plan(FORMS[:2] * 8 + FORMS[:1]), store, always(counting), prepared=prepared)
    assert counting.chains == before == 1
    assert len(more.views[0].apps) == 1 + len(sixteen.views[0].apps)


class Counting(TorchEager):
    """Counts the chains that it prepares."""

    def __init__(self) -> None:
        super().__init__()
        self.chains = 0

    def chain(self, modules, shape, batch, preprocessing=None):
        self.chains += 1
        return super().chain(modules, shape, batch, preprocessing)
