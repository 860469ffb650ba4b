"""Cells are fixed, and workloads drawn from them have events enough, of the lengths that are stated."""

import numpy as np

from cells import EVENTS_PER_APP, LENGTHS_S, Cell, all_cells, chosen_groups, draw_runs, event_groups, headline


def test_cells_have_names_of_their_own_and_the_headline_comes_first() -> None:
    cells = all_cells(["signs", "fashion"])
    assert len({cell.name for cell in cells}) == len(cells)
    assert cells[0] == headline("signs")
    assert (cells[0].apps, cells[0].stream_fps, cells[0].no_sharing_fps, cells[0].workloads) == (10, 14, 1.4, 30)


def test_thirty_two_apps_of_ten_classes_are_different_events() -> None:
    groups = event_groups(10, 32)
    assert len(set(groups)) == 32
    assert groups[:10] == tuple((label,) for label in range(10))


def test_of_ten_classes_every_one_stays_apart_from_at_most_six_others() -> None:
    pairs = [set(group) for group in event_groups(10, 32) if len(group) == 2]
    assert max(len(set().union(*(pair for pair in pairs if label in pair)) - {label}) for label in range(10)) <= 6


def test_fewer_apps_than_classes_are_drawn_and_the_rest_is_other_pictures() -> None:
    draws = {chosen_groups(10, 2, np.random.default_rng(seed)) for seed in range(20)}
    assert len(draws) > 5
    assert all(len(set(draw)) == 2 for draw in draws)


def test_a_workload_has_events_enough_of_the_stated_lengths() -> None:
    runs = [each for seed in range(50) for each in draw_runs(Cell("signs"), 10, np.random.default_rng(seed)).values()]
    assert min(each.runs for each in runs) >= EVENTS_PER_APP
    lengths = np.array([each.length_s for each in runs])
    assert LENGTHS_S[0] <= lengths.min() < 0.4
    assert 2.5 < lengths.max() <= LENGTHS_S[1]
    assert np.median(lengths) < 1.2
