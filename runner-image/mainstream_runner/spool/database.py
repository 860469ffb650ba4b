"""The spool's database on disk: its tables, how it is opened, and transactions that hold or leave nothing."""

import contextlib
import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path

_log = logging.getLogger(__name__)
_VERSION = 3
"""of the tables; a database with others is put aside"""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS records(
    number INTEGER PRIMARY KEY AUTOINCREMENT, app TEXT NOT NULL, sink TEXT NOT NULL, id TEXT NOT NULL, alert TEXT,
    body BLOB NOT NULL, put_s REAL NOT NULL);
CREATE INDEX IF NOT EXISTS records_by_sink ON records(sink, number);
CREATE TABLE IF NOT EXISTS apps(
    app TEXT PRIMARY KEY, alerts INTEGER NOT NULL DEFAULT 0, muted INTEGER NOT NULL DEFAULT 0,
    last_start_s REAL, lost_alerts INTEGER NOT NULL DEFAULT 0,
    refused INTEGER NOT NULL DEFAULT 0, pushed_out INTEGER NOT NULL DEFAULT 0, unwritten INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS recent(app TEXT NOT NULL, opened_s REAL NOT NULL);
CREATE INDEX IF NOT EXISTS recent_by_app ON recent(app, opened_s);
CREATE TABLE IF NOT EXISTS open_alerts(
    id TEXT PRIMARY KEY, app TEXT NOT NULL, sinks TEXT NOT NULL, message BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS lost(
    app TEXT NOT NULL, alert TEXT NOT NULL, at_s REAL NOT NULL, PRIMARY KEY(app, alert));
CREATE TABLE IF NOT EXISTS identity(id TEXT NOT NULL);
INSERT INTO identity SELECT lower(hex(randomblob(8))) WHERE NOT EXISTS (SELECT 1 FROM identity);
"""


def open_database(path: Path) -> sqlite3.Connection:
    """What an earlier life left; one that is broken or of another version is put aside, and the log says so."""
    try:
        return _connect(path)
    except sqlite3.DatabaseError as error:
        _log.error("%s cannot be used (%s) and is put aside; a new one begins", path, error)
    for broken in (path, path.with_name(f"{path.name}-wal")):
        with contextlib.suppress(OSError):
            broken.replace(broken.with_name(f"{broken.name}.broken"))
    return _connect(path)


@contextlib.contextmanager
def transaction(database: sqlite3.Connection, *, synced: bool = True) -> Iterator[sqlite3.Connection]:
    """All or nothing; `synced` to the disk before it returns."""
    database.execute(f"PRAGMA synchronous = {'FULL' if synced else 'NORMAL'}")
    database.execute("BEGIN IMMEDIATE")
    try:
        yield database
        database.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            database.execute("ROLLBACK")
        raise


def _connect(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=5.0)
    try:
        # Exclusive: no shared memory file, which a full disk would turn into a crash.
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA journal_size_limit = 4194304")
        if database.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("the check found errors")
        (version,) = database.execute("PRAGMA user_version").fetchone()
        (tables,) = database.execute("SELECT COUNT(*) FROM sqlite_master WHERE name = 'records'").fetchone()
        if tables and version != _VERSION:
            raise sqlite3.DatabaseError(f"its tables are of version {version}, not {_VERSION}")
        database.executescript(f"{_SCHEMA}PRAGMA user_version = {_VERSION};")
    except BaseException:
        database.close()
        raise
    return database
