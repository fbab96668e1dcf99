"""Generated data: nothing of the sealed split is ever in it, and its answers are right by another way of computing."""

import json
import re
from decimal import Decimal
from itertools import islice
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner

from edgegen.commands.finetune import command
from edgegen.errors import ConfigError
from edgegen.split import SPLITS, names_famous, pair_key, pair_split
from edgegen.tasks import (
    alert_triage,
    alert_wordings,
    command_wordings,
    iot_command,
    numbers,
    refusal,
    sensor_log,
    sequences,
)
from edgegen.tasks.compact import compact
from edgegen.tasks.dice import Dice
from edgegen.tasks.phrases import all_of
from edgegen.tasks.spoken import number_words, spoken_time
from finetune.datasets.base import examples
from finetune.datasets.registry import GENERATORS

COUNTS = {"refusal": 200, "sequences": 2000}
HELD_OUT = ("dev", "sealed")


def _words(text: str) -> tuple[str, ...]:
    """A template without its punctuation and case; slots count as words, and so do the signs that say which side."""
    return tuple(re.findall(r"\{\w+\}|[^\W\d_]+|[<>]", text.casefold()))


def _templates(task: str, split: str) -> list[str]:
    if task == "numbers":
        return [wording.text for language in numbers.LANGUAGES for wording in numbers.wordings(split, language)]
    if task == "iot-command":
        return [wording.text for wording in iot_command.wordings(split)] + list(command_wordings.FRAMES[split][1:])
    if task == "alert-triage":
        texts = alert_triage.templates(split)
        # What the grammar of the training may say is in tests/finetune/test_alert_data.py.
        return texts if split == "train" else [one for text in texts for one in all_of(text)]
    if task == "refusal":
        return [*refusal.ASKING[split], *refusal.HARMS[split], *(q for q, _ in refusal.HARMLESS[split])]
    return list({"sequences": sequences, "sensor-log": sensor_log}[task].WORDINGS[split])


@pytest.mark.parametrize("task", sorted(GENERATORS))
def test_no_template_of_one_split_is_in_another_even_but_for_its_punctuation(task: str) -> None:
    splits = {split: _templates(task, split) for split in SPLITS}

    bare = {split: {_words(text) for text in texts} for split, texts in splits.items()}
    assert all(splits.values())
    assert all(len(bare[split]) == len(splits[split]) for split in HELD_OUT)
    for split in HELD_OUT:
        others = set().union(*(bare[other] for other in SPLITS if other != split))
        assert not bare[split] & others


@pytest.mark.parametrize("language", sorted(numbers.LANGUAGES))
def test_composed_number_wordings_are_many_and_hold_none_that_is_held_out(language: str) -> None:
    held = [_words(wording.text) for split in HELD_OUT for wording in numbers.wordings(split, language)]
    dice = Dice(12)

    made = [numbers.composed(dice, language) for _ in range(4000)]

    kinds = {(wording.word, wording.subject) for wording in made}
    assert kinds == {(wording.word, wording.subject) for wording in numbers.wordings("train", language)}
    assert len({wording.text for wording in made}) > 2500
    for wording in made:
        words = _words(wording.text)
        assert words.count("{a}") >= 1 <= words.count("{b}")
        assert not set(wording.text) & set("|#")
        assert not any(part in " ".join(words) for part in ("{w}", "{s}", "{x}", "{y}", "{q}"))
        assert not any(
            words[start : start + len(one)] == one for one in held for start in range(len(words) - len(one) + 1)
        ), wording.text


def test_there_are_as_many_templates_as_the_proof_needs() -> None:
    assert len(numbers.wordings("train")) >= 40
    assert len(numbers.wordings("dev")) >= 60
    assert len(numbers.wordings("sealed", famous=False)) >= 12
    assert len(numbers.wordings("sealed", famous=True)) == 20
    for language in set(numbers.LANGUAGES) - {"en"}:
        assert len(numbers.wordings("train", language)) >= 12
        assert len(numbers.wordings("dev", language)) >= 40
        assert len(numbers.wordings("sealed", language)) >= 8
    for language in numbers.LANGUAGES:
        asked = {(wording.word, wording.subject) for wording in numbers.wordings("dev", language)}
        assert asked == {(wording.word, wording.subject) for wording in numbers.wordings("train", language)}
    assert len(iot_command.wordings("train")) >= 60
    assert len(iot_command.wordings("sealed")) >= 20


def test_devices_and_rooms_are_held_out() -> None:
    def devices(split: str) -> set[str]:
        named = {name for names in command_wordings.DEVICES[split].values() for name in names}
        return named | {device.name for device in alert_wordings.DEVICES[split]}

    for split in HELD_OUT:
        others = set().union(*(devices(other) for other in SPLITS if other != split))
        assert not devices(split) & others
        assert not set(command_wordings.ROOMS[split]) & set(command_wordings.ROOMS["train"])


def test_no_pair_stands_in_two_splits() -> None:
    keys: dict[str, set[str]] = {split: set() for split in SPLITS}
    for split in SPLITS:
        for language in numbers.LANGUAGES:
            for row in islice(numbers.questions(Dice(7), split=split, language=language, equal=3), 1500):
                if row["subject"] in ("versions", "dates"):
                    keys[split].add(" ".join([row["subject"], *sorted((row["a"], row["b"]))]))
                else:
                    a, b = (Decimal(row[name].replace(",", ".")) for name in ("a", "b"))
                    assert pair_split(a, b) == split
                    keys[split].add(pair_key(a, b))

    assert all(len(found) > 1000 for found in keys.values())
    assert not keys["train"] & keys["dev"]
    assert not keys["train"] & keys["sealed"]
    assert not keys["dev"] & keys["sealed"]


def test_a_training_sees_more_whole_parts_of_different_lengths_than_a_probe_asks() -> None:
    """Between 95 and 516.8 the first digits mislead; a probe's questions stay the same whatever is trained."""

    def share(split: str) -> float:
        dice = Dice(3)
        wholes = [
            [part.partition(".")[0].lstrip("-") for part in numbers.pair(dice, split, "decimals")] for _ in range(3000)
        ]
        return sum(len(one) != len(other) for one, other in wholes) / len(wholes)

    assert 0.13 < share("train") < 0.2
    assert 0.02 < share("dev") < 0.07


@pytest.mark.parametrize("task", sorted(GENERATORS))
@pytest.mark.parametrize("split", ["train", "dev"])
def test_the_famous_numbers_are_never_trained_on(task: str, split: str) -> None:
    count = 10 if (task, split) == ("refusal", "dev") else 200 if split == "dev" else COUNTS.get(task, 4000)
    for line in examples(GENERATORS[task], split=split, count=count, seed=3):
        text = "\n".join(message["content"] for message in line["messages"])
        assert not names_famous(text)
        assert not set(re.findall(r"[0-9]+[.,][0-9]+", text)) & {"9.9", "9.11", "9,9", "9,11", "9.90", "9.110"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("9.9", True), ("9,11", True), ("-9.90", True), ("09.110", True), ("9.11?", True), ("9.9.", True),
        ("v9.9 ", True),
        ("19.9", False), ("9.99", False), ("9.91", False), ("9.9.1", True), ("1.9.9", True), ("9.112", False),
        ("9,9,1", True),
    ],
)  # fmt: skip
def test_the_famous_numbers_are_known_however_they_are_written(text: str, expected: bool) -> None:
    assert names_famous(text) is expected


def test_a_pair_is_the_same_in_either_order_sign_and_length() -> None:
    a, b = Decimal("3.5"), Decimal("3.25")

    assert pair_key(a, b) == pair_key(b, a) == pair_key(-a, Decimal("3.2500")) == "3.25 3.5"
    assert pair_split(Decimal("9.90"), Decimal("9.5")) == pair_split(Decimal("-9.110"), a) == "sealed"


@pytest.mark.parametrize("language", sorted(numbers.LANGUAGES))
def test_answers_align_the_digits_and_end_with_the_result(language: str) -> None:
    for row in islice(numbers.questions(Dice(5), split="train", language=language), 800):
        answer = row["answer"]
        if row["subject"] in ("versions", "dates"):
            parts = [tuple(map(int, re.split("[.-]", row[name]))) for name in ("a", "b")]
            last = re.findall(r"[0-9]+(?:[.-][0-9]+)+", answer)[-1]
            assert tuple(map(int, re.split("[.-]", last))) in parts
            continue
        a, b = (Decimal(row[name].replace(",", ".")) for name in ("a", "b"))
        written = [text.rstrip(".,") for text in re.findall(r"-?[0-9]+(?:[.,][0-9]*)?", answer)]
        values = [Decimal(text.replace(",", ".")) for text in written]
        assert values[:4] == [a, a, b, b]
        assert len(written[1].replace(",", ".").partition(".")[2]) == len(
            written[3].replace(",", ".").partition(".")[2]
        )
        assert values[-1] == Decimal(row["value"]) in (a, b)
        if row["mark"] == "comma":
            assert "." not in re.sub(r"\.(?!\d)", "", answer)


def test_the_word_decides_which_number_is_the_result() -> None:
    wanted = {"larger": max, "max": max, "heavier": max, "asc": max, "smaller": min, "min": min, "desc": min}
    seen = set()
    for row in islice(numbers.questions(Dice(6), split="train"), 3000):
        word = row["template"].split("-")[1]
        if word in wanted:
            a, b = Decimal(row["a"]), Decimal(row["b"])
            assert Decimal(row["value"]) == wanted[word](a, b)
            seen.add(word)

    assert seen == set(wanted)


def test_versions_are_compared_by_component() -> None:
    wording = next(wording for wording in numbers.wordings("train") if wording.subject == "versions")

    assert numbers.asked(wording, "1.10", "1.9")["answer"] == "1 = 1 and 10 > 9. 1.10 is newer."
    assert numbers.asked(wording, "2.3", "2.3.1")["value"] == "2.3.1"


def test_the_example_of_the_documentation_is_what_is_taught() -> None:
    wording = numbers.wordings("sealed", famous=True)[0]

    row = numbers.asked(wording, "9.11", "9.9")

    assert row["prompt"] == "Which is larger, 9.11 or 9.9?"
    assert row["answer"] == "9.11 = 9.11 and 9.9 = 9.90. 9.9 is larger."


STARTING = re.compile(r"\b(start|activate|power up|enable|fire up|on)\b")
STOPPING = re.compile(r"\b(stop|deactivate|shut down|disable|shut off|power down|kill|off)\b")


def _spoken(prompt: str, action: str) -> bool:
    """Whether a sentence says what is to be done."""
    named = {"on": STARTING, "off": STOPPING}.get(action, re.compile(rf"\b{action}"))
    return named.search(prompt) is not None


@pytest.mark.parametrize("split", SPLITS)
def test_commands_are_valid_for_their_schema_and_stand_in_the_sentence(split: str) -> None:
    from jsonschema import Draft202012Validator

    validator = Draft202012Validator(iot_command.SCHEMA)
    actions = set()
    for row in islice(iot_command.questions(Dice(2), split=split), 1500):
        command, prompt = row["expected"], row["prompt"].casefold()
        validator.validate(command)
        actions.add(command["action"])
        assert json.loads(row["answer"]) == command
        assert all(command[key].casefold() in prompt for key in ("room", "except") if key in command)
        assert command["device"] == "all" or command["device"].casefold() in prompt
        if command["action"] in ("on", "off", "open", "close", "lock", "unlock") and row["intent"] != "run":
            assert _spoken(prompt, command["action"]), prompt
        if command.get("unit") in ("celsius", "percent", "bar", "rpm", "lux"):
            value = command["value"]
            in_words = split == "train" and isinstance(value, int) and abs(value) < 100
            assert str(abs(value)) in prompt or (in_words and number_words(abs(value)) in prompt)
            assert value > 0 or re.search(r"minus |-", prompt) or value == 0
        clock = re.search(r"\b\d\d:\d\d\b(?! ?[ap]\.?m| in the| o'clock)", prompt)
        if "time" in command and clock and row.get("corrected") != "T":
            assert command["time"] in prompt
    assert actions == set(iot_command.ACTIONS)


def test_trained_commands_hold_no_wording_and_no_name_that_is_held_out() -> None:
    held_names = {
        name
        for split in HELD_OUT
        for names in (*command_wordings.DEVICES[split].values(), command_wordings.ROOMS[split])
        for name in names
    }
    held = [
        f" {' '.join(_words(wording.text))} "
        for split in HELD_OUT
        for wording in iot_command.wordings(split)
        if len(_words(wording.text)) > 2
    ]
    rows = list(islice(iot_command.questions(Dice(11), split="train"), 8000))

    for row in rows:
        words = f" {' '.join(_words(row['wording']))} "
        assert not [wording for wording in held if wording in words]
        assert not held_names & {row["expected"].get(key) for key in ("device", "room", "except")}
    assert len({row["wording"] for row in rows}) > 5000
    assert len({row["expected"]["device"] for row in rows}) > 1000
    assert len({row["expected"].get("room") for row in rows}) > 1000


@pytest.mark.parametrize("said", ["seven in the evening", "19:00", "7 pm", "half past 6 in the morning"])
def test_a_spoken_time_means_one_thing(said: str) -> None:
    meant = {time for text, time in (spoken_time(Dice(seed)) for seed in range(20_000)) if said in (text, text.lower())}

    assert meant <= {"19:00", "06:30"}
    assert len(meant) <= 1


@pytest.mark.parametrize("task", [iot_command, alert_triage])
def test_documents_are_written_as_the_constrained_engine_writes_them(task: ModuleType) -> None:
    """Nothing but the engine's own JSON: no space between tokens, keys in the order of the schema."""
    for split in SPLITS:
        for row in islice(task.questions(Dice(9), split=split), 300):
            expected, answer = row["expected"], row["answer"]
            assert not re.search(r"[:,{] |[:,] ?\s", re.sub(r'"[^"]*"', '""', answer))
            assert json.loads(answer) == expected
            assert list(expected) == [key for key in task.SCHEMA["properties"] if key in expected]
            if split != "sealed":
                assert compact(expected) == re.sub(r"(?<=\.[0-9])0+(?=,)", "", answer)


def test_sequences_go_on_as_their_answer_says() -> None:
    for row in islice(sequences.questions(Dice(4), split="train"), 300):
        assert row["answer"].endswith(f"The next number is {row['next']}.")
        left, right = re.search(r"([0-9+* ]+) = ([0-9]+)\.", row["answer"]).groups()  # type: ignore[union-attr]
        assert eval(left) == int(right) == row["next"]  # noqa: S307 - of digits, + and * alone


def test_a_summary_names_the_extremes_of_its_log() -> None:
    for row in islice(sensor_log.questions(Dice(4), split="dev"), 100):
        values = [float(v) for v in re.findall(r"^[0-9:]{5}[:; ]+(-?[0-9.]+)", row["prompt"], re.MULTILINE)]
        assert f"Lowest: {min(values):g} " in row["answer"]
        assert f"Highest: {max(values):g} " in row["answer"]
        assert f"Last: {values[-1]:g} " in row["answer"]


@pytest.mark.parametrize("task", sorted(GENERATORS))
def test_a_seed_decides_every_line_and_a_longer_file_begins_with_a_shorter(task: str) -> None:
    def make(count: int, seed: int) -> list[object]:
        return list(examples(GENERATORS[task], split="train", count=count, seed=seed))

    assert make(50, 1)[:20] == make(20, 1)
    assert make(20, 1) != make(20, 2)


def test_generate_writes_chat_lines_that_the_trainer_reads(tmp_path: Path) -> None:
    from finetune.examples import read_examples

    out = tmp_path / "numbers.jsonl"
    arguments = ["generate", "numbers", "--split", "dev", "--count", "40", "--seed", "1", "--out", str(out)]

    outcome = CliRunner().invoke(command, arguments, catch_exceptions=False)

    assert outcome.exit_code == 0
    read = list(read_examples(out))
    assert len(read) == 40
    assert {example.task for example in read} == {"numbers"}


def test_sealed_questions_are_refused(tmp_path: Path) -> None:
    out = tmp_path / "sealed.jsonl"
    arguments = ["generate", "numbers", "--split", "sealed", "--count", "4", "--seed", "1", "--out", str(out)]

    outcome = CliRunner().invoke(command, arguments)

    assert outcome.exit_code == 2
    assert not out.exists()
    with pytest.raises(ConfigError, match="sealed questions only prove"):
        next(examples(GENERATORS["numbers"], split="sealed", count=1, seed=1))


def test_more_examples_than_there_are_is_an_error_and_leaves_no_file(tmp_path: Path) -> None:
    out = tmp_path / "refusal.jsonl"
    arguments = ["generate", "refusal", "--split", "dev", "--count", "5000", "--seed", "1", "--out", str(out)]

    outcome = CliRunner().invoke(command, arguments)

    assert isinstance(outcome.exception, ConfigError)
    assert "only about" in outcome.exception.problems[0]
    assert list(tmp_path.iterdir()) == []


def test_training_data_never_ask_what_the_shipped_suites_ask() -> None:
    from finetune.examples import Example
    from finetune.probes import normal, read_questions

    questions = read_questions(Path(__file__).parents[2] / "edge" / "probes" / "suites")
    lines = [
        line
        for task, generator in GENERATORS.items()
        for line in examples(generator, split="train", count=COUNTS.get(task, 3000), seed=8)
    ]
    made = [Example((("user", line["messages"][0]["content"]),), line["task"], "f:1", "0") for line in lines]

    assert normal("Which is larger, 9.11 or 9.9?") in questions.texts
    assert list(questions.watch(made)) == made
    assert (questions.equal_count, questions.equal) == (0, [])
