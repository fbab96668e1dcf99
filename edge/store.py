"""What must survive: requests, their answers, commands of operators, measurements."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from edge.core.request import State
from edge.database import Database
from edge.stored_commands import Commands
from edge.stored_requests import Requests

# Measurements are dropped, oldest first, while the file is larger than this; requests never are.
MAX_BYTES = 512 * 1024 * 1024


class Store(Database):
    """The database of one node.

    Args:
        path: The file; its folder must exist. ``:memory:`` keeps everything in memory, for simulations.

    Attributes:
        requests: The table of requests.
        commands: The table of operators' commands.

    Raises:
        StoreError: If the file cannot be opened, migrated or (later) written.
    """

    def __init__(self, path: Path | str) -> None:
        super().__init__(path)
        self.requests = Requests(self)
        self.commands = Commands(self)

    def take_over(self, table: str, row: Mapping[str, Any]) -> bool:
        """Put in a row of another database. False when it is there already, or breaks a rule of the table."""
        known = {column["name"] for column in self.query(f"PRAGMA table_info({table})")}
        names = [name for name in row if name in known]
        marks = ", ".join(f":{name}" for name in names)
        cursor = self.write(
            f"INSERT OR IGNORE INTO {table} ({', '.join(names)}) VALUES ({marks})",  # noqa: S608 - names are ours
            {name: row[name] for name in names},
        )
        return cursor.rowcount == 1

    # --- measurements ----------------------------------------------------------------------------

    def add_telemetry(self, sample: Mapping[str, Any]) -> None:
        """Store one sample; its keys are the columns of the table."""
        self.insert("telemetry", sample)

    def add_event(self, utc: float, kind: str, detail: str) -> None:
        """Store something an operator would ask about later: an engine's death, a full disk, an admin action."""
        self.insert("events", {"utc": utc, "kind": kind, "detail": detail})

    def add_rows(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows of a report, such as probe results, in one transaction."""
        with self.transaction():
            for row in rows:
                self.insert(table, row)

    # --- upkeep ----------------------------------------------------------------------------------

    def uptime_s(self) -> float:
        """How long the node has been running in all, the clock of the dedup window."""
        rows = self.query("SELECT value FROM meta WHERE name = 'uptime_s'")
        return float(rows[0]["value"]) if rows else 0.0

    def set_uptime_s(self, seconds: float) -> None:
        """Keep the uptime; losing the last few seconds only makes the window longer."""
        self.write("INSERT OR REPLACE INTO meta (name, value) VALUES ('uptime_s', ?)", (str(seconds),))

    def prune(self, *, utc: float, uptime_s: float, dedup_window_s: float, retention_s: float) -> None:
        """Forget delivered requests beyond the dedup window and measurements beyond the retention."""
        with self.transaction():
            self.write(
                "DELETE FROM requests WHERE state IN (?, ?) AND uptime_s < ?",
                (State.PUBLISHED, State.UNDELIVERABLE, uptime_s - dedup_window_s),
            )
            for table in ("answers", "telemetry", "events", "probe_results", "probe_scores", "commands"):
                self.write(f"DELETE FROM {table} WHERE utc < ?", (utc - retention_s,))  # noqa: S608
        self._shrink()

    def _shrink(self) -> None:
        for table in ("telemetry", "answers"):
            if self._used_bytes() > MAX_BYTES:
                self.write(
                    f"DELETE FROM {table} WHERE rowid IN "  # noqa: S608
                    f"(SELECT rowid FROM {table} ORDER BY rowid LIMIT (SELECT count(*) / 2 FROM {table}))"
                )
        self.query("PRAGMA incremental_vacuum(256)")

    def _used_bytes(self) -> int:
        pages, free, size = (
            self.query(f"PRAGMA {name}")[0][0] for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)
