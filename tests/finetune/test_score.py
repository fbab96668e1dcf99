"""Exactly right answers, counted by group."""

import json

from click.testing import CliRunner
from transformers import AutoModelForCausalLM, AutoTokenizer

from edgegen.commands.finetune import command
from finetune.answers import answer_all
from finetune.generation import Sampling
from tests.finetune.tiny import save_base, write_jsonl


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
