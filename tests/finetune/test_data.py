"""Data are checked line by line; the loss falls on the assistant's words only; packs never mix."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from finetune.backends.peft_backend import IGNORED, collate, summed_loss
from finetune.data import Sample, describe, load_dataset, read_examples, tokenise
from finetune.errors import DataError
from finetune.packing import Plan, epoch_batches, pack
from finetune.presets import recipe_text
from finetune.recipe import load_recipe
from tests.finetune.tiny import save_base, sums, tiny_llama, tiny_tokenizer, write_jsonl


def recipe_for(tmp_path, *overrides):
    path = tmp_path / "recipe.toml"
    path.write_text(recipe_text("smollm2-135m"))
    base = tmp_path / "base"
    if not base.exists():
        save_base(base)
    given = [f"base.model={base}", f"data.train={tmp_path / 'train.jsonl'}", f"run.folder={tmp_path / 'run'}"]
    return load_recipe(path, [*given, *overrides])


def learned_text(sample, tokenizer):
    return tokenizer.decode([t for t, learn in zip(sample.tokens, sample.learned, strict=True) if learn])


def sample_of(row, tmp_path, tokenizer):
    (example,) = read_examples(write_jsonl(tmp_path / "one.jsonl", [row]))
    return tokenise(example, tokenizer)


def test_the_loss_falls_on_every_assistant_turn_and_its_end_mark(tmp_path):
    tokenizer = tiny_tokenizer()
    turns = [
        ("system", "Be brief."),
        ("user", "héllo 9.11"),
        ("assistant", "9.9 ✓"),
        ("user", "?"),
        ("assistant", "no"),
    ]
    sample = sample_of({"messages": [{"role": r, "content": c} for r, c in turns]}, tmp_path, tokenizer)

    assert learned_text(sample, tokenizer) == "9.9 ✓<|im_end|>no<|im_end|>"
    assert tokenizer.decode(sample.tokens).endswith("no<|im_end|>\n")


def test_alpaca_and_plain_text_are_understood(tmp_path):
    tokenizer = tiny_tokenizer()

    alpaca = sample_of({"instruction": "Add", "input": "1 2", "output": "3"}, tmp_path, tokenizer)
    plain = sample_of({"prompt": "a b", "completion": " c"}, tmp_path, tokenizer)

    assert "Add\n\n1 2" in tokenizer.decode(alpaca.tokens)
    assert learned_text(alpaca, tokenizer) == "3<|im_end|>"
    assert tokenizer.decode(plain.tokens) == "a b c<|im_end|>"
    assert learned_text(plain, tokenizer) == " c<|im_end|>"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{broken", "not valid JSON"),
        ("[1]", "must be a JSON object"),
        ('{"text": "x"}', "it needs chat"),
        ('{"messages": []}', "must be a list"),
        ('{"messages": [{"role": "robot", "content": "x"}]}', "message 1 needs a role"),
        ('{"messages": [{"role": "user", "content": "x"}]}', "no assistant turn"),
        ('{"messages": [{"role": "user", "content": 3}]}', "content = 3: must be text"),
        ('{"prompt": "x", "completion": " "}', "no answer to learn"),
        ('{"prompt": "x", "completion": "y", "task": 1}', "task = 1"),
    ],
)
def test_a_broken_line_is_named_with_file_and_line(tmp_path, line, says):
    path = tmp_path / "train.jsonl"
    path.write_text('{"prompt": "a", "completion": "b"}\n\n' + line + "\n")

    with pytest.raises(DataError, match=r"train.jsonl:3: ") as caught:
        list(read_examples(path))

    assert says in str(caught.value)


def test_only_the_first_twenty_problems_are_spelled_out(tmp_path):
    path = tmp_path / "train.jsonl"
    path.write_text("x\n" * 50)

    with pytest.raises(DataError, match="and 30 more broken lines") as caught:
        list(read_examples(path))

    assert len(caught.value.problems) == 21


def test_a_template_that_leaves_nothing_to_learn_and_a_sample_that_is_too_long_name_the_line(tmp_path):
    long = {"role": "user", "content": "x" * 500}
    rows = [*sums(3), {"messages": [long, {"role": "assistant", "content": "y"}]}]
    write_jsonl(tmp_path / "train.jsonl", rows)
    template = tmp_path / "t.jinja"
    template.write_text("{% for m in messages if m['role'] == 'user' %}{{ m['content'] }}{% endfor %}")

    recipe = recipe_for(tmp_path, "data.max_tokens=200", "data.validation_share=0.0")
    with pytest.raises(DataError, match=r"train.jsonl:4: has 5\d\d tokens, data.max_tokens is 200"):
        load_dataset(recipe, tiny_tokenizer())
    with pytest.raises(DataError, match=r"train.jsonl:1: nothing would be learned"):
        load_dataset(recipe, tiny_tokenizer(template.read_text()))
    with pytest.raises(DataError, match=r"train.jsonl:1: the chat template refuses it"):
        load_dataset(recipe, tiny_tokenizer("{{ raise_exception('no') }}"))


def test_the_split_is_by_hash_and_stays_when_the_file_grows(tmp_path):
    tokenizer = tiny_tokenizer()
    held = []
    for count in (200, 400):
        write_jsonl(tmp_path / "train.jsonl", sums(count))
        held.append({s.tokens for s in load_dataset(recipe_for(tmp_path), tokenizer).validation})

    assert held[0] <= held[1]
    assert 0.01 < len(held[1]) / 400 < 0.1


def test_replay_makes_up_its_share_and_equal_examples_are_counted(tmp_path):
    write_jsonl(tmp_path / "train.jsonl", [*sums(30), *sums(5)])
    write_jsonl(tmp_path / "replay.jsonl", [{"prompt": f"p{i}", "completion": "c"} for i in range(40)])
    recipe = recipe_for(
        tmp_path, f"data.replay={tmp_path / 'replay.jsonl'}", "data.replay_share=0.3", "data.validation_share=0.0"
    )

    figures = describe(recipe, load_dataset(recipe, tiny_tokenizer()))

    assert figures["replayed_examples"] == 15
    assert figures["train_examples"] == 50
    assert figures["duplicates"] == 5


def test_a_multi_task_method_wants_a_task_in_every_line(tmp_path):
    write_jsonl(tmp_path / "train.jsonl", [*sums(3, task="red"), *sums(1)])
    recipe = recipe_for(tmp_path, "method.name=mtlora", "data.validation_share=0.0")

    with pytest.raises(DataError, match=r"train.jsonl:4: mtlora needs a \"task\""):
        load_dataset(recipe, tiny_tokenizer())


@given(
    st.lists(st.tuples(st.integers(1, 40), st.sampled_from("abc")), min_size=1, max_size=60),
    st.integers(40, 90),
    st.booleans(),
    st.integers(0, 9),
)
def test_no_row_and_no_batch_mixes_tasks_and_every_sample_comes_once(sizes, max_tokens, packing, epoch):
    samples = [Sample((n,) * size, (True,) * size, task, "") for n, (size, task) in enumerate(sizes)]

    plans = epoch_batches(samples, batch=3, max_tokens=max_tokens, packing=packing, seed=1, epoch=epoch)

    assert all({s.task for row in plan.rows for s in row} == {plan.task} for plan in plans)
    assert all(sum(len(s.tokens) for s in row) <= max_tokens for plan in plans for row in plan.rows)
    assert sorted(s.tokens[0] for plan in plans for row in plan.rows for s in row) == list(range(len(samples)))
    again = epoch_batches(samples, batch=3, max_tokens=max_tokens, packing=packing, seed=1, epoch=epoch)
    assert plans == again


def test_packing_fills_rows():
    samples = [Sample((1,) * size, (True,) * size, "", "") for size in [50, 30, 20, 60, 40] * 4]

    assert len(pack(samples, 100)) == 8


def test_a_packed_row_has_the_loss_of_its_samples_alone():
    """Each sample attends to itself only, with its own positions, and the first token of each is not predicted."""
    model = tiny_llama(vocabulary=97).eval()
    generator = torch.Generator().manual_seed(3)
    samples = [
        Sample(tuple(torch.randint(0, 97, (n,), generator=generator).tolist()), (True,) * n, "", "") for n in (5, 9, 7)
    ]
    together = collate(Plan((tuple(samples),), ""), 0, torch.device("cpu"))
    padded = collate(Plan(tuple((s,) for s in samples), ""), 0, torch.device("cpu"))
    alone = [collate(Plan(((s,),), ""), 0, torch.device("cpu")) for s in samples]

    expected = sum(float(summed_loss(model, batch)) for batch in alone)

    assert float(summed_loss(model, together)) == pytest.approx(expected, rel=1e-5)
    assert float(summed_loss(model, padded)) == pytest.approx(expected, rel=1e-5)
    assert int((together["labels"] != IGNORED).sum()) == 4 + 8 + 6
