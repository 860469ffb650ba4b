from mainstream_demo.pictures import Head, StemSegment, stem_tree


def test_every_head_has_a_row_of_its_own_below_the_stem() -> None:
    tree = stem_tree(
        [StemSegment(0, 7, 8.0, 0.1), StemSegment(7, 15, 4.0, 0.05)],
        [Head("a", 7, 8.0, 0.02), Head("b", 15, 4.0, 0.01), Head("c", 15, 2.0, 0.01)],
    )
    rows = [placed.y for _, _, heads in tree.branches for placed in heads]
    assert len(set(rows)) == 3
    assert tree.stem_y < min(rows) < max(rows) < tree.height


def test_the_stem_is_thicker_where_it_runs_more_often() -> None:
    tree = stem_tree([StemSegment(0, 7, 8.0, 0.1), StemSegment(7, 15, 4.0, 0.05)], [])
    assert tree.segments[0].thickness > tree.segments[1].thickness


def test_apps_that_share_nothing_all_leave_at_the_input() -> None:
    tree = stem_tree([], [Head("a", 0, 1.0, 0.2), Head("b", 0, 2.0, 0.4)])
    assert [(point, len(heads)) for point, _, heads in tree.branches] == [(0, 2)]
