"""A damaged database costs what was on the damaged pages, and nobody has to come by."""

import sqlite3
from pathlib import Path

import pytest

from edge import salvage
from edge.store import Store
from edgegen.errors import StoreDamagedError
from tests.node.damage import damage
from tests.node.sim import Sim

PROMPT = "What is MQTT? " * 60  # long enough that a few requests fill several pages


def make_sim(path: Path, **options: int) -> Sim:
    """A node over a database file, whose process can be restarted by `open_again`."""
    sim = Sim(**options)
    sim.store = Store(path)
    sim.start()
    return sim


def open_again(sim: Sim, path: Path) -> None:
    sim.store = salvage.open_store(path)
    sim.start()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "edgegen.db"


def test_answers_are_delivered_when_the_table_of_measurements_is_damaged(path: Path) -> None:
    sim = make_sim(path)
    for i in range(4):
        sim.send({"id": f"early-{i}", "prompt": "hi", "max_tokens": 1})
    sim.step(6)
    sim.send({"id": "open-1", "prompt": "hi", "max_tokens": 3})
    sim.store.close()
    damage(path, "answers")

    open_again(sim, path)
    sim.send({"id": "late", "prompt": "hi", "max_tokens": 3})
    sim.step(40)

    for request_id in ("open-1", "late"):
        assert sim.frames(request_id)[-1]["type"] == "done"
    assert sim.node.storage.problem is None
    (aside,) = salvage.damaged_files(path.parent)
    assert "set aside" in sim.store.query("SELECT detail FROM events WHERE kind = 'database'")[0][0]
    sim.published.clear()
    sim.send({"id": "early-0", "prompt": "hi", "max_tokens": 1})
    assert [f["type"] for f in sim.frames("early-0")] == ["done"], "what was answered before is still known"
    assert sqlite3.connect(aside).execute("SELECT count(*) FROM requests").fetchone()[0] >= 6


def test_a_damaged_page_of_requests_costs_the_requests_on_it_and_those_are_told(path: Path) -> None:
    """One leaf of the table is noise while 60 requests wait: each gets one terminal frame all the same."""
    sim = make_sim(path)
    ids = [f"r{i}" for i in range(60)]
    for request_id in ids:
        sim.send({"id": request_id, "prompt": PROMPT, "max_tokens": 2})
    sim.store.close()
    damage(path, "requests", leaf=True)
    # The same process goes on over the file: what it knows of the requests is in memory.
    sim.store._db = Store(path)._db

    sim.step(400)

    ends = {request_id: [f for f in sim.frames(request_id) if f["type"] in ("done", "error")] for request_id in ids}
    assert {len(found) for found in ends.values()} == {1}
    lost = [found[0] for found in ends.values() if found[0]["type"] == "error"]
    assert 0 < len(lost) < 12
    assert all(f["code"] == "internal" and "damaged" in f["reason"] for f in lost)
    sim.published.clear()
    request_id = lost[0]["id"]
    sim.send({"id": request_id, "prompt": PROMPT, "max_tokens": 2})
    assert [f["type"] for f in sim.frames(request_id)] == ["error"], "its hash is lost; a repeat is no conflict"


def test_a_file_that_is_no_database_is_set_aside_at_the_start(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\0" + b"nonsense" * 1000)

    store = salvage.open_store(path)

    assert store.query("SELECT count(*) FROM requests")[0][0] == 0
    assert len(salvage.damaged_files(path.parent)) == 1


def test_only_the_newest_damaged_files_are_kept(path: Path) -> None:
    for day in range(4):
        (path.parent / f"edgegen.db.damaged-2026010{day}T000000Z").touch()
        (path.parent / f"edgegen.db.damaged-2026010{day}T000000Z-wal").touch()
    path.write_bytes(b"noise" * 1000)

    salvage.open_store(path).close()

    kept = salvage.damaged_files(path.parent)
    assert len(kept) == salvage.KEPT
    assert kept[0].name == "edgegen.db.damaged-20260103T000000Z"
    assert not (path.parent / "edgegen.db.damaged-20260101T000000Z-wal").exists()


def test_a_disk_that_damages_the_new_file_at_once_is_told_and_not_fought(path: Path) -> None:
    sim = make_sim(path)
    for _ in range(2):
        sim.node.storage.failed(StoreDamagedError("malformed"), sim.now)
        sim.step(20)

    assert len(salvage.damaged_files(path.parent)) == 1
    assert "Replace the disk" in str(sim.node.storage.problem)
    sim.send({"id": "r", "prompt": "hi"})
    assert sim.step(700) is None
    assert sim.node.storage.problem is None, "a minute later it is tried once more"
