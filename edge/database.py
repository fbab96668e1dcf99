"""One SQLite file in WAL mode, one connection, one lock; transactions that nest, and errors that say what to do.

``synchronous=FULL`` because ``accepted`` is a promise: under a simulated power cut FULL kept 500 of 500
commits, NORMAL and OFF none (docs/decisions). Writers group what they have into one transaction, so a
burst costs one fsync.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edge.schema import bring_up
from edgegen.errors import StoreDamagedError, StoreError

Values = Sequence[Any] | Mapping[str, Any]

# Another process, such as a probe run beside the daemon, keeps a lock for milliseconds; on a slow card for a second.
LOCKED_S = 10.0


class Database:
    """The file; `edge.store` knows what is in it.

    Args:
        path: Its folder must exist. ``:memory:`` keeps everything in memory, for simulations.

    Raises:
        StoreError: If the file cannot be opened, brought to this version's schema or (later) written.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._lock = threading.RLock()
        self._depth = 0
        self._db = self._open()

    def _open(self) -> sqlite3.Connection:
        with _storage_errors(self.path):
            db = sqlite3.connect(str(self.path), isolation_level=None, check_same_thread=False, timeout=LOCKED_S)
            try:
                db.row_factory = sqlite3.Row
                db.execute("PRAGMA auto_vacuum=INCREMENTAL")
                db.execute("PRAGMA journal_mode=WAL")
                db.execute("PRAGMA synchronous=FULL")
                bring_up(db)
            except BaseException:
                db.close()
                raise
            return db

    def reopen(self, between: Callable[[], None]) -> None:
        """Close the file, let somebody move it, and open what is there then, nothing mostly.

        Raises:
            StoreError: If that cannot be opened; every later use raises the same.
        """
        with self._lock:
            assert not self._depth, "in a transaction"
            self._db.close()
            between()
            self._db = self._open()

    def close(self) -> None:
        """Close the file; the WAL is folded in."""
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is one commit; nested transactions join the outermost.

        Raises:
            StoreError: If the commit fails; then nothing of it is kept.
        """
        with self._lock, _storage_errors(self.path):
            if self._depth:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            self._depth = 1
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
            finally:
                self._depth = 0

    def write(self, sql: str, values: Values = ()) -> sqlite3.Cursor:
        """Carry out one statement that changes something, in a transaction."""
        with self.transaction():
            return self._db.execute(sql, values)

    def query(self, sql: str, values: Values = ()) -> list[sqlite3.Row]:
        """Read."""
        with self._lock, _storage_errors(self.path):
            return self._db.execute(sql, values).fetchall()

    def insert(self, table: str, row: Mapping[str, Any]) -> None:
        """Add a row; its keys are columns of the table."""
        names = ", ".join(row)
        marks = ", ".join(f":{name}" for name in row)
        self.write(f"INSERT INTO {table} ({names}) VALUES ({marks})", dict(row))  # noqa: S608 - names are ours


@contextmanager
def _storage_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        if _is_damage(error):
            raise StoreDamagedError(f"{path}: {error}. The file is damaged; `edgegen serve` sets it aside.") from error
        raise StoreError(f"{path}: {error}. {_remedy(error)}") from error


def _is_damage(error: sqlite3.Error) -> bool:
    """Whether the file is no whole database; the extended codes have the primary one in their low byte."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _remedy(error: sqlite3.Error) -> str:
    text = str(error)
    if "full" in text:
        return "Free some disk space, or lower telemetry.retention_days."
    if "locked" in text:
        return "Another process holds it: is a second edgegen running with the same data_dir?"
    return "Check the disk, the file's owner and the mount."
