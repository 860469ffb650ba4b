"""Which segments run for whom."""

import pytest
from runner_apps import runner_app, runner_plan

from mainstream.errors import InvalidInputError
from mainstream.messages.runner_plan import RunnerApp, RunnerPlan
from mainstream.mpackage.manifest import Blob, PrivateSegment
from mainstream_runner.engine.chains import chains_of
from mainstream_runner.engine.tree import StemTree, check_base, check_map, stem_tree
from mainstream_runner.views import plan_views

PUBLIC = tuple(f"{k:064x}" for k in range(4))
BASES = {PUBLIC[-1]: PUBLIC}


def digest(text: str) -> str:
    return text.encode().hex().rjust(64, "0")


def app(name: str, branch_point: int, *, private: str = "", fps: float = 1.0) -> RunnerApp:
    owner = private or name
    return runner_app(
        name,
        base="b",
        base_digest=PUBLIC[-1],
        package_digest=PUBLIC[0],
        branch_point=branch_point,
        prefix_hash=PUBLIC[branch_point],
        segments=tuple(
            PrivateSegment(
                branch_point=k,
                prefix_hash=digest(f"{owner}{k}"),
                blob=Blob(sha256=digest(f"{owner}{k}"), size_bytes=1),
            )
            for k in range(branch_point, 3)
        ),
        head=Blob(sha256=digest(name), size_bytes=1),
        fps=fps,
    )


def stem_trees(of: RunnerPlan, bases: dict[str, tuple[str, ...]]) -> list[StemTree]:
    for each in of.apps:
        check_base(each, bases[each.base_digest])
    return [stem_tree(view, bases[view.base_digest]) for view in plan_views(of)]


def test_a_public_segment_runs_once_for_all_who_look_at_the_same_view() -> None:
    (tree,) = stem_trees(runner_plan(app("a", 3), app("b", 3), app("c", 2)), BASES)
    assert [(node.index, node.blob is None) for node in tree.due_nodes(["a", "b", "c"])] == [
        (0, True),
        (1, True),
        (2, True),
        (2, False),
    ]


def test_two_apps_trained_together_share_their_private_stem() -> None:
    (tree,) = stem_trees(runner_plan(app("a", 1, private="t"), app("b", 1, private="t")), BASES)
    assert len(tree.due_nodes(["a", "b"])) == 3


def test_only_what_a_due_app_needs_runs() -> None:
    (tree,) = stem_trees(runner_plan(app("a", 3), app("b", 1)), BASES)
    assert [node.key for node in tree.due_nodes(["b"])] == [PUBLIC[1], digest("b1"), digest("b2")]


def test_parents_come_before_children() -> None:
    (tree,) = stem_trees(runner_plan(app("a", 1), app("b", 3), app("c", 0)), BASES)
    seen = {tree.root}
    for node in tree.due_nodes(["c", "b", "a"]):
        assert node.parent in seen
        seen.add(node.key)


def test_a_plan_without_sharing_gives_every_app_its_own_tree() -> None:
    trees = stem_trees(runner_plan(app("a", 3), app("b", 3), sharing=False), BASES)
    assert [[leaf.app for leaf in tree.leaves] for tree in trees] == [["a"], ["b"]]
    assert all(len(tree.nodes) == 3 for tree in trees)


def test_apps_of_a_base_network_with_other_weights_look_at_a_view_of_their_own() -> None:
    other = (PUBLIC[0], *(digest(f"other{k}") for k in range(3)))
    theirs = app("b", 3).model_copy(update={"base_digest": other[-1], "prefix_hash": other[-1]})
    trees = stem_trees(runner_plan(app("a", 3), theirs), {**BASES, other[-1]: other})
    assert [[leaf.app for leaf in tree.leaves] for tree in trees] == [["a"], ["b"]]
    assert {node.key for node in trees[1].nodes} == set(other[1:])


def test_a_plan_whose_share_key_differs_is_refused_by_app_and_field() -> None:
    other = (PUBLIC[0], digest("other"), *PUBLIC[2:])
    with pytest.raises(InvalidInputError, match=r"apps\[a\]\.prefix_hash: .*plan again"):
        stem_trees(runner_plan(app("a", 1)), {PUBLIC[-1]: other})


def chain_spans(*apps: RunnerApp) -> list[tuple[str, str]]:
    (tree,) = stem_trees(runner_plan(*apps), BASES)
    return [(chain.start, chain.end) for chain in chains_of(tree)]


def test_a_stem_that_nothing_leaves_is_one_chain() -> None:
    assert chain_spans(app("a", 3), app("b", 3)) == [(PUBLIC[0], PUBLIC[3])]


def test_chains_end_where_apps_part() -> None:
    assert chain_spans(app("a", 3), app("b", 2), app("c", 1)) == [
        (PUBLIC[0], PUBLIC[1]),
        (PUBLIC[1], PUBLIC[2]),
        (PUBLIC[2], PUBLIC[3]),
        (PUBLIC[2], digest("b2")),
        (PUBLIC[1], digest("c2")),
    ]


def test_a_private_stem_of_two_apps_is_one_chain_and_so_is_the_whole_network_of_one_app() -> None:
    assert chain_spans(app("a", 1, private="t"), app("b", 1, private="t")) == [(PUBLIC[0], digest("t2"))]
    assert chain_spans(app("a", 0)) == [(PUBLIC[0], digest("a2"))]


def test_every_segment_is_in_one_chain() -> None:
    (tree,) = stem_trees(runner_plan(app("a", 3), app("b", 1), app("c", 1, private="b"), app("d", 0)), BASES)
    nodes = [node.key for chain in chains_of(tree) for node in chain.nodes]
    assert sorted(nodes) == sorted(node.key for node in tree.nodes)


def test_a_micro_head_ends_the_stem_at_its_tap() -> None:
    micro = app("m", 2).model_copy(update={"kind": "micro", "segments": ()})
    (tree,) = stem_trees(runner_plan(micro, app("a", 3)), BASES)
    assert [node.index for node in tree.due_nodes(["m"])] == [0, 1]
    assert [len(chain.nodes) for chain in chains_of(tree)] == [2, 1]


def test_a_micro_head_with_layers_of_its_own_is_refused() -> None:
    with pytest.raises(InvalidInputError, match=r"apps\[m\].segments: must be none of a micro-head"):
        check_base(app("m", 2).model_copy(update={"kind": "micro"}), PUBLIC)


def test_a_head_of_another_map_than_the_one_at_its_tap_is_refused() -> None:
    with pytest.raises(InvalidInputError, match=r"head_form.map: was made for a map of 8x1x1, and b has 8x2x1 where"):
        check_map(app("m", 2), (8, 2, 1))
