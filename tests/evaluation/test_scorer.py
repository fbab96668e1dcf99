"""One model answers alike as a GGUF and as a checkpoint, whatever is shared, batched or cut off."""

import numpy as np
import pytest

from finetune.evaluation.errors import EvaluationError
from finetune.evaluation.scorer import Generation, answers, cut, encode_pair, log_softmax, loglikelihoods, sample
from finetune.evaluation.target import find

pytestmark = pytest.mark.model

PAIRS = [
    ("The valve is", " open"),
    ("The valve is", " closed since this morning, and nobody knows why"),
    ("The valve is ", "open"),
    ("", "A text without a context"),
    ("The pump", ""),
    ("<|im_start|>user\nHello<|im_end|>\n", "It is 23.5 degrees"),
    ("   ", "Only spaces before"),
]


@pytest.fixture(scope="module")
def both(tiny):
    gguf = find(tiny.gguf, [f"a={tiny.gguf_adapter}"]).open(threads=1)
    checkpoint = find(tiny.checkpoint, [f"a={tiny.adapter}"]).open()
    return gguf, checkpoint


@pytest.mark.parametrize("adapter", [None, "a"])
def test_both_give_the_same_log_likelihoods(both, adapter):
    scores = []
    for scorer in both:
        scorer.use(adapter)
        scores.append(loglikelihoods(scorer, PAIRS))

    for one, other in zip(*scores, strict=True):
        assert (one.tokens, one.greedy) == (other.tokens, other.greedy)
        assert one.logprob == pytest.approx(other.logprob, abs=0.01 * max(1, one.tokens))
    assert scores[0][4].tokens == 0
    assert scores[0][4].logprob == 0


def test_an_adapter_changes_what_both_say_by_the_same(both):
    tokens = both[0].encode("The gateway reads 9.11 degrees and")
    rows = []
    for scorer in both:
        scorer.use(None)
        base = log_softmax(scorer.logits(tokens, len(tokens) - 1))
        scorer.use("a")
        rows.append(log_softmax(scorer.logits(tokens, len(tokens) - 1)) - base)

    assert np.abs(rows[1]).max() > 0.1
    assert np.abs(rows[0] - rows[1]).max() < 0.02


def test_a_score_does_not_depend_on_what_else_was_asked(both):
    """Sorting by prefix, continuations side by side and a cut KV cache are invisible in the figures."""
    long = "The gateway " * 300
    asked = [*PAIRS[:4], (long, " works"), (long + "still", " works"), (long, " " + "very " * 200 + "well")]
    for scorer in both:
        scorer.use(None)

        together = loglikelihoods(scorer, asked)
        alone = [loglikelihoods(scorer, [pair])[0] for pair in reversed(asked)][::-1]

        assert [s.logprob for s in together] == pytest.approx([s.logprob for s in alone], abs=2e-2)


def test_a_score_is_the_sum_of_the_rows_of_logits(both):
    for scorer in both:
        scorer.use(None)
        context, continuation = encode_pair(scorer, "The valve is", " closed since this morning")

        rows = log_softmax(scorer.logits([*context, *continuation], len(context) - 1))

        expected = sum(rows[i][token] for i, token in enumerate(continuation))
        assert scorer.score([(context, continuation)])[0].logprob == pytest.approx(expected, abs=1e-2)


def test_a_context_too_long_loses_its_beginning_and_is_counted(both):
    for scorer in both:
        scorer.use(None)
        before = scorer.truncated
        tokens = scorer.encode("pump " * 1200)

        score = scorer.score([(tokens, scorer.encode("works"))])[0]

        assert len(tokens) > scorer.n_ctx
        assert score.logprob < 0
        assert scorer.truncated == before + 1
        with pytest.raises(EvaluationError, match="continuation of"):
            scorer.score([(tokens[:5], tokens)])


def test_both_generate_the_same_side_by_side_and_alone(both):
    prompts = [both[0].render([{"role": "user", "content": f"Pump {i}: {'what now? ' * i}"}]) for i in range(20)]
    assert prompts[0] == both[1].render([{"role": "user", "content": "Pump 0: "}])
    made = []
    for scorer in both:
        scorer.use("a")
        made.append(answers(scorer, prompts, Generation(max_tokens=6)))
        assert answers(scorer, prompts[:1], Generation(max_tokens=6)) == made[-1][:1]

    # A random model's logits lie close together: rounding may turn single answers.
    assert sum(one == other for one, other in zip(*made, strict=True)) >= 18


def test_sampling_repeats_with_its_seed_and_stops_where_told(both):
    for scorer in both:
        scorer.use(None)
        settings = Generation(max_tokens=12, temperature=1.0, top_p=0.9, seed=3)

        first = answers(scorer, ["The valve", "The pump"], settings)
        stop = first[0][3:6]
        again = answers(
            scorer, ["The valve"], Generation(max_tokens=12, stop=(stop,), temperature=1.0, top_p=0.9, seed=3)
        )

        assert again[0] == first[0].partition(stop)[0]


def test_top_p_keeps_the_smallest_set_of_tokens():
    logits = np.log(np.array([0.5, 0.3, 0.15, 0.05], dtype=np.float32))
    settings = Generation(temperature=1.0, top_p=0.75)

    drawn = {sample(logits, settings, draw) for draw in np.linspace(0, 0.999, 200)}

    assert drawn == {0, 1}
    assert sample(logits, Generation(), 0.99) == 0


def test_the_first_stop_string_ends_an_answer():
    assert cut("4\n\nQuestion: 5", ("Question:", "\n\n")) == ("4", True)
    assert cut("4", ("Question:", "")) == ("4", False)


def test_what_cannot_be_opened_is_named(tiny, tmp_path):
    text = tmp_path / "model.gguf"
    text.write_text("no model")
    damaged = tmp_path / "damaged.gguf"
    damaged.write_bytes(tiny.gguf.read_bytes()[:50_000])

    with pytest.raises(EvaluationError, match="this is no GGUF"):
        find(text).open()
    with pytest.raises(EvaluationError, match="cannot load this model"):
        find(damaged).open()
    with pytest.raises(EvaluationError, match="no such adapter"):
        find(tiny.gguf, ["a=nowhere.gguf"])
    with pytest.raises(EvaluationError, match="neither a bundle"):
        find(tmp_path)
    with pytest.raises(EvaluationError, match="no such file or folder"):
        find(tmp_path / "nowhere")
