"""`edgegen stats`: from the store alone, without touching it."""

import json
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from edge.core.request import Job
from edge.report import Period, read_report
from edge.store import Store
from edgegen.errors import StoreError
from tests.brokers import PATIENCE_S
from tests.commands.conftest import Gateway, edgegen

NOW = 1_800_000_000.0


def answer(store: Store, request_id: str, *, device: str = "d1", status: str = "done", **measured: Any) -> None:
    """Store one request that has ended."""
    job = Job(key=0, device=device, request_id=request_id, verb="chat", received_at=0.0, response_topic="t")
    job.key = store.requests.insert(
        job, payload=b"{}", digest=b"", deadline_s=None, boot="b", uptime_s=0.0, utc=measured.get("utc", NOW)
    )
    store.requests.finish(job, b"{}", status, {"utc": NOW, "runs": 1, **measured})


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A node's folder with ten answers, one of them a day old, one cancelled, and two samples."""
    store = Store(tmp_path / "edgegen.db")
    for i in range(1, 9):
        answer(
            store,
            f"r{i}",
            queue_s=0.01 * i,
            ttft_s=0.1 * i,
            total_s=0.1 * i + 1.0,
            prompt_tokens=40,
            cached_tokens=30,
            completion_tokens=100,
            pp_tokens_per_s=200.0,
            tg_tokens_per_s=100.0 - i,
        )
    answer(store, "stuck", device="d2", queue_s=8.0, ttft_s=8.2, total_s=9.0, prompt_tokens=20, completion_tokens=50)
    answer(store, "gone", device="d2", status="cancelled", total_s=0.5)
    answer(store, "old", utc=NOW - 86400, ttft_s=50.0, total_s=60.0)
    for utc, rss in ((NOW - 10, 300 * 2**20), (NOW, 200 * 2**20)):
        store.add_telemetry({"utc": utc, "engine_rss_bytes": rss, "queue_waiting": 3, "memory_available_bytes": 2**30})
    store.add_event(NOW, "engine died", "SIGKILL")
    store.close()
    return tmp_path


def test_counts_and_percentiles(data_dir: Path):
    """Percentiles are of answered requests: a cancelled one says nothing about speed."""
    report = read_report(data_dir / "edgegen.db", Period(since_utc=NOW - 3600))

    assert report["counts"] == {"chat": {"done": 9, "cancelled": 1}}
    assert report["latency"]["ttft_s"] == pytest.approx({"p50": 0.5, "p95": 8.2, "p99": 8.2})
    assert report["latency"]["tg_tokens_per_s"] == {"p50": 95.0, "p5": 92.0, "p1": 92.0}
    assert report["tokens"]["cached_share"] == pytest.approx(240 / 340)
    assert report["machine"]["last"]["engine_rss_bytes"] == 200 * 2**20
    assert report["machine"]["highest"]["engine_rss_bytes"] == 300 * 2**20


def test_device_and_period(data_dir: Path):
    everything = read_report(data_dir / "edgegen.db", Period())
    of_d2 = read_report(data_dir / "edgegen.db", Period(device="d2"))

    assert everything["counts"]["chat"]["done"] == 10
    assert of_d2["counts"] == {"chat": {"done": 1, "cancelled": 1}}


def test_why_was_this_answer_slow(data_dir: Path):
    """Each slow answer with where its time went, the largest part in words."""
    report = read_report(data_dir / "edgegen.db", Period(since_utc=NOW - 3600), slowest=2)

    stuck, generated = report["slowest"]
    assert (stuck["queue_s"], stuck["prompt_s"], stuck["generation_s"]) == pytest.approx((8.0, 0.2, 0.8))
    assert "waited for a free slot" in stuck["why"]
    assert generated["why"] == "the answer has 100 tokens at 92 tokens/s"


def test_table(data_dir: Path):
    done = edgegen("stats", "--data-dir", data_dir, "--slow", "1")

    assert done.returncode == 0, done.stderr
    for part in ("cancelled", "time to first token", "slowest 5%", "engine, RSS", "200 MiB", "1x engine died"):
        assert part in done.stdout
    assert "\x1b[" not in done.stdout


def test_nothing_is_created_where_there_is_no_database(tmp_path: Path):
    """A wrong path must not leave an empty database that looks like a node's."""
    done = edgegen("stats", "--data-dir", tmp_path / "nowhere")

    assert done.returncode == 1
    assert "there is no database yet" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_empty_database_is_said_to_be_empty(tmp_path: Path):
    Store(tmp_path / "edgegen.db").close()

    done = edgegen("stats", "--data-dir", tmp_path)

    assert done.returncode == 0, done.stderr
    assert "none yet" in done.stdout
    assert "not measured yet" in done.stdout


@pytest.mark.parametrize("content", [b"no database at all, but long enough to be looked at" * 20, b""])
def test_a_foreign_file_is_an_error(tmp_path: Path, content: bytes):
    """Neither migrated nor explained away."""
    (tmp_path / "edgegen.db").write_bytes(content)

    with pytest.raises(StoreError, match="cannot be read"):
        read_report(tmp_path / "edgegen.db", Period())

    assert (tmp_path / "edgegen.db").read_bytes() == content


def test_a_stopped_node_s_database_is_not_changed(data_dir: Path):
    before = (data_dir / "edgegen.db").read_bytes()

    read_report(data_dir / "edgegen.db", Period())

    assert (data_dir / "edgegen.db").read_bytes() == before


def test_a_database_in_use_is_read_beside_its_writer(data_dir: Path):
    """What the daemon has committed a moment ago lies in the WAL, and is seen."""
    writer = sqlite3.connect(data_dir / "edgegen.db")
    writer.execute("INSERT INTO answers (utc, device, verb, status) VALUES (?, 'd3', 'embed', 'done')", (NOW,))
    writer.commit()

    report = read_report(data_dir / "edgegen.db", Period())

    assert report["counts"]["embed"] == {"done": 1}
    writer.close()


@pytest.mark.parametrize("given", ["5x", "h", "-1h", "1 h"])
def test_a_length_of_time_that_is_none(given: str, tmp_path: Path):
    done = edgegen("stats", "--data-dir", tmp_path, f"--since={given}")

    assert done.returncode == 2
    assert "is not a length of time" in done.stderr


@pytest.mark.broker
@pytest.mark.model
def test_beside_a_running_node(gateway: Gateway):
    """What a device just got is in the figures."""
    assert gateway.ask("--max-tokens", "3", "Hello", login="sensor-2").returncode == 0
    asked = ("stats", "--config", gateway.config, "--json", "--since", "1h", "--device", "sensor-2", "--slow", "3")
    deadline = time.monotonic() + PATIENCE_S
    while not ((report := json.loads(edgegen(*asked).stdout))["machine"]["last"] or {}).get("engine_pss_bytes"):
        assert time.monotonic() < deadline, "no telemetry sample of an engine"

    assert report["counts"]["chat"]["done"] >= 1
    assert report["latency"]["ttft_s"]["p50"] > 0
    assert report["machine"]["last"]["engine_pss_bytes"] > 50 * 2**20
    assert {"queue_s", "prompt_s", "generation_s", "why"} <= report["slowest"][0].keys()
