"""Base networks whose measurement ended the runner: noted on the disk, measured once more later, then no more.

A marker lies on the disk before a byte of a base network is read. A start that finds one knows that the runner ended in
between, most likely since it needed more memory than its limit. The others go on without that base network.
"""

import contextlib
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from mainstream.files.durable import replace_durably
from mainstream.messages.status_report import InterruptedProfiling
from mainstream_runner.client import MeasurementLostError
from mainstream_runner.pod.following.long_work import StoppedError

_log = logging.getLogger(__name__)
_WAIT = timedelta(minutes=10)
"""until it is measured once more: a node that lost its power says nothing against a base network"""
_MOST = 2


class _Interruption(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    times: int
    at: AwareDatetime
    """when it was found out"""


class _Noted(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    under: str
    """what it holds for: the memory limit and the version"""
    measuring: str | None = None
    interrupted: dict[str, _Interruption] = {}


class Interruptions:
    """Written by whoever measures, read by any thread."""

    def __init__(self, file: Path, under: str) -> None:
        """`under` says what has to be the same for what was noted to count."""
        self._file = file
        self._noted = _read(file, under)
        if self._noted.measuring is not None:
            self._interrupted(self._noted.measuring)

    @contextlib.contextmanager
    def measuring(self, base: str) -> Iterator[None]:
        """Note that it is measured until that has come to an end."""
        self._keep(measuring=base)
        try:
            yield
        except MeasurementLostError:
            self._interrupted(base)
            raise
        except StoppedError:
            # Given up here; the worker may well go on with it.
            raise
        except Exception:
            self.end()
            raise
        self.end()

    def end(self) -> None:
        """Nothing is measured any more."""
        if self._noted.measuring is not None:
            self._keep(measuring=None)

    def may_measure(self, base: str) -> bool:
        """Whether it is worth another attempt now."""
        known = self._noted.interrupted.get(base)
        return known is None or (known.times < _MOST and datetime.now(UTC) - known.at > _WAIT)

    @property
    def last(self) -> InterruptedProfiling | None:
        """The newest."""
        found = self._noted.interrupted
        base = max(found, key=lambda name: found[name].at, default=None)
        return None if base is None else InterruptedProfiling(base=base, at=found[base].at)

    @property
    def problems(self) -> dict[str, str]:
        """Why base networks are not measured."""
        return {base: _problem(each.times) for base, each in self._noted.interrupted.items()}

    def _interrupted(self, base: str) -> None:
        known = self._noted.interrupted.get(base)
        found = _Interruption(times=1 if known is None else known.times + 1, at=datetime.now(UTC))
        _log.warning("the runner ended while it measured base network %s", base)
        self._noted = self._noted.model_copy(update={"interrupted": {**self._noted.interrupted, base: found}})
        self._keep(measuring=None)

    def _keep(self, measuring: str | None) -> None:
        self._noted = self._noted.model_copy(update={"measuring": measuring})
        try:
            replace_durably(self._file, self._noted.model_dump_json().encode())
        except OSError as error:
            _log.warning("what is measured could not be noted: %s", error.strerror)


def _read(file: Path, under: str) -> _Noted:
    with contextlib.suppress(OSError, ValidationError):
        noted = _Noted.model_validate_json(file.read_bytes())
        if noted.under == under:
            return noted
    return _Noted(under=under)


def _problem(times: int) -> str:
    again = "; it is measured once more in ten minutes" if times < _MOST else ""
    return (
        f"the runner ended while it measured it{'' if times == 1 else f', {times} times'}, most likely for lack of "
        f"memory{again}; raise the EdgeNode's spec.runner.memoryMebibytes, or train from a smaller base network"
    )
