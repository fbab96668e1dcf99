"""What the store says about the past: how many answers, how fast, where a slow one lost its time.

Opens the database for reading only, so that it works beside a running daemon, on a stopped one and on a copy,
and never creates or migrates anything.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.core.metrics import percentile
from edgegen.errors import StoreError

SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
# For speeds the bad end is the low one.
SPEED_SHARES = {"p50": 0.5, "p5": 0.05, "p1": 0.01}

TIMES = ("queue_s", "ttft_s", "total_s")
SPEEDS = ("pp_tokens_per_s", "tg_tokens_per_s")
TOKENS = ("prompt_tokens", "cached_tokens", "completion_tokens")
MACHINE = (
    "daemon_rss_bytes",
    "daemon_pss_bytes",
    "engine_rss_bytes",
    "engine_pss_bytes",
    "cpu_percent",
    "daemon_cpu_percent",
    "engine_cpu_percent",
    "temperature_c",
    "memory_available_bytes",
    "disk_free_bytes",
    "queue_waiting",
    "queue_running",
    "kv_used",
    "kv_total",
)


@dataclass(frozen=True)
class Period:
    """Which answers: since when (UTC seconds, None for all that is kept) and of which device (None for all)."""

    since_utc: float | None = None
    device: str | None = None

    def where(self, *, with_device: bool = True) -> tuple[str, list[Any]]:
        """The condition of a query and its values."""
        conditions, values = ["1"], list[Any]()
        if self.since_utc is not None:
            conditions.append("utc >= ?")
            values.append(self.since_utc)
        if with_device and self.device is not None:
            conditions.append("device = ?")
            values.append(self.device)
        return " AND ".join(conditions), values


def read_report(path: Path, period: Period, *, slowest: int = 0) -> dict[str, Any]:
    """Everything `edgegen stats` shows, as one document.

    Args:
        path: The node's ``edgegen.db``.
        slowest: How many of the slowest answers to explain.

    Raises:
        StoreError: If there is no database, or it cannot be read.
    """
    if not path.is_file():
        raise StoreError(
            f"{path}: there is no database yet; `edgegen serve` creates it at its first start. "
            "If a node has run here, name its folder with --data-dir or its file with --config."
        )
    try:
        with closing(_open(path)) as db:
            answers = _rows(db, "answers", period.where())
            telemetry = _rows(db, "telemetry", period.where(with_device=False))
            report = {
                "database": str(path),
                "since_utc": period.since_utc,
                "device": period.device,
                "counts": _counts(answers),
                "latency": _latency(answers),
                "tokens": _tokens(answers),
                "machine": _machine(telemetry),
                "events": _events(db, period),
                "open_requests": _open_requests(db, period),
            }
            if slowest:
                report["slowest"] = [explain(row) for row in _slowest(answers, slowest)]
            return report
    except sqlite3.Error as error:
        raise StoreError(
            f"{path}: cannot be read: {error}. Is it a database of edgegen, and of this version? "
            "A damaged one can be moved away; the node then begins a new one."
        ) from None


def _open(path: Path) -> sqlite3.Connection:
    """Open for reading, also where the folder cannot be written and SQLite's index of the WAL is missing."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    db = sqlite3.connect(uri, uri=True, timeout=10)
    try:
        db.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        db.close()
        wal = path.with_name(f"{path.name}-wal")
        if wal.exists() and wal.stat().st_size:
            raise
        # The daemon is stopped and everything is in the one file: nobody will change it while we read.
        db = sqlite3.connect(f"{uri}&immutable=1", uri=True)
    db.row_factory = sqlite3.Row
    return db


def _rows(db: sqlite3.Connection, table: str, where: tuple[str, list[Any]]) -> list[sqlite3.Row]:
    return db.execute(f"SELECT * FROM {table} WHERE {where[0]} ORDER BY utc", where[1]).fetchall()  # noqa: S608


def _values(rows: Sequence[sqlite3.Row], name: str) -> list[float]:
    return [row[name] for row in rows if row[name] is not None]


def _counts(answers: Sequence[sqlite3.Row]) -> dict[str, dict[str, int]]:
    """How many of each verb ended how."""
    counts: dict[str, dict[str, int]] = {}
    for row in answers:
        of_verb = counts.setdefault(row["verb"], {})
        of_verb[row["status"]] = of_verb.get(row["status"], 0) + 1
    return counts


def _latency(answers: Sequence[sqlite3.Row]) -> dict[str, dict[str, float | None]]:
    """Percentiles of the answers that were given; a cancelled request says nothing about speed."""
    done = [row for row in answers if row["status"] == "done"]
    result = {}
    for names, shares in ((TIMES, SHARES), (SPEEDS, SPEED_SHARES)):
        for name in names:
            values = _values(done, name)
            result[name] = {label: percentile(values, share) for label, share in shares.items()}
    return result


def _tokens(answers: Sequence[sqlite3.Row]) -> dict[str, float | int | None]:
    totals: dict[str, float | int | None] = {name: int(sum(_values(answers, name))) for name in TOKENS}
    prompt, cached = totals["prompt_tokens"], totals["cached_tokens"]
    totals["cached_share"] = cached / prompt if prompt and cached is not None else None
    return totals


def _machine(telemetry: Sequence[sqlite3.Row]) -> dict[str, Any]:
    """The last sample, and the highest value of each column in the period."""
    if not telemetry:
        return {"samples": 0, "last_utc": None, "last": {}, "highest": {}}
    last = telemetry[-1]
    return {
        "samples": len(telemetry),
        "last_utc": last["utc"],
        "last": {name: last[name] for name in MACHINE},
        "highest": {name: max(_values(telemetry, name), default=None) for name in MACHINE},
    }


def _events(db: sqlite3.Connection, period: Period) -> list[dict[str, Any]]:
    """Deaths of the engine, full disks, admin actions: how often each, and the last one."""
    condition, values = period.where(with_device=False)
    rows = db.execute(
        f"SELECT kind, count(*) AS count, max(utc) AS last_utc, detail FROM events WHERE {condition} "  # noqa: S608
        "GROUP BY kind ORDER BY last_utc DESC",
        values,
    )
    return [dict(row) for row in rows]


def _open_requests(db: sqlite3.Connection, period: Period) -> dict[str, int]:
    """Requests without a terminal frame at this moment, by state."""
    condition, values = ("1", []) if period.device is None else ("device = ?", [period.device])
    rows = db.execute(
        f"SELECT state, count(*) AS count FROM requests WHERE terminal IS NULL AND {condition} GROUP BY state",  # noqa: S608
        values,
    )
    return {row["state"]: row["count"] for row in rows}


def _slowest(answers: Sequence[sqlite3.Row], count: int) -> list[sqlite3.Row]:
    return sorted((row for row in answers if row["total_s"] is not None), key=lambda row: -row["total_s"])[:count]


def explain(answer: sqlite3.Row) -> dict[str, Any]:
    """Where the time of one answer went: waiting for a slot, the prompt, generating."""
    total, queue = answer["total_s"], answer["queue_s"] or 0.0
    first = answer["ttft_s"] if answer["ttft_s"] is not None else total
    spans = {"queue": queue, "prompt": max(0.0, first - queue), "generation": max(0.0, total - first)}
    largest = max(spans, key=lambda name: spans[name])
    return {
        "utc": answer["utc"],
        "device": answer["device"],
        "verb": answer["verb"],
        "status": answer["status"],
        "total_s": total,
        **{f"{name}_s": round(value, 4) for name, value in spans.items()},
        "prompt_tokens": answer["prompt_tokens"],
        "cached_tokens": answer["cached_tokens"],
        "completion_tokens": answer["completion_tokens"],
        "runs": answer["runs"],
        "largest": largest,
        "why": _why(answer, largest),
    }


def _why(answer: sqlite3.Row, largest: str) -> str:
    """The largest part in a sentence."""
    if (answer["runs"] or 0) > 1:
        return f"generation was started {answer['runs']} times: the engine died or the node restarted"
    if largest == "queue":
        return "it waited for a free slot: more requests at once than slots, or the engine was not ready"
    if largest == "prompt":
        new = (answer["prompt_tokens"] or 0) - (answer["cached_tokens"] or 0)
        speed = answer["pp_tokens_per_s"]
        at = f" at {speed:.0f} tokens/s" if speed else ""
        return f"{new} prompt tokens were not in the cache{at}"
    speed = answer["tg_tokens_per_s"]
    at = f" at {speed:.0f} tokens/s" if speed else ""
    return f"the answer has {answer['completion_tokens'] or 0} tokens{at}"
