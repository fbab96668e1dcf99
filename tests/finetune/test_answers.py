"""A base's own answers become replay data."""

import json

import pytest
from click.testing import CliRunner

from edgegen.commands.finetune import command
from edgegen.errors import ConfigError
from finetune.answers import answer_all, read_prompts
from finetune.errors import DataError
from finetune.examples import read_examples
from finetune.generation import Sampling
from tests.finetune.tiny import save_base, tiny_llama, tiny_tokenizer, write_jsonl


def test_prompts_come_from_lines_and_from_objects_each_once(tmp_path):
    lines = tmp_path / "prompts.txt"
    lines.write_text("What is a pump?\n\nWhy?\nWhy?\n")
    rows = [
        {"prompt": "Why?"},
        {"instruction": "Add", "input": "1 2", "output": "3"},
        {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]},
    ]

    assert [m[0]["content"] for m in read_prompts(lines)] == ["What is a pump?", "Why?"]
    found = read_prompts(write_jsonl(tmp_path / "prompts.jsonl", rows))
    assert [m[-1]["content"] for m in found] == ["Why?", "Add\n\n1 2", "Hi"]


@pytest.mark.parametrize("line", ["{", '{"text": "x"}', '{"messages": []}', '{"prompt": ""}'])
def test_a_line_without_a_prompt_is_named(tmp_path, line):
    path = tmp_path / "prompts.jsonl"
    path.write_text('{"prompt": "x"}\n' + line + "\n")

    with pytest.raises(DataError, match=r"prompts.jsonl:2: "):
        read_prompts(path)


def test_a_prompt_is_answered_alike_alone_and_among_longer_ones():
    """Padding stands left of the prompt and is not looked at; without chance the answer is the prompt's alone."""
    model, tokenizer = tiny_llama(vocabulary=259), tiny_tokenizer()
    prompts = [[{"role": "user", "content": text}] for text in ("a", "a much longer question", "and one more")]
    sampling = Sampling(max_tokens=60, temperature=0.0)
    model.generation_config.eos_token_id = list(range(3, 259, 16))  # so that a random model ends

    together = {json.dumps(p): text for p, text in answer_all(model, tokenizer, prompts, sampling)}
    alone = {json.dumps(p): text for one in prompts for p, text in answer_all(model, tokenizer, [one], sampling)}

    assert together == alone
    assert any(together.values())


def test_the_command_writes_a_replay_file_that_training_reads(tmp_path):
    """The same seed gives the same file, another seed another one; what did not end is left out."""
    base = save_base(tmp_path / "base")
    prompts = tmp_path / "prompts.txt"
    prompts.write_text("".join(f"What is {n}?\n" for n in range(40)))

    def answers(name, seed):
        out = tmp_path / name
        options = ["--max-tokens", "60", "--temperature", "5", "--seed", str(seed), "--count", "30", "--top-p", "1"]
        result = CliRunner().invoke(
            command, ["answers", str(base), "--prompts", str(prompts), "--out", str(out), *options]
        )
        assert result.exit_code == 0, result.output
        return out, result.output

    first, said = answers("a.jsonl", 1)
    again, _ = answers("b.jsonl", 1)
    other, _ = answers("c.jsonl", 2)

    rows = list(read_examples(first))
    assert 1 <= len(rows) < 30
    assert f"Wrote {len(rows)} answers" in said
    assert f"{30 - len(rows)} did not end" in said
    assert first.read_bytes() == again.read_bytes() != other.read_bytes()
    assert not list(tmp_path.glob(".*.part"))


def test_a_folder_that_is_no_checkpoint_is_refused(tmp_path):
    (tmp_path / "p.txt").write_text("x\n")
    arguments = ["answers", str(tmp_path), "--prompts", str(tmp_path / "p.txt"), "--out", str(tmp_path / "o.jsonl")]

    result = CliRunner().invoke(command, arguments)

    assert isinstance(result.exception, ConfigError)
    assert "no config.json" in str(result.exception)
    arguments[1] = str(tmp_path / "gone")
    assert "gone: is not there. Give a recipe, or the folder" in str(CliRunner().invoke(command, arguments).exception)


def test_a_replay_file_of_nothing_is_not_written(tmp_path):
    base = save_base(tmp_path / "base")
    (tmp_path / "p.txt").write_text("What is 1?\n")
    out = tmp_path / "o.jsonl"
    options = [str(base), "--out", str(out), "--max-tokens", "1"]

    answers = CliRunner().invoke(command, ["answers", *options, "--prompts", str(tmp_path / "p.txt")])
    invent = CliRunner().invoke(command, ["invent", *options, "--chats", "0", "--texts", "0"])

    assert "none of 1 answers ended within 1 tokens. Raise --max-tokens" in str(answers.exception)
    assert "nothing came of 0 chats and 0 texts" in str(invent.exception)
    assert not out.exists()


def test_a_prompt_may_hold_any_end_of_line_but_lf(tmp_path):
    path = write_jsonl(tmp_path / "p.jsonl", [{"prompt": "one\u2028two\x85three"}])

    assert read_prompts(path) == [[{"role": "user", "content": "one\u2028two\x85three"}]]
