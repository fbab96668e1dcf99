"""The table of figures: from the documents of the commands to verdicts, and a command that goes on where it stopped."""

import csv
import json
import os
import random
import shutil
from fnmatch import fnmatch
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from edge.probes.parts import joined
from edge.probes.report import document
from edge.probes.run import Run, SuiteRun
from edge.probes.score import Result
from edge.probes.suite import find_suite, load_suite
from edgegen.commands import evaluate_shipped, evaluate_shipped_plan, evaluate_shipped_run
from edgegen.commands.evaluate import command
from edgegen.commands.evaluate_shipped_plan import Places, Step
from edgegen.commands.evaluate_shipped_run import Paths
from edgegen.config import load_config
from edgegen.errors import ConfigError
from edgegen.part import Part
from finetune.evaluation import shipped, skills
from finetune.evaluation.errors import EvaluationDataError, EvaluationError
from finetune.evaluation.outcome import Item, Outcome
from finetune.evaluation.parts import joined as joined_outcomes
from finetune.evaluation.parts import joined_drift

ROOT = Path(__file__).parent.parent.parent


def suite(name, passed, total, **more):
    score = {"passed": passed, "total": total, "score": passed / total, "interval": [0.1, 0.9]}
    score |= {"worst_template": "t", "worst_score": passed / total}
    return {"suite": name, **score, "categories": {"exact": score, "valid": score}, "macro_f1": passed / total, **more}


def outcome(task, right, nll):
    items = tuple(Item(f"{task}/{i}", float(i < right), "", reference_nll=nll, reference_tokens=2) for i in range(1000))
    return Outcome(task, {"acc": right / 1000}, "acc", items).as_json()


def skill_documents(model, right, nll):
    return {
        shipped.skill(model, task): {"outcomes": [outcome(task, right, nll)]}
        for task in (*shipped.STRONG, *shipped.WEAK)
    }


def documents(passed=100, *, kl=0.01, ratio=1.0, right=600, nll=4.0, auroc=0.8):
    languages = [suite(f"number-comparison-{one}", passed, 100) for one in shipped.LANGUAGES]
    others = [suite(name, passed, 100) for name in ("famous", "number-comparison", "iot-command", "alert-triage")]
    kinds = ("facts", "documentation", "code", "chats")
    drifts = [
        {"kind": kind, "tokens": 100, "kl": kl, "kl_interval": [0, 1], "ratio": ratio, "ratio_interval": [0, 2]}
        for kind in kinds
    ]
    measure = {"adapter": "all", "measure": "mean", "answers": 9, "right": 5, "auroc": auroc, "interval": [0.5, 1]}
    measure |= {"oracle_gain": 0.05, "share_of_gain": 0.6}
    runs = {name: {"suites": [*languages, *others], "model_sha256": "ab"} for name in
            ("famous", "numbers", "languages", "iot-command", "alert-triage", "base")}  # fmt: skip
    return {
        **runs,
        "drift": dict.fromkeys(shipped.ADAPTERS, drifts),
        **skill_documents(None, 600, 4.0),
        **{key: one for name in shipped.ADAPTERS for key, one in skill_documents(name, right, nll).items()},
        "abstention": {"checked": {"measures": [measure]}},
        "gate": {},
        "commands": {"gate": {"seconds": 16.0, "threads": 2}},
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
            {"right": 300},
            {f"change of {task} with `{name}`, n = 1,000" for task in shipped.STRONG for name in shipped.ADAPTERS},
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


def test_figures_without_their_documents_are_left_out_and_a_damaged_document_is_named(tmp_path):
    found = documents()
    whole = len(shipped.rows(found))
    for name in ("drift", shipped.skill("numbers", "facts"), "famous"):
        found.pop(name)
    (tmp_path / "gate.json").write_text("{")

    with pytest.raises(EvaluationDataError) as error:
        shipped.read(tmp_path, ["gate", "numbers"])

    assert len(shipped.rows(found)) == whole - 3 * 4 * 2 - 1 - 1
    assert [problem.split(":")[0] for problem in error.value.problems] == [str(tmp_path / "gate.json")]


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_joined_parts_of_probes_are_the_document_of_the_whole(count):
    suites = [load_suite(find_suite(name)).limited(40) for name in ("number-comparison", "alert-triage")]
    draw = random.Random(1)

    def judged(suite):
        # What is expected as an answer, so that there is an F1 to join.
        results = [
            Result(item, json.dumps(item.check["expect"]) if (right := draw.random() < 0.7) else "{}", right, "", 0.25,
                   12, {"mean": 0.5})
            for item in suite.items
        ]  # fmt: skip
        return SuiteRun(suite, tuple(results), 0.25 * len(results))

    whole = Run("m-1.0.0", "ab", suites=[judged(suite) for suite in suites])
    parts = []
    for number in range(1, count + 1):
        cut = Run("m-1.0.0", "ab", whole.id)
        for run in whole.suites:
            suite = run.suite.part(Part(number, count))
            asked = {item.id for item in suite.items}
            results = tuple(result for result in run.results if result.item.id in asked)
            cut.suites.append(SuiteRun(suite, results, 0.25 * len(results)))
        parts.append(json.loads(json.dumps(document(cut))))

    assert joined(suites, parts) == document(whole)
    if count > 1:
        with pytest.raises(ValueError, match="its parts hold"):
            joined(suites, parts[1:])
        parts[0]["suites"][0]["items"][0]["prompt"] += "?"
        with pytest.raises(ValueError, match="other words"):
            joined(suites, parts)


@pytest.mark.parametrize("wrong", ["3/2", "0/2", "1", "a/b", "1/2/3"])
def test_a_part_that_is_none_is_refused(wrong):
    done = CliRunner().invoke(command, ["run", "model.gguf", "--task", "sums", "--part", wrong])

    assert done.exit_code == 2
    assert "the Kth of N parts, such as 1/4" in done.stderr


@pytest.mark.parametrize("name", skills.CHAT_COUNT)
def test_as_many_different_chats_as_are_promised_can_be_drawn(name):
    rows = skills.chat_rows(name)

    assert len({row["prompt"] for row in rows}) == len(rows) == skills.CHAT_COUNT[name]
    assert skills.chat_rows(name, 10) == rows[:10]


@pytest.mark.model
def test_a_real_model_measures_the_same_in_parts(tiny, tmp_path):
    """The same questions give the same figures; batches differ, so that rounding does."""

    def run(name, *words):
        file = tmp_path / f"{name}.json"
        arguments = [str(word) for word in (*words, "--threads", 1, "--out", file)]
        done = CliRunner().invoke(command, arguments, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return json.loads(file.read_text())

    skill = ["run", tiny.gguf, "--task", "sums", "--limit", 7]
    asked = run("answers", *skill)["outcomes"][0]
    whole = run("whole", *skill, "--no-answers")["outcomes"][0]
    cut = [run(f"part{n}", *skill, "--no-answers", "--part", f"{n}/2") for n in (1, 2)]
    own = tmp_path / "own.txt"
    own.write_text((ROOT / "README.md").read_text())
    look = ["drift", tiny.gguf, "--adapter", f"tuned={tiny.gguf_adapter}", "--text", own, "--only-own", "--chats", 3]
    look += ["--chunks", 2, "--cache", tmp_path / "cache"]
    drifts = run("drift", *look)["tuned"]
    apart = joined_drift({f"drift{n}": run(f"drift{n}", *look, "--part", f"{n}/4") for n in (1, 2, 3, 4)})["tuned"]

    together = joined_outcomes({str(number): one for number, one in enumerate(cut)})["outcomes"][0]
    assert [item["id"] for item in together["items"]] == [item["id"] for item in whole["items"]]
    for one, other, answered in zip(whole["items"], together["items"], asked["items"], strict=True):
        assert one["reference_nll"] == answered["reference_nll"] == pytest.approx(other["reference_nll"], rel=0.01)
    assert together["metrics"]["reference"] == pytest.approx(whole["metrics"]["reference"], rel=0.01)
    for one, other in zip(drifts, apart, strict=True):
        assert (one["kind"], one["blocks"], one["tokens"]) == (other["kind"], other["blocks"], other["tokens"])
        assert one["kl"] == pytest.approx(other["kl"], rel=0.02)
        assert one["kl_interval"] == pytest.approx(other["kl_interval"], rel=0.05)


@pytest.fixture
def quick(monkeypatch, tmp_path):
    """Every step writes the document a test made for it, and parts are joined by taking the first."""
    ran, broken, threads, found = [], set(), {}, documents()

    def run(paths, step, count, until, *, pin, may_fail):
        ran.append(step.name)
        threads[step.name] = (count, pin)
        if step.name in broken:
            raise EvaluationError(f"{step.name}: exit status 1")
        paths.data.mkdir(parents=True)
        (paths.data / "sealed-runs.jsonl").write_text(f'"{step.name}"\n')
        paths.document.write_text(json.dumps(found.get(name_of[step.name], {})))
        return 16.0

    name_of = {}

    def plan(places, share):
        planned = [one._replace(join=lambda documents: documents[0]) for one in plan_of(places, share)]
        name_of.update({step.name: one.name for one in planned for step in one.steps()})
        return planned

    plan_of = evaluate_shipped.plan
    monkeypatch.setattr(evaluate_shipped_run, "run", run)
    monkeypatch.setattr(evaluate_shipped, "plan", plan)
    base = tmp_path / "model.gguf"
    base.write_bytes(b"GGUF")

    def start(*more, out=tmp_path / "out", base=base):
        return CliRunner().invoke(command, ["shipped", "--base", str(base), "--out", str(out), *more])

    return SimpleNamespace(start=start, ran=ran, broken=broken, threads=threads, out=tmp_path / "out", base=base)


def test_it_goes_on_where_it_stopped_also_elsewhere_and_writes_the_figures(quick, tmp_path):
    quick.broken |= {"drift-2of27", "gate"}

    first = quick.start()
    before = list(quick.ran)
    named = json.loads((quick.out / "shipped.json").read_text())["left_out"]
    quick.broken.clear()
    quick.ran.clear()
    shutil.move(quick.out, tmp_path / "elsewhere")
    done = quick.start("--at-once", "2", out=tmp_path / "elsewhere", base=quick.base.rename(tmp_path / "other.gguf"))

    assert isinstance(first.exception, EvaluationError)
    assert "drift-2of27" in str(first.exception)
    assert named == ["gate", "drift"]
    assert done.exit_code == 0, done.output
    assert quick.ran == ["gate", "drift-2of27"]
    assert len(before) == len(set(before))
    log = (tmp_path / "elsewhere/data/sealed-runs.jsonl").read_text().splitlines()
    assert sorted(map(json.loads, log)) == sorted({*before, *quick.ran})
    assert [file.name for file in (tmp_path / "elsewhere/data").iterdir()] == ["sealed-runs.jsonl"]
    found = json.loads((tmp_path / "elsewhere/shipped.json").read_text())
    with (tmp_path / "elsewhere/shipped.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert found["left_out"] == []
    assert len(rows) == len(found["rows"]) == len(shipped.rows(documents()))
    assert all(row["command"].startswith("edgegen ") for row in rows)
    assert str(tmp_path) not in json.dumps(found)
    assert found["commands"]["drift"]["seconds"] == 27 * 16.0


def test_results_of_other_options_or_another_base_are_not_mixed(quick):
    quick.start()

    assert isinstance(quick.start("--share", "0.5").exception, ConfigError)
    quick.base.write_bytes(b"GGUF2")
    assert isinstance(quick.start().exception, ConfigError)


def test_parts_that_do_not_fit_together_are_named_and_the_others_are_not_lost(quick, monkeypatch):
    def refuse(_):
        raise ValueError("5 items were asked in other words")

    plan = evaluate_shipped.plan
    monkeypatch.setattr(
        evaluate_shipped,
        "plan",
        lambda *given: [one._replace(join=refuse) if one.name == "numbers" else one for one in plan(*given)],
    )

    done = quick.start()

    assert "other words. Remove its parts" in done.stderr
    assert isinstance(done.exception, EvaluationError)
    assert json.loads((quick.out / "shipped.json").read_text())["left_out"] == ["numbers"]


def test_nothing_is_begun_after_the_limit_and_all_of_it_is_named(quick):
    done = quick.start("--limit-s", "0")

    assert done.exit_code == 0, done.output
    assert quick.ran == []
    assert "left out, repeat the command to go on: gate, famous, numbers" in done.output


def test_every_step_sets_what_the_configuration_has(tmp_path):
    for one in evaluate_shipped_plan.plan(Places(tmp_path, tmp_path / "model.gguf", tmp_path), 1.0):
        for step in one.steps():
            given = [after for before, after in pairwise(step.arguments) if before == "--set"]
            assert load_config(None, given, check_files=False).model.slots in (8, load_config(None, []).model.slots)


def test_no_step_is_long_and_the_parts_do_not_depend_on_the_machine(tmp_path):
    whole = evaluate_shipped_plan.plan(Places(tmp_path, tmp_path / "model.gguf", tmp_path), 1.0)
    tried = evaluate_shipped_plan.plan(Places(tmp_path, tmp_path / "model.gguf", tmp_path), 0.01)

    assert max(step.core_s for one in whole for step in one.steps()) <= 180
    assert {one.parts for one in tried} == {1}
    assert all(one.joined([{"as": "it is"}]) == {"as": "it is"} for one in tried)
    for task in (*shipped.STRONG, *shipped.WEAK):  # the base and the adapters read the same batches
        assert len({one.parts for one in whole if one.name.startswith("skills") and one.name.endswith(task)}) == 1


def test_the_page_and_the_help_say_what_the_plan_has(tmp_path):
    """Questions, seconds and commands: of each row, and of all together."""
    planned = evaluate_shipped_plan.plan(Places(tmp_path, tmp_path / "model.gguf", tmp_path), 1.0)
    page = (ROOT / "docs/evaluation.md").read_text(encoding="utf-8").partition("| measurement | questions |")[2]
    rows = [[cell.strip(" `") for cell in line.split("|")[1:-1]] for line in page.partition("\n\n")[0].splitlines()[2:]]
    numbers = {name: (int(core_s.replace(",", "")), int(parts)) for name, _, core_s, parts in rows}
    core_s, commands = numbers.pop("all")

    for name, figures in numbers.items():
        mine = [one for one in planned if fnmatch(one.name, name)]
        assert figures == (round(sum(one.core_s for one in mine)), sum(one.parts for one in mine)), name
        asked = {b for one in mine for a, b in pairwise(one.arguments) if a in ("--count", "--limit", "--chunks")}
        (questions,) = (
            cells[1].replace(",", "").replace("the same", "2000 at most") for cells in rows if cells[0] == name
        )
        assert all(number in questions for number in asked), name
    assert core_s == round(sum(one.core_s for one in planned)) == sum(figures[0] for figures in numbers.values())
    assert commands == sum(one.parts for one in planned) == sum(figures[1] for figures in numbers.values())
    assert f"cut into {commands} commands" in CliRunner().invoke(command, ["shipped", "--help"]).output


def test_several_steps_at_once_have_the_cores_dealt_out_and_wait_for_what_they_need(quick):
    done = quick.start("--at-once", "2")

    assert done.exit_code == 0, done.output
    assert quick.ran[0] == "gate"
    assert quick.threads.pop("gate") == (2, 2)
    mixes = [name for name in quick.ran if name.startswith("mix-")]
    assert quick.ran.index("abstention") > max(map(quick.ran.index, mixes))
    ranks = [name for name in quick.ran if name.startswith(("numbers", "drift", "skills-alert"))]
    assert ranks == sorted(ranks, key=lambda name: ("numbers", "drift", "skills").index(name.split("-")[0]))
    assert set(quick.threads.values()) == {(max(1, len(os.sched_getaffinity(0)) // 2), None)}


def test_a_command_that_fails_is_named_with_its_reason_and_one_out_of_time_is_ended(tmp_path):
    step = Step("wrong", ["probe", "run", "--target", "nothing.gguf"], 1)
    paths = Paths(tmp_path / "wrong.json", tmp_path / "data")

    with pytest.raises(EvaluationError, match=r"wrong: exit status \d+: .*nothing\.gguf"):
        evaluate_shipped_run.run(paths, step, 1, float("inf"), pin=None, may_fail=False)
    assert evaluate_shipped_run.run(paths, step, 1, 0.0, pin=1, may_fail=False) is None

    assert not [*tmp_path.iterdir()]
