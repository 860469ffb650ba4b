"""Orders as mounted files: a ConfigMap's volume changes by swapping one symbolic link, so a look costs nothing.

The last good orders are copied to the node's disk, without credentials: a container that starts where nothing is
mounted, or nothing that makes sense, goes on from there.
"""

import logging
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from mainstream.hosts.rules import HostRules
from mainstream.runner_orders import (
    CREDENTIALS_FILE,
    HOSTS_FILE,
    PLAN_FILE,
    TOKEN_FILE,
    WANTED_FILE,
    NodeCredentials,
    Wanted,
)
from mainstream.runner_plan import RunnerPlan

_log = logging.getLogger(__name__)
_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True)
class Orders:
    """What the operator wants of this node, and the logins that it takes."""

    wanted: Wanted = field(default_factory=Wanted)
    plan: RunnerPlan | None = None
    credentials: NodeCredentials = field(default_factory=NodeCredentials)
    host_rules: HostRules = field(default_factory=HostRules)
    """which hosts of tenants may be called; until the operator has said, all but internal ones"""


class OrdersReader:
    """Reads again what changed; an order that makes no sense leaves the last good one standing."""

    def __init__(self, orders: Path, secret: Path, kept: Path) -> None:
        """`kept` is the folder that the last good orders are copied to."""
        self._folders = (orders, secret)
        self._kept = kept
        self._seen: tuple[object, ...] | None = None
        self._last = Orders(
            wanted=_parse(kept / WANTED_FILE, Wanted) or Wanted(),
            plan=_parse(kept / PLAN_FILE, RunnerPlan),
            host_rules=_parse(kept / HOSTS_FILE, HostRules) or HostRules(),
        )

    def read(self) -> Orders:
        """The orders as they are now; the very same object while nothing changed."""
        seen = tuple(_version(folder) for folder in self._folders)
        if seen != self._seen:
            orders, secret = self._folders
            last = self._last
            # No plan is an order as well, but only from somebody who says what is wanted.
            mounted = (orders / WANTED_FILE).is_file() or (orders / PLAN_FILE).is_file()
            self._last = Orders(
                wanted=_parse(orders / WANTED_FILE, Wanted) or last.wanted,
                plan=_parse(orders / PLAN_FILE, RunnerPlan, absent=None if mounted else last.plan, broken=last.plan),
                credentials=_parse(secret / CREDENTIALS_FILE, NodeCredentials) or last.credentials,
                host_rules=_parse(orders / HOSTS_FILE, HostRules) or last.host_rules,
            )
            self._seen = seen
            if mounted:
                self._keep()
        return self._last

    def _keep(self) -> None:
        try:
            self._kept.mkdir(parents=True, exist_ok=True)
            last = self._last
            for name, order in (
                (WANTED_FILE, last.wanted),
                (PLAN_FILE, last.plan),
                (HOSTS_FILE, last.host_rules),
            ):
                _write(self._kept / name, order)
        except OSError as error:
            _log.warning("orders could not be copied to the disk: %s", error.strerror)


def _write(path: Path, order: BaseModel | None) -> None:
    if order is None:
        path.unlink(missing_ok=True)
        return
    text = order.model_dump_json().encode()
    if path.is_file() and path.read_bytes() == text:
        return
    hidden = path.with_name(f".{path.name}")
    with hidden.open("wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    hidden.replace(path)


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
