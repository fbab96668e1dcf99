"""A run, against a scripted engine that dies on demand and against the real model."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from edge.engine.supervisor import EngineGone
from edge.probes.run import run_suites
from edge.probes.suite import Item, Probe, Suite
from edge.probes.target import EngineTarget
from edge.store import Store
from edgegen.bundle import ResolvedModel
from edgegen.commands.probe import command
from edgegen.config import load_config
from edgegen.errors import EngineError

Script = Callable[[str], str | None]


class ScriptedEngine:
    """Answers at once with what ``script`` says to a prompt; None is its death."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._said: list[dict[str, Any]] = [{"ev": "ready"}]
        self._inside: list[dict[str, Any]] = []
        self._dead = False
        self._pipe = os.pipe()
        os.write(self._pipe[1], b"x")
        self.wants_write = False
        self.most = 0

    def fileno(self) -> int:
        return self._pipe[0]

    def send(self, message: dict[str, Any]) -> None:
        self._inside.append(message)
        self.most = max(self.most, len(self._inside))

    def flush(self) -> None:
        pass

    def receive(self) -> list[dict[str, Any]]:
        if self._dead:
            raise EngineGone("the engine process was ended by SIGABRT")
        said, self._said = self._said, []
        if self._inside:
            message = self._inside.pop()  # the last first: answers come in any order
            text = self._script(message["prompt"])
            if text is None:
                self._dead = True
                return self.receive()
            usage = {"completion_tokens": 2}
            said.append({"ev": "step", "events": [{"key": message["key"], "type": "started"}]})
            done = {"key": message["key"], "type": "done", "text": text, "usage": usage}
            said.append({"ev": "step", "events": [done]})
        return said

    def kill(self) -> None:
        self._dead = True

    def close(self) -> None:
        self._dead = True


@pytest.fixture
def engines() -> list[ScriptedEngine]:
    return []


@pytest.fixture
def asking(tmp_path: Path, engines: list[ScriptedEngine]) -> Callable[..., EngineTarget]:
    model = ResolvedModel("m", "1.0.0", "ab" * 32, tmp_path / "m.gguf", (), None, None, {}, None, tmp_path)

    def make(script: Script, **options: Any) -> EngineTarget:
        def spawn(_load: dict[str, Any]) -> ScriptedEngine:
            engines.append(ScriptedEngine(script))
            return engines[-1]

        return EngineTarget(model, load_config(None, [f"node.data_dir={tmp_path}"]), spawn=spawn, **options)

    return make


def suite(*prompts: str) -> Suite:
    items = tuple(
        Item(f"p/0/{i}", "p", "c", "p/0", text, {"kind": "exact", "expect": "yes"}) for i, text in enumerate(prompts)
    )
    return Suite("s", "", Path("s.toml"), None, (Probe("p", "c", None, False),), items)


def test_answers_come_in_any_order_and_are_reported_in_the_suites(asking: Any, engines: list[ScriptedEngine]) -> None:
    run = run_suites(asking(lambda prompt: prompt), [suite("yes", "no", *["yes"] * 30)], None)

    assert [result.passed for result in run.suites[0].results] == [True, False, *[True] * 30]
    assert engines[0].most == 10  # eight slots and two waiting: a slot never idles


def test_an_item_that_kills_the_engine_twice_fails_and_takes_no_other_with_it(
    asking: Any, engines: list[ScriptedEngine]
) -> None:
    """The first death makes suspects of all inside; each is asked once more, alone."""
    run = run_suites(asking(lambda prompt: None if prompt == "abort" else "yes"), [suite("a", "abort", "b", "c")], None)

    failed = [result for result in run.suites[0].results if not result.passed]
    assert [result.item.prompt for result in failed] == ["abort"]
    assert "SIGABRT, twice with this prompt" in failed[0].reason
    assert len(engines) == 3


def test_an_engine_that_dies_once_costs_nothing_but_time(asking: Any, engines: list[ScriptedEngine]) -> None:
    run = run_suites(asking(lambda _: None if len(engines) == 1 else "yes"), [suite("a", "b", "c")], None)

    assert run.suites[0].score.passed == 3
    assert len(engines) == 2


def test_an_empty_answer_is_counted_as_wrong(asking: Any) -> None:
    run = run_suites(asking(lambda _: "  "), [suite("a")], None)

    assert run.suites[0].results[0].reason == "the answer is empty"


def test_a_pattern_that_never_ends_is_counted_and_named(asking: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.probes.run.JUDGE_S", 0.1)
    asked = suite("a", "b")
    endless = replace(asked.items[0], check={"kind": "regex", "pattern": "(a+)+$"})

    run = run_suites(asking(lambda _: "a" * 60 + "!"), [replace(asked, items=(endless, asked.items[1]))], None)

    assert [result.reason for result in run.suites[0].results] == [
        "the check was not decided within 0.1 s: write it otherwise",
        "expected exactly 'yes'",
    ]


def test_a_silent_engine_is_killed_and_counted(asking: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ScriptedEngine, "send", lambda *_: None)

    run = run_suites(asking(lambda _: "yes", stall_s=0.0), [suite("a")], None)

    assert "SIGABRT, twice with this prompt" in run.suites[0].results[0].reason


def test_a_model_that_does_not_load_is_an_error_with_the_engines_reason(
    asking: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failed(self: ScriptedEngine) -> list[dict[str, Any]]:
        if self._said:
            self._said = []
            return [{"ev": "failed", "reason": "m.gguf: truncated"}]
        raise EngineGone("the engine process exited with status 1")

    monkeypatch.setattr(ScriptedEngine, "receive", failed)

    with pytest.raises(EngineError, match=r"m\.gguf: truncated"):
        asking(lambda _: "yes")


def test_a_broken_off_run_keeps_what_was_answered(asking: Any, tmp_path: Path) -> None:
    store = Store(tmp_path / "edgegen.db")

    def stop_after(done: list[int]) -> Callable[[int], None]:
        def progress(count: int) -> None:
            done.append(count)
            if len(done) == 5:
                raise KeyboardInterrupt

        return progress

    with pytest.raises(KeyboardInterrupt):
        run_suites(asking(lambda _: "yes"), [suite(*["a"] * 20)], store, stop_after([]))

    assert store.query("SELECT count(*) FROM probe_results")[0][0] == 5
    store.close()


@pytest.mark.model
def test_a_gate_that_asks_nothing_is_refused(smollm2: Path, tmp_path: Path) -> None:
    arguments = ["run", "--suite", "gate", "--target", str(smollm2), "--data-dir", str(tmp_path), "--gate"]

    outcome = CliRunner().invoke(command, [*arguments, "--part", "999/999"])

    assert str(outcome.exception) == (
        "--gate: part 999/999 has no question, so that nothing could fail. Choose fewer parts."
    )
    assert not (tmp_path / "sealed-runs.jsonl").exists()


@pytest.mark.model
def test_the_real_model_is_asked_and_its_answers_are_stored(smollm2: Path, tmp_path: Path) -> None:
    """A second open handle on the database, as a daemon has one, is no obstacle."""
    daemon = Store(tmp_path / "edgegen.db")
    arguments = ["run", "--suite", "gate", "--target", str(smollm2), "--limit", "10", "--data-dir", str(tmp_path)]

    outcome = CliRunner().invoke(command, [*arguments, "--json", "--gate"], catch_exceptions=False)

    document = json.loads(outcome.stdout)
    rows = daemon.query("SELECT * FROM probe_results WHERE run = ? ORDER BY rowid", (document["run"],))
    daemon.close()
    asked = {item["id"]: item for item in document["suites"][0]["items"]}
    assert outcome.exit_code == (0 if document["gate"]["passed"] else 1)
    assert len(rows) == len(asked) == document["suites"][0]["total"] == 10
    for row in rows:
        assert asked[row["probe"]]["answer"] == row["answer"] != ""
        assert bool(row["passed"]) == asked[row["probe"]]["passed"]
        assert row["model_sha256"] == document["model_sha256"]
        assert row["seconds"] > 0
        assert 0 < row["confidence_least"] <= row["confidence_mean"] <= 1
        assert row["agreement"] is None
    constrained = [item for item in asked.values() if item["category"] == "form"]
    assert constrained
    assert all("no answer" not in item["reason"] for item in constrained)
