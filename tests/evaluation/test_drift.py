"""KL and perplexity of a tuned model against its base."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from edgegen.commands.evaluate import command
from finetune.evaluation import texts
from finetune.evaluation.drift import Block, View, measure, text_blocks
from finetune.evaluation.errors import EvaluationDataError, EvaluationError
from finetune.evaluation.intervals import bootstrap
from finetune.evaluation.target import find

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.model
def test_a_model_has_no_distance_to_itself_and_an_adapter_the_one_that_torch_computes(tiny):
    import torch

    gguf = find(tiny.gguf, [f"a={tiny.gguf_adapter}"]).open(threads=1)
    checkpoint = find(tiny.checkpoint, [f"a={tiny.adapter}"]).open()
    text = (ROOT / "README.md").read_text()
    blocks = text_blocks(gguf, text, 2, where="README")

    itself, adapter = (one.drift() for one in measure("text", View(gguf), [View(gguf), View(gguf, "a")], blocks))
    reference = measure("text", View(checkpoint), [View(checkpoint, "a")], blocks)[0].drift()
    rows = [[torch.tensor(logits) for logits in View(checkpoint, name).logits(blocks)] for name in (None, "a")]
    p, q = (torch.cat(part).double().log_softmax(-1) for part in rows)
    kl = torch.nn.functional.kl_div(q, p, log_target=True, reduction="none").sum(-1)

    assert itself.kl == 0
    assert itself.ratio == 1
    assert itself.agreement == 1
    assert reference.kl == pytest.approx(float(kl.mean()), abs=1e-5)
    assert adapter.kl == pytest.approx(reference.kl, rel=0.02)
    assert adapter.ratio == pytest.approx(reference.ratio, rel=0.01)
    assert adapter.kl_interval.low <= adapter.kl <= adapter.kl_interval.high
    assert adapter.tokens == 2 * 256


@pytest.mark.model
def test_the_command_measures_texts_and_chats_and_asks_the_base_once(tiny, tmp_path):
    own = tmp_path / "own.txt"
    own.write_text((ROOT / "README.md").read_text())
    words = ["drift", tiny.gguf, "--adapter", f"tuned={tiny.gguf_adapter}", "--text", own, "--only-own", "--chats", 3]
    words += ["--chunks", 1, "--cache", tmp_path / "cache", "--out", tmp_path / "drift.json"]

    first = CliRunner().invoke(command, [str(word) for word in words], catch_exceptions=False)
    again = CliRunner().invoke(command, [str(word) for word in words], catch_exceptions=False)

    assert first.exit_code == 0, first.output
    figures = json.loads((tmp_path / "drift.json").read_text())["tuned"]
    assert [one["kind"] for one in figures] == ["own.txt", "chats"]
    assert all(one["kl"] > 0 for one in figures)
    assert "3 of 3 chats answered" in first.stderr
    assert "answered" not in again.stderr
    assert again.stdout == first.stdout


@pytest.mark.model
def test_a_text_too_short_and_another_vocabulary_are_refused(tiny):
    scorer = find(tiny.gguf).open(threads=1)
    with pytest.raises(EvaluationError, match="at least 512 are needed"):
        text_blocks(scorer, "short", 2, where="short.txt")

    class Other:
        name = "other"

        def use(self, adapter):
            pass

        def logits(self, tokens, first):
            return np.zeros((len(tokens) - first, 5), np.float32)

    with pytest.raises(EvaluationError, match="cannot be compared token by token"):
        measure("x", View(scorer), [View(Other())], [Block((1, 2, 3), 1)])


def test_the_interval_of_a_mean_is_the_one_of_the_normal_distribution():
    """For many independent blocks of one the bootstrap has to find 1.96 standard errors."""
    values = np.random.default_rng(0).normal(3.0, 2.0, 2000)
    blocks = np.stack([values, np.ones_like(values)], axis=1)

    low, high = bootstrap(blocks, lambda totals: totals[:, 0] / totals[:, 1])

    error = values.std() / np.sqrt(len(values))
    assert low == pytest.approx(values.mean() - 1.96 * error, abs=0.15 * error)
    assert high == pytest.approx(values.mean() + 1.96 * error, abs=0.15 * error)


def test_blocks_that_resemble_themselves_widen_the_interval():
    draws = np.random.default_rng(0).normal(size=50)
    alike = np.stack([draws * 20, np.full(50, 20.0)], axis=1)
    apart = np.stack([np.repeat(draws, 20), np.ones(1000)], axis=1)

    def mean(totals):
        return totals[:, 0] / totals[:, 1]

    wide, narrow = bootstrap(alike, mean), bootstrap(apart, mean)

    assert (wide.high - wide.low) > 3 * (narrow.high - narrow.low)


def test_there_are_500_different_ordinary_chats_and_none_of_what_is_trained():
    prompts = texts.ordinary_chats()

    assert len(prompts) == len(set(prompts)) == 500
    assert (ROOT / "finetune/evaluation/chats.jsonl").stat().st_size < 60_000
    assert not [p for p in prompts if any(word in p.lower() for word in ("sensor", "larger", "alert", "9.9", "valve"))]


def test_a_line_without_a_prompt_is_named(tmp_path):
    file = tmp_path / "chats.jsonl"
    file.write_text('{"prompt": "Hello"}\n\n{"text": "x"}\nnot json\n{"prompt": ""}\n')

    with pytest.raises(EvaluationDataError) as caught:
        texts.ordinary_chats(file)

    assert [problem.split(": ")[0] for problem in caught.value.problems] == [f"{file}:{n}" for n in (3, 4, 5)]


def test_another_text_than_the_pinned_one_is_refused(tmp_path):
    import zipfile

    kind = texts.TEXTS[0]
    with zipfile.ZipFile(tmp_path / kind.wheel.filename, "w") as wheel:
        wheel.writestr(kind.members[0], "Altered.")

    with pytest.raises(EvaluationError, match="expected 6728015a"):
        texts.general_text(kind, cache=tmp_path / "cache", from_dir=tmp_path)
