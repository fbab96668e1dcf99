"""The table of requests: what was accepted, how far it is, and the frame that ended it."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from edge.core.request import Job, State
from edge.database import Database

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


class Requests:
    """The requests of one node."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def find(self, device: str, request_id: str) -> StoredRequest | None:
        """The request a device sent under this id within the dedup window."""
        rows = self._db.query(
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
        cursor = self._db.write(
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
        self._db.insert("requests", row)

    def has(self, key: int) -> bool:
        """Whether there is a request of this key."""
        return bool(self._db.query("SELECT 1 FROM requests WHERE key = ?", (key,)))

    def set_accepted(self, key: int, frame: bytes) -> None:
        """Keep the `accepted` frame, so that repeats are byte-identical."""
        self._db.write("UPDATE requests SET accepted = ? WHERE key = ?", (frame, key))

    def set_route(self, key: int, response_topic: str, correlation: bytes | None) -> None:
        """A retry says anew where it wants the answer."""
        self._db.write(
            "UPDATE requests SET response_topic = ?, correlation = ? WHERE key = ?", (response_topic, correlation, key)
        )

    def rebase(self, key: int, *, received_at: float, boot: str) -> None:
        """After a reboot, count an open request's deadline from now, once."""
        self._db.write("UPDATE requests SET received_at = ?, boot = ? WHERE key = ?", (received_at, boot, key))

    def payload(self, key: int) -> bytes:
        """The request as it came."""
        return cast("bytes", self._db.query("SELECT payload FROM requests WHERE key = ?", (key,))[0]["payload"])

    def start(self, jobs: Iterable[Job]) -> None:
        """Commit that generation starts, before it does."""
        with self._db.transaction():
            for job in jobs:
                self._db.write(
                    "UPDATE requests SET starts = ?, state = ? WHERE key = ?", (job.starts, job.state, job.key)
                )

    def engine_died(self, jobs: Iterable[Job]) -> None:
        """Commit that the engine died with these requests in it."""
        with self._db.transaction():
            for job in jobs:
                self._db.write(
                    "UPDATE requests SET deaths = ?, state = ? WHERE key = ?", (job.deaths, State.QUEUED, job.key)
                )

    def finish(self, job: Job, terminal: bytes, status: str, measured: Mapping[str, Any]) -> bool:
        """Store the terminal frame and, in the same transaction, the request's measurements.

        Returns:
            False when a terminal frame is stored already: the first one wins.
        """
        with self._db.transaction():
            cursor = self._db.write(
                # The payload is not needed any more: the hash tells a repeat, and a day of them would fill the disk.
                "UPDATE requests SET terminal = ?, status = ?, state = ?, payload = x'' "
                "WHERE key = ? AND terminal IS NULL",
                (terminal, status, State.ANSWERED, job.key),
            )
            if cursor.rowcount != 1:
                return False
            identity = {"key": job.key, "device": job.device, "verb": job.verb, "status": status}
            self._db.insert("answers", {**identity, **measured})
            return True

    def replace_terminal(self, key: int, terminal: bytes, status: str) -> None:
        """Put a smaller terminal frame in place of one that the broker would never carry."""
        self._db.write("UPDATE requests SET terminal = ?, status = ? WHERE key = ?", (terminal, status, key))

    def delivered(self, keys: Iterable[int]) -> None:
        """Mark terminal frames as acknowledged by the broker."""
        with self._db.transaction():
            for key in keys:
                self._db.write(
                    "UPDATE requests SET state = ? WHERE key = ? AND state = ?", (State.PUBLISHED, key, State.ANSWERED)
                )

    def undeliverable(self, key: int) -> None:
        """Give up on a terminal frame that the broker keeps refusing."""
        self._db.write("UPDATE requests SET state = ? WHERE key = ?", (State.UNDELIVERABLE, key))

    def outbox(self) -> list[OutboxEntry]:
        """Terminal frames the broker has not acknowledged, oldest first."""
        rows = self._db.query(
            "SELECT key, response_topic, correlation, terminal, status, plain FROM requests "
            "WHERE state = ? ORDER BY key",
            (State.ANSWERED,),
        )
        return [OutboxEntry(*row) for row in rows]

    def terminal(self, key: int) -> StoredTerminal:
        """What is needed to write another terminal frame in place of the stored one."""
        row = self._db.query("SELECT id, plain, status, terminal FROM requests WHERE key = ?", (key,))[0]
        stored = {} if row["plain"] else json.loads(row["terminal"])
        return StoredTerminal(row["id"], bool(row["plain"]), row["status"], stored.get("run", 0), stored.get("seq", 0))

    def open_requests(self) -> list[tuple[Job, sqlite3.Row]]:
        """Requests that are owed a terminal frame, oldest first, with their raw rows."""
        rows = self._db.query("SELECT * FROM requests WHERE state IN (?, ?, ?) ORDER BY key", tuple(OPEN_STATES))
        return [(_job(row), row) for row in rows]


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
