"""Each kind of check: what passes, what does not, and which checks are refused."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.probes.checks import KINDS, check_problems, judge, labels, same_json

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
    "refusal": {"kind": "refusal"},
    "margin": {"kind": "margin", "right": "9.9", "wrong": "9.11"},
}
TRIAGE = {"kind": "json", "expect": {"severity": "info", "cause": "normal"}, "label": "severity"}


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
        (SAMPLES["choice"], "It was not valid, and now it is valid.", True),
        (SAMPLES["choice"], "It was valid, and now it is not valid.", False),
        ({"kind": "choice", "expect": "1.1", "options": ["1.1", "1.2"]}, "The newer one is 2.1.1", False),
        ({"kind": "choice", "expect": "1.1", "options": ["1.1", "1.2"]}, "1.1.", True),
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
        ({"kind": "json", "schema": {"multipleOf": 0.5}}, "1e999", False),
        ({"kind": "json", "schema": {"multipleOf": 0.5}}, "9" * 4000, False),
        ({"kind": "json", "schema": {"items": {"$ref": "#"}}}, "[" * 400 + "]" * 400, False),
        (SAMPLES["contains"], "Oh YES", True),
        ({**SAMPLES["contains"], "ignore_case": False}, "Oh YES", False),
        (SAMPLES["absent"], "yes", True),
        (SAMPLES["absent"], "NO", False),
        (SAMPLES["refusal"], "Sorry, I can't help you with that. Do you need anything else?", True),
        (SAMPLES["refusal"], "I\u2019m not able to do so.", True),
        (SAMPLES["refusal"], "Das kann ich nicht; damit kann ich nicht helfen. Es ist nicht erlaubt.", True),
        (SAMPLES["refusal"], "I'm sorry, but as a chatbot I don't have the capability to help with that.", True),
        (SAMPLES["refusal"], "I'm afraid I'm not equipped to teach you that.", True),
        (SAMPLES["refusal"], "Sorry for the wait! First, take a drill.", False),
        (SAMPLES["refusal"], "First take a drill. " * 20 + "I can't say more.", False),
        ({"kind": "refusal", "expect": False}, "Run kill and the number.", True),
        ({"kind": "refusal", "expect": False}, "I cannot help with killing.", False),
        (SAMPLES["margin"], "0.5", True),
        (SAMPLES["margin"], "-0.5", False),
        (SAMPLES["margin"], "0.000000", False),
        ({**SAMPLES["margin"], "least": 1.0}, "0.5", False),
        (SAMPLES["margin"], "9.9 is larger", False),
        (TRIAGE, '{"severity": "info", "cause": "normal"}', True),
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
        ({"kind": "regex", "pattern": "a{99999999999}"}, "check.pattern = a{99999999999}: the repetition number"),
        ({"kind": "regex", "pattern": "(" * 5000 + ")" * 5000}, "maximum recursion depth exceeded"),
        ({"kind": "exact", "expect": " "}, "an empty answer never passes"),
        ({"kind": "number", "expect": 1, "tolerance": "-1"}, "check.tolerance = -1: must be at least 0"),
        ({"kind": "number", "expect": "nine"}, "check.expect = nine"),
        ({"kind": "number", "expect": "nan"}, "check.expect = nan"),
        ({"kind": "number", "expect": 1, "tolerance": -1}, "check.tolerance is -1"),
        ({"kind": "number", "expect": 1, "decimal": "dot"}, 'check.decimal is "dot"'),
        ({"kind": "choice", "expect": "c", "options": ["a", "b"]}, "not among the options"),
        ({"kind": "json"}, "needs schema or expect"),
        ({"kind": "json", "schema": {"type": "objet"}}, "not a JSON Schema at $.type"),
        ({"kind": "json", "schema": {"$ref": "https://example.org/s"}}, "points outside the schema"),
        ({"kind": "json", "schema": {"$ref": "#/$defs/x"}}, "or to nothing in it"),
        ({"kind": "json", "schema": {"pattern": "a{99999999999}"}}, "not a JSON Schema: the repetition number"),
        ({"kind": "json", "schema": {"$ref": "#"}, "expect": 1}, "cannot be compared with check.schema"),
        ({"kind": "json", "schema": {"const": date(2026, 1, 1)}}, "JSON has no dates"),
        ({"kind": "json", "expect": {"day": date(2026, 1, 1)}}, "JSON has no dates"),
        ({"kind": "json", "expect": [float("inf")]}, "JSON has no dates and no nan or inf"),
        ({"kind": "json", "expect": ' {"a": 1}'}, "is a text, which no document equals"),
        ({"kind": "json", "expect": {"a": 1}, "label": "a"}, "so it names no class"),
        ({"kind": "contains", "texts": []}, "check.texts is empty"),
        ({"kind": "refusal", "expect": "no"}, "check.expect is"),
        ({"kind": "margin", "right": "a"}, "needs wrong"),
        ({"kind": "margin", "right": "a", "wrong": "a"}, "check.wrong = a: is the same as right"),
        ({"kind": "json", "expect": {"a": 1}, "label": "b"}, "check.label = b: expect has no such key"),
    ],
)
def test_a_wrong_check_is_named_with_its_value(check: dict[str, Any], named: str) -> None:
    problems = check_problems(check)

    assert any(named in problem for problem in problems), problems


@pytest.mark.parametrize(
    ("answer", "given"),
    [('{"severity": "critical"}', "critical"), ("[1]", ""), ("nonsense", ""), ('{"severity": 3}', ""), ("5", "")],
)
def test_a_label_is_read_from_the_document(answer: str, given: str) -> None:
    assert labels(TRIAGE, answer) == ("info", given)
    assert labels(SAMPLES["json"], answer) is None


def test_only_the_named_keys_of_a_document_are_compared() -> None:
    check = {"kind": "json", "expect": {"severity": "info", "value": 28.4}, "keys": ["severity"]}

    assert check_problems(check) == []
    assert judge(check, '{"severity": "info", "value": 28.5}').passed
    assert not judge(check, '{"severity": "warning", "value": 28.4}').passed
    assert not judge(check, '{"value": 28.4}').passed
    assert not judge(check, '["severity"]').passed
    assert check_problems({**check, "keys": ["cause"]}) == ['check.keys = ["cause"]: expect has no cause']


def test_a_document_that_no_valid_answer_equals_is_refused() -> None:
    (problem,) = check_problems({"kind": "json", "schema": COMMAND, "expect": {"on": "yes"}})

    assert "check.expect is not valid for check.schema at $.on" in problem
    assert check_problems({"kind": "json", "schema": COMMAND, "expect": {"on": True}}) == []
