"""Each kind of check: what passes, what does not, and which checks are refused."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.probes.checks import KINDS, check_problems, judge, same_json

COMMAND = {
    "type": "object",
    "properties": {"on": {"type": "boolean"}},
    "required": ["on"],
    "additionalProperties": False,
}

# One usable check of every kind.
SAMPLES: dict[str, dict[str, Any]] = {
    "exact": {"kind": "exact", "expect": "yes"},
    "regex": {"kind": "regex", "pattern": "^y"},
    "number": {"kind": "number", "expect": 9.9},
    "choice": {"kind": "choice", "expect": "valid", "options": ["valid", "not valid"]},
    "json": {"kind": "json", "schema": COMMAND},
    "contains": {"kind": "contains", "texts": ["yes"]},
    "absent": {"kind": "absent", "texts": ["no"]},
}


@pytest.mark.parametrize(
    ("check", "answer", "passed"),
    [
        (SAMPLES["exact"], " yes\n", True),
        (SAMPLES["exact"], "Yes", False),
        ({**SAMPLES["exact"], "ignore_case": True}, "Yes", True),
        (SAMPLES["regex"], "yes", True),
        (SAMPLES["regex"], "oh yes", False),
        (SAMPLES["number"], "9.90", True),
        (SAMPLES["number"], "9.9 is larger than 9.11.", False),
        (SAMPLES["number"], "nine", False),
        ({"kind": "number", "expect": "0.3"}, "0.1 + 0.2 = 0.3", True),
        ({"kind": "number", "expect": 10, "tolerance": "0.1"}, "9.9", True),
        ({"kind": "number", "expect": 10, "tolerance": "0.1"}, "9.89", False),
        ({"kind": "number", "expect": "9.9", "decimal": "comma"}, "9,9", True),
        (SAMPLES["choice"], "It is Valid.", True),
        (SAMPLES["choice"], "It is not valid.", False),
        (SAMPLES["choice"], "invalid", False),
        (SAMPLES["json"], '{"on": true}', True),
        (SAMPLES["json"], '{"on": 1}', False),
        (SAMPLES["json"], 'Here: {"on": true}', False),
        ({**SAMPLES["json"], "extract": "first"}, 'Here {it} is:\n```json\n{"on": true}\n```', True),
        ({**SAMPLES["json"], "extract": "first"}, "no braces", False),
        ({"kind": "json", "expect": {"on": True}}, '{"on": 1}', False),
        ({"kind": "json", "expect": {"v": 21}}, '{"v": 21.0}', True),
        ({"kind": "json", "expect": {"v": 1}}, '{"v": NaN}', False),
        ({"kind": "json", "expect": [1]}, "[" * 100_000, False),
        ({"kind": "json", "expect": [1]}, "[" + "9" * 5000 + "]", False),
        (SAMPLES["contains"], "Oh YES", True),
        ({**SAMPLES["contains"], "ignore_case": False}, "Oh YES", False),
        (SAMPLES["absent"], "yes", True),
        (SAMPLES["absent"], "NO", False),
    ],
)
def test_a_check_judges_an_answer(check: dict[str, Any], answer: str, passed: bool) -> None:
    verdict = judge(check, answer)

    assert check_problems(check) == []
    assert verdict.passed is passed
    assert bool(verdict.reason) is not passed


@pytest.mark.parametrize("answer", ["", " \n\t"])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_empty_answer_fails_every_check(kind: str, answer: str) -> None:
    assert judge(SAMPLES[kind], answer) == (False, "the answer is empty")


@given(st.sampled_from(sorted(KINDS)), st.text(max_size=200))
def test_no_answer_makes_a_check_stumble(kind: str, answer: str) -> None:
    verdict = judge(SAMPLES[kind], answer)

    assert verdict.passed == (not verdict.reason)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(JSON_VALUES)
def test_a_document_equals_itself_written_and_read(value: Any) -> None:
    verdict = judge({"kind": "json", "expect": value}, json.dumps(value))

    assert verdict.passed


def test_true_is_not_one_and_order_counts_only_in_arrays() -> None:
    assert not same_json(True, 1)
    assert not same_json([1, 2], [2, 1])
    assert same_json({"a": 1, "b": [2]}, {"b": [2.0], "a": 1})


@pytest.mark.parametrize(
    ("check", "named"),
    [
        ({}, "check.kind is null; use one of exact"),
        ({"kind": "exactly"}, "check.kind is exactly; use one of exact"),
        ({"kind": ["exact"]}, "check.kind is"),
        ({"kind": "exact"}, "needs expect"),
        ({"kind": "exact", "expect": 5}, "check.expect is 5"),
        ({"kind": "exact", "expect": "a", "tolerance": 1}, "check.tolerance = 1: unknown for kind exact"),
        ({"kind": "regex", "pattern": "("}, "check.pattern = (: missing )"),
        ({"kind": "number", "expect": "nine"}, "check.expect = nine"),
        ({"kind": "number", "expect": "nan"}, "check.expect = nan"),
        ({"kind": "number", "expect": 1, "tolerance": -1}, "check.tolerance is -1"),
        ({"kind": "number", "expect": 1, "decimal": "dot"}, 'check.decimal is "dot"'),
        ({"kind": "choice", "expect": "c", "options": ["a", "b"]}, "not among the options"),
        ({"kind": "json"}, "needs schema or expect"),
        ({"kind": "json", "schema": {"type": "objet"}}, "not a JSON Schema at $.type"),
        ({"kind": "json", "schema": {"$ref": "https://example.org/s"}}, "points outside the schema"),
        ({"kind": "json", "schema": {"$ref": "#/$defs/x"}}, "or to nothing in it"),
        ({"kind": "contains", "texts": []}, "check.texts is empty"),
    ],
)
def test_a_wrong_check_is_named_with_its_value(check: dict[str, Any], named: str) -> None:
    problems = check_problems(check)

    assert any(named in problem for problem in problems), problems
