"""Whether what exists is what was wanted."""

from mainstream_operator.apply.drift import difference
from mainstream_operator.apply.ensure import _in_the_way
from mainstream_operator.desired.common import Desired
from mainstream_operator.desired.quantities import cores, mebibytes
from mainstream_operator.kube import Ref


def test_defaults_and_fields_of_others_are_no_drift() -> None:
    assert difference({"a": 1, "b": {"c": 2, "d": 3}}, {"b": {"c": 2}}) is None


def test_a_value_that_somebody_changed_is_named() -> None:
    assert difference({"spec": {"replicas": 0}}, {"spec": {"replicas": 1}}) == ".spec.replicas"


def test_a_field_that_is_gone_is_named() -> None:
    assert difference({"data": {}}, {"data": {"plan.json": "{}"}}) == ".data.plan.json"


def test_named_things_may_stand_in_any_order() -> None:
    observed = [{"name": "b", "x": 2}, {"name": "a", "x": 1, "more": True}]
    assert difference(observed, [{"name": "a", "x": 1}, {"name": "b", "x": 2}]) is None
    assert difference(observed, [{"name": "a", "x": 1}, {"name": "c"}]) == "[1]"


def test_a_container_that_was_added_is_drift() -> None:
    assert difference([{"name": "a"}, {"name": "stranger"}], [{"name": "a"}]) == ""


def test_quantities_are_spelled_as_the_api_server_does() -> None:
    assert [cores(1.0), cores(0.25), cores(0.0001)] == ["1", "250m", "1m"]
    assert [mebibytes(512), mebibytes(2048), mebibytes(1 << 20)] == ["512Mi", "2Gi", "1Ti"]


def test_what_keeps_a_runner_from_being_put_right_is_taken_away_first() -> None:
    body = {"kind": "Deployment", "spec": {"strategy": {"type": "Recreate"}}}
    wanted = Desired(Ref("apps/v1", "deployments", "runner-n1", "mainstream"), body)
    changed = {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}}
    assert _in_the_way(changed, wanted) == {"spec": {"strategy": {"type": "Recreate", "rollingUpdate": None}}}
    assert _in_the_way(body, wanted) is None


def test_what_came_with_a_list_lacks_its_kind_and_has_not_drifted() -> None:
    wanted = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"kind": "a"}}
    assert difference({"data": {"kind": "a"}}, wanted) is None
    assert difference({"data": {}}, wanted) == ".data.kind"
