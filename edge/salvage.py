"""A damaged database is set aside, and the node goes on with a new one and what can still be read from the old.

A gateway has nobody near who would move a file away. What devices were promised counts most: their requests and answers
are copied row by row, from both ends of the table, so that one bad page costs the rows on it. Measurements stay behind.
"""

import contextlib
import logging
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from edge.store import Store
from edgegen.errors import StoreDamagedError

log = logging.getLogger(__name__)

# What is copied: promises to devices, what operators were answered, and the clock of the dedup window.
TABLES = ("requests", "commands", "meta")
# Damaged databases that are kept: up to 512 MB each, and the newest are what somebody may want to look at.
KEPT = 2
_SUFFIXES = ("", "-wal", "-shm")


def open_store(path: Path) -> Store:
    """The node's database; a damaged one is set aside.

    Raises:
        StoreError: If it cannot be opened for another reason, or cannot be moved.
    """
    try:
        return Store(path)
    except StoreDamagedError as error:
        log.error("%s", error)  # noqa: TRY400 - the message is the finding
        aside = _set_aside(path)
        store = Store(path)
        _report(store, aside)
        return store


def renew(store: Store) -> str:
    """Begin a running node's database anew. Returns what happened, for the record.

    Raises:
        StoreError: If no new one can be made.
    """
    aside: list[Path] = []
    store.reopen(lambda: aside.append(_set_aside(store.path)))
    return _report(store, aside[0])


def damaged_files(folder: Path) -> list[Path]:
    """The databases that were set aside, oldest first."""
    return sorted(path for path in folder.glob("*.damaged-*") if not path.name.endswith(("-wal", "-shm")))


def _set_aside(path: Path) -> Path:
    """Rename the file and its journal, and remove all but the newest of those that were set aside."""
    target = path.with_name(f"{path.name}.damaged-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}")
    for suffix in _SUFFIXES:
        with contextlib.suppress(OSError):  # a journal need not be there; the file itself may be on a read-only disk
            Path(f"{path}{suffix}").rename(f"{target}{suffix}")
    for old in damaged_files(path.parent)[:-KEPT]:
        for suffix in _SUFFIXES:
            Path(f"{old}{suffix}").unlink(missing_ok=True)
    return target


def _report(store: Store, aside: Path) -> str:
    counts = _copy(aside, store)
    told = f"the database was damaged and set aside as {aside.name}; {counts['requests']} requests were read from it"
    log.error("%s; measurements begin anew. Look at the disk", told)
    store.add_event(time.time(), "database", told)
    return told


def _copy(damaged: Path, store: Store) -> dict[str, int]:
    """Copy what can be read. Returns how many rows of each table that was."""
    counts = dict.fromkeys(TABLES, 0)
    with contextlib.closing(sqlite3.connect(damaged)) as old:
        old.row_factory = sqlite3.Row
        for table in TABLES:
            with store.transaction():
                for row in _rows(old, table):
                    counts[table] += store.take_over(table, dict(row))
    return counts


def _rows(old: sqlite3.Connection, table: str) -> Iterator[sqlite3.Row]:
    """All rows that can be reached from the front or from the back; some twice."""
    for order in ("ASC", "DESC"):
        try:
            yield from old.execute(f"SELECT * FROM {table} ORDER BY rowid {order}")  # noqa: S608 - names are ours
        except sqlite3.Error as error:
            log.warning("the damaged database: table %s read %s: %s", table, order, error)
        else:
            return
