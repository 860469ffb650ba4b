"""`make bench-console`: the quality as measured, and the cluster's console at a fleet's size.

How often the 90 % interval of the measured F1 holds the true one of simulated apps with 100 labels each. And beside a
real API server with simulated nodes: how long the first page takes at 1,000 apps on 100 nodes, and what ten viewers
cost it, by its audit log; and what keeping costs a runner. With names as arguments (quality, review, pages) only those
rows are measured.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple
from statistics import median

import httpx
import numpy as np
from api_stage import ApiStage, open_api_stage
from console_stage import USER, ConsoleProcess, make_platform_team, make_tenant, open_console
from fleet_run import TENANTS, declare_fleet, wait_planned
from review_streams import keep, play, review

from common.harness import QUICK, Report, scratch
from console.review import review_rows
from mainstream.arrays import FloatArray

NODES, APPS_A_NODE = 100, 10
VIEWERS = 10
PAGES = 20
VIEWED_S = 60.0 if QUICK else 180.0
EVERY_S = 5.0
"""a viewer loads a page"""
REVIEWED, LABELS = 24 if QUICK else 100, 100
HELD = 0.88
"""of 90 % intervals at least so many are to hold"""
SAME = 0.9
_LEAST_REACH = 1e-6
FIRST_SEED = 1000
"""no app is one of those that tests look at"""


def _quality_rows(report: Report) -> None:
    measured: dict[str, list[tuple[float, ...]]] = {"ours": [], "at random": []}
    for seed in range(FIRST_SEED, FIRST_SEED + REVIEWED):
        app = play(seed)
        asked, drawn = (review(app, keep(app, seed, by_score=by), LABELS, seed) for by in (True, False))
        if asked is None or drawn is None:
            continue
        for name, quality in (("ours", asked), ("at random", drawn)):
            measured[name].append((*astuple(quality.f1), app.score.f1))
    report.details["quality"] = measured
    ours, at_random = (np.array(each) for each in measured.values())
    held = _held(ours)
    what = f"90 % intervals that hold the true F1, of {len(ours)} simulated apps with {LABELS} labels each"
    report.row(what, f"{held:.0%}, mean width {_mean_width(ours):.3f}", f"{HELD:.0%}", held >= HELD)
    # Intervals that promise more than they hold are narrow for nothing: each kind is stretched, or shrunk, until as
    # many hold.
    told, baseline = (_mean_width(those, _stretch(those)) for those in (ours, at_random))
    value = (
        f"{told:.3f}; {baseline:.3f} of as many frames drawn whatever their score "
        f"(as told {_mean_width(at_random):.3f}, of which {_held(at_random):.0%} hold)"
    )
    report.row(f"mean width at which {SAME:.0%} of the intervals hold", value, "narrower", told < baseline)


def _held(measured: FloatArray) -> float:
    """The share of intervals that hold; a line of `measured` is an app's F1 as told, its interval, and the true F1."""
    _, low, high, true = measured.T
    return float(np.mean((low <= true) & (true <= high)))


def _stretch(measured: FloatArray) -> float:
    """By how much intervals have to grow about their middle values so that `SAME` of them hold."""
    told, low, high, true = measured.T
    end = np.where(true > told, high, low)
    return float(np.quantile(np.abs(true - told) / np.maximum(np.abs(end - told), _LEAST_REACH), SAME))


def _mean_width(measured: FloatArray, stretch: float = 1.0) -> float:
    """Of intervals that are stretched by so much, as far as an F1 can go."""
    told, low, high, _ = measured.T
    lows, highs = np.maximum(0.0, told - stretch * (told - low)), np.minimum(1.0, told + stretch * (high - told))
    return float(np.mean(highs - lows))


def _pages(report: Report) -> None:
    with scratch() as folder, open_api_stage(folder, simulated=NODES, tenants=TENANTS, audit=True) as stage:
        apps = declare_fleet(stage, APPS_A_NODE)
        stage.operator.start()
        wait_planned(stage, len(apps), 900)
        # What it takes is not what is measured.
        stage.operator.kill()
        with open_console(stage, folder, 0) as console:
            tokens = [make_platform_team(stage), *(make_tenant(stage, tenant, "view") for tenant in TENANTS)]
            _page_row(console, tokens[0], len(apps), report)
            _viewers_row(stage, console, tokens, report)


def _page_row(console: ConsoleProcess, token: str, apps: int, report: Report) -> None:
    browser = console.browser(token)
    took_s = []
    for _ in range(PAGES):
        start_s = time.perf_counter()
        page = browser.get("/").text
        took_s.append(time.perf_counter() - start_s)
        assert page.count('<a href="/apps/') == apps
    worst = max(took_s)
    report.details["first_page_s"] = took_s
    what = f"first page at {apps} apps on {NODES} nodes, median and longest of {PAGES}"
    report.row(what, f"{1000 * median(took_s):.0f} and {1000 * worst:.0f} ms", "300 ms", median(took_s) <= 0.3)


def _viewers_row(stage: ApiStage, console: ConsoleProcess, tokens: list[str], report: Report) -> None:
    browsers = [console.browser(tokens[number % len(tokens)]) for number in range(VIEWERS)]
    since_s = time.time()
    with ThreadPoolExecutor(VIEWERS) as pool:
        loads = sum(pool.map(_view, browsers))
    seen_s = time.time() - since_s
    asked = len(stage.calls_since(since_s, USER))
    report.details["viewers"] = {"pages": loads, "seconds": seen_s, "requests": asked}
    what = f"API requests of the console for {VIEWERS} viewers, {loads} pages in {seen_s:.0f} s"
    report.row(what, f"{asked / seen_s:.2f} a second", "2 a second", asked / seen_s <= 2.0)


def _view(browser: httpx.Client) -> int:
    """Look at lists now and then; how many pages came."""
    until_s, loads = time.monotonic() + VIEWED_S, 0
    while time.monotonic() < until_s:
        for path in ("/", "/streams"):
            loads += browser.get(path).status_code == 200
        time.sleep(EVERY_S)
    return loads


PARTS = {"quality": _quality_rows, "review": review_rows, "pages": _pages}
