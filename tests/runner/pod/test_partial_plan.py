"""What of a plan can be served while weights are on their way."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st
from runner_apps import runner_app, runner_plan

from mainstream.messages.runner_plan import RunnerPlan
from mainstream.mpackage.manifest import Blob
from mainstream_runner.pod.following.partial_plan import servable_part


def head(name: str) -> Blob:
    return Blob(sha256=hashlib.sha256(name.encode()).hexdigest(), size_bytes=1)


def plan_of(heads: dict[str, str]) -> RunnerPlan:
    return runner_plan(*(runner_app(app, head=head(name)) for app, name in heads.items()))


PLANS = st.dictionaries(st.sampled_from("abcd"), st.sampled_from("1234"))


@given(PLANS, PLANS, st.sets(st.sampled_from("1234")))
def test_one_apps_missing_weights_change_nothing_for_any_other(
    ordered: dict[str, str], running: dict[str, str], names: set[str]
) -> None:
    here = {head(name) for name in names}
    part = servable_part(plan_of(ordered), here.__contains__, plan_of(running))
    served = {app.name: app.head for app in part.apps}
    for app, name in ordered.items():
        if name in names:
            assert served[app] == head(name)
        elif running.get(app) in names:
            assert served[app] == head(running[app])
        else:
            assert app not in served
    assert served.keys() <= ordered.keys()


def test_a_plan_that_is_complete_is_served_as_it_is() -> None:
    plan = plan_of({"a": "1", "b": "2"})
    assert servable_part(plan, lambda blob: True, None) is plan


def test_an_app_that_looks_elsewhere_now_does_not_go_on_where_it_looked_before() -> None:
    before = runner_plan(runner_app("a", head=head("1"), view="full"))
    stream = before.streams[0].model_copy(update={"crops": {"full": None, "gate": None}})
    ordered = RunnerPlan(
        **(dict(before) | {"streams": (stream,), "apps": (runner_app("a", head=head("2"), view="gate"),)})
    )
    assert servable_part(ordered, lambda blob: blob == head("1"), before).apps == ()
