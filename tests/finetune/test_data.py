"""Data are checked line by line; the loss falls on the assistant's words only; packs never mix."""

import json
import tracemalloc
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from edgegen.commands.finetune import command
from edgegen.errors import ConfigError
from finetune.backends.peft_backend import IGNORED, collate, summed_loss
from finetune.data import load_dataset
from finetune.errors import DataError
from finetune.examples import read_examples
from finetune.generation import chat_tokens
from finetune.packing import Plan, Rows, epoch_batches, pack
from finetune.presets import recipe_text
from finetune.probes import read_questions
from finetune.recipe import load_recipe
from finetune.sample_store import Samples
from finetune.survey import quantile, survey
from finetune.tokens import Sample, tokenise
from finetune.training.record import recipe_as_run
from tests.finetune.tiny import CHATML, save_base, sums, tiny_llama, tiny_tokenizer, write_jsonl

ROOT = Path(__file__).parent.parent.parent


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


@pytest.mark.parametrize("opening", ["", "{{ bos_token }}"])
def test_a_chat_begins_with_bos_once_where_the_gateway_would_put_it(tmp_path, opening):
    from tokenizers.processors import TemplateProcessing

    chat = {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}
    bare = sample_of(chat, tmp_path, tiny_tokenizer())
    tokenizer = tiny_tokenizer(opening + CHATML)
    tokenizer.add_special_tokens({"bos_token": "<|endoftext|>"})
    begin = TemplateProcessing(single="<|endoftext|> $A", special_tokens=[("<|endoftext|>", 0)])
    tokenizer.backend_tokenizer.post_processor = begin

    sample = sample_of(chat, tmp_path, tokenizer)

    assert sample.tokens == (0, *bare.tokens)
    assert sample.learned == (False, *bare.learned)
    assert chat_tokens(tokenizer, chat["messages"][:1]) == list(sample.tokens[: sample.learned.index(True)])


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
        ("[" * 200_000, "nested too deep for a reader of JSON, in: [[["),
        ("[1]", "must be a JSON object"),
        ('{"text": "x"}', "it needs chat"),
        ('{"messages": []}', "must be a list"),
        ('{"messages": [{"role": "robot", "content": "x"}]}', "message 1 needs a role"),
        ('{"messages": [{"role": "user", "content": "x"}]}', "no assistant turn"),
        ('{"messages": [{"role": "user", "content": 3}]}', "message 1: content = 3: must be text"),
        ('{"prompt": "x", "completion": " "}', "no answer to learn"),
        ('{"prompt": "x", "completion": "y", "task": 1}', "task = 1"),
        ('{"prompt": "\\ud83d", "completion": "y"}', "holds half of a character, \\ud83d. Write it whole"),
        ('{"prompt": "x", "completion": "y", "task": "\\udc00"}', "holds half of a character, \\udc00. Write it whole"),
        ("\x1b[2J\x00\u202e{", "in: \\x1b[2J\\x00\\u202e{. Write one object"),
        ('{"\\u001b]0;x\\u0007": 1}', "has the fields \\x1b]0;x\\x07; it needs chat"),
        (json.dumps({f"field{number}": 1 for number in range(999)}), "field22, fie ...; it needs chat"),
    ],
)
def test_a_broken_line_is_named_with_file_and_line(tmp_path, line, says):
    path = tmp_path / "train.jsonl"
    path.write_text('{"prompt": "a", "completion": "b"}\n\n' + line + "\n")

    with pytest.raises(DataError, match=r"train.jsonl:3: ") as caught:
        list(read_examples(path))

    assert says in str(caught.value)


def test_a_file_that_windows_wrote_is_read(tmp_path):
    """A byte order mark in front, CR LF behind every line."""
    path = tmp_path / "train.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"prompt": "a", "completion": "b"}\r\n{"prompt": "c", "completion": "d"}\r\n')

    assert [example.turns[1][1] for example in read_examples(path)] == ["b", "d"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{"prompt": "a", "completion": "b"}\n{"prompt": "ä", "completion": "b"}\n'.encode("latin-1"),
         "train.jsonl:2: byte 0xe4 is not UTF-8"),
        ('{"prompt": "a", "completion": "b"}\n'.encode("utf-16"), "train.jsonl: is UTF-16"),
        (b'[\n {"prompt": "a", "completion": "b"}\n]\n', "train.jsonl: is one JSON list.* one object a line"),
    ],
)  # fmt: skip
def test_a_file_of_another_kind_is_named_with_the_remedy(tmp_path, content, says):
    path = tmp_path / "train.jsonl"
    path.write_bytes(content)

    with pytest.raises(DataError, match=says) as caught:
        list(read_examples(path))

    assert len(caught.value.problems) == 1


def test_one_mistake_in_every_line_is_told_once_and_hides_no_other(tmp_path):
    path = tmp_path / "train.jsonl"
    path.write_text('{"messages": []}\n' * 50 + '{"prompt": "a"}\n')

    with pytest.raises(DataError) as caught:
        list(read_examples(path))

    assert [line.partition(": ")[0] for line in caught.value.problems[:4]] == [f"{path}:{n}" for n in (1, 2, 3, 51)]
    assert caught.value.problems[4].startswith("and 47 more lines: messages must be a list")
    assert len(caught.value.problems) == 5


def test_of_many_that_are_too_long_a_few_are_named_and_the_longest_is_told(tmp_path):
    """So that one look is enough to choose data.max_tokens."""
    rows = [{"prompt": "x" * (20 + n), "completion": "y"} for n in range(30)]
    write_jsonl(tmp_path / "train.jsonl", [*rows, {"prompt": "a", "completion": ""}])

    with pytest.raises(DataError) as caught:
        survey(recipe_for(tmp_path, "data.max_tokens=32"), tiny_tokenizer())

    named, last = caught.value.problems[:-1], caught.value.problems[-1]
    assert {problem.partition(": ")[0].rpartition(":")[2] for problem in named} == {"12", "13", "14", "31"}
    assert last == "and 16 more lines: too long, 51 tokens the longest."


def test_only_the_first_twenty_problems_are_spelled_out(tmp_path):
    path = tmp_path / "train.jsonl"
    path.write_text("".join(f"x{number}\n" for number in range(50)))

    with pytest.raises(DataError, match="and 30 more broken lines") as caught:
        list(read_examples(path))

    assert len(caught.value.problems) == 21


def test_a_base_without_a_chat_template_is_said_with_the_remedy(tmp_path):
    write_jsonl(tmp_path / "train.jsonl", sums(3))

    with pytest.raises(DataError, match=r"train.jsonl:1: the base's tokenizer has no chat template.* data.template ="):
        load_dataset(recipe_for(tmp_path), tiny_tokenizer(template=None))


def test_a_sample_longer_than_the_context_of_the_base_names_the_line(tmp_path):
    """However long the recipe allows it to be: positions beyond were never trained."""
    write_jsonl(tmp_path / "train.jsonl", [*sums(3), {"prompt": "x" * 600, "completion": "y"}])

    with pytest.raises(DataError, match=r"train.jsonl:4: has 602 tokens, the base was made for 512 \(max_position"):
        load_dataset(recipe_for(tmp_path, "data.max_tokens=1024"), tiny_tokenizer())


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
    with pytest.raises(DataError, match=r"train.jsonl:1: the chat template \(its line 2\) refuses it: .*[^.]\. Check"):
        load_dataset(recipe, tiny_tokenizer("{{ messages }}\n{% unless %}"))


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

    dataset = load_dataset(recipe, tiny_tokenizer())
    figures = survey(recipe, tiny_tokenizer())

    assert dataset.replayed == figures["replayed_examples"] == 15
    assert len(dataset.train) == 50
    assert figures["train_examples"] == 35
    assert figures["duplicates"] == 5


def test_a_multi_task_method_wants_a_task_in_every_line(tmp_path):
    write_jsonl(tmp_path / "train.jsonl", [*sums(3, task="red"), *sums(1)])
    recipe = recipe_for(tmp_path, "method.name=mtlora", "data.validation_share=0.0")

    with pytest.raises(DataError, match=r"train.jsonl:4: mtlora needs a \"task\""):
        load_dataset(recipe, tiny_tokenizer())


def test_a_task_that_is_only_held_out_is_named(tmp_path):
    """There would be no adapter to measure it with."""
    write_jsonl(tmp_path / "train.jsonl", sums(20, task="red"))
    validation = write_jsonl(tmp_path / "validation.jsonl", [*sums(2, task="red"), *sums(2, task="blue")])

    with pytest.raises(DataError) as caught:
        load_dataset(recipe_for(tmp_path, "method.name=mtlora", f"data.validation={validation}"), tiny_tokenizer())

    (problem,) = caught.value.problems
    assert problem.startswith(f'{validation}:3: task = "blue": is held out, and no example of it is trained on')


@pytest.mark.parametrize("task", ["../../out", "a\\b", ".."])
def test_a_task_that_would_leave_its_folder_is_refused(tmp_path, task):
    write_jsonl(tmp_path / "train.jsonl", sums(3, task=task))
    recipe = recipe_for(tmp_path, "method.name=mtlora", "data.validation_share=0.0")

    with pytest.raises(DataError, match=r"train.jsonl:1: task = .*names a folder of the run"):
        load_dataset(recipe, tiny_tokenizer())


@given(
    st.lists(st.tuples(st.integers(1, 40), st.sampled_from("abc")), min_size=1, max_size=60),
    st.integers(40, 90),
    st.booleans(),
    st.integers(0, 9),
)
def test_no_row_and_no_batch_mixes_tasks_and_every_sample_comes_once(sizes, max_tokens, packing, epoch):
    samples = Samples(Sample((n,) * size, (True,) * size, task) for n, (size, task) in enumerate(sizes))

    plans = epoch_batches(samples, batch=3, max_tokens=max_tokens, packing=packing, seed=1, epoch=epoch)

    assert all({s.task for row in plan.rows for s in row} == {plan.task} for plan in plans)
    assert all(sum(len(s.tokens) for s in row) <= max_tokens for plan in plans for row in plan.rows)
    assert sorted(s.tokens[0] for plan in plans for row in plan.rows for s in row) == list(range(len(samples)))
    again = epoch_batches(samples, batch=3, max_tokens=max_tokens, packing=packing, seed=1, epoch=epoch)
    assert list(plans) == list(again)


def test_packing_fills_rows():
    rows = Rows()

    pack(range(20), [50, 30, 20, 60, 40] * 4, 100, rows)

    assert len(rows) == 8


def test_samples_take_a_few_bytes_a_token_and_come_back_as_they_were():
    """A million tokens in objects of their own would take 50 MB and more."""
    samples = Samples()
    tracemalloc.start()

    for n in range(10_000):
        samples.append(Sample(tuple(range(n, n + 100)), (False,) * 50 + (True,) * 50, f"task {n % 3}", kl=n % 2 == 1))

    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert held < 6 * 10_000 * 100
    assert samples[7] == Sample(tuple(range(7, 107)), (False,) * 50 + (True,) * 50, "task 1", kl=True)
    assert samples[-1:] == [samples[9_999]]
    assert samples.tasks == ("task 0", "task 1", "task 2")
    assert set(samples.lengths()) == {100}


def test_a_packed_row_has_the_loss_of_its_samples_alone():
    """Each sample attends to itself only, with its own positions, and the first token of each is not predicted."""
    model = tiny_llama(vocabulary=97).eval()
    generator = torch.Generator().manual_seed(3)
    samples = [
        Sample(tuple(torch.randint(0, 97, (n,), generator=generator).tolist()), (True,) * n, "") for n in (5, 9, 7)
    ]
    together = collate(Plan((tuple(samples),), ""), 0, torch.device("cpu"))
    padded = collate(Plan(tuple((s,) for s in samples), ""), 0, torch.device("cpu"))
    alone = [collate(Plan(((s,),), ""), 0, torch.device("cpu")) for s in samples]

    expected = sum(float(summed_loss(model, batch)) for batch in alone)

    assert float(summed_loss(model, together)) == pytest.approx(expected, rel=1e-5)
    assert float(summed_loss(model, padded)) == pytest.approx(expected, rel=1e-5)
    assert int((together["labels"] != IGNORED).sum()) == 4 + 8 + 6


def test_rows_may_come_from_parquet_csv_and_folders_with_their_place_in_the_file(tmp_path):
    import polars as pl

    frame = pl.DataFrame({"instruction": ["a", "b"], "input": [None, "c"], "output": ["x", "y"]})
    folder = tmp_path / "set" / "data"
    folder.mkdir(parents=True)
    frame.write_parquet(folder / "train-00000-of-00001.parquet")
    frame.write_parquet(folder / "test-00000-of-00001.parquet")
    frame.write_csv(tmp_path / "t.csv")
    frame.write_ipc_stream(tmp_path / "t.arrow")
    chat = pl.DataFrame({"messages": [sums(1)[0]["messages"]], "id": [7]})
    chat.write_parquet(tmp_path / "chat.parquet")

    for source in (tmp_path / "set", tmp_path / "t.csv", tmp_path / "t.arrow"):
        examples = list(read_examples(source))
        assert [e.turns for e in examples] == [
            (("user", "a"), ("assistant", "x")),
            (("user", "b\n\nc"), ("assistant", "y")),
        ]
    assert examples[1].where == f"{tmp_path}/t.arrow:2"
    assert next(read_examples(tmp_path / "t.csv")).where.endswith("t.csv:2")
    assert next(read_examples(tmp_path / "chat.parquet")).turns == (("user", "0+1"), ("assistant", "1"))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'prompt,completion\n"two\nlines",b\nc,\n', r"t.csv:4: completion = null"),
        (b'prompt,completion\n"two\nlines",b\nc,d,e\n', r"t.csv:4: has 3 cells, the line of names 2. Write text with"),
        (b'prompt,completion\na,b\n"c,d\ne,f\n', r"t.csv:3: is no row of CSV: .* a quote in it twice"),
        (b"prompt,completion\na,b\nc,\xe4\n", r"t.csv:3: byte 0xe4 is not UTF-8"),
    ],
)
def test_a_broken_row_of_a_csv_file_is_named_with_its_line(tmp_path, content, says):
    """The line where the row begins: cells may hold ends of lines."""
    (tmp_path / "t.csv").write_bytes(content)

    with pytest.raises(DataError, match=says) as caught:
        list(read_examples(tmp_path / "t.csv"))

    assert "infer_schema" not in str(caught.value)  # what Polars would have a programmer try


def test_a_run_trains_from_a_folder_and_names_what_a_cell_lacks(tmp_path):
    import polars as pl

    (tmp_path / "train.jsonl").mkdir()
    frame = pl.DataFrame({"prompt": ["a"] * 9 + [None], "completion": [str(n) for n in range(10)]})
    frame.write_parquet(tmp_path / "train.jsonl" / "x.parquet")

    with pytest.raises(DataError, match=r"x.parquet:10: prompt = null: must be text"):
        load_dataset(recipe_for(tmp_path), tiny_tokenizer())


def test_a_data_set_of_the_hub_needs_leave(tmp_path):
    write_jsonl(tmp_path / "train.jsonl", sums(3))

    with pytest.raises(ConfigError, match=r"data.train = \"hub:a/b\": is a name on the hub; write base.hub = true"):
        recipe_for(tmp_path, "data.train=hub:a/b")
    allowed = recipe_for(tmp_path, "data.train=hub:a/b", "base.hub=true")
    assert str(allowed.data.train) == "hub:a/b"
    assert 'train = "hub:a/b"' in recipe_as_run(allowed)


def test_a_million_lines_are_surveyed_in_bounded_memory(tmp_path):
    """What is kept of a line is eight bytes: the memory used grows by far less than the file's size."""
    import subprocess
    import sys

    big = tmp_path / "big.jsonl"
    with big.open("w") as file:
        for n in range(0, 1_000_000, 1000):
            file.write("".join(f'{{"prompt":"{i} and one?","completion":"{i + 1}"}}\n' for i in range(n, n + 1000)))
    code = """
import sys
from pathlib import Path
from finetune.examples import Problems, held_out, read_examples
from finetune.survey import _Part, _add

def anon():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1024

part, most = _Part(), 0.0
for number, example in enumerate(read_examples(Path(sys.argv[1]))):
    _add(part, example, 7, 2)
    if number == 50_000:
        start = anon()
    if number % 50_000 == 0:
        most = max(most, anon())
part.ordered()
print(part.count, round(most - start))
"""
    run = [sys.executable, "-c", code, str(big)]
    count, grown = map(int, subprocess.run(run, capture_output=True, text=True, check=True).stdout.split())

    assert count == 1_000_000
    assert grown < 60, f"{grown} MiB"
    assert big.stat().st_size > 45_000_000


def test_examples_that_ask_what_a_probe_asks_are_counted_and_named(tmp_path):
    suite = tmp_path / "probes"
    suite.mkdir()
    (suite / "numbers.toml").write_text(
        'name = "numbers"\n[[probe]]\nid = "a"\nprompts = ["Which is larger, {a} or {b}?", "{question}", "Say hello."]'
        '\nvalues = [{a = "9.11", b = "9.9"}]\n'
    )
    write_jsonl(tmp_path / "train.jsonl", [
        {"instruction": "which is  larger, 9.11 or 9.9", "output": "9.9"},
        {"instruction": "Which is larger, 3.5 or 3.4?", "output": "3.5"},
        {"instruction": "say hello", "output": "hello"},
        {"instruction": "Which of them is larger, 3.5 or 3.4?", "output": "3.5"},
    ])  # fmt: skip
    questions = read_questions(tmp_path)

    found = survey(recipe_for(tmp_path, "data.validation_share=0.0"), tiny_tokenizer(), questions)["probes"]

    assert found["examples_equal_to_a_question"] == 2
    assert found["examples_worded_like_one"] == 1
    assert found["templates_that_match_anything"] == 1
    assert found["alike"] == [f"{tmp_path}/train.jsonl:2"]
    with pytest.raises(ConfigError, match="holds no probe suite"):
        read_questions(tmp_path / "base")


def test_the_shipped_suites_are_read_as_plain_files(tmp_path):
    questions = read_questions(ROOT / "edge" / "probes" / "suites")

    assert len(questions.texts) > 10
    assert len(questions.wordings) > 10


def test_the_data_command_reports_overlap(tmp_path):
    write_jsonl(tmp_path / "train.jsonl", [{"instruction": "What is the capital of France?", "output": "Paris"}] * 3)
    recipe_for(tmp_path)
    arguments = ["data", str(tmp_path / "recipe.toml"), "--probes", str(ROOT / "edge/probes/suites")]
    for name, value in (("base.model", "base"), ("data.train", "train.jsonl"), ("data.validation_share", "0.0")):
        arguments += ["--set", f"{name}={tmp_path / value if name != 'data.validation_share' else value}"]

    result = CliRunner().invoke(command, arguments, catch_exceptions=False)

    assert ["duplicates", "2"] in [line.split() for line in result.output.splitlines()]
    assert f"asks what a probe asks: {tmp_path}/train.jsonl:1" in result.output


def test_quantiles_are_those_of_the_sorted_lengths():
    from collections import Counter

    lengths = [3, 3, 3, 5, 8, 8, 9, 20]

    assert [quantile(Counter(lengths), share) for share in (0, 0.5, 0.95, 1)] == [3, 8, 20, 20]
