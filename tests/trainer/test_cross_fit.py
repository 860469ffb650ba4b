"""Fine-tuned candidates that are cross-fitted: counted on every frame, by weights that never saw its block."""

from dataclasses import replace

import numpy as np
import pytest

from mainstream.errors import InvalidInputError
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream_trainer.data.folds import Folds
from mainstream_trainer.data.held_out import HeldOut
from mainstream_trainer.learn.candidate import Lesson
from mainstream_trainer.learn.cross_fit import lesson_of_all, lesson_of_fold, with_scores_of
from mainstream_trainer.training import Resources, train_app

FOLD_OF = np.array([0, 0, 1, 1, 1, -1, 0, 0])
FOLDS = Folds(np.stack([FOLD_OF == 1, FOLD_OF == 0]), FOLD_OF)


@pytest.fixture
def request_over_folds(quick_request):
    update = {"tuned_folds": True, "folds": 2, "heads": ("pooled",), "taps": (13,), "variants": 1}
    update |= {"batch_frames": 4, "epochs": 0.05, "epochs_going_on": 0.05, "frozen_epochs": 1}
    settings = quick_request.settings.model_copy(update=update)
    return replace(quick_request, app="gate", branch_points=(0, 14, 15), settings=settings)


def test_a_fold_learns_from_other_blocks_alone_for_as_many_steps_as_all():
    lesson = Lesson(None, np.zeros(8, dtype=np.bool_), HeldOut(np.arange(2), ((3, 4),)), None)
    first = lesson_of_fold(lesson, FOLDS, 0)
    assert first.held_out.fit.tolist() == [2, 3, 4]
    assert first.held_out.frames.tolist() == [0, 1, 6, 7]
    assert lesson_of_all(lesson, FOLDS).held_out.fit.tolist() == list(range(8))
    assert first.steps_for == len(lesson_of_all(lesson, FOLDS).held_out.fit)


def test_frames_are_scored_by_the_fold_that_never_saw_them(trained_candidate):
    members = [replace(trained_candidate, scores=np.full(4, 0.1)), replace(trained_candidate, scores=np.full(3, 0.9))]
    scores = with_scores_of(trained_candidate, members, FOLDS).scores
    assert scores.tolist() == [0.1, 0.1, 0.9, 0.9, 0.9, 0.1, 0.1]


@pytest.fixture
def trained_candidate():
    from mainstream.head_form import HeadForm
    from mainstream.nn.heads.pool_linear import PoolLinear
    from mainstream_trainer.learn.candidate import TrainedCandidate

    form = HeadForm(kind="pool-linear", map=(4, 1, 1))
    return TrainedCandidate("tuned-0", "fine-tuned", 0, (), PoolLinear(4), form, np.empty(0), half=False, epochs=1.0)


@pytest.mark.timeout(900)
def test_fine_tuned_candidates_are_counted_on_as_much_as_micro_heads(request_over_folds, tmp_path):
    checkpoints = FolderStore(tmp_path / "checkpoints")
    resources = Resources(checkpoints=checkpoints)
    manifest = train_app(request_over_folds, FolderStore(tmp_path / "store"), resources=resources)
    assert manifest.training.settings["cross_fitted_over"] == 2
    counted = manifest.candidate("tuned-0").evaluation
    assert counted == manifest.candidate("pooled-13").evaluation
    assert counted.frames_event + counted.frames_other == 44
    # What was finished is found again: only the candidate that is gone is made anew, of the members that are there.
    (gone,) = (tmp_path / "checkpoints").glob("*/tuned-0.safetensors")
    gone.unlink()
    members = {path: path.stat().st_mtime_ns for path in gone.parent.glob("*-fold-*")}
    assert len(members) == 3 * 2
    again = train_app(request_over_folds, FolderStore(tmp_path / "again"), resources=resources)
    assert again.digest == manifest.digest
    assert {path: path.stat().st_mtime_ns for path in members} == members


def test_folds_of_fine_tuned_candidates_do_not_go_with_a_common_stem(request_over_folds, tmp_path):
    with pytest.raises(InvalidInputError, match=r"common_stem: .* --folds cross-fits each app's own"):
        train_app(replace(request_over_folds, common_stem=11), FolderStore(tmp_path))
