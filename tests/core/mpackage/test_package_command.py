import io
import os
import subprocess
import sys

import pytest
from rich.console import Console

from mainstream.cli.printing.package_table import render_published
from mainstream.mpackage.curve import ReplayedCurve, ReplayedRate
from mainstream.mpackage.layout import blob_key
from mainstream.mpackage.publish import blob_of, publish


@pytest.fixture
def command(store, package):
    """Run `mainstream package ...` on a store with one package."""
    publish(store, *package, {})

    def run(*arguments):
        code = "from mainstream.cli.main import main; main()"
        named = () if arguments[0] in ("list", "--help") else ("--store", str(store.folder))
        line = [sys.executable, "-c", code, "package", *arguments, *named]
        return subprocess.run(line, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "160"})

    return run


def test_inspect_shows_candidates_and_event_statistics(command, package):
    result = command("inspect", "crossing@1")
    assert result.returncode == 0
    assert f"sha256:{package[0].digest}" in result.stdout
    assert "event length 1.8 s (measured)" in result.stdout
    assert ".80 (.70-.90)" in result.stdout
    assert "thin: measured on 3 events and 2.22 quiet stretches" in result.stdout


def test_inspect_says_how_much_of_the_base_a_candidate_may_share(package):
    manifest = package[0]
    shares = (0.0, 0.25, 1.0)[: len(manifest.prefix_hashes)]
    base = manifest.base.model_copy(
        update={"cost_shares": (*shares, *[1.0] * (len(manifest.prefix_hashes) - len(shares)))}
    )
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(render_published(manifest.model_copy(update={"base": base})))
    rows = [line.split() for line in console.export_text().splitlines()]
    for candidate in manifest.candidates:
        (row,) = [row for row in rows if row[:1] == [candidate.name]]
        assert row[1:3] == [str(candidate.branch_point), f"{base.cost_shares[candidate.branch_point]:.0%}"]


def test_verify_says_that_all_is_well(command):
    result = command("verify", "crossing@1")
    assert result.returncode == 0
    assert "crossing@1 is whole: 4 blobs" in result.stdout


def test_verify_names_a_changed_blob_in_one_sentence(command, store, package):
    key = blob_key(package[0].candidates[0].head)
    data = bytearray((store.folder / key).read_bytes())
    data[-1] ^= 1
    (store.folder / key).write_bytes(data)
    result = command("verify", f"crossing@sha256:{package[0].digest}")
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert key in result.stderr
    assert "was changed" in result.stderr


def test_verify_lists_a_damaged_curve_with_all_else_that_is_wrong(command, store, package):
    curve = ReplayedCurve.of([ReplayedRate(0.5, 1.0, 1, 0.5, 0.5)]).pack()
    first = package[0].candidates[0].model_copy(update={"curve": blob_of(curve)})
    manifest = package[0].model_copy(update={"version": "2", "candidates": (first, *package[0].candidates[1:])})
    publish(store, manifest, {**package[1], blob_of(curve).sha256: curve}, {})
    broken = blob_key(blob_of(curve)), blob_key(first.head)
    for key in broken:
        (store.folder / key).unlink()
    result = command("verify", "crossing@2")
    assert result.returncode == 2
    assert all(f"{key}: is missing" in result.stderr for key in broken)
    assert "crossing@2" in command("list", str(store.folder)).stdout
    inspected = command("inspect", "crossing@2")
    assert inspected.returncode == 2
    assert broken[0] in inspected.stderr


def test_a_package_that_is_not_there_ends_with_exit_code_2(command):
    result = command("inspect", "crossing@9")
    assert result.returncode == 2
    assert "crossing@9: there is no such package (versions: 1)" in result.stderr


def test_list_shows_packages_with_size_and_best_accuracy(command, store):
    result = command("list", str(store.folder))
    assert result.returncode == 0
    assert "crossing@1" in result.stdout
    assert "0.850" in result.stdout


def test_list_names_a_damaged_manifest_and_shows_the_rest(command, store, package):
    damaged = store.folder / "damaged" / "1" / "manifest.json"
    damaged.parent.mkdir(parents=True)
    damaged.write_text("{}")
    result = command("list", str(store.folder))
    assert result.returncode == 2
    assert "damaged/1/manifest.json: schema_version" in result.stderr
    assert "crossing@1" in result.stdout


def test_diff_shows_what_is_new(command, store, other_package):
    manifest, blobs = other_package
    publish(store, manifest.model_copy(update={"version": "2"}), blobs, {})
    result = command("diff", "crossing@1", "crossing@2")
    assert result.returncode == 0
    assert "crossing@1 -> crossing@2: 0.00 MB new" in result.stdout
    assert "same candidates" in command("diff", "crossing@1", "crossing@1").stdout


def test_copy_makes_the_same_package_elsewhere(command, store, tmp_path):
    result = command("copy", "crossing@1", str(tmp_path / "elsewhere"))
    assert result.returncode == 0
    assert "4 blobs copied" in result.stdout
    assert "is whole" in command("verify", f"{tmp_path}/elsewhere/crossing@1").stdout


def test_torch_is_not_loaded_for_help():
    code = "import sys, mainstream.cli.main; sys.exit('torch' in sys.modules or 'av' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
