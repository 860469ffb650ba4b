"""With how many others an app shares work."""

from hypothesis import given
from hypothesis import strategies as st

from mainstream.head_form import HeadForm
from mainstream.messages.runner_plan import RunnerApp, RunnerPlan, RunnerStream
from mainstream.mpackage.manifest import Blob, PrivateSegment
from mainstream.workload.shared_with import shared_counts

DEPTH = 3
BLOB = Blob(sha256="a" * 64, size_bytes=1)


@st.composite
def an_app(draw: st.DrawFn, name: str) -> RunnerApp:
    """Of few streams, views, bases and weights, so that much is alike."""
    branch_point = draw(st.integers(0, DEPTH))
    hashes = [draw(st.sampled_from("012")) * 63 + str(end) for end in range(branch_point, DEPTH)]
    return RunnerApp(
        name=name,
        stream=draw(st.sampled_from(("plaza", "quay"))),
        view=draw(st.sampled_from(("all", "door"))),
        base="lite",
        base_digest=draw(st.sampled_from("bc")) * 64,
        package_digest="d" * 64,
        candidate=f"tuned-{branch_point}",
        kind="fine-tuned",
        branch_point=branch_point,
        prefix_hash="e" * 64,
        segments=tuple(
            PrivateSegment(branch_point=branch_point + number, prefix_hash=each, blob=BLOB)
            for number, each in enumerate(hashes)
        ),
        head_form=HeadForm(kind="pool-linear", map=(8, 1, 1)),
        head=BLOB,
        threshold=0.5,
        fps=1.0,
        votes=1,
        merge_gap_s=1.0,
    )


@st.composite
def plans(draw: st.DrawFn) -> RunnerPlan:
    apps = tuple(draw(an_app(f"plaza/{number}")) for number in range(draw(st.integers(0, 8))))
    streams = [
        RunnerStream(name=name, url="rtsp://camera/a", fps=5.0, crops={"all": None, "door": None})
        for name in ("plaza", "quay")
    ]
    return RunnerPlan(node="n1", sharing=draw(st.booleans()), budget=1.0, cost=0.5, streams=tuple(streams), apps=apps)


def share(one: RunnerApp, other: RunnerApp) -> bool:
    """Whether two apps run a segment together, in the words of the definition."""
    same_input = (one.stream, one.view, one.base_digest) == (other.stream, other.view, other.base_digest)
    frozen_alike = one.branch_point > 0 and other.branch_point > 0
    tuned = [{segment.prefix_hash for segment in each.segments} for each in (one, other)]
    return same_input and (frozen_alike or bool(tuned[0] & tuned[1]))


@given(plans())
def test_the_counts_of_a_plan_are_those_of_its_pairs(plan: RunnerPlan) -> None:
    pairs = {
        app.name: sum(plan.sharing and share(app, other) for other in plan.apps if other.name != app.name)
        for app in plan.apps
    }
    assert shared_counts(plan) == pairs
