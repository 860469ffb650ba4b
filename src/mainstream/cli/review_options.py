"""What commands over kept alerts have in common: which app, where it is kept, and that something is."""

from typing import TYPE_CHECKING, Annotated

import typer

from mainstream.errors import InvalidInputError

if TYPE_CHECKING:
    from mainstream.mpackage.stores.opening import StoreOptions
    from mainstream.review.shelf import ReviewShelf
    from mainstream.review.tally import KeptForReview

ReviewedApp = Annotated[str, typer.Argument(help="The app's name, without its namespace.")]
ReviewOption = Annotated[
    str,
    typer.Option(help="Where its alerts are kept: the prefix of its spec.review, s3://..., or OUT/clips of a run."),
]


def open_kept(app: str, review: str, s3: "StoreOptions") -> "tuple[ReviewShelf, KeptForReview]":
    """The shelf, and what it has of the app; raises `InvalidInputError` where that is nothing."""
    from mainstream.mpackage.stores.opening import open_store
    from mainstream.review.shelf import ReviewShelf

    shelf = ReviewShelf(open_store(review, s3))
    kept = shelf.kept(app)
    if not kept.alerts and not kept.frames:
        if known := ", ".join(shelf.apps()):
            raise InvalidInputError(f"nothing is kept of {app!r}; there are: {known}", field="APP", source=review)
        way_out = "name the prefix of an app's spec.review, or OUT/clips of a `mainstream run --review`"
        raise InvalidInputError(f"nothing is kept there; {way_out}", field="--review", source=review)
    return shelf, kept


def show_quality(kept: "KeptForReview") -> None:
    """Print the quality as measured."""
    from mainstream.review.assessment import Assessment
    from mainstream.review.words import quality_sentences

    for sentence in quality_sentences(Assessment(kept)):
        typer.echo(sentence)
