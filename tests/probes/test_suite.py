"""Suites: the shipped ones hold what they claim, and every mistake in one is named."""

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest

from edge.probes.checks import check_problems, judge
from edge.probes.suite import Item, find_suite, load_suite, shipped_suites
from edgegen.errors import ConfigError

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


def test_the_four_suites_are_shipped() -> None:
    assert SHIPPED == ["gate", "json-format", "number-comparison", "sequences"]


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


def test_the_number_comparison_has_right_answers() -> None:
    for item in items("number-comparison", "famous", "larger", "smaller"):
        pair = [Decimal(number) for number in re.findall(r"\d+\.\d+", item.prompt)]
        wanted, other = sorted(pair, reverse=item.probe != "smaller")
        assert judge(item.check, f"The answer is {wanted}.").passed
        assert not judge(item.check, f"The answer is {other}.").passed


def test_the_famous_pair_stands_in_both_orders_and_nowhere_else() -> None:
    famous = items("number-comparison", "famous")
    others = items("number-comparison", "larger", "smaller") + items("gate", "pairs")

    first = [item.prompt.index("9.11") < item.prompt.index("9.9") for item in famous]
    assert sum(first) == len(first) / 2 == 10
    assert others
    assert not [item for item in others if {"9.11", "9.9"} <= set(re.findall(r"\d+\.\d+", item.prompt))]


def test_the_commands_expected_documents_pass_their_own_schema() -> None:
    for item in items("json-format", "constrained-exact"):
        check = item.check
        assert item.schema == check["schema"]
        assert not judge(check, "{}").passed
        assert judge(check, json.dumps(check["expect"])).passed


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
        ('values = [{ a = 1, b = "x" }, ', 'generator = { name = "iot-commands", count = 2 }\n#', "no seed"),
        ('values = [{ a = 1, b = "x" }, ', 'combine = "cycle"\nvalues = [', "2 prompts for 1 rows"),
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
    with pytest.raises(ConfigError, match="those are: gate, json-format"):
        find_suite("numbers")
