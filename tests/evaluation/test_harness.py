"""lm-evaluation-harness itself runs its own tasks on our model, and its figures are ours."""

import json
import os
import subprocess
import sys
from importlib import metadata, resources
from pathlib import Path
from types import SimpleNamespace

import pytest

lm_eval = pytest.importorskip("lm_eval")

from click.testing import CliRunner  # noqa: E402
from lm_eval.api import registry  # noqa: E402
from lm_eval.tasks import TaskManager  # noqa: E402

from edgegen.commands.evaluate import command  # noqa: E402
from finetune.evaluation import gsm8k  # noqa: E402
from finetune.evaluation.errors import EvaluationError  # noqa: E402
from finetune.evaluation.harness import EdgegenLM, _generation, rolling  # noqa: E402
from finetune.evaluation.run import TASKS, Request  # noqa: E402
from finetune.evaluation.scorer import Generation, log_softmax  # noqa: E402
from tests.evaluation.test_tasks import GSM8K, HELLASWAG, written  # noqa: E402

pytestmark = pytest.mark.model


@pytest.mark.parametrize(
    ("given", "means"),
    [
        ({"until": "x", "do_sample": False, "temperature": 0.7}, Generation(stop=("x",))),
        ({"until": ["x", "y"], "temperature": 0.7, "top_p": 0.9}, Generation(256, ("x", "y"), 0.7, 0.9)),
        ({"max_gen_toks": 8}, Generation(8)),
    ],
)
def test_a_task_that_draws_no_samples_is_answered_greedily_whatever_its_temperature(given, means):
    assert _generation(given) == means


def local_task(folder, task, split, file, **changes):
    """One of the harness's own tasks, reading a local file instead of a hub."""
    source = resources.files("lm_eval") / "tasks" / task / f"{task}.yaml"
    config = {
        "include": str(source),
        "task": f"{task}_local",
        "dataset_path": "json",
        "training_split": None,
        **changes,
    }
    config["dataset_kwargs"] = {"data_files": {split: str(file)}}
    (folder / f"{task}_local.yaml").write_text(json.dumps(config))


def evaluate(folder, model, task):
    manager = TaskManager(include_path=str(folder), include_defaults=False)
    found = lm_eval.simple_evaluate(model=model, tasks=[f"{task}_local"], task_manager=manager, bootstrap_iters=0)
    return found["results"][f"{task}_local"]


@pytest.fixture
def model(tiny):
    return EdgegenLM(pretrained=str(tiny.gguf), adapter=f"a={tiny.gguf_adapter}", threads=1)


@pytest.fixture(autouse=True)
def offline(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "datasets"))


def test_hellaswag_of_the_harness_and_ours_are_equal(model, tmp_path):
    many = [{**HELLASWAG[i % 2], "ind": i, "activity_label": f"Task {i}", "label": str(i % 4)} for i in range(24)]
    file = written(tmp_path / "hellaswag_val.jsonl", many)
    local_task(tmp_path, "hellaswag", "validation", file)

    theirs = evaluate(tmp_path, model, "hellaswag")
    (ours,) = TASKS["hellaswag"].run(model.scorer, Request(file))

    assert ours.metrics == pytest.approx({"acc": theirs["acc,none"], "acc_norm": theirs["acc_norm,none"]})


def test_gsm8k_of_the_harness_and_ours_are_equal(smollm2, tmp_path):
    """Half of the references are taken from what the model says, so that some are right."""
    model = EdgegenLM(pretrained=str(smollm2), threads=1)
    problems = [{"question": f"{one['question']} ({i})", "answer": one["answer"]} for i in range(2) for one in GSM8K]
    numbers = [gsm8k.flexible_extract(item.answer) for item in gsm8k.evaluate(model.scorer, problems, []).items]
    assert len(set(numbers) - {gsm8k.INVALID}) >= 2, "the model has to say numbers for this to prove anything"
    for problem, number in list(zip(problems, numbers, strict=True))[::2]:
        if number != gsm8k.INVALID:
            problem["answer"] = f"#### {number}"
    file = written(tmp_path / "test.jsonl", problems)
    local_task(tmp_path, "gsm8k", "test", file, num_fewshot=0, fewshot_split=None)

    theirs = evaluate(tmp_path, model, "gsm8k")
    (ours,) = TASKS["gsm8k"].run(model.scorer, Request(file, shots=0))

    assert ours.metrics == pytest.approx({name: theirs[name] for name in ours.metrics})
    assert 0 < ours.metrics["exact_match,flexible-extract"] < 1


def test_a_rolling_text_scores_each_token_once(model):
    text = "The pump runs at 23 degrees. " * 8
    tokens = model.scorer.encode(text)

    (total,) = model.loglikelihood_rolling([SimpleNamespace(args=(text,))])
    rows = log_softmax(model.scorer.logits([model.scorer.start, *tokens], 0))

    assert total == pytest.approx(sum(rows[i][token] for i, token in enumerate(tokens)), rel=1e-3)


@pytest.mark.parametrize(("length", "n_ctx"), [(1, 4), (4, 4), (5, 4), (10, 4), (12, 4), (3, 100)])
def test_windows_hold_each_token_once_with_a_full_context(length, n_ctx):
    tokens = list(range(1, length + 1))

    windows = rolling(tokens, 0, n_ctx)

    assert [token for _, scored in windows for token in scored] == tokens
    assert all(context for context, _ in windows)
    assert all(len(context) + len(scored) <= n_ctx + 1 for context, scored in windows)
    if length > n_ctx:
        assert len(windows[-1][0]) + len(windows[-1][1]) == n_ctx + 1


def test_what_it_cannot_open_is_named(tiny):
    with pytest.raises(EvaluationError, match="bundle=FOLDER"):
        EdgegenLM()
    with pytest.raises(EvaluationError, match="has no adapter 'b'"):
        EdgegenLM(pretrained=str(tiny.gguf), adapter="b")


def test_the_command_line_of_the_harness_knows_the_model(tiny, tmp_path, monkeypatch):
    local_task(tmp_path, "hellaswag", "validation", written(tmp_path / "val.jsonl", HELLASWAG))
    monkeypatch.setattr("sys.argv", ["edgegen"])
    words = ["harness", "run", "--model", "edgegen", "--model_args", f"pretrained={tiny.gguf},threads=1"]
    words += ["--tasks", "hellaswag_local", "--include_path", str(tmp_path), "--output_path", str(tmp_path / "out")]

    done = CliRunner().invoke(command, words, catch_exceptions=False)

    assert done.exit_code == 0, done.output
    assert "acc_norm" in done.output


def test_the_entry_point_gives_the_model_to_the_registry_of_the_harness():
    """As a harness that reads entry points does it, with the registry of this one."""
    (entry,) = metadata.entry_points(group="lm_eval.models", name="edgegen")

    registry.model_registry.register("edgegen-by-entry-point", target=entry)

    assert registry.get_model("edgegen-by-entry-point") is EdgegenLM


def test_the_command_of_the_harness_itself_finds_the_model_where_it_reads_entry_points(tiny, tmp_path):
    """0.4.13 does not, as docs/evaluation.md says: the page has to change with the first release that does."""
    local_task(tmp_path, "hellaswag", "validation", written(tmp_path / "val.jsonl", HELLASWAG))
    words = ["--model", "edgegen", "--model_args", f"pretrained={tiny.gguf},threads=1", "--tasks", "hellaswag_local"]

    done = subprocess.run(
        [Path(sys.executable).with_name("lm_eval"), *words, "--include_path", tmp_path],
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )

    if hasattr(registry, "load_plugins"):
        assert done.returncode == 0, done.stderr
        assert "acc_norm" in done.stdout
    else:
        assert "'edgegen', but no model for this name found" in done.stderr
