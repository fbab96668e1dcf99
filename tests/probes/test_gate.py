"""What stops a bundle, what a watch finds, and what of a run is kept for it."""

import dataclasses
import json
from pathlib import Path

import pytest

from edge import telemetry
from edge.probes.gate import bundle_suites, gate_problems, gate_suites
from edge.probes.recorded import load_answers, save_answers
from edge.probes.run import Run, SuiteRun, run_suites
from edge.probes.score import Result
from edge.probes.sealed import LOG_NAME, sealed_log
from edge.probes.suite import Item, Probe, Suite
from edge.probes.watch import Report, watch_report
from edge.store import Store
from edgegen.errors import ConfigError
from tests.probes.scripted import Scripted

OWN = """
name = "{name}"
summary = "Own."
[[probe]]
id = "p"
category = "c"
prompts = ["Say yes."]
check = {{ kind = "exact", expect = "yes" }}
"""


def run_of(passed: int, total: int, *, must_pass: bool = False, threshold: float | None = None) -> Run:
    items = [Item(f"p/0/{i}", "p", "c", "p/0", "?", {"kind": "exact", "expect": "yes"}) for i in range(total)]
    results = [
        Result(item, "yes" if i < passed else "no", i < passed, "" if i < passed else "wrong", 0.1, 1)
        for i, item in enumerate(items)
    ]
    suite = Suite("s", "", Path("s.toml"), threshold, (Probe("p", "c", None, must_pass),), tuple(items))
    return Run("m-1.0.0", "ab" * 32, suites=[SuiteRun(suite, tuple(results), 1.0)])


def test_a_missed_threshold_stops_no_bundle() -> None:
    assert gate_problems(run_of(3, 10, threshold=0.9), {}) == []


def test_a_probe_that_must_pass_stops_it() -> None:
    (problem,) = gate_problems(run_of(9, 10, must_pass=True), {})

    assert "must pass, and 1 of 10 did not" in problem


@pytest.mark.parametrize(("passed", "stops"), [(100, False), (97, False), (94, False), (90, True), (50, True)])
def test_a_score_below_the_recorded_one_by_more_than_chance_stops_it(passed: int, *, stops: bool) -> None:
    measured = {"probes": {"s": {"passed": 99, "total": 100}}}

    problems = gate_problems(run_of(passed, 100), measured)

    assert bool(problems) is stops
    assert all("recorded 99 of 100" in problem for problem in problems)


@pytest.mark.parametrize("recorded", [None, 5, {"s": 4}, {"s": {"passed": 3}}, {"s": {"passed": 3, "total": 2}}])
def test_a_record_that_says_nothing_is_no_record(recorded: object) -> None:
    assert gate_problems(run_of(0, 50), {"probes": recorded}) == []


def test_a_bundles_own_probes_are_found_and_its_own_gate_replaces_the_shipped_one(tmp_path: Path) -> None:
    probes = tmp_path / "probes"
    probes.mkdir()
    (probes / "pumps.toml").write_text(OWN.format(name="pumps"))

    assert list(bundle_suites(tmp_path)) == ["pumps"]
    assert [suite.name for suite in gate_suites(tmp_path)] == ["gate", "pumps"]
    (probes / "gate.toml").write_text(OWN.format(name="gate"))
    assert [(suite.name, len(suite.items)) for suite in gate_suites(tmp_path)] == [("gate", 1), ("pumps", 1)]
    assert [suite.name for suite in gate_suites(None)] == ["gate"]


def test_a_wrong_suite_in_a_bundle_is_named(tmp_path: Path) -> None:
    (tmp_path / "probes").mkdir()
    (tmp_path / "probes" / "pumps.toml").write_text(OWN.format(name="pumps").replace("exact", "exactly"))

    with pytest.raises(ConfigError, match=r"pumps\.toml: probe 'p': check\.kind is exactly"):
        gate_suites(tmp_path)


def test_answers_are_kept_by_model_and_read_back(tmp_path: Path) -> None:
    run = run_of(1, 2)
    save_answers(tmp_path, run)

    found = load_answers(tmp_path, run.sha256)

    assert found == {("s", "p/0/0"): ("yes", True, "?"), ("s", "p/0/1"): ("no", False, "?")}
    assert load_answers(tmp_path, "cd" * 32) == {}
    (tmp_path / "gate" / f"{run.sha256}.json").write_text('{"suites": 3}')
    with pytest.raises(
        ConfigError, match=r"abab.*\.json: the answers recorded at activation cannot be read: Attribute"
    ):
        load_answers(tmp_path, run.sha256)


def test_a_watch_that_finds_the_same_answers_is_content(tmp_path: Path) -> None:
    run = run_of(8, 10)
    save_answers(tmp_path, run)

    report = watch_report(run, load_answers(tmp_path, run.sha256))

    assert (report.compared, report.changed, report.lost, report.problems) == (10, (), (), ())


def test_what_the_guardrails_withhold_is_neither_lost_nor_a_failure(tmp_path: Path) -> None:
    """The record is of the model before any guardrail: an operator who lets it abstain changed nothing in it."""
    before = run_of(10, 10)
    save_answers(tmp_path, before)
    (suite,) = before.suites

    def report(reason: str) -> Report:
        stopped = [dataclasses.replace(r, answer="", passed=False, reason=reason) for r in suite.results[:9]]
        must = dataclasses.replace(suite.suite, probes=(Probe("p", "c", None, must_pass=True),))
        now = dataclasses.replace(suite, suite=must, results=(*stopped, suite.results[9]))
        return watch_report(Run(before.model, before.sha256, suites=[now]), load_answers(tmp_path, before.sha256))

    withheld, broken = report("no answer: refused: Sorry."), report("no answer: internal: the engine died")

    assert (withheld.withheld, withheld.compared, withheld.passed, withheld.problems) == (9, 1, 1, ())
    assert (broken.withheld, broken.compared, len(broken.lost), len(broken.problems)) == (0, 10, 9, 2)


def test_an_answer_that_only_reads_otherwise_is_reported_and_no_trouble(tmp_path: Path) -> None:
    before = run_of(10, 10)
    save_answers(tmp_path, before)
    (suite,) = before.suites
    shifted = tuple(dataclasses.replace(result, answer="yes ") for result in suite.results)
    now = Run(before.model, before.sha256, suites=[dataclasses.replace(suite, results=shifted)])

    report = watch_report(now, load_answers(tmp_path, before.sha256))

    assert len(report.changed) == 10
    assert report.problems == ()


@pytest.mark.parametrize(("passed", "trouble"), [(9, False), (4, False), (3, True)])
def test_right_answers_that_are_lost_are_trouble_when_chance_does_not_explain_it(
    tmp_path: Path, passed: int, *, trouble: bool
) -> None:
    """Six lost of six changed have p = 1/64; seven have 1/128, below 1%."""
    save_answers(tmp_path, run_of(10, 10))
    now = run_of(passed, 10)

    report = watch_report(now, load_answers(tmp_path, now.sha256))

    assert len(report.lost) == 10 - passed
    assert bool(report.problems) is trouble


def test_a_question_that_another_version_asks_otherwise_is_not_compared(tmp_path: Path) -> None:
    """Its id stayed; to call its new answer lost would be a false alarm."""
    save_answers(tmp_path, run_of(10, 10))
    now = run_of(0, 10)
    (done,) = now.suites
    asked = [dataclasses.replace(r, item=dataclasses.replace(r.item, prompt="Another?")) for r in done.results]
    now.suites = [dataclasses.replace(done, results=tuple(asked))]

    report = watch_report(now, load_answers(tmp_path, now.sha256))

    assert (report.compared, report.reworded, report.problems) == (0, 10, ())


def test_a_probe_that_must_pass_is_trouble_without_any_record() -> None:
    assert "must pass" in watch_report(run_of(9, 10, must_pass=True), {}).problems[0]


def test_each_run_on_the_sealed_split_is_logged_and_no_other(tmp_path: Path) -> None:
    """One that is broken off, too: its answers can be read in the database."""
    suite = run_of(8, 10).suites[0].suite
    sealed = dataclasses.replace(suite, sealed=True)
    log = sealed_log(tmp_path, [suite, sealed])

    def stop(item: Item, at: str = "p/0/4") -> str:
        if item.id == at:
            raise KeyboardInterrupt
        return "yes"

    run_suites(Scripted(lambda _: "yes"), [suite], None, log=log)
    run_suites(Scripted(lambda item: "yes" if item.id < "p/0/8" else "no"), [sealed], None, log=log)
    with pytest.raises(KeyboardInterrupt):
        run_suites(Scripted(stop), [sealed], None, log=log)
    with pytest.raises(KeyboardInterrupt):  # nothing was answered, so that there is nothing to tune by
        run_suites(Scripted(lambda item: stop(item, "p/0/0")), [sealed], None, log=log)

    lines = [json.loads(line) for line in (tmp_path / LOG_NAME).read_text().splitlines()]
    assert [(line["suite"], line["of"], line["items"], line["passed"]) for line in lines] == [
        ("s", 10, 10, 8),
        ("s", 10, 4, 4),
    ]


def test_what_cannot_be_logged_is_not_asked(tmp_path: Path) -> None:
    suite = run_of(8, 10).suites[0].suite
    (tmp_path / LOG_NAME).mkdir()

    sealed_log(tmp_path, [suite])
    with pytest.raises(ConfigError, match="What is asked of the sealed split is logged there"):
        sealed_log(tmp_path, [dataclasses.replace(suite, sealed=True)])


def test_scores_with_their_intervals_reach_the_store_and_the_health_topic(tmp_path: Path) -> None:
    suite = run_of(0, 4).suites[0].suite
    store = Store(tmp_path / "edgegen.db")
    target = Scripted(lambda item: "yes" if item.id != "p/0/0" else "no")

    run = run_suites(target, [suite], store)

    rows = store.query("SELECT category, passed, total, low, high, method FROM probe_scores ORDER BY category")
    health = telemetry.last_probe(store)
    store.close()
    assert [(row["category"], row["passed"], row["total"]) for row in rows] == [("", 3, 4), ("c", 3, 4)]
    assert all(0 < row["low"] < 0.75 < row["high"] < 1 for row in rows)
    assert health is not None
    assert health["run"] == run.id
    assert health["suites"]["s"] == {"passed": 3, "asked": 4, "interval": [0.3006, 0.9544]}


def test_an_adapter_that_is_not_there_is_named_and_the_base_answers() -> None:
    suite = run_of(0, 2).suites[0].suite
    named = dataclasses.replace(
        suite, items=tuple(dataclasses.replace(item, adapter=f"a{i}") for i, item in enumerate(suite.items))
    )
    asked: list[str | None] = []

    def answer(item: Item) -> str:
        asked.append(item.adapter)
        return "yes"

    run = run_suites(Scripted(answer, adapters=frozenset({"a1"})), [named], None)

    assert run.absent_adapters == {"a0"}
    assert asked == [None, "a1"]
