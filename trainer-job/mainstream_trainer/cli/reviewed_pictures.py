"""`mainstream train --review`: what people labelled since, beside the pictures that an app was first trained from."""

from pathlib import Path

from mainstream.errors import InvalidInputError
from mainstream_trainer.cli.options import TrainOptions


def with_reviewed(options: TrainOptions, first: Path, folder: Path) -> tuple[Path, Path]:
    """A folder of pictures and the file with their groups, both below `folder`; raises `InvalidInputError`."""
    from mainstream.review.shelf import ReviewShelf
    from mainstream_trainer.reviewing.joined_pictures import join_pictures
    from mainstream_trainer.reviewing.training_pictures import write_training_pictures

    assert options.review is not None  # noqa: S101 - asked for only then
    if len(options.app) != 1 or len(options.event_class) != 1 or "," in options.event_class[0]:
        raise InvalidInputError("goes with one --app and one --event-class: the app's name there", field="--review")
    shelf = ReviewShelf(options.open(options.review))
    (app,) = options.app
    labelled, joined = folder / "reviewed", folder / "joined"
    write_training_pictures(app, shelf, shelf.kept(app), labelled)
    joined.mkdir(parents=True)
    groups = join_pictures(first, labelled, options.event_class[0], options.grouped_by, joined)
    return joined, groups
