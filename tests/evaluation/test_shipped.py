"""The table of figures: from the documents of the commands to verdicts, and a command that goes on where it stopped."""

import csv
import json
import os
from itertools import pairwise
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from edgegen.commands import evaluate_shipped
from edgegen.commands.evaluate import command
from edgegen.config import load_config
from edgegen.errors import ConfigError
from finetune.evaluation import shipped
from finetune.evaluation.errors import EvaluationDataError, EvaluationError
from finetune.evaluation.outcome import Item, Outcome


def suite(name, passed, total, **more):
    score = {"passed": passed, "total": total, "score": passed / total, "interval": [0.1, 0.9]}
    score |= {"worst_template": "t", "worst_score": passed / total}
    return {"suite": name, **score, "categories": {"exact": score, "valid": score}, "macro_f1": passed / total, **more}


def outcome(task, right, nll):
    items = tuple(Item(f"{task}/{i}", float(i < right), "", reference_nll=nll, reference_tokens=2) for i in range(100))
    return Outcome(task, {"acc": right / 100}, "acc", items).as_json()


def skills(right, nll):
    return {"outcomes": [outcome(task, right, nll) for task in (*shipped.STRONG, *shipped.WEAK)]}


def documents(passed=100, *, kl=0.01, ratio=1.0, right=60, nll=4.0, auroc=0.8):
    languages = [suite(f"number-comparison-{one}", passed, 100) for one in shipped.LANGUAGES]
    others = [suite(name, passed, 100) for name in ("famous", "number-comparison", "iot-command", "alert-triage")]
    kinds = ("facts", "documentation", "code", "chats")
    drift = [
        {"kind": kind, "tokens": 100, "kl": kl, "kl_interval": [0, 1], "ratio": ratio, "ratio_interval": [0, 2]}
        for kind in kinds
    ]
    measure = {"adapter": "all", "measure": "mean", "answers": 9, "right": 5, "auroc": auroc, "interval": [0.5, 1]}
    measure |= {"oracle_gain": 0.05, "share_of_gain": 0.6}
    runs = {name: {"suites": [*languages, *others], "model_sha256": "ab"} for name in
            ("famous", "numbers", "languages", "iot-command", "alert-triage", "base")}  # fmt: skip
    return {
        **runs,
        "drift": dict.fromkeys(shipped.ADAPTERS, drift),
        "skills-base": skills(60, 4.0),
        **{f"skills-{name}": skills(right, nll) for name in shipped.ADAPTERS},
        "abstention": {"checked": {"measures": [measure]}},
        "commands": {"gate": {"seconds": 16.0}},
    }


def missed(found):
    return {row.question.split(":")[0] for row in shipped.rows(found) if row.reached is False}


def test_what_reaches_every_bound_misses_none():
    assert missed(documents()) == set()


@pytest.mark.parametrize(
    ("changed", "questions"),
    [
        ({"kl": 0.03}, {"KL to the base, nats a token"}),
        ({"ratio": 1.03}, {"perplexity ratio"}),
        ({"nll": 4.1}, {"reference, nats a token"}),
        (
            {"right": 30},
            {f"change of {task} with `{name}`, n = 100" for task in shipped.STRONG for name in shipped.ADAPTERS},
        ),
        ({"auroc": 0.7}, {"abstention on another mix than it was calibrated on"}),
    ],
)
def test_each_bound_is_looked_at(changed, questions):
    assert missed(documents(**changed)) == questions


def test_missed_suites_are_named_and_the_table_says_no():
    rows = shipped.rows(documents(90))

    assert sum(row.reached is False for row in rows) == 2 + 1 + len(shipped.LANGUAGES) + 3
    assert "**no**" in "\n".join(shipped.markdown(rows))


def test_a_missing_document_is_named(tmp_path):
    (tmp_path / "gate.json").write_text("{")

    with pytest.raises(EvaluationDataError) as error:
        shipped.read(tmp_path, ["gate", "numbers"])

    assert [problem.split(":")[0] for problem in error.value.problems] == [
        str(tmp_path / "gate.json"),
        str(tmp_path / "numbers.json"),
    ]


@pytest.fixture
def quick(monkeypatch, tmp_path):
    """Every step writes the document a test made for it; ``broken`` names those that fail."""
    ran, broken, given, found = [], set(), {}, documents()

    def run(out, step, cores):
        ran.append(step.name)
        given[step.name] = set(cores)
        if step.name in broken:
            raise EvaluationError(f"{step.name} ended with exit status 1")
        (out / f"{step.name}.json").write_text(json.dumps(found.get(step.name, {})))
        return 16.0

    monkeypatch.setattr(evaluate_shipped, "_run", run)
    base = tmp_path / "model.gguf"
    base.write_bytes(b"GGUF")

    def start(*more):
        arguments = ["shipped", "--base", str(base), "--out", str(tmp_path / "out"), *more]
        return CliRunner().invoke(command, arguments)

    return SimpleNamespace(start=start, ran=ran, broken=broken, given=given, out=tmp_path / "out")


def test_it_goes_on_where_it_stopped_and_writes_the_figures(quick):
    start, ran, broken, out = quick.start, quick.ran, quick.broken, quick.out
    broken.add("drift")

    assert isinstance(start().exception, EvaluationError)
    first = list(ran)
    broken.clear()
    ran.clear()
    done = start()

    assert done.exit_code == 0, done.output
    assert first[-1] == "drift" == ran[0]
    assert not set(first[:-1]) & set(ran)
    found = json.loads((out / "shipped.json").read_text())
    with (out / "shipped.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(found["rows"])
    assert all(row["command"].startswith("edgegen ") for row in rows)


def test_results_of_other_options_are_not_mixed(quick):
    quick.start()

    assert isinstance(quick.start("--share", "0.5").exception, ConfigError)


def test_every_step_sets_what_the_configuration_has(tmp_path):
    for threads in (None, 3):
        for step in evaluate_shipped.steps(tmp_path, tmp_path / "model.gguf", tmp_path, 1.0, threads):
            given = [after for before, after in pairwise(step.arguments) if before == "--set"]
            config = load_config(None, given, check_files=False)
            assert not given or config.model.n_threads == (threads or 0)


def test_several_steps_at_once_have_cores_of_their_own_and_wait_for_what_they_need(quick):
    done = quick.start("--at-once", "2")

    assert done.exit_code == 0, done.output
    assert quick.ran[0] == "gate"
    assert quick.ran.index("abstention") > max(map(quick.ran.index, ("mix-dev", "mix-other")))
    cores = os.sched_getaffinity(0)
    assert quick.given["gate"] <= cores
    assert len(quick.given["gate"]) == min(2, len(cores))
    shares = {frozenset(given) for name, given in quick.given.items() if name != "gate"}
    assert sum(map(len, shares)) == len(frozenset.union(*shares)) <= len(cores)
