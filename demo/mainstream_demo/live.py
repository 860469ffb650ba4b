"""A plan run live, and what came of it."""

from pathlib import Path

from mainstream.decide.node_plan import NodePlan
from mainstream_demo.example import DemoExample
from mainstream_demo.outcome import PolicyOutcome, measure
from mainstream_demo.progress import DemoProgress
from mainstream_demo.result import TITLES
from mainstream_evaluate.truth import Truth
from mainstream_runner.run import run_plan_on
from mainstream_runner.serving.torchserve import TorchServe


def run_live(
    server: TorchServe,
    made: NodePlan,
    example: DemoExample,
    truths: dict[str, Truth],
    out: Path,
    progress: DemoProgress,
) -> PolicyOutcome:
    """Play what is played of the clip live under one plan, into a folder of the policy's name, and measure; where no
    app fitted, nothing runs."""
    plan, orders, played = made.plan, made.runner_plan, example.played
    assert plan is not None  # noqa: S101 - as `plan_all` has it
    run = None
    if orders is not None and orders.apps:
        start, end = played.part
        with progress.playing(TITLES[plan.policy], (end - start) / orders.streams[0].fps) as on_progress:
            run = run_plan_on(
                server,
                orders,
                out / "store",
                out / plan.policy,
                start_frame=start,
                end_frame=end,
                on_progress=on_progress,
            )
    return measure(plan, run, truths, played.clip.times)
