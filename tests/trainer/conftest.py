import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from mainstream.api.video_stream import Crop
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream_trainer.data.clip import inspect_clip
from mainstream_trainer.request import TrainingRequest, VideoData
from mainstream_trainer.settings import TrainingSettings
from mainstream_trainer.training import Resources, train_apps

ROOT = Path(__file__).parents[2]
QUICK = TrainingSettings(
    variants=2,
    prune=False,
    epochs=1,
    epochs_going_on=1,
    least_steps=1,
    frozen_epochs=3,
    taps=(9, 13),
    heads=("flat", "pooled"),
    micro_steps=2,
    gap_s=0.2,
    threshold_min_events=1,
    held_out_share=0.5,
)
RUNS = {"door": [(2, 7), (12, 18), (23, 29), (34, 40)], "gate": [(0, 4), (9, 14), (20, 26), (31, 36), (42, 50)]}


@pytest.fixture(scope="session")
def clip():
    """The plaza clip."""
    shared = Path(os.environ.get("MAINSTREAM_SHARED", ROOT.parent / "shared"))
    found = [path for path in (ROOT / "examples/plaza/plaza.mp4", shared / "data/vtest/plaza.mp4") if path.exists()]
    return found[0]


@pytest.fixture(scope="session")
def case_clip(cases):
    """200 frames at 10 a second, with five events (shared/cases)."""
    return inspect_clip(cases / "data/clip.mp4")


def write_labels(path, runs=RUNS, frames=100, train=(0, 44), test=(50, 100)):
    """A labels file over the clip's first frames; the runs are made up."""
    apps = {name: {"event": "made up", "runs": each} for name, each in runs.items()}
    split = {"train": train, "test": test}
    path.write_text(json.dumps({"video": "plaza", "frames": frames, "split": split, "apps": apps}))
    return path


@pytest.fixture(scope="session")
def quick_request(clip, tmp_path_factory):
    """A request that trains in some seconds."""
    labels = write_labels(tmp_path_factory.mktemp("labels") / "labels.json")
    crop = Crop(x=192, y=160, width=576, height=384)
    data = VideoData(clip, labels)
    # A fifth of the work of the default base network.
    base = "efficientnet-lite0-96"
    return TrainingRequest(data, "door", base=base, branch_points=(0, 11, 15), crop=crop, settings=QUICK)


@pytest.fixture(scope="session")
def trained(quick_request, tmp_path_factory):
    """Two apps trained together: store, manifests, and the progress that was told."""
    store = FolderStore(tmp_path_factory.mktemp("packages"))
    told = []
    requests = [quick_request, replace(quick_request, app="gate")]
    manifests = train_apps(requests, store, on_progress=told.append, resources=Resources(workers=2))
    return store, manifests, told
