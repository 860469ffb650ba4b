"""Orders as mounted files: a ConfigMap's volume changes by swapping one symbolic link, so a look costs nothing.

The last good orders are copied to the node's disk, without credentials: a container that starts where nothing is
mounted, or nothing that makes sense, goes on from there.
"""

import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from mainstream.errors import InvalidInputError
from mainstream.files.durable import replace_durably
from mainstream.messages.packed_orders import INDEX_FILE, MAX_PARTS, OrdersText, part_file, unpack_orders
from mainstream.messages.runner_orders import CREDENTIALS_FILE, TOKEN_FILE, NodeCredentials, Wanted
from mainstream.messages.runner_plan import RunnerPlan

_log = logging.getLogger(__name__)
_Model = TypeVar("_Model", bound=BaseModel)
_WANTED_FILE = "wanted.json"
_PLAN_FILE = "plan.json"
"""of the copy on the disk"""


@dataclass(frozen=True)
class Orders:
    """What the operator wants of this node, and the logins that it takes."""

    wanted: Wanted = field(default_factory=Wanted)
    plan: RunnerPlan | None = None
    credentials: NodeCredentials = field(default_factory=NodeCredentials)
    plan_digest: str | None = field(init=False)

    def __post_init__(self) -> None:
        """Work the plan's digest out once: it is asked for in every step."""
        object.__setattr__(self, "plan_digest", None if self.plan is None else self.plan.digest)


class OrdersReader:
    """Reads again what changed; an order that makes no sense leaves the last good one standing."""

    def __init__(self, orders: Path, secret: Path, kept: Path) -> None:
        """`kept` is the folder that the last good orders are copied to."""
        self._folders = (orders, secret)
        self._kept = kept
        self._seen: tuple[object, ...] | None = None
        self._last = Orders(
            wanted=_read(kept / _WANTED_FILE, Wanted) or Wanted(), plan=_read(kept / _PLAN_FILE, RunnerPlan)
        )

    def read(self) -> Orders:
        """The orders as they are now; the very same object while nothing changed."""
        seen = tuple(_version(folder) for folder in self._folders)
        if seen != self._seen:
            orders, secret = self._folders
            last = self._last
            text = _mounted(orders)
            wanted, plan = last.wanted, last.plan
            if text is not None:
                wanted = _parse("wanted", text.wanted, Wanted) or wanted
                # No plan is an order as well.
                plan = None if text.plan is None else _parse("plan", text.plan, RunnerPlan) or plan
            credentials = _read(secret / CREDENTIALS_FILE, NodeCredentials) or last.credentials
            # Who follows a plan knows it by its identity: one that says the same is the same.
            self._last = Orders(
                last.wanted if wanted == last.wanted else wanted, last.plan if plan == last.plan else plan, credentials
            )
            self._seen = seen
            if text is not None:
                self._keep()
        return self._last

    def _keep(self) -> None:
        try:
            self._kept.mkdir(parents=True, exist_ok=True)
            for name, order in ((_WANTED_FILE, self._last.wanted), (_PLAN_FILE, self._last.plan)):
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
    replace_durably(path, text)


def read_token(secret: Path) -> str:
    """What the admin port asks for; empty (nobody gets in) without one, or with one that is no text."""
    try:
        return (secret / TOKEN_FILE).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
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


def _mounted(folder: Path) -> OrdersText | None:
    """The orders that are mounted; None where there are none, or not all of them yet: a volume is refreshed as a whole,
    but from ConfigMaps that may be of different orders for a moment.
    """
    names = (INDEX_FILE, *(part_file(number) for number in range(MAX_PARTS)))
    try:
        files = {name: (folder / name).read_bytes() for name in names if (folder / name).is_file()}
        return unpack_orders(files)
    except (OSError, InvalidInputError) as error:
        _log.warning("the mounted orders are not used: %s", error)
        return None


def _read(path: Path, model: type[_Model]) -> _Model | None:
    try:
        return _parse(path.name, path.read_text(encoding="utf-8"), model)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        _log.warning("%s is not used: %s", path.name, type(error).__name__)
        return None


def _parse(name: str, text: str, model: type[_Model]) -> _Model | None:
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        _log.warning("%s is not used: %s", name, type(error).__name__)
        return None
