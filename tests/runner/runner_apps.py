"""Apps of plans whose weights nobody reads, and what they cost."""

from typing import Any

from mainstream.head_form import HeadForm
from mainstream.messages.node_profile import BaseProfile, NodeProfile
from mainstream.messages.runner_plan import RunnerApp, RunnerPlan, RunnerStream, ViewGate
from mainstream.mpackage.manifest import Blob

DIGEST = "0" * 64


def runner_app(name: str = "a", **changed: Any) -> RunnerApp:
    """An app on a wholly shared stem, one frame a second, but for what is given."""
    app: dict[str, Any] = {
        "stream": "s",
        "view": "full",
        "base": "base",
        "base_digest": DIGEST,
        "package_digest": DIGEST,
        "candidate": "tuned-0",
        "kind": "fine-tuned",
        "branch_point": 0,
        "prefix_hash": DIGEST,
        "segments": (),
        "head_form": HeadForm(kind="pool-linear", map=(8, 1, 1)),
        "head": Blob(sha256=DIGEST, size_bytes=1),
        "threshold": 0.5,
        "fps": 1.0,
        "votes": 1,
        "merge_gap_s": 1.0,
    }
    return RunnerApp(name=name, **(app | changed))


def runner_plan(*apps: RunnerApp, sharing: bool = True, fps: float = 10.0, gate: ViewGate | None = None) -> RunnerPlan:
    """A plan of them on one stream, whose view has that gate."""
    gates = {} if gate is None else {"full": gate}
    stream = RunnerStream(name="s", url="file:x", fps=fps, crops={"full": None}, gates=gates)
    return RunnerPlan(node="n", sharing=sharing, budget=1.0, cost=1.0, streams=(stream,), apps=apps)


def node_profile(base: BaseProfile, decode_s: float) -> NodeProfile:
    """Of a node with base network "tiny", that decodes their stream."""
    return NodeProfile(
        machine="m",
        back_end="b",
        versions={},
        bases={"tiny": base},
        frame_s=0.002,
        app_s=0.0001,
        decode_s={"s": decode_s},
        idle=0.01,
    )
