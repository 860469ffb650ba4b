"""Orders as mounted files: a ConfigMap's volume changes by swapping one symbolic link, so a look costs nothing."""

import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from mainstream.runner_orders import CREDENTIALS_FILE, PLAN_FILE, TOKEN_FILE, WANTED_FILE, NodeCredentials, Wanted
from mainstream.runner_plan import RunnerPlan

_log = logging.getLogger(__name__)
_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True)
class Orders:
    """What the operator wants of this node, and the logins that it takes."""

    wanted: Wanted = field(default_factory=Wanted)
    plan: RunnerPlan | None = None
    credentials: NodeCredentials = field(default_factory=NodeCredentials)


class OrdersReader:
    """Reads again what changed; an order that makes no sense leaves the last good one standing."""

    def __init__(self, orders: Path, secret: Path) -> None:
        self._folders = (orders, secret)
        self._seen: tuple[object, ...] | None = None
        self._last = Orders()

    def read(self) -> Orders:
        """The orders as they are now; the very same object while nothing changed."""
        seen = tuple(_version(folder) for folder in self._folders)
        if seen != self._seen:
            orders, secret = self._folders
            self._last = Orders(
                wanted=_parse(orders / WANTED_FILE, Wanted) or self._last.wanted,
                plan=_parse(orders / PLAN_FILE, RunnerPlan, absent=None, broken=self._last.plan),
                credentials=_parse(secret / CREDENTIALS_FILE, NodeCredentials) or self._last.credentials,
            )
            self._seen = seen
        return self._last


def read_token(secret: Path) -> str:
    """What the admin port asks for; empty (nobody gets in) without one."""
    try:
        return (secret / TOKEN_FILE).read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def _version(folder: Path) -> object:
    """Changes with the folder's content."""
    try:
        return (folder / "..data").readlink()
    except OSError:
        pass
    try:
        return tuple(sorted((path.name, path.stat().st_mtime_ns) for path in folder.iterdir()))
    except OSError:
        return None


def _parse(
    path: Path, model: type[_Model], *, absent: _Model | None = None, broken: _Model | None = None
) -> _Model | None:
    try:
        return model.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return absent
    except (OSError, ValidationError) as error:
        _log.warning("%s is not used: %s", path.name, type(error).__name__)
        return broken
