"""A training that is killed with -9 at any moment goes on where it was, and makes the very same package."""

import json
import pickle
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from mainstream.mpackage.reading import package_versions, verify_package
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream_trainer.app_training import inputs_digest
from mainstream_trainer.data.preparation import Preparation
from mainstream_trainer.learn.checkpoints import Checkpoints
from mainstream_trainer.training import Resources, train_app

_PROGRAM = """
import pickle, sys
from pathlib import Path
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream_trainer.training import Resources, train_app
request, store, work = pickle.load(sys.stdin.buffer)
told = lambda progress: print(progress.step, progress.detail, progress.share, flush=True)
train_app(request, FolderStore(Path(store)), resources=Resources(work=Path(work)), on_progress=told)
"""


@pytest.fixture(scope="module")
def undisturbed(quick_request, tmp_path_factory):
    """The package of a training that nobody disturbed."""
    return train_app(quick_request, FolderStore(tmp_path_factory.mktemp("undisturbed")))


def start(request, store, work):
    process = subprocess.Popen([sys.executable, "-c", _PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdin.write(pickle.dumps((request, str(store), str(work))))
    process.stdin.close()
    return process


@pytest.mark.parametrize("after", ["computing features 0.5", "micro-heads", "branch-point 15", "branch-point 11"])
def test_the_package_after_a_kill_is_that_of_an_undisturbed_training(quick_request, undisturbed, tmp_path, after):
    store, work = tmp_path / "store", tmp_path / "work"
    process = start(quick_request, store, work)
    for line in process.stdout:
        words = line.decode()
        if after.split(" 0.")[0] in words and float(words.split()[-1]) >= 0.5 * ("0.5" in after):
            break
    time.sleep(0.05 * len(after) % 0.2)
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    assert package_versions(FolderStore(store), "door") == []
    manifest = train_app(quick_request, FolderStore(store), resources=Resources(work=work))
    assert manifest.digest == undisturbed.digest
    assert verify_package(FolderStore(store), manifest) == []
    assert not work.exists()


def test_a_finished_candidate_is_not_trained_again(quick_request, undisturbed, tmp_path):
    def kill(progress):
        if progress.detail == "branch-point 0":
            raise KeyboardInterrupt

    store, work = FolderStore(tmp_path / "store"), tmp_path / "work"
    with pytest.raises(KeyboardInterrupt):
        train_app(quick_request, store, resources=Resources(work=work), on_progress=kill)
    manifest = train_app(quick_request, store, resources=Resources(work=work))
    assert manifest.digest == undisturbed.digest
    record = json.loads((store.folder / "door/1/record.json").read_text())
    resumed = {each["name"]: each["resumed"] for each in record["candidates"]}
    assert [name for name, again in resumed.items() if not again] == ["tuned-0"]


def test_a_damaged_checkpoint_is_as_good_as_none(quick_request, tmp_path):
    job = Preparation().prepare(quick_request)
    finished = Checkpoints(FolderStore(tmp_path), inputs_digest(job), job.network)
    assert finished.load("tuned-15") is None
    path = tmp_path / finished.key("tuned-15")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"half of a candidate" * 10)
    assert finished.load("tuned-15") is None


def test_other_inputs_never_find_a_candidate(quick_request):
    jobs = [Preparation().prepare(each) for each in (quick_request, replace(quick_request, seed=1))]
    assert inputs_digest(jobs[0]) != inputs_digest(jobs[1])
