"""A base makes up its own replay data."""

import json

from click.testing import CliRunner

from edgegen.commands.finetune import command
from finetune.generation import Sampling
from finetune.invent import invent_questions, invent_texts
from tests.finetune.tiny import save_base, tiny_llama, tiny_tokenizer


def test_questions_end_where_the_template_ends_a_turn():
    """A model that never ends the user's turn has asked nothing; each question comes once."""
    model, tokenizer = tiny_llama(vocabulary=259), tiny_tokenizer()
    sampling = Sampling(temperature=1.0, top_p=1.0, batch=64)

    questions = invent_questions(model, tokenizer, 256, sampling)

    words = [message["content"] for [message] in questions]
    assert len(words) == len(set(words))
    assert all(words)
    assert not any(mark in text for text in words for mark in tokenizer.all_special_tokens)


def test_texts_begin_anywhere_in_the_vocabulary_and_follow_the_seed():
    """The same seed writes the same texts."""
    model, tokenizer = tiny_llama(vocabulary=259), tiny_tokenizer()

    one, two = (list(invent_texts(model, tokenizer, 40, Sampling(max_tokens=8, seed=3, batch=16))) for _ in range(2))
    other = list(invent_texts(model, tokenizer, 40, Sampling(max_tokens=8, seed=4, batch=16)))

    assert one == two
    assert one != other
    assert len({text[0] for text in one}) > 10


def test_the_command_writes_rows_that_training_reads_as_replay(tmp_path):
    """Texts come as text, chats as messages; the file is there whole or not at all."""
    base = save_base(tmp_path / "base")
    out = tmp_path / "replay.jsonl"

    result = CliRunner().invoke(
        command, ["invent", str(base), "--chats", "16", "--texts", "16", "--max-tokens", "8", "--out", str(out)]
    )

    assert result.exit_code == 0, result.output
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert rows
    assert all(set(row) in ({"messages"}, {"text"}) for row in rows)
    assert sum("text" in row for row in rows) > 8
