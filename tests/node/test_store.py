"""The database, beside what the node's own tests show of it."""

import sqlite3
import subprocess
import sys

import pytest

from edge.migrations import migration
from edge.schema import NEWEST_MIGRATION
from edge.store import Store
from edgegen.errors import StoreDamagedError, StoreError


def test_the_newest_migration_is_known_by_name():
    assert migration._migrations[-1].name == NEWEST_MIGRATION


def test_a_database_that_is_up_to_date_opens_without_the_library(tmp_path):
    """It would cost the daemon 20 MB for nothing."""
    Store(tmp_path / "edgegen.db").close()

    code = "import sys; from edge.store import Store; Store(sys.argv[1]); print('sqlite_utils' in sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "edgegen.db")], capture_output=True, text=True, check=True
    )

    assert result.stdout.strip() == "False"


def test_a_damaged_database_is_an_error_that_says_what_to_do(tmp_path):
    (tmp_path / "edgegen.db").write_bytes(b"SQLite format 3\0" + b"nonsense" * 1000)

    with pytest.raises(StoreDamagedError, match="sets it aside"):
        Store(tmp_path / "edgegen.db")


def test_a_database_of_a_newer_version_is_refused_and_left_alone(tmp_path):
    store = Store(tmp_path / "edgegen.db")
    store.write("INSERT INTO _sqlite_migrations (migration_set, name) VALUES ('edgegen', 'from_the_future')")
    store.close()

    with pytest.raises(StoreError, match=r"newer edgegen.*from_the_future"):
        Store(tmp_path / "edgegen.db")


def test_a_commit_is_on_disk_before_it_returns(tmp_path):
    """FULL, and not what SQLite would choose for WAL."""
    store = Store(tmp_path / "edgegen.db")

    assert store.query("PRAGMA synchronous")[0][0] == 2
    assert store.query("PRAGMA journal_mode")[0][0] == "wal"


def test_a_transaction_that_fails_leaves_nothing_behind(tmp_path):
    store = Store(tmp_path / "edgegen.db")

    def write_and_fail():
        with store.transaction():
            store.add_event(1.0, "first", "")
            store.query("SELECT nonsense")

    with pytest.raises(StoreError):
        write_and_fail()

    assert store.query("SELECT count(*) FROM events")[0][0] == 0


def test_measurements_go_first_when_the_file_is_too_large(tmp_path, monkeypatch):
    store = Store(tmp_path / "edgegen.db")
    for i in range(1000):
        store.add_telemetry({"utc": float(i)})
    monkeypatch.setattr("edge.store.MAX_BYTES", 10_000)

    store.prune(utc=0.0, uptime_s=0.0, dedup_window_s=1.0, retention_s=1e9)

    rows = store.query("SELECT min(utc), count(*) FROM telemetry")[0]
    assert tuple(rows) == (500.0, 500)


def test_another_program_can_read_while_the_node_writes(tmp_path):
    store = Store(tmp_path / "edgegen.db")
    reader = sqlite3.connect(f"file:{tmp_path}/edgegen.db?mode=ro", uri=True)

    with store.transaction():
        store.add_event(1.0, "unfinished", "")
        seen = reader.execute("SELECT count(*) FROM events").fetchone()[0]

    assert seen == 0
    assert reader.execute("SELECT count(*) FROM events").fetchone()[0] == 1
