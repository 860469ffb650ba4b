"""Clips, piece by piece: neither console nor operator holds a whole one, and a player may jump to any part of it."""

from collections.abc import AsyncIterator, Callable

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from mainstream.mpackage.stores.ranges import content_range, range_start
from mainstream.mpackage.stores.store import MissingKeyError, Piece, StoreError

_MP4 = "video/mp4"
_HEADERS = {"Accept-Ranges": "bytes", "Cache-Control": "private, max-age=3600"}
ReadPiece = Callable[[int], Piece]
"""takes the first byte that is wanted"""


async def clip_response(request: Request, read: ReadPiece) -> Response:
    """A piece for whoever names a first byte, as players do, and asks for the next one then; else all of them."""
    start = range_start(request.headers.get("range", ""))
    try:
        piece = await run_in_threadpool(read, start or 0)
    except MissingKeyError as error:
        raise HTTPException(404, error.message) from error
    if start is not None:
        headers = {**_HEADERS, "Content-Range": content_range(start, piece)}
        return Response(piece.data, 206, headers, media_type=_MP4)
    headers = {**_HEADERS, "Content-Length": str(piece.total_bytes)}
    return StreamingResponse(_all(piece, read), headers=headers, media_type=_MP4)


async def is_there(read: ReadPiece) -> bool:
    """Whether a page may show it; a store that does not answer is the clip's own matter, not the page's."""
    try:
        await run_in_threadpool(read, 0)
    except StoreError:
        return False
    return True


async def _all(first: Piece, read: ReadPiece) -> AsyncIterator[bytes]:
    yield first.data
    given = len(first.data)
    while given < first.total_bytes:
        piece = await run_in_threadpool(read, given)
        if not piece.data:
            return
        yield piece.data
        given += len(piece.data)
