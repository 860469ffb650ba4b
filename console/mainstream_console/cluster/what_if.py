"""What an app would get once more with another weight or rates: a dry run that is made, answered and taken away.

It is made with the visitor's own token, so that whoever may not make apps asks for nothing here.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from typing import Protocol

from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from mainstream.api import VideoApp
from mainstream.api.dry_run_words import dry_run_sentences
from mainstream.api.model import API_VERSION
from mainstream.errors import InvalidInputError, MainstreamError
from mainstream.files.documents import first_problem
from mainstream_console.cluster.api_server import ApiServerError, Body
from mainstream_console.cluster.view import ClusterView

_log = logging.getLogger(__name__)
_PATIENCE_S = 20.0
_LOOK_EVERY_S = 0.2
_AT_ONCE = 8
"""as many as a node answers"""
_LONGEST_NAME = 230
_FORBIDDEN = 403


class Writer(Protocol):
    """Makes and deletes objects with somebody's token; see `ApiServer`."""

    def create(self, path: str, body: Body, token: str) -> None: ...

    def delete(self, path: str, token: str) -> None: ...


class DryRunAsker:
    """Asks for everybody; belongs to one event loop."""

    def __init__(self, writer: Writer, view: ClusterView) -> None:
        self._writer = writer
        self._view = view
        self._free = asyncio.Semaphore(_AT_ONCE)

    async def sentences(self, app: VideoApp, form: dict[str, str], token: str) -> list[str]:
        """What would happen. Raises `InvalidInputError` where the form asks for what cannot be, or nobody may ask."""
        asked = dry_run_of(app, form)
        path = f"/apis/{API_VERSION}/namespaces/{asked.metadata.namespace}/videoapps"
        async with self._free:
            try:
                body = asked.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"status"})
                await run_in_threadpool(self._writer.create, path, body, token)
            except ApiServerError as error:
                if error.status != _FORBIDDEN:
                    raise
                where = f"namespace {asked.metadata.namespace}"
                raise InvalidInputError(f"takes the right to create videoapps in {where}", field="what if") from error
            try:
                return await self._answer(asked.key)
            finally:
                await run_in_threadpool(self._take_away, f"{path}/{asked.metadata.name}", token)

    async def _answer(self, key: str) -> list[str]:
        for _ in range(int(_PATIENCE_S / _LOOK_EVERY_S)):
            await asyncio.sleep(_LOOK_EVERY_S)
            known = self._view.apps.get(key)
            if known is None or known.status.observed_generation is None:
                continue
            if known.status.dry_run is not None:
                return dry_run_sentences("It", known.status.dry_run)
            refused = [each.message for each in known.status.conditions if each.type == "Stalled"]
            if refused:
                return refused
        return [f"There was no answer within {_PATIENCE_S:.0f} s; ask again."]

    def _take_away(self, path: str, token: str) -> None:
        try:
            self._writer.delete(path, token)
        except MainstreamError as error:
            _log.warning("a dry run could not be taken away: %s: %s", path, error)


def dry_run_of(app: VideoApp, form: dict[str, str]) -> VideoApp:
    """The dry run that a form asks for, under a name of its own. Pure but for that name; raises `InvalidInputError`."""
    body = app.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"status", "metadata"})
    spec = body["spec"]
    # Nothing is run, so nothing is delivered or kept.
    spec |= {"dryRun": True, "suspend": False, "sinks": []}
    spec.pop("review", None)
    if form.get("weight"):
        spec["objective"] = {**spec.get("objective", {}), "weight": form["weight"]}
    if form.get("rates"):
        spec["rates"] = [each.strip() for each in form["rates"].split(",")]
    name = f"{app.metadata.name[:_LONGEST_NAME]}-what-if-{secrets.token_hex(3)}"
    body["metadata"] = {"name": name, "namespace": app.metadata.namespace}
    try:
        return VideoApp.model_validate(body)
    except ValidationError as error:
        field, problem = first_problem(error)
        raise InvalidInputError(problem, field=field.partition(".")[2] or "what if") from error
