"""A suite from a model maker's own data."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from edge.probes.checks import judge
from edge.probes.init import check_for, examples, suite_text, threshold_of, write_suite
from edge.probes.suite import load_suite
from edgegen.commands.probe import command
from edgegen.errors import ConfigError
from edgegen.split import SEALED, split_of
from finetune.examples import held_out, read_examples


def maker(count: int) -> list[dict[str, Any]]:
    return [chat(f"What is the limit of pump {number}?", f"{number % 9} bar") for number in range(count)]


def write(folder: Path, *rows: Any) -> Path:
    path = folder / "own.jsonl"
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))
    return path


def chat(question: str, answer: str, **more: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}], **more}


def test_only_sealed_examples_become_questions(tmp_path: Path) -> None:
    data = write(tmp_path, *[chat(f"Question {i}?", f"Answer {i}", task="pumps") for i in range(200)])
    out = tmp_path / "pumps.toml"

    outcome = CliRunner().invoke(command, ["init", str(data), "--out", str(out), "--threshold", "0.9"])

    suite = load_suite(out)
    assert outcome.exit_code == 0, outcome.output
    assert {item.prompt for item in suite.items} == {
        f"Question {i}?" for i in range(200) if split_of("example", f"Question {i}?") == SEALED
    }
    assert 5 < len(suite.items) < 40
    assert suite.threshold == 0.9
    assert {item.category for item in suite.items} == {"pumps"}
    again = CliRunner().invoke(command, ["init", str(data), "--out", str(out)])
    assert "exists already" in str(again.exception)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ('{"on": true}', "json"),
        ("[1, 2]", "json"),
        ('{"on": null}', "exact"),
        ("It is 21.5", "number"),
        ("It is 21.5.", "number"),
        ("Close valve 7 now", "exact"),
        ("Yes", "exact"),
        ('{"on": NaN}', "exact"),
        ('{"on": 1e999}', "exact"),
        ('{"on": "\\ud800"}', "exact"),
        ("[" * 64 + "]" * 64, "json"),
        ("[" * 400 + "]" * 400, "exact"),
        ("[" * 200_000, "exact"),
    ],
)
def test_the_answer_decides_its_check(answer: str, kind: str) -> None:
    check = check_for(answer, "auto")

    assert check["kind"] == kind
    assert judge(check, answer).passed
    assert not judge(check, "something else entirely").passed


@given(st.text(min_size=1).filter(str.strip), st.text(min_size=1).filter(str.strip))
def test_any_text_survives_the_way_through_toml(tmp_path_factory: Any, question: str, answer: str) -> None:
    """Quotes, braces, newlines and control characters come back as they were."""
    question, answer = (text.encode("utf-8", "ignore").decode() for text in (question, answer))
    if not (question.strip() and answer.strip()):
        return
    path = tmp_path_factory.mktemp("own") / "own.toml"
    found = [(question, answer.strip(), "")]
    path.write_text(suite_text("own", found, source="d", check="exact", adapter=None, threshold=None), encoding="utf-8")

    (item,) = load_suite(path).items

    assert item.prompt == question
    assert judge(item.check, answer).passed


@pytest.mark.parametrize("answer", ['{"on": NaN}', "[" * 64 + "]" * 64, "[" * 400 + "]" * 400, '{"": [1e3]}'])
def test_any_document_survives_the_way_through_toml(tmp_path: Path, answer: str) -> None:
    data, out = write(tmp_path, chat("a?", answer)), tmp_path / "own.toml"

    outcome = CliRunner().invoke(command, ["init", str(data), "--out", str(out), "--all"], catch_exceptions=False)

    assert outcome.exit_code == 0
    (item,) = load_suite(out).items
    assert judge(item.check, answer).passed


def test_a_file_of_a_windows_editor_is_read(tmp_path: Path) -> None:
    """A byte order mark in front, carriage returns, and a line separator of Unicode within a string."""
    rows = [chat("a\u2028b?", "yes"), chat("c?", "no")]
    path = tmp_path / "own.jsonl"
    path.write_bytes("\r\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode("utf-8-sig"))

    assert examples(path, only_sealed=False) == [("a\u2028b?", "yes", ""), ("c?", "no", "")]


def test_a_bound_is_what_the_same_model_reaches_99_times_in_100() -> None:
    assert threshold_of(100, 100) == 0.9486  # 0.94867...: never more than was reached
    assert threshold_of(0, 100) == 0.0


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("{", ":1: Expecting"),
        ("[]", "must be a JSON object"),
        ({"messages": [{"role": "user", "content": "a"}]}, "its turns are user"),
        (chat("a", " "), "with text in both"),
        ({"text": "a"}, "with text in both"),
        ({"messages": ["a", "b"]}, "its turns are None, None"),
        ("[" * 200_000, ":1: nested too deep"),
        ('{"prompt": "a\\ud800", "completion": "b"}', ":1: holds half of a surrogate pair"),
    ],
)
def test_a_line_that_is_no_example_is_named(tmp_path: Path, line: Any, named: str) -> None:
    with pytest.raises(ConfigError) as raised:
        examples(write(tmp_path, line))

    assert named in raised.value.problems[0]


def test_data_without_a_sealed_line_is_an_error(tmp_path: Path) -> None:
    questions = [f"Question {i}?" for i in range(50) if split_of("example", f"Question {i}?") != SEALED]

    with pytest.raises(ConfigError, match="none of its"):
        examples(write(tmp_path, *[chat(question, "a") for question in questions]))
    assert len(examples(write(tmp_path, *[chat(question, "a") for question in questions]), only_sealed=False)) > 30


def test_a_training_on_the_rest_sees_none_of_the_suites_questions(tmp_path: Path) -> None:
    """What `edgegen finetune` holds out of a file is another choice: most sealed questions would be trained on."""
    data, train, out = write(tmp_path, *maker(2000)), tmp_path / "train.jsonl", tmp_path / "own.toml"

    made = CliRunner().invoke(command, ["init", str(data), "--out", str(out), "--rest", str(train)])
    asked = {item.prompt for item in load_suite(out).items}
    read = [example.turns[0][1] for example in read_examples(train)]
    own = {example.turns[0][1] for example in read_examples(data) if not held_out(example, 0.05)}

    assert made.exit_code == 0, made.output
    assert len(asked) > 150
    assert not asked & set(read)
    assert len(read) == 2000 - len(asked)
    assert len(asked & own) > 100  # so --rest is needed
    assert [json.loads(line) for line in train.read_text().splitlines()] == [
        row for row in maker(2000) if row["messages"][0]["content"] not in asked
    ]


def test_what_init_cannot_do_leaves_no_file(tmp_path: Path) -> None:
    data, out = write(tmp_path, *maker(40)), tmp_path / "own.toml"
    words = ["init", str(data), "--out", str(out)]

    for more, named in (
        (["--rest", str(data)], "is DATA itself"),
        (["--all", "--rest", str(tmp_path / "train.jsonl")], "none is left to train on"),
        (["--target", "mqtt"], "use bundle, or a .gguf file"),
        (["--target", str(tmp_path / "no.gguf")], "that exists"),
    ):
        done = CliRunner().invoke(command, [*words, *more])
        assert named in str(done.exception), done.output
        assert not out.exists()
    assert "--rest FILE writes own.jsonl without them" in CliRunner().invoke(command, words).output


def test_an_empty_file_and_a_suite_that_no_bundle_would_find_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no example"):
        examples(write(tmp_path))
    with pytest.raises(ConfigError, match=r"own\.txt: a suite's file is NAME\.toml"):
        write_suite(tmp_path / "own.txt", "", force=False)

    assert not (tmp_path / "own.txt").exists()


def test_a_check_that_does_not_fit_an_answer_is_named() -> None:
    with pytest.raises(ConfigError, match="holds no number"):
        suite_text("own", [("a?", "yes", "")], source="d", check="number", adapter=None, threshold=None)


@pytest.mark.model
def test_a_measured_model_gives_the_threshold(tmp_path: Path, smollm2: Path) -> None:
    rows = [chat("What is 2 + 2?", "4"), chat("What is the answer to 2 + 2?", "Atlantis")]
    data, out = write(tmp_path, *rows), tmp_path / "own.toml"
    arguments = ["init", str(data), "--out", str(out), "--all", "--check", "contains", "--target", str(smollm2)]

    outcome = CliRunner().invoke(command, [*arguments, "--data-dir", str(tmp_path)], catch_exceptions=False)

    assert "1 of 2 right" in outcome.output
    assert load_suite(out).threshold == pytest.approx(threshold_of(1, 2), abs=1e-4)


@pytest.mark.model
def test_a_model_that_gets_nothing_right_gives_no_threshold(tmp_path: Path, smollm2: Path) -> None:
    """A threshold of 0 would look like one and stop nothing."""
    data, out = write(tmp_path, chat("What is 2 + 2?", "Atlantis")), tmp_path / "own.toml"
    arguments = ["init", str(data), "--out", str(out), "--all", "--target", str(smollm2), "--data-dir", str(tmp_path)]

    outcome = CliRunner().invoke(command, arguments)
    kept = CliRunner().invoke(command, [*arguments, "--force", "--threshold", "0.00001"])

    assert outcome.exit_code == kept.exit_code == 1
    assert "0 of 1 right, and a threshold of 0 would let every model pass: none is written" in str(outcome.exception)
    assert "1e-05 stays" in str(kept.exception)
    assert load_suite(out).threshold == 0.00001
