"""How many answers are exactly right: one forward pass says what decoding token by token does."""

import pytest
import torch

from finetune.exact import choose, exactly_right
from finetune.generation import Sampling, generate
from finetune.sample_store import Samples
from finetune.samples import question_and_answer
from finetune.tokens import Sample
from tests.finetune.tiny import attached, stir

END = 96


class Tokenizer:
    """Numbers as text."""

    eos_token_id = pad_token_id = END

    def decode(self, tokens, **_):
        return " ".join(map(str, tokens))


def question(tokens, answer, task):
    return Sample((*tokens, *answer), (False,) * len(tokens) + (True,) * len(answer), task)


@pytest.mark.parametrize("name", ["lora", "dora", "mtlora", "adalora"])
def test_a_forward_pass_knows_what_greedy_decoding_writes(name):
    """References are what the model says itself; every other one is spoilt at a place of its own."""
    tasks = ("a", "b") if name == "mtlora" else ()
    method, model, _ = attached(name, tasks=tasks)
    stir(model)
    generator = torch.Generator().manual_seed(3)
    questions, expected = [], {"a": [], "b": []}
    for number in range(24):
        task = "ab"[number % 2]
        prompt = torch.randint(0, END, (3 + number % 7,), generator=generator).tolist()
        method.use_task(model, task if tasks else "")
        (said,) = generate(model, Tokenizer(), [prompt], Sampling(max_tokens=6, temperature=0))
        answer = [int(token) for token in said.text.split()]
        spoilt = number % 4 > 1
        if spoilt:
            place = number % len(answer)
            answer[place] = (answer[place] + 1) % END
        questions.append(question(prompt, answer, task))
        expected[task].append(not spoilt)

    found = exactly_right(model, method, questions, pad=END, tokens_at_once=40)

    assert found == expected
    assert model.training


def test_the_mark_that_ends_an_answer_must_be_likeliest_too():
    method, model, _ = attached("lora")
    stir(model)
    (said,) = generate(model, Tokenizer(), [[5, 6, 7]], Sampling(max_tokens=4, temperature=0))
    answer = [int(token) for token in said.text.split()]

    cut = exactly_right(model, method, [question([5, 6, 7], [*answer[:2], END], "")], pad=END, tokens_at_once=40)

    assert not said.ended
    assert cut == {"": [False]}


def test_each_task_has_its_share_of_the_questions():
    samples = Samples(question([number], [1], "a" if number < 10 else "b") for number in range(13))

    chosen = choose(samples, 8)

    assert [(sample.task, sample.tokens[0]) for sample in chosen] == [
        ("a", 0), ("b", 10), ("a", 1), ("b", 11), ("a", 2), ("b", 12), ("a", 3), ("a", 4),
    ]  # fmt: skip


def test_of_a_conversation_the_first_answer_counts():
    sample = Sample((1, 2, 3, 4, 5, 6), (False, True, True, False, True, True), "")

    assert question_and_answer(sample) == ((1,), (2, 3))
    assert question_and_answer(Sample((1, 2, 3), (True, True, True), "")) == ((1,), (2, 3))
