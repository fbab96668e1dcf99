"""What keeps the shipped adapters from changing what they were not trained for."""

import json
from itertools import islice
from pathlib import Path

from edgegen.split import SPLITS
from edgegen.tasks import sequences, sums
from edgegen.tasks.phrases import bare
from finetune import shipped_replay
from finetune.examples import read_examples


def test_it_asks_no_wording_that_forgetting_is_measured_with() -> None:
    held = [bare(text) for task in (sums, sequences) for split in ("dev", "sealed") for text in task.WORDINGS[split]]
    train = [bare(text) for task in (sums, sequences) for text in task.WORDINGS["train"]]

    assert all(held)
    assert len(SPLITS) == 3
    assert not set(train) & set(held)


def test_references_are_right_and_the_same_for_a_seed() -> None:
    found = list(islice(shipped_replay.references(3), 60))

    assert found == list(islice(shipped_replay.references(3), 60))
    for chat in found[::2]:
        question, answer = (message["content"] for message in chat["messages"])  # type: ignore[attr-defined]
        a, b = [int(word.strip(".?!:,")) for word in question.split() if word.strip(".?!:,").isdigit()][:2]
        value = int(answer.rstrip(".").split()[-1])
        assert value in (a + b, a - b, b - a, a * b), (question, answer)


def test_the_files_are_replay_data(tmp_path: Path) -> None:
    shipped_replay.write_prompts(tmp_path / "prompts.jsonl", 300, seed=1)
    shipped_replay.write_texts(tmp_path / "texts.jsonl", 20, seed=2)

    prompts = [json.loads(line)["prompt"] for line in (tmp_path / "prompts.jsonl").read_text().splitlines()]
    assert len(set(prompts)) == len(prompts) == 300
    assert not any(mark in prompt for prompt in prompts for mark in "[]{}|")
    assert len(list(read_examples(tmp_path / "texts.jsonl", text=True))) > 1000
