"""Before and after, pair by pair; and one figure over all that counts."""

import json
import shlex
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from edgegen.commands.evaluate import command
from finetune.evaluation.errors import EvaluationDataError
from finetune.evaluation.forgetting import add_to_run, compare, compare_all, document, lines, report_lines
from finetune.evaluation.merit import COSTS, WEIGHTS, Parts, merit, ratios
from finetune.evaluation.outcome import Item, Outcome, asked, asked_together
from finetune.evaluation.run import TASKS


def outcome(rights, *, nll=None, task="gsm8k"):
    items = tuple(
        Item(f"{task}/{i}", float(right), reference_nll=None if nll is None else nll[i], reference_tokens=4)
        for i, right in enumerate(rights)
    )
    return Outcome(task, {"acc": float(np.mean(rights))}, "acc", items)


def test_the_four_figures_by_hand():
    """Of 10 right ones the base had, 4 are gone; of 10 wrong ones, 1 came."""
    base = outcome([1] * 10 + [0] * 10)
    tuned = outcome([1] * 6 + [0] * 4 + [1] + [0] * 9)

    found = compare(base, tuned)

    assert found.lost.value == pytest.approx(4 / 20)
    assert found.gained.value == pytest.approx(1 / 20)
    assert found.change.value == pytest.approx(-3 / 20)
    assert found.forgetting_rate.value == pytest.approx(0.4)
    assert found.aggregate == pytest.approx(0.3)  # gains hide losses
    assert found.before_error == pytest.approx(np.sqrt(0.25 / 20))
    assert found.change.interval.low < -0.15 < found.change.interval.high


def test_pairs_narrow_the_interval():
    """Two models that agree on nearly all items differ more surely than two scores alone can tell."""
    random = np.random.default_rng(0)
    base = random.integers(0, 2, 2000)
    tuned = base.copy()
    tuned[:40] = 0

    found = compare(outcome(base), outcome(tuned))

    width = found.change.interval.high - found.change.interval.low
    unpaired = 2 * 1.96 * np.hypot(found.before_error, found.after_error)
    assert found.change.interval.high < 0
    assert width < unpaired / 4


def test_the_paired_interval_covers_the_truth():
    """95% intervals of 100 experiments with a known change of -5 points."""
    random = np.random.default_rng(1)
    hits = 0
    for _ in range(100):
        base = random.random(200) < 0.6
        flips = random.random(200)
        tuned = np.where(base, flips > 0.15, flips < 0.10)  # -0.09 + 0.04
        interval = compare(outcome(base), outcome(tuned)).change.interval
        hits += interval.low <= -0.05 <= interval.high

    assert 0.88 <= hits / 100 <= 0.99


def test_no_change_on_few_items_is_no_certainty():
    """Of ten equal answers a bootstrap says +-0. Wilson (1927) and Newcombe (1998, method 10) say how much is known."""
    found = compare(outcome([1] * 10), outcome([1] * 10))

    assert found.lost.interval == pytest.approx((0, 0.2775), abs=1e-4)
    assert found.forgetting_rate.interval == pytest.approx((0, 0.2775), abs=1e-4)
    assert found.change.interval == pytest.approx((-0.2775, 0.2775), abs=1e-4)


def test_a_model_forgets_nothing_beside_itself_however_answers_are_graded():
    graded = outcome([0.25, 0.5, 1, 0, 0.1], task="rouge")

    same, worse = compare(graded, graded), compare(graded, outcome([0.25, 0.1, 1, 0.2, 0.1], task="rouge"))

    assert (same.lost.value, same.gained.value, same.forgetting_rate.value) == (0, 0, 0)
    assert worse.lost.value == pytest.approx(0.4 / 5)
    assert worse.gained.value == pytest.approx(0.2 / 5)
    assert worse.forgetting_rate.value == pytest.approx(0.4 / 1.85)
    assert worse.change.value == pytest.approx(worse.after - worse.before)


def test_a_score_that_is_no_mean_stands_beside_the_answers_under_its_own_name():
    """ECInstruct's F1 has no share in each item: what is compared pair by pair is whether an answer was right."""
    base, tuned = outcome([1, 1, 0, 1], task="ecinstruct/PM/IND"), outcome([1, 0, 0, 1], task="ecinstruct/PM/IND")
    base = replace(base, metrics={"F1, strict": 0.8}, main="F1, strict")
    tuned = replace(tuned, metrics={"F1, strict": 0.6}, main="F1, strict")

    found = compare(base, tuned)
    row = lines(document([found]))[2]

    assert (found.before, found.after, found.scores) == (0.75, 0.5, (0.8, 0.6))
    assert found.aggregate == pytest.approx(0.25)  # of the F1, as papers give it
    assert row.startswith(
        "| ecinstruct/PM/IND (right answers) | 4 | 75.0%; F1, strict 0.800 | 50.0%; F1, strict 0.600 |"
    )
    assert "| 25.0% (0.800, 0.600) |" in row


def test_other_examples_under_the_same_numbers_are_refused():
    """Two halves of one file, or two files, give items of the same names."""
    base, tuned = outcome([1, 0]), outcome([1, 1])

    with pytest.raises(EvaluationDataError, match="asked other things"):
        compare(replace(base, asked=asked(["a", "b"])), replace(tuned, asked=asked(["a", "c"])))

    assert compare(base, replace(tuned, asked=asked(["a", "c"]))).n == 2  # a file of before it was kept
    assert compare(replace(base, asked=asked(["a", "b"])), replace(tuned, asked=asked(["b", "a"]))).n == 2
    assert asked_together([asked(["a", "b"]), asked(["c"])]) == asked("abc") != asked("abd")
    assert asked_together([asked(["a"]), ""]) == ""


def test_the_probability_of_the_reference_is_by_token():
    base, tuned = outcome([0] * 50, nll=[4.0] * 50), outcome([0] * 50, nll=[4.4] * 50)

    found = compare(base, tuned)

    assert found.weak
    assert found.reference.value == pytest.approx(-0.1)
    assert found.reference.interval == pytest.approx((-0.1, -0.1))
    assert found.forgetting_rate is None
    assert found.aggregate is None


def test_other_items_and_other_tasks_are_refused():
    with pytest.raises(EvaluationDataError, match="the same --limit"):
        compare(outcome([1, 0, 1]), outcome([1, 0]))
    with pytest.raises(EvaluationDataError, match="mmlu: evaluated on one"):
        compare_all([outcome([1])], [outcome([1]), outcome([1], task="mmlu")])


def files(tmp_path):
    base, tuned = outcome([1] * 30 + [0] * 30, nll=[3.0] * 60), outcome([1] * 27 + [0] * 33, nll=[3.0] * 60)
    for name, one in (("base", base), ("tuned", tuned)):
        (tmp_path / f"{name}.json").write_text(json.dumps({"outcomes": [one.as_json()]}))
    drift = {"kind": "facts", "tokens": 100, "kl": 0.01, "kl_interval": [0.009, 0.011], "agreement": 0.97}
    drift |= {"ratio": 1.01, "ratio_interval": [1.0, 1.02]}
    (tmp_path / "drift.json").write_text(json.dumps({"numbers": [drift]}))
    return [str(tmp_path / name) for name in ("base.json", "tuned.json")], str(tmp_path / "drift.json")


def test_the_command_compares_and_fills_the_report_of_a_run(tmp_path):
    results, drift = files(tmp_path)
    run = tmp_path / "run"
    run.mkdir()
    (run / "REPORT.md").write_text("# first\n\n## To repeat it\n\n- seed 1\n")

    words = ["compare", *results, "--drift", drift, "--run", str(run)]
    once = CliRunner().invoke(command, words, catch_exceptions=False)
    report = (run / "REPORT.md").read_text()
    CliRunner().invoke(command, words, catch_exceptions=False)

    assert once.exit_code == 0
    assert "| gsm8k (acc) | 60 | 50.0% | 45.0% | -5.0% (" in once.stdout
    assert "0.0100 (0.0090 to 0.0110)" in once.stdout
    assert report.startswith("# first\n\n## To repeat it\n\n- seed 1\n\n## Forgetting\n")
    assert report.count("## Forgetting") == 1
    assert (run / "REPORT.md").read_text() == report
    assert "\n".join(report_lines(run)) in report


def test_a_report_without_figures_says_how_to_get_them(tmp_path):
    """Every command that it names is one: the options are those of the program."""
    said = report_lines(tmp_path)
    commands = [shlex.split(line)[2:] for line in said if line.startswith("    edgegen evaluate ")]

    assert said[1] == "## Forgetting"
    assert [words[0] for words in commands] == ["run", "run", "drift", "compare"]
    for words in commands:
        known = {option for one in command.commands[words[0]].params for option in one.opts}
        assert {word for word in words if word.startswith("--")} <= known
        assert {words[at + 1] for at, word in enumerate(words) if word == "--task"} <= set(TASKS)


def test_a_report_that_is_written_again_keeps_the_section(tmp_path):
    found = document([compare(outcome([1, 0, 1]), outcome([1, 1, 0]))])
    (tmp_path / "REPORT.md").write_text("# run\n\n## Forgetting\n\nold\n\n## Export\n\nx\n")

    add_to_run(tmp_path, found)

    text = (tmp_path / "REPORT.md").read_text()
    assert "old" not in text
    assert "## Export\n\nx" in text
    assert "\n".join(lines(found)) in text
    with pytest.raises(EvaluationDataError, match="no finished run"):
        add_to_run(tmp_path / "nowhere", found)


def test_files_of_another_kind_are_named(tmp_path):
    results, _ = files(tmp_path)
    (tmp_path / "other.json").write_text('{"a": 1}')
    (tmp_path / "broken.json").write_text("{")

    whole = json.loads((tmp_path / "base.json").read_text())["outcomes"][0]
    for name, change in (("empty", {"items": []}), ("words", {"items": [{"id": "1", "right": "yes"}]}),
                         ("metric", {"main": "f1"}), ("list", {"items": [1]})):  # fmt: skip
        (tmp_path / f"{name}.json").write_text(json.dumps({"outcomes": [whole | change]}))

    for name, says in (("other", "was not written by"), ("broken", "is no JSON"), ("nowhere", "cannot be read"),
                       ("empty", "holds no item"), ("words", "'right' of 1 is no number"),
                       ("metric", "not its main metric 'f1'"), ("list", "was not written by")):  # fmt: skip
        failed = CliRunner().invoke(command, ["compare", results[0], str(tmp_path / f"{name}.json")])
        assert isinstance(failed.exception, EvaluationDataError)
        assert says in str(failed.exception)


def test_a_drift_of_another_kind_is_named(tmp_path):
    results, drift = files(tmp_path)
    part = tmp_path / "part.json"
    part.write_text(json.dumps({"numbers": [{"kind": "facts", "sums": [[1]], "kl": [0.1]}]}))

    for words in ([results[0], "--adapter", "outcomes"], [str(part)]):
        failed = CliRunner().invoke(command, ["compare", *results, "--drift", *words])
        assert isinstance(failed.exception, EvaluationDataError)
        assert "no figures of `edgegen evaluate drift" in str(failed.exception)
    assert CliRunner().invoke(command, ["compare", *results, "--drift", drift]).exit_code == 0


shares = st.floats(0.01, 1)
amounts = st.floats(1, 1e12)
parts = st.builds(Parts, shares, shares, amounts, amounts, amounts)


@given(parts, parts, st.sampled_from(list(WEIGHTS)), st.floats(1.01, 10))
def test_merit_rises_with_each_part_that_gets_better(candidate, reference, name, factor):
    values = dict(candidate.__dict__)
    values[name] = values[name] / factor if name in COSTS else min(1.0, values[name] * factor)
    better = Parts(**values)

    assert merit(better, reference) >= merit(candidate, reference)
    if getattr(better, name) != pytest.approx(getattr(candidate, name), rel=1e-6):
        assert merit(better, reference) > merit(candidate, reference)


@given(parts, parts, parts, st.floats(0.001, 1000))
def test_merit_knows_no_units_and_no_favourite_reference(one, other, reference, unit):
    def scaled(p):
        return Parts(
            p.quality, p.non_hallucination, p.gpu_memory_bytes * unit, p.disk_bytes * unit, p.training_s * unit
        )

    assert merit(reference, reference) == pytest.approx(1)
    assert merit(scaled(one), scaled(reference)) == pytest.approx(merit(one, reference))
    assert merit(one, reference) / merit(other, reference) == pytest.approx(merit(one, other), rel=1e-6)


def test_merit_of_what_can_do_nothing_is_zero_and_its_weights_are_whole():
    good, useless = Parts(0.9, 0.9, 1e9, 1e6, 60), Parts(0.0, 0.9, 1e9, 1e6, 60)

    assert merit(useless, good) == 0
    assert sum(WEIGHTS.values()) == pytest.approx(1)
    with pytest.raises(EvaluationDataError, match="quality is 0"):
        ratios(good, useless)


def test_the_command_shows_every_part_and_names_what_is_wrong(tmp_path):
    whole = {"quality": 0.9, "non_hallucination": 0.8, "gpu_memory_bytes": 8e9, "disk_bytes": 5e6, "training_s": 600}
    (tmp_path / "lora.json").write_text(json.dumps(whole))
    (tmp_path / "dora.json").write_text(json.dumps(whole | {"training_s": 1200}))
    (tmp_path / "bad.json").write_text(json.dumps({"quality": 1.2, "disk_bytes": 0}))

    shown = CliRunner().invoke(command, ["merit", str(tmp_path / "lora.json"), str(tmp_path / "dora.json")])
    refused = CliRunner().invoke(command, ["merit", str(tmp_path / "bad.json")])

    assert shown.output.count("(x ") == 2 * len(WEIGHTS)
    assert f"{0.5 ** (1 / 9):.3f}" in shown.output
    assert len(refused.exception.problems) == 5
    assert "'quality' has to be a number from 0 to 1, and is 1.2" in str(refused.exception)
