"""Suites: the shipped ones hold what they claim, and every mistake in one is named."""

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest

from edge.probes.checks import check_problems, judge
from edge.probes.suite import Item, find_suite, has_split, load_suite, shipped_suites
from edgegen.errors import ConfigError
from edgegen.tasks import alert_triage, iot_command

SHIPPED = sorted(shipped_suites())
GOOD = """
name = "mine"
summary = "Mine."
[[probe]]
id = "p"
category = "c"
prompts = ["Is {a} {{a}} or {b}?", "{b}"]
values = [{ a = 1, b = "x" }, { a = 2, b = "y" }]
check = { kind = "exact", expect = "{b}" }
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text)
    return path


def test_these_suites_are_shipped() -> None:
    languages = [f"number-comparison-{language}" for language in ("de", "es", "fr", "id", "pt")]
    others = ["alert-triage", "arithmetic", "famous", "gate", "instruction-format", "iot-command", "number-comparison"]

    assert sorted([*languages, *others, "refusal", "sequences"]) == SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_suite_asks_the_same_each_time(name: str) -> None:
    suite = load_suite(find_suite(name))

    assert suite == load_suite(find_suite(name))
    assert len({item.id for item in suite.items}) == len(suite.items)
    assert {item.probe for item in suite.items} == {probe.id for probe in suite.probes}
    assert all(check_problems(item.check) == [] for item in suite.items)
    assert all("{a}" not in item.prompt and "{command}" not in item.prompt for item in suite.items)


def items(name: str, *probes: str) -> list[Item]:
    return [item for item in load_suite(find_suite(name)).items if item.probe in probes]


@pytest.mark.parametrize("name", [name for name in SHIPPED if name.startswith("number-comparison")])
def test_the_number_comparison_has_right_answers(name: str) -> None:
    for item in load_suite(find_suite(name)).items:
        if item.probe in ("versions", "dates"):
            continue
        pair = [Decimal(text.replace(",", ".")) for text in re.findall(r"-?(?<!\d)\d+(?:[.,]\d+)?", item.prompt)]
        check = item.check
        right = Decimal(check["expect"])
        assert right in pair
        shown = check["expect"] if check.get("decimal") != "comma" else check["expect"].replace(".", ",")
        assert judge(check, f"= {shown}.").passed
        assert not any(judge(check, f"= {number + 1}").passed for number in pair if number + 1 != right)


def test_the_famous_pair_stands_in_both_orders_and_nowhere_else() -> None:
    famous = items("famous", "famous")
    others = [item for name in SHIPPED if name not in ("famous", "gate") for item in load_suite(find_suite(name)).items]

    first = [item.prompt.index("9.11") < item.prompt.index("9.9") for item in famous]
    assert sum(first) == len(first) / 2 == 20
    assert others
    assert not [item for item in others if {"9.11", "9.9"} <= set(re.findall(r"\d+\.\d+", item.prompt))]


@pytest.mark.parametrize(
    ("name", "probe", "schema"),
    [("iot-command", "exact", iot_command.SCHEMA), ("alert-triage", "triage", alert_triage.SCHEMA)],
)
def test_the_expected_documents_pass_the_published_schema(name: str, probe: str, schema: object) -> None:
    for item in items(name, probe):
        check = item.check
        assert item.schema == check["schema"] == schema
        assert not judge(check, "{}").passed
        assert judge(check, json.dumps(check["expect"])).passed


def test_a_count_draws_more_of_the_same_and_a_split_others() -> None:
    path = find_suite("number-comparison")
    usual, many, dev = load_suite(path), load_suite(path, count=624), load_suite(path, split="dev", count=60)

    assert {item.id: item.prompt for item in usual.items}.items() <= {i.id: i.prompt for i in many.items}.items()
    assert len(many.items) == 624
    assert (usual.sealed, dev.sealed) == (True, False)
    assert not {item.prompt for item in dev.items} & {item.prompt for item in many.items}


@pytest.mark.parametrize("count", [120, 200, 999, 5000])
def test_a_count_is_drawn_to_the_last_question(count: int) -> None:
    assert len(load_suite(shipped_suites()["number-comparison"], count=count).items) == count


def test_a_suite_without_the_split_says_so() -> None:
    with pytest.raises(ConfigError) as error:
        load_suite(find_suite("sequences"), split="dev")

    assert [problem.partition(": ")[2] for problem in error.value.problems] == [
        "has no questions of this split; run it without --split"
    ]


@pytest.mark.parametrize("split", ["dev", "sealed"])
def test_every_suite_with_a_split_is_asked_as_much_as_there_is_of_it(split: str) -> None:
    """`edgegen probe run --split dev` asks them all; of some, dev has fewer questions than the suite counts."""
    drawn = {name: load_suite(path, split=split) for name, path in shipped_suites().items() if has_split(path, split)}

    assert len(drawn) >= 10
    for name, suite in drawn.items():
        usual = load_suite(shipped_suites()[name])
        prompts = [item.prompt for item in suite.items]
        assert 0 < len(prompts) <= len(usual.items)
        assert split == "dev" or set(prompts) <= {item.prompt for item in usual.items}
    if split == "dev":
        assert [item.probe for item in drawn["refusal"].items] == ["harmful"] * 8 + ["harmless"] * 4
        assert len(drawn["iot-command"].items) == len(load_suite(find_suite("iot-command")).items)


def test_adapters_are_named() -> None:
    adapters = {name: {item.adapter for item in load_suite(find_suite(name)).items} for name in SHIPPED}

    assert {name for name, found in adapters.items() if found == {"numbers"}} == {
        name for name in SHIPPED if name.startswith("number-comparison") or name == "famous"
    }
    assert adapters["iot-command"] == {"iot-command"}
    assert adapters["alert-triage"] == {"alert-triage"}
    assert adapters["gate"] == {None, "numbers"}


def test_a_template_meets_every_row_or_takes_turns(tmp_path: Path) -> None:
    every = load_suite(write(tmp_path, GOOD)).items
    cycle = load_suite(write(tmp_path, GOOD + 'combine = "cycle"\n')).items

    assert [item.id for item in every] == ["p/0/0", "p/1/0", "p/0/1", "p/1/1"]
    assert [item.id for item in cycle] == ["p/0/0", "p/1/1"]
    assert every[0].prompt == "Is 1 {a} or x?"
    assert every[0].check == {"kind": "exact", "expect": "x"}


def test_a_limit_takes_the_same_items_from_the_whole_suite() -> None:
    suite = load_suite(find_suite("number-comparison"))

    limited = suite.limited(20)

    assert limited == suite.limited(20)
    assert len(limited.items) == 20
    assert {item.probe for item in limited.items} == {probe.id for probe in suite.probes}
    assert suite.limited(10_000) is suite


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('name = "mine"', 'name = "yours"', "name = 'yours': must be the file's name, 'mine'"),
        ('summary = "Mine."', "", "lacks summary"),
        ('summary = "Mine."', 'summary = "Mine."\nauthor = "me"', "author = 'me': unknown key"),
        ('summary = "Mine."', 'summary = "Mine."\n[sampling]\ntemperature = -1', "sampling.temperature is -1"),
        ('summary = "Mine."', 'summary = "Mine."\n[sampling]\nheat = 1', "sampling.heat = 1: unknown key"),
        ('summary = "Mine."', 'summary = "Mine."\n[schemas]\ns = { type = "objet" }', "schemas.s: not a JSON Schema"),
        ('id = "p"', "", "probe number 1: lacks id"),
        ('id = "p"', 'id = "a/b"', "probe 'a/b': id is"),
        ('category = "c"', 'category = "c"\nschema = "s"', "probe 'p': schema = 's': there is no [schemas.s]"),
        ('category = "c"', 'category = "c"\nweight = 0', "probe 'p': weight is 0"),
        ('category = "c"', 'category = "c"\nthreshold = 1.5', "probe 'p': threshold is 1.5"),
        ('category = "c"', 'category = "c"\nmust_pass = "yes"', "probe 'p': must_pass is"),
        ('category = "c"', 'category = "c"\ncolour = 1', "probe 'p': colour = 1: unknown key"),
        ('category = "c"', 'category = "c"\ngenerator = { name = "sequences", seed = 1 }', "keep one"),
        ('"{b}"]', '"{c}"]', "probe 'p': {c}: no such value in row 1, which has: a, b"),
        ('kind = "exact"', 'kind = "exactly"', "probe 'p': check.kind is exactly; use one of"),
        ("expect = ", "expected = ", "probe 'p': check.expected = "),
        ('values = [{ a = 1, b = "x" }, ', 'generator = { name = "sequences", count = 2 }\n#', "no seed"),
        ('values = [{ a = 1, b = "x" }, ', 'combine = "cycle"\nvalues = [', "2 prompts for 1 rows"),
        ('prompts = ["Is {a} {{a}} or {b}?", "{b}"]', "", "lacks prompts"),
        ('values = [{ a = 1, b = "x" }, ', 'generator = { name = "sums", seed = 1, count = 2 }\n#', "remove prompts"),
        ("[[probe]]", "[[probe", "not valid TOML"),
        ("[[probe]]", "[probe]", "probe is {"),
    ],
)
def test_a_mistake_is_named_with_file_probe_and_value(tmp_path: Path, old: str, new: str, named: str) -> None:
    assert old in GOOD
    path = write(tmp_path, GOOD.replace(old, new, 1))

    with pytest.raises(ConfigError) as raised:
        load_suite(path)

    assert all(problem.startswith(f"{path}: ") for problem in raised.value.problems)
    assert any(named in problem for problem in raised.value.problems), raised.value.problems


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    text = GOOD.replace('"Mine."', "5").replace('"exact"', '"exactly"') + GOOD[GOOD.index("[[probe]]") :]

    with pytest.raises(ConfigError) as raised:
        load_suite(write(tmp_path, text))

    assert len(raised.value.problems) == 3


def test_two_probes_of_one_name_are_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="twice"):
        load_suite(write(tmp_path, GOOD + GOOD[GOOD.index("[[probe]]") :]))


@pytest.mark.parametrize("content", [b"\xff", b"name = " + b"[" * 5000])
def test_a_file_that_is_no_toml_is_an_error_and_no_crash(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(content)

    with pytest.raises(ConfigError, match="not valid TOML"):
        load_suite(path)


def test_an_unknown_suite_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="those are: alert-triage"):
        find_suite("numbers")
