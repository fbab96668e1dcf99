"""Exactly right answers, counted by group."""

import json

import pytest
from click.testing import CliRunner
from transformers import AutoModelForCausalLM, AutoTokenizer

from edgegen.commands.finetune import command
from finetune.answers import answer_all
from finetune.errors import DataError, TrainingError
from finetune.generation import Sampling
from finetune.recipe import recipe_of_base
from finetune.run import start
from finetune.score import score
from tests.finetune.test_data import recipe_for
from tests.finetune.tiny import save_base, sums, write_jsonl


def test_what_the_model_answers_is_right_and_anything_else_is_wrong(tmp_path):
    """The references of half the lines are the model's own greedy answers."""
    base = save_base(tmp_path / "base")
    model, tokenizer = AutoModelForCausalLM.from_pretrained(base), AutoTokenizer.from_pretrained(base)
    prompts = [[{"role": "user", "content": f"What is {n}?"}] for n in range(200)]
    greedy = Sampling(max_tokens=60, temperature=0.0, batch=64)
    ended = [(asked, text) for asked, text in answer_all(model, tokenizer, prompts, greedy) if text]
    rows = [
        {"messages": [*asked, {"role": "assistant", "content": text if n % 2 else text + "?"}], "task": "ab"[n % 2]}
        for n, (asked, text) in enumerate(ended)
    ]
    data = write_jsonl(tmp_path / "dev.jsonl", rows)

    result = CliRunner().invoke(
        command, ["score", str(base), str(data), "--max-tokens", "60", "--batch", "64", "--json"]
    )

    assert result.exit_code == 0, result.output
    groups = json.loads(result.output.splitlines()[-1])
    assert len(ended) > 1, "the tiny model ends some answers"
    assert (groups["a"]["right"], groups["a"]["of"]) == (0, (len(ended) + 1) // 2)
    assert (groups["b"]["right"], groups["b"]["of"]) == (len(ended) // 2, len(ended) // 2)


def test_a_line_without_an_answer_is_named(tmp_path):
    data = write_jsonl(tmp_path / "dev.jsonl", [{"messages": [{"role": "user", "content": "x"}]}])

    result = CliRunner().invoke(command, ["score", str(save_base(tmp_path / "base")), str(data)])

    assert "dev.jsonl:1: " in str(result.exception)


def test_a_question_that_comes_twice_is_held_against_each_of_its_answers(tmp_path):
    base = save_base(tmp_path / "base")
    model, tokenizer = AutoModelForCausalLM.from_pretrained(base), AutoTokenizer.from_pretrained(base)
    prompts = [[{"role": "user", "content": f"What is {n}?"}] for n in range(200)]
    greedy = Sampling(max_tokens=60, temperature=0.0, batch=64)
    asked, text = next((asked, text) for asked, text in answer_all(model, tokenizer, prompts, greedy) if text)
    rows = [{"messages": [*asked, {"role": "assistant", "content": said}], "task": said} for said in (text, "no")]
    data = write_jsonl(tmp_path / "dev.jsonl", rows)

    groups = score(recipe_of_base(base), None, data, by="task", sampling=greedy, say=print)

    assert [(groups[name].right, groups[name].of) for name in (text, "no")] == [(1, 1), (0, 1)]


def test_nothing_to_score_and_an_adapter_of_another_base_are_refused(tmp_path):
    base = save_base(tmp_path / "base")
    (tmp_path / "empty.jsonl").write_text("\n")
    data = write_jsonl(tmp_path / "train.jsonl", sums(20))
    start(recipe_for(tmp_path, "method.name=loftq", "base.load=float32", "data.max_tokens=64", "train.steps=1"))

    with pytest.raises(DataError, match=r"empty\.jsonl: holds no question"):
        score(recipe_of_base(base), None, tmp_path / "empty.jsonl", by="task", sampling=Sampling(), say=print)
    with pytest.raises(TrainingError, match=r"right only on the 4-bit base that its training made.*finetune try"):
        score(recipe_of_base(base), tmp_path / "run/adapter", data, by="task", sampling=Sampling(), say=print)
