"""Cells are fixed, and workloads drawn from them have events enough, of the lengths that are stated."""

import numpy as np

from photos.cells import EVENTS_PER_APP, LENGTHS_S, Cell, cells_of, draw_runs


def test_cells_have_names_of_their_own_and_the_abstracts_regime_comes_first() -> None:
    cells = cells_of("signs")
    assert len({cell.name for cell in cells}) == len(cells)
    assert cells[0] == Cell("signs")
    assert (cells[0].apps, cells[0].stream_fps, cells[0].no_sharing_fps, cells[0].workloads) == (10, 14, 1.4, 20)
    assert [cell.is_regime for cell in cells].count(True) == 2


def test_cells_that_differ_in_budget_or_apps_have_streams_in_common() -> None:
    assert Cell("signs", apps=64).streams == Cell("signs", no_sharing_fps=5.6).streams == Cell("signs")
    assert Cell("signs", stream_fps=30).streams != Cell("signs")
    assert max(Cell("signs", stream_fps=10).rates_fps) == 10.0


def test_a_workload_has_events_enough_of_the_stated_lengths() -> None:
    runs = [each for seed in range(50) for each in draw_runs(Cell("signs"), 10, np.random.default_rng(seed)).values()]
    assert min(each.runs for each in runs) >= EVENTS_PER_APP
    lengths = np.array([each.length_s for each in runs])
    assert LENGTHS_S[0] <= lengths.min() < 0.4
    assert 2.5 < lengths.max() <= LENGTHS_S[1]
    assert np.median(lengths) < 1.2
