"""Verdicts of machines: JSON with a Kubernetes token, answered in a sentence; the same rights as in a browser."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from mainstream.files.documents import first_problem
from mainstream_console.cluster.desk import ClusterShelf
from mainstream_console.cluster.doors import NOTHING_HERE, Doors
from mainstream_console.guards import PostLimit, address_of
from mainstream_console.saying import keep_verdict

_ADDRESSES_A_MINUTE = 300
"""verdicts of one address, and so guesses of a token"""


class SaidByMachine(BaseModel):
    """What forms of pages say as well: one thing at a time."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    opinion: str
    """right or wrong of an alert, event or nothing of a frame, missed or nothing of a stretch"""
    alert: str | None = None
    frame: str | None = None
    start_s: float | None = None
    end_s: float | None = None
    length_s: float | None = None
    note: str = ""


class MachinePages:
    """The handler, and what it needs."""

    def __init__(self, shelf: ClusterShelf, doors: Doors) -> None:
        self._shelf = shelf
        self._doors = doors
        self._limit = PostLimit(_ADDRESSES_A_MINUTE)

    def routes(self) -> list[BaseRoute]:
        """Where it is said."""
        return [Route("/api/apps/{namespace}/{app}/verdicts", self.say, methods=["POST"])]

    async def say(self, request: Request) -> Response:
        """Take a verdict; no cookie counts, so that no page of another site can send one."""
        self._limit.check(address_of(request))
        app = f"{request.path_params['namespace']}/{request.path_params['app']}"
        visitor = await self._doors.machine(request)
        await self._doors.check(visitor, app, says=True)
        try:
            said = SaidByMachine.model_validate_json(await request.body())
        except ValidationError as error:
            field, problem = first_problem(error)
            raise HTTPException(422, f"{field or 'the body'}: {problem}") from error
        if app not in await run_in_threadpool(self._shelf.apps):
            raise HTTPException(404, NOTHING_HERE)
        kept = await run_in_threadpool(self._shelf.kept, app)
        form = {name: str(value) for name, value in said.model_dump(exclude_none=True).items()}
        await keep_verdict(self._shelf, app, visitor.name, form, kept)
        return PlainTextResponse(f"Kept: {said.opinion}, as {visitor.name} says.\n", 201)
