import hashlib
import json
import resource
from dataclasses import replace

import pytest

from mainstream.api.video_stream import Crop
from mainstream.errors import MainstreamError
from mainstream.mpackage.layout import blob_key
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.nn.registry import load_architecture
from mainstream.weights import BaseWeights, publish_base_network
from mainstream_trainer.training import train_app, train_apps


@pytest.fixture
def refused(quick_request, tmp_path):
    """Train with something changed; returns the error's sentence, and holds that nothing was written."""

    def train(labels=None, runs=None, video=None, **change):
        request = replace(quick_request, **change)
        data = request.data
        if labels or runs is not None:
            content = json.loads(data.labels.read_text()) | (labels or {})
            if runs is not None:
                content["apps"]["door"]["runs"] = runs
            data = replace(data, labels=tmp_path / "changed.json")
            data.labels.write_text(json.dumps(content))
        request = replace(request, data=replace(data, video=video or data.video))
        with pytest.raises(MainstreamError) as raised:
            train_app(request, FolderStore(tmp_path / "store"))
        assert not (tmp_path / "store").exists()
        return str(raised.value)

    return train


def test_a_clip_that_does_not_exist(refused, tmp_path):
    assert "none.mp4: video: cannot be read" in refused(video=tmp_path / "none.mp4")


def test_a_clip_that_cannot_be_decoded(refused, tmp_path):
    path = tmp_path / "noise.mp4"
    path.write_bytes(b"no video at all" * 1000)
    assert "noise.mp4: video: cannot be decoded" in refused(video=path)


def test_a_clip_that_breaks_off(refused, clip, tmp_path):
    path = tmp_path / "cut.mp4"
    path.write_bytes(clip.read_bytes()[:40_000])
    assert "cut.mp4: video: " in refused(video=path)


def test_labels_past_the_end_of_the_clip(refused):
    assert "changed.json: frames: counts 900 frames, but" in refused(labels={"frames": 900})


def test_an_app_without_positive_frames(refused):
    assert "changed.json: apps.door.runs: no frame of the training part" in refused(runs=[[60, 70]])


def test_an_app_with_nothing_but_positive_frames(refused):
    assert "changed.json: apps.door.runs: every frame" in refused(runs=[[0, 44]])


def test_an_app_whose_only_event_is_cut(refused):
    assert "apps.door.runs: no event lies wholly in the training part" in refused(runs=[[40, 60]])


def test_one_event_of_one_frame_is_too_little_to_hold_some_out(refused):
    said = refused(runs=[[2, 3]])
    assert "apps.door.runs: whichever frames are held out, they and the others do not hold both" in said
    assert "--train-part" in said


def test_runs_that_overlap(refused):
    assert "changed.json: apps.door: " in refused(runs=[[2, 9], [5, 12]])


def test_an_unknown_app(refused):
    assert "labels.json: apps: has no app 'window' (it has: door, gate)" in refused(app="window")


def test_a_base_whose_weights_differ_from_their_sha256(refused, tmp_path):
    weights = tmp_path / "weights.safetensors"
    weights.write_bytes(b"others than those meant")
    found = hashlib.sha256(weights.read_bytes()).hexdigest()
    said = refused(base="resnet-18", branch_points=(0, 9), weights=BaseWeights(str(weights), "0" * 64))
    assert f"weights.safetensors: has sha256 {found}, not {'0' * 64}" in said


def test_a_published_base_of_which_a_byte_was_changed(refused, tmp_path):
    store = FolderStore(tmp_path / "bases")
    segments = publish_base_network(load_architecture("resnet-18").without_weights(), "1", store).segments
    blob = store.folder / blob_key(segments[3])
    content = bytearray(blob.read_bytes())
    content[-1] ^= 1
    blob.write_bytes(content)
    said = refused(base="resnet-18", branch_points=(0, 9), weights=BaseWeights(f"{store.folder}/resnet-18@1"))
    assert segments[3].sha256 in said


def test_a_base_network_that_is_not_installed(refused):
    assert "base: base network 'resnet-0' is not installed" in refused(base="resnet-0")


def test_a_branch_point_that_does_not_exist(refused):
    assert "branch-points 0 to 15, not 99" in refused(branch_points=(0, 15, 99))


def test_everything_frozen_left_out(refused):
    assert "branch_points: must hold 15 (everything frozen)" in refused(branch_points=(0, 7))


def test_a_crop_that_reaches_out_of_the_picture(refused):
    assert "plaza.mp4: crop: reaches out" in refused(crop=Crop(x=700, y=0, width=100, height=100))


def test_a_name_that_no_package_can_have(refused, quick_request):
    apps = {"Front Door": {"event": "made up", "runs": [[2, 9]]}}
    assert "app: 'Front Door' cannot be in a package's name" in refused(labels={"apps": apps}, app="Front Door")


def test_a_version_that_no_package_can_have(refused):
    assert "version: 'Version 1' cannot be in a package's name" in refused(version="Version 1")


def test_all_fields_that_a_label_file_lacks_are_told_at_once(refused, quick_request, tmp_path):
    path = tmp_path / "labels.json"
    path.write_text('{"video": "plaza", "apps": {"door": {"runs": [[2, 9]]}}}')
    said = refused(data=replace(quick_request.data, labels=path))
    for field in ("frames", "split", "apps.door.event"):
        assert f"{field}: is missing, and needed" in said
    assert "its form is that of examples/plaza/labels.json" in said


def test_more_pixels_than_fit_into_the_feature_cache(refused, quick_request):
    settings = quick_request.settings.model_copy(update={"cache_bytes": 1 << 20})
    message = refused(settings=settings)
    assert "cache_bytes: the pixels of 44 frames alone need 1.2 MB of disk" in message


def test_no_room_for_features(refused):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        assert "no room for features" in refused()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_an_app_asked_for_twice(quick_request, tmp_path):
    with pytest.raises(MainstreamError, match="'door' is asked for twice"):
        train_apps([quick_request, quick_request], FolderStore(tmp_path))


def test_a_store_that_cannot_be_written(quick_request, tmp_path):
    (tmp_path / "store").write_bytes(b"in the way")
    with pytest.raises(MainstreamError, match="store"):
        train_app(quick_request, FolderStore(tmp_path / "store"))
