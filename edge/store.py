"""What must survive: requests, their answers, measurements. SQLite in WAL mode, one connection, one lock.

``synchronous=FULL`` because ``accepted`` is a promise: under a simulated power cut FULL kept 500 of 500
commits, NORMAL and OFF none (docs/decisions). Writers group what they have into one transaction, so a
burst costs one fsync.
"""

import json
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from edge.core.request import Job, State
from edgegen.errors import StoreDamagedError, StoreError

# Measurements are dropped, oldest first, while the file is larger than this; requests never are.
MAX_BYTES = 512 * 1024 * 1024

# The last step in edge/migrations.py.
NEWEST_MIGRATION = "probe_confidence"

OPEN_STATES = (State.QUEUED, State.PROMPT, State.GENERATING)


@dataclass(frozen=True)
class StoredRequest:
    """What the store knows of a request with a given device and id."""

    key: int
    hash: bytes
    state: State
    accepted: bytes | None
    terminal: bytes | None
    status: str | None
    plain: bool
    response_topic: str


@dataclass(frozen=True)
class OutboxEntry:
    """A terminal frame that the broker has not acknowledged."""

    key: int
    response_topic: str
    correlation: bytes | None
    terminal: bytes
    status: str
    plain: bool


@dataclass(frozen=True)
class StoredTerminal:
    """A stored terminal frame, with what numbers it."""

    request_id: str
    plain: bool
    status: str
    run: int
    seq: int


@dataclass(frozen=True)
class StoredCommand:
    """A command of an operator; ``answer`` is None while it runs."""

    operator: str
    id: str
    hash: bytes
    command: str
    answer: bytes | None


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


class Store:
    """The database of one node.

    Args:
        path: The file; its folder must exist. ``:memory:`` keeps everything in memory, for simulations.

    Raises:
        StoreError: If the file cannot be opened, migrated or (later) written.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._lock = threading.RLock()
        self._depth = 0
        self._db = self._open()

    def _open(self) -> sqlite3.Connection:
        with _storage_errors(self.path):
            db = sqlite3.connect(str(self.path), isolation_level=None, check_same_thread=False, timeout=10)
            try:
                db.row_factory = sqlite3.Row
                db.execute("PRAGMA auto_vacuum=INCREMENTAL")
                db.execute("PRAGMA journal_mode=WAL")
                db.execute("PRAGMA synchronous=FULL")
                _migrate(db)
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

    def _write(self, sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> sqlite3.Cursor:
        with self.transaction():
            return self._db.execute(sql, values)

    def _read(self, sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[sqlite3.Row]:
        with self._lock, _storage_errors(self.path):
            return self._db.execute(sql, values).fetchall()

    def _insert(self, table: str, row: Mapping[str, Any]) -> None:
        names = ", ".join(row)
        marks = ", ".join(f":{name}" for name in row)
        self._write(f"INSERT INTO {table} ({names}) VALUES ({marks})", dict(row))  # noqa: S608 - names are ours

    # --- requests --------------------------------------------------------------------------------

    def find(self, device: str, request_id: str) -> StoredRequest | None:
        """The request a device sent under this id within the dedup window."""
        rows = self._read(
            "SELECT key, hash, state, accepted, terminal, status, plain, response_topic FROM requests "
            "WHERE device = ? AND id = ?",
            (device, request_id),
        )
        if not rows:
            return None
        key, digest, state, accepted, terminal, status, plain, topic = rows[0]
        return StoredRequest(key, digest, State(state), accepted, terminal, status, bool(plain), topic)

    def insert(
        self,
        job: Job,
        *,
        payload: bytes,
        digest: bytes,
        deadline_s: float | None,
        boot: str,
        uptime_s: float,
        utc: float,
    ) -> int:
        """Store a new request and give it its key, which is also its place in the order of arrival."""
        cursor = self._write(
            "INSERT INTO requests (device, id, verb, plain, pool, response_topic, correlation, hash, payload, "
            "priority, adapter, samples, stream, received_at, received_utc, boot, uptime_s, deadline_s, state) "
            "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (
                job.device,
                job.request_id,
                job.verb,
                job.plain,
                job.pool,
                job.response_topic,
                job.correlation,
                digest,
                payload,
                job.priority,
                job.adapter,
                job.samples,
                job.stream,
                job.received_at,
                utc,
                boot,
                uptime_s,
                deadline_s,
                State.QUEUED,
            ),
        )
        return cast("int", cursor.lastrowid)

    def insert_unread(self, job: Job, *, boot: str, uptime_s: float, utc: float) -> None:
        """Put an open request back whose row could not be read from a damaged database, under its old key.

        Its payload is gone, and its hash: an empty one matches every repeat.
        """
        row = {
            "key": job.key,
            "device": job.device,
            "id": job.request_id,
            "verb": job.verb,
            "plain": job.plain,
            "pool": job.pool,
            "response_topic": job.response_topic,
            "correlation": job.correlation,
            "hash": b"",
            "payload": b"",
            "priority": job.priority,
            "adapter": job.adapter,
            "samples": job.samples,
            "stream": job.stream,
            "received_at": job.received_at,
            "received_utc": utc,
            "boot": boot,
            "uptime_s": uptime_s,
            "state": State.QUEUED,
            "starts": job.starts,
            "deaths": job.deaths,
        }
        self._insert("requests", row)

    def take_over(self, table: str, row: Mapping[str, Any]) -> bool:
        """Put in a row of another database. False when it is there already, or breaks a rule of the table."""
        known = {column["name"] for column in self._read(f"PRAGMA table_info({table})")}
        names = [name for name in row if name in known]
        marks = ", ".join(f":{name}" for name in names)
        cursor = self._write(
            f"INSERT OR IGNORE INTO {table} ({', '.join(names)}) VALUES ({marks})",  # noqa: S608 - names are ours
            {name: row[name] for name in names},
        )
        return cursor.rowcount == 1

    def has(self, key: int) -> bool:
        """Whether there is a request of this key."""
        return bool(self._read("SELECT 1 FROM requests WHERE key = ?", (key,)))

    def set_accepted(self, key: int, frame: bytes) -> None:
        """Keep the `accepted` frame, so that repeats are byte-identical."""
        self._write("UPDATE requests SET accepted = ? WHERE key = ?", (frame, key))

    def set_route(self, key: int, response_topic: str, correlation: bytes | None) -> None:
        """A retry says anew where it wants the answer."""
        self._write(
            "UPDATE requests SET response_topic = ?, correlation = ? WHERE key = ?", (response_topic, correlation, key)
        )

    def rebase(self, key: int, *, received_at: float, boot: str) -> None:
        """After a reboot, count an open request's deadline from now, once."""
        self._write("UPDATE requests SET received_at = ?, boot = ? WHERE key = ?", (received_at, boot, key))

    def payload(self, key: int) -> bytes:
        """The request as it came."""
        return cast("bytes", self._read("SELECT payload FROM requests WHERE key = ?", (key,))[0]["payload"])

    def start(self, jobs: Iterable[Job]) -> None:
        """Commit that generation starts, before it does."""
        with self.transaction():
            for job in jobs:
                self._write("UPDATE requests SET starts = ?, state = ? WHERE key = ?", (job.starts, job.state, job.key))

    def engine_died(self, jobs: Iterable[Job]) -> None:
        """Commit that the engine died with these requests in it."""
        with self.transaction():
            for job in jobs:
                self._write(
                    "UPDATE requests SET deaths = ?, state = ? WHERE key = ?", (job.deaths, State.QUEUED, job.key)
                )

    def finish(self, job: Job, terminal: bytes, status: str, measured: Mapping[str, Any]) -> bool:
        """Store the terminal frame and, in the same transaction, the request's measurements.

        Returns:
            False when a terminal frame is stored already: the first one wins.
        """
        with self.transaction():
            cursor = self._write(
                # The payload is not needed any more: the hash tells a repeat, and a day of them would fill the disk.
                "UPDATE requests SET terminal = ?, status = ?, state = ?, payload = x'' "
                "WHERE key = ? AND terminal IS NULL",
                (terminal, status, State.ANSWERED, job.key),
            )
            if cursor.rowcount != 1:
                return False
            identity = {"key": job.key, "device": job.device, "verb": job.verb, "status": status}
            self._insert("answers", {**identity, **measured})
            return True

    def replace_terminal(self, key: int, terminal: bytes, status: str) -> None:
        """Put a smaller terminal frame in place of one that the broker would never carry."""
        self._write("UPDATE requests SET terminal = ?, status = ? WHERE key = ?", (terminal, status, key))

    def delivered(self, keys: Iterable[int]) -> None:
        """Mark terminal frames as acknowledged by the broker."""
        with self.transaction():
            for key in keys:
                self._write(
                    "UPDATE requests SET state = ? WHERE key = ? AND state = ?", (State.PUBLISHED, key, State.ANSWERED)
                )

    def undeliverable(self, key: int) -> None:
        """Give up on a terminal frame that the broker keeps refusing."""
        self._write("UPDATE requests SET state = ? WHERE key = ?", (State.UNDELIVERABLE, key))

    def outbox(self) -> list[OutboxEntry]:
        """Terminal frames the broker has not acknowledged, oldest first."""
        rows = self._read(
            "SELECT key, response_topic, correlation, terminal, status, plain FROM requests "
            "WHERE state = ? ORDER BY key",
            (State.ANSWERED,),
        )
        return [OutboxEntry(*row) for row in rows]

    def terminal(self, key: int) -> StoredTerminal:
        """What is needed to write another terminal frame in place of the stored one."""
        row = self._read("SELECT id, plain, status, terminal FROM requests WHERE key = ?", (key,))[0]
        stored = {} if row["plain"] else json.loads(row["terminal"])
        return StoredTerminal(row["id"], bool(row["plain"]), row["status"], stored.get("run", 0), stored.get("seq", 0))

    def open_requests(self) -> list[tuple[Job, sqlite3.Row]]:
        """Requests that are owed a terminal frame, oldest first, with their raw rows."""
        rows = self._read("SELECT * FROM requests WHERE state IN (?, ?, ?) ORDER BY key", tuple(OPEN_STATES))
        return [(_job(row), row) for row in rows]

    # --- measurements ----------------------------------------------------------------------------

    def add_telemetry(self, sample: Mapping[str, Any]) -> None:
        """Store one sample; its keys are the columns of the table."""
        self._insert("telemetry", sample)

    def add_event(self, utc: float, kind: str, detail: str) -> None:
        """Store something an operator would ask about later: an engine's death, a full disk, an admin action."""
        self._insert("events", {"utc": utc, "kind": kind, "detail": detail})

    # --- operators -------------------------------------------------------------------------------

    def command(self, operator: str, command_id: str) -> StoredCommand | None:
        """What an operator sent under this id."""
        rows = self._read(
            "SELECT operator, id, hash, command, answer FROM commands WHERE operator = ? AND id = ?",
            (operator, command_id),
        )
        return StoredCommand(*rows[0]) if rows else None

    def add_command(self, command: StoredCommand, utc: float) -> None:
        """Keep a command, before it is carried out."""
        self._insert("commands", {**vars(command), "utc": utc})

    def answer_command(self, operator: str, command_id: str, answer: bytes) -> None:
        """A command has ended."""
        self._write("UPDATE commands SET answer = ? WHERE operator = ? AND id = ?", (answer, operator, command_id))

    def running_commands(self) -> list[StoredCommand]:
        """Commands that have not ended; at the start, those that the last process did not bring to an end."""
        rows = self._read("SELECT operator, id, hash, command, answer FROM commands WHERE answer IS NULL ORDER BY utc")
        return [StoredCommand(*row) for row in rows]

    def query(self, sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[sqlite3.Row]:
        """Read for reports."""
        return self._read(sql, values)

    def add_rows(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows of a report, such as probe results, in one transaction."""
        with self.transaction():
            for row in rows:
                self._insert(table, row)

    # --- upkeep ----------------------------------------------------------------------------------

    def uptime_s(self) -> float:
        """How long the node has been running in all, the clock of the dedup window."""
        rows = self._read("SELECT value FROM meta WHERE name = 'uptime_s'")
        return float(rows[0]["value"]) if rows else 0.0

    def set_uptime_s(self, seconds: float) -> None:
        """Keep the uptime; losing the last few seconds only makes the window longer."""
        self._write("INSERT OR REPLACE INTO meta (name, value) VALUES ('uptime_s', ?)", (str(seconds),))

    def prune(self, *, utc: float, uptime_s: float, dedup_window_s: float, retention_s: float) -> None:
        """Forget delivered requests beyond the dedup window and measurements beyond the retention."""
        with self.transaction():
            self._write(
                "DELETE FROM requests WHERE state IN (?, ?) AND uptime_s < ?",
                (State.PUBLISHED, State.UNDELIVERABLE, uptime_s - dedup_window_s),
            )
            for table in ("answers", "telemetry", "events", "probe_results", "probe_scores", "commands"):
                self._write(f"DELETE FROM {table} WHERE utc < ?", (utc - retention_s,))  # noqa: S608
        self._shrink()

    def _shrink(self) -> None:
        for table in ("telemetry", "answers"):
            if self._used_bytes() > MAX_BYTES:
                self._write(
                    f"DELETE FROM {table} WHERE rowid IN "  # noqa: S608
                    f"(SELECT rowid FROM {table} ORDER BY rowid LIMIT (SELECT count(*) / 2 FROM {table}))"
                )
        self._read("PRAGMA incremental_vacuum(256)")

    def _used_bytes(self) -> int:
        pages, free, size = (
            self._read(f"PRAGMA {name}")[0][0] for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)


def _migrate(connection: sqlite3.Connection) -> None:
    """Bring the schema up to this version's.

    sqlite-utils is imported only when there is something to do, and without numpy and pandas, which it would bring
    along where they are installed: 20 and 80 MB that a daemon has no other use for.
    """
    tables = {row["name"] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if "_sqlite_migrations" in tables:
        query = "SELECT name FROM _sqlite_migrations WHERE migration_set = 'edgegen'"
        applied = [row["name"] for row in connection.execute(query + " ORDER BY id")]
        if applied and applied[-1] == NEWEST_MIGRATION:
            return
        if NEWEST_MIGRATION in applied:
            raise StoreError(
                f"the database was written by a newer edgegen (its schema is at {applied[-1]!r}, this version knows "
                f"{NEWEST_MIGRATION!r}). Install that version again, or move edgegen.db* away and lose what is in it."
            )
    with _hidden("numpy", "pandas"):
        from sqlite_utils import Database  # noqa: PLC0415

        from edge.migrations import migration  # noqa: PLC0415

    migration.apply(Database(connection))


@contextmanager
def _hidden(*modules: str) -> Iterator[None]:
    """As if these modules were not installed, for imports that can do without; those loaded already stay."""
    absent = [name for name in modules if name not in sys.modules]
    for name in absent:
        sys.modules[name] = None  # type: ignore[assignment]  # what `import` takes for "there is none"
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


def _job(row: sqlite3.Row) -> Job:
    job = Job(
        key=row["key"],
        device=row["device"],
        request_id=row["id"],
        verb=row["verb"],
        received_at=row["received_at"],
        priority=row["priority"],
        adapter=row["adapter"],
        samples=row["samples"],
        stream=bool(row["stream"]),
        plain=bool(row["plain"]),
        pool=bool(row["pool"]),
        response_topic=row["response_topic"],
        correlation=row["correlation"],
        starts=row["starts"],
        deaths=row["deaths"],
    )
    job.reopen()
    return job
