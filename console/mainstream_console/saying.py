"""A verdict is taken: checked, kept, and a line of the audit written, whichever page or machine it comes from."""

import logging

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from mainstream.errors import InvalidInputError
from mainstream.review.tally import KeptForReview
from mainstream_console.forms import verdict_of
from mainstream_console.source import Shelf

_log = logging.getLogger(__name__)


async def keep_verdict(shelf: Shelf, app: str, who: str, form: dict[str, str], kept: KeptForReview) -> None:
    """It is there for good once this returns; raises `HTTPException` where it is none, `StoreError` as `Shelf.say`."""
    try:
        verdict = verdict_of(app, who, form, kept)
    except InvalidInputError as error:
        raise HTTPException(422, str(error)) from error
    await run_in_threadpool(shelf.say, app, verdict)
    _log.info("verdict", extra={"who": who, "app": app, "verdict": verdict.id, "kind": verdict.kind})
