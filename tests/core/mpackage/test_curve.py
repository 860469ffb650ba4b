"""Replayed curves: blobs of their own beside a small manifest, checked before anything is planned from them."""

import json
import math
import tracemalloc

import numpy as np
import pytest
from safetensors.numpy import save
from small_package import make_package

from mainstream.errors import InvalidInputError
from mainstream.mpackage.curve import MAX_POINTS, MAX_THRESHOLDS, ReplayedCurve, ReplayedRate, unpack_curve
from mainstream.mpackage.layout import blob_key, manifest_key
from mainstream.mpackage.manifest import MAX_CURVES_BYTES, MAX_MANIFEST_BYTES, Manifest
from mainstream.mpackage.publish import blob_of, publish
from mainstream.mpackage.reading import open_package, open_published, verify_package
from mainstream.mpackage.reference import Reference
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.mpackage.stores.store import DamagedPackageError, StoreError

POINTS = tuple(ReplayedRate(0.25, fps, votes, 1 / votes, 0.1) for fps in (0.1, 5.0) for votes in (1, 7))
REFERENCE = Reference("crossing", "1", None)


def with_curve(data: bytes, **declared):
    """A package whose first candidate has this blob for a curve, and its blobs."""
    manifest, blobs = make_package()
    curve = blob_of(data).model_copy(update=declared)
    first = manifest.candidates[0].model_copy(update={"curve": curve})
    blobs[curve.sha256] = data
    return manifest.model_copy(update={"candidates": (first, *manifest.candidates[1:])}), blobs


def tensor(shape, dtype=np.float64, name="curve"):
    return save({name: np.zeros(shape, dtype)})


def test_a_curve_is_published_beside_the_manifest_and_read_back_with_the_package(tmp_path):
    store = FolderStore(tmp_path)
    manifest, blobs = with_curve(ReplayedCurve.of(POINTS).pack())
    publish(store, manifest, blobs, {})
    assert "replayed" not in manifest.canonical().decode()
    read = open_package(store, REFERENCE)
    assert tuple(read.candidates[0].replayed) == POINTS
    assert not read.candidates[1].replayed
    assert read.digest == manifest.digest
    assert verify_package(store, read) == []


def test_a_curve_of_thousands_of_thresholds_is_refused_before_anybody_plans_with_it():
    def curve(thresholds: int) -> bytes:
        return ReplayedCurve.of(ReplayedRate(n / thresholds, 1.0, 1, 0.5, 0.5) for n in range(thresholds)).pack()

    assert len(unpack_curve(curve(MAX_THRESHOLDS))) == MAX_THRESHOLDS
    with pytest.raises(InvalidInputError, match="256 thresholds, more than 255"):
        unpack_curve(curve(MAX_THRESHOLDS + 1))


def test_the_most_points_of_a_candidate_take_no_more_memory_than_their_blob():
    curve = ReplayedCurve.of(ReplayedRate(0.5, 1.0, 1, 0.5, 0.5) for _ in range(MAX_POINTS))
    data = curve.pack()
    assert len(data) < 2_700_000
    tracemalloc.start()
    read = unpack_curve(data)
    assert tracemalloc.get_traced_memory()[0] < 3_000_000
    tracemalloc.stop()
    assert read == curve


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x" * 100,
        tensor((1, 5), name="other"),
        tensor((1, 5), dtype=np.float32),
        tensor((0, 5)),
        tensor((5,)),
        tensor((2, 4)),
        tensor((MAX_POINTS + 1, 5)),
        tensor((1, 5)),
        *(
            ReplayedCurve.of([ReplayedRate(*point)]).pack()
            for point in (
                (1.5, 1, 1, 0.5, 0.5),
                (0.5, 0, 1, 0.5, 0.5),
                (0.5, math.inf, 1, 0.5, 0.5),
                (0.5, 1, 8, 0.5, 0.5),
                (0.5, 1, 1.5, 0.5, 0.5),
                (0.5, 1, 1, math.nan, 0.5),
                (0.5, 1, 1, 0.5, -0.1),
            )
        ),
    ],
)
def test_a_curve_that_is_none_is_refused_with_its_package(data, tmp_path):
    with pytest.raises(InvalidInputError):
        unpack_curve(data)
    store = FolderStore(tmp_path)
    manifest, blobs = with_curve(data)
    publish(store, manifest, blobs, {})
    with pytest.raises(DamagedPackageError, match=blob_of(data).sha256):
        open_package(store, REFERENCE)
    assert [finding.key for finding in verify_package(store, manifest)] == [blob_key(blob_of(data))]


def test_a_curve_that_is_missing_or_another_is_refused(tmp_path):
    store = FolderStore(tmp_path)
    manifest, blobs = with_curve(ReplayedCurve.of(POINTS).pack())
    publish(store, manifest, blobs, {})
    path = tmp_path / blob_key(manifest.candidates[0].curve)
    for data in (ReplayedCurve.of(POINTS[:1]).pack(), ReplayedCurve.of(reversed(POINTS)).pack()):
        path.write_bytes(data)
        with pytest.raises(DamagedPackageError):
            open_package(store, REFERENCE)
    path.unlink()
    with pytest.raises(DamagedPackageError, match="missing"):
        open_package(store, REFERENCE)


def test_a_damaged_curve_is_one_finding_among_all_others(tmp_path):
    store = FolderStore(tmp_path)
    manifest, blobs = with_curve(ReplayedCurve.of(POINTS).pack())
    publish(store, manifest, blobs, {})
    curve, head = blob_key(manifest.candidates[0].curve), blob_key(manifest.candidates[0].head)
    (tmp_path / curve).write_bytes(ReplayedCurve.of(reversed(POINTS)).pack())
    (tmp_path / head).unlink()
    found = open_published(store, REFERENCE)
    assert {finding.key for finding in verify_package(store, found)} == {curve, head}


def test_curves_that_say_they_are_huge_are_refused_before_one_is_read(tmp_path):
    data = ReplayedCurve.of(POINTS).pack()
    manifest, _ = with_curve(data, size_bytes=MAX_CURVES_BYTES + 1)
    key = manifest_key("crossing", "1")
    FolderStore(tmp_path).put(key, manifest.canonical())
    with pytest.raises(DamagedPackageError, match="more than"):
        open_package(FolderStore(tmp_path), REFERENCE)


def test_points_inside_a_manifest_are_refused(tmp_path):
    plain = json.loads(make_package()[0].canonical())
    plain["candidates"][0]["replayed"] = [list(POINTS[0])]
    text = json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()
    FolderStore(tmp_path).put(manifest_key("crossing", "1"), text)
    with pytest.raises(DamagedPackageError, match="canonical"):
        open_package(FolderStore(tmp_path), REFERENCE)


def test_a_manifest_beyond_its_bound_is_not_read(tmp_path):
    key = manifest_key("crossing", "1")
    FolderStore(tmp_path).put(key, b" " * (MAX_MANIFEST_BYTES + 1))
    with pytest.raises(StoreError, match="more than"):
        open_package(FolderStore(tmp_path), REFERENCE)


def test_a_manifest_of_the_largest_kind_that_is_trained_fits():
    """16 branch-points, all candidates with all operating points, runs and digests that cannot be compressed."""
    manifest, _ = make_package()
    plain = json.loads(manifest.canonical())
    point = {"threshold": 0.123456789, "p": 0.123456789, "e": 0.123456789}
    point |= {"p_interval": [0.123456789, 0.923456789], "e_interval": [0.123456789, 0.923456789]}
    blob = {"sha256": "f" * 64, "size_bytes": 123456789}
    plain["base"]["segments"] = [blob] * 16
    plain["prefix_hashes"] = ["c" * 64] * 17
    plain["event_statistics"]["runs_s"] = [[n * 10.123456, n * 10.123456 + 1.5] for n in range(2048)]
    plain["candidates"] = [
        {
            **plain["candidates"][0],
            "name": f"tuned-{k:02}",
            "branch_point": k,
            "segments": [{"branch_point": s, "prefix_hash": "a" * 64, "blob": blob} for s in range(k, 16)],
            "operating_points": [point] * 64,
            "curve": blob | {"size_bytes": 100_000},
        }
        for k in range(17)
    ]
    assert len(Manifest.model_validate(plain).canonical()) < MAX_MANIFEST_BYTES / 2
