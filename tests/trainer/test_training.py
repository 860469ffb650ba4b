import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load
from torch import nn

from mainstream.errors import InvalidInputError
from mainstream.mpackage.layout import blob_key
from mainstream.mpackage.reading import package_versions, read_blob, verify_package
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.mpackage.stores.store import DamagedPackageError
from mainstream.nn.heads.kinds import head_of
from mainstream.nn.network import Network
from mainstream.nn.prefix_hash import next_prefix_hash
from mainstream.nn.registry import load_base_network
from mainstream_trainer.training import memory_given_back, train_app, train_apps


def test_a_package_holds_every_candidate_and_verifies(trained):
    store, manifests, _ = trained
    assert [manifest.name for manifest in manifests] == ["door", "gate"]
    for manifest in manifests:
        names = ["tuned-0", "flat-9", "pooled-9", "tuned-11", "flat-13", "pooled-13", "tuned-15"]
        assert [candidate.name for candidate in manifest.candidates] == names
        assert verify_package(store, manifest) == []
        for candidate in manifest.candidates:
            # Of so few events nothing but score 1/2 and what is surely better may be chosen.
            assert any(point.threshold == pytest.approx(0.5, abs=0.05) for point in candidate.operating_points)
            hits = [(point.p, point.e) for point in candidate.operating_points]
            assert hits == sorted(hits, reverse=True)
        held_out = manifest.candidate("tuned-0").evaluation
        assert held_out.frames_event + held_out.frames_other == 22


def test_progress_of_every_app_ends_at_all_of_it(trained):
    _, _, told = trained
    for step in ("view of plaza.mp4", "door", "gate"):
        shares = [progress.share for progress in told if progress.step == step]
        assert shares == sorted(shares)
        assert shares[-1] == pytest.approx(1.0)


def test_frozen_means_frozen(trained):
    _, manifests, _ = trained
    network = load_base_network(manifests[0].base.name)
    # Hashed anew: the base that was trained from is still what it was.
    fresh = Network(network.name, network.preprocessing, network.branch_points, network.segments)
    assert manifests[0].prefix_hashes == fresh.prefix_hashes == manifests[1].prefix_hashes
    assert manifests[0].base.digest == fresh.digest


def test_blobs_make_the_very_network_that_was_hashed(trained):
    store, (manifest, _), _ = trained
    network = load_base_network(manifest.base.name)
    for candidate in manifest.candidates:
        segments = network.trainable_segments(candidate.branch_point) if candidate.kind == "fine-tuned" else []
        key = network.prefix_hashes[candidate.branch_point]
        for segment, private in zip(segments, candidate.segments, strict=True):
            segment.load_state_dict(load(read_blob(store, private.blob)))
            key = next_prefix_hash(key, segment)
            assert key == private.prefix_hash
        head = head_of(candidate.head_form)
        head.load_state_dict(load(read_blob(store, candidate.head)))
        map_there = torch.zeros(1, *network.branch_points[candidate.branch_point].shape)
        assert nn.Sequential(*segments, head)(map_there).isfinite()


def test_a_package_of_micro_heads_alone_says_so_and_is_small(quick_request, trained, tmp_path):
    store = FolderStore(tmp_path)
    quick = train_app(replace(quick_request, branch_points=None, quick=True), store)
    assert quick.quick
    assert [candidate.name for candidate in quick.candidates] == ["flat-9", "pooled-9", "flat-13", "pooled-13"]
    assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".html") < 1e6
    # Beside fine-tuned candidates the very same heads are learnt.
    whole = trained[1][0]
    assert [each.head for each in quick.candidates] == [whole.candidate(each.name).head for each in quick.candidates]


def test_quick_is_not_for_fine_tuned_candidates(quick_request, tmp_path):
    with pytest.raises(InvalidInputError, match=r"quick: makes micro-heads alone.*leave out one of the two"):
        train_app(replace(quick_request, quick=True), FolderStore(tmp_path))


def test_specialised_segments_differ_from_the_base(trained):
    _, (door, gate), _ = trained
    assert door.candidate("tuned-0").segments[0].prefix_hash != door.prefix_hashes[1]
    assert door.candidate("tuned-0").segments[0].prefix_hash != gate.candidate("tuned-0").segments[0].prefix_hash


def test_the_same_inputs_make_the_same_package_alone_or_beside_others(trained, quick_request, tmp_path):
    _, (door, _), _ = trained
    assert train_app(quick_request, FolderStore(tmp_path)).digest == door.digest


def test_a_second_run_finds_the_packages_and_trains_nothing(trained, quick_request):
    store, manifests, _ = trained
    told = []
    start = time.monotonic()
    found = train_apps([quick_request, replace(quick_request, app="gate")], store, on_progress=told.append)
    assert found == manifests
    assert {progress.detail for progress in told} == {"found"}
    assert time.monotonic() - start < 2


def test_other_inputs_never_change_a_published_package(trained, quick_request):
    store, _, _ = trained
    with pytest.raises(InvalidInputError, match=r"door@1.*other seed"):
        train_app(replace(quick_request, seed=1), store)
    with pytest.raises(InvalidInputError, match=r"door@1.*other data and settings"):
        train_app(replace(quick_request, crop=None), store)


def test_a_changed_byte_in_a_published_package_is_named(trained, quick_request, tmp_path):
    store, (door, _), _ = trained
    copy = FolderStore(Path(shutil.copytree(store.folder, tmp_path / "copy")))
    path = copy.folder / blob_key(door.candidate("tuned-11").head)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(DamagedPackageError, match=path.name):
        train_app(quick_request, copy)


def test_an_error_in_one_app_leaves_no_package(quick_request, tmp_path):
    def fail(progress):
        if progress.detail == "branch-point 11":
            raise OSError("somebody pulled the plug")

    store = FolderStore(tmp_path)
    with pytest.raises(OSError, match="pulled the plug"):
        train_app(quick_request, store, on_progress=fail)
    assert package_versions(store, "door") == []


def test_ctrl_c_leaves_no_package_and_no_process(quick_request, tmp_path):
    command = [sys.executable, "-c", "from mainstream.cli.main import main; main()", "train"]
    command += [str(quick_request.data.video), str(quick_request.data.labels), "--store", str(tmp_path / "store")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    time.sleep(8)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode not in (0, None)
    assert list(tmp_path.rglob("manifest.json")) == []


def resident_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


def test_what_threads_freed_is_given_back():
    kept = []

    def allocate_and_free():
        pieces = [bytearray(60_000) for _ in range(3000)]
        # What is still in use lies behind what is freed, so that malloc gives nothing back of itself.
        kept.append(bytearray(60_000))
        del pieces

    before_mb = resident_mb()
    with memory_given_back():
        thread = threading.Thread(target=allocate_and_free)
        thread.start()
        thread.join()
        assert resident_mb() > before_mb + 100
    assert resident_mb() < before_mb + 50
