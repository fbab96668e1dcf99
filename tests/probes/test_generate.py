"""Generators: reproducible, and right by a second way of computing the answer."""

import re
from collections import Counter
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.probes.generate import FAMILIES, GENERATORS, generator_problems, rows

SAMPLES: dict[str, dict[str, Any]] = {
    "number-pairs": {"name": "number-pairs", "seed": 1, "count": 40},
    "sequences": {"name": "sequences", "seed": 1, "count": 10, "family": "fibonacci"},
    "iot-commands": {"name": "iot-commands", "seed": 1, "count": 40},
}


@pytest.mark.parametrize("name", sorted(GENERATORS))
def test_a_seed_decides_every_row(name: str) -> None:
    spec = SAMPLES[name]

    assert generator_problems(spec) == []
    assert rows(spec) == rows(spec)
    assert rows(spec) != rows({**spec, "seed": 2})
    assert rows({**spec, "count": 5}) == rows(spec)[:5]


def test_the_rows_stay_the_same_for_ever() -> None:
    """Scores of years are compared item by item: a change here needs new suite names."""
    pairs = [(row["a"], row["b"]) for row in rows({"name": "number-pairs", "seed": 1, "count": 3})]
    sequence = rows({"name": "sequences", "seed": 1, "count": 1, "family": "fibonacci"})[0]

    assert sequence == {"sequence": "1, 9, 10, 19, 29, 48", "next": 77}
    assert pairs == [("84.8", "84.71"), ("72.1", "72.562"), ("85.794", "85.3")]


@given(st.integers(0, 2**32 - 1), st.integers(2, 6))
def test_number_pairs_are_what_they_claim(seed: int, max_decimals: int) -> None:
    found = rows(
        {"name": "number-pairs", "seed": seed, "count": 40, "max_decimals": max_decimals, "low": 0, "high": 20}
    )

    for row in found:
        a, b, larger, smaller = (Fraction(row[key]) for key in ("a", "b", "larger", "smaller"))
        lengths = {len(row[key].partition(".")[2]) for key in ("a", "b")}
        assert larger == max(a, b) > min(a, b) == smaller
        assert len(lengths) == 2
        assert max(lengths) <= max_decimals
        assert int(a) == int(b)
        assert not row["a"].endswith("0")
        assert {row["a"], row["b"]} != {"9.11", "9.9"}


def test_no_lazy_rule_answers_more_than_half_of_the_pairs() -> None:
    found = rows({"name": "number-pairs", "seed": 3, "count": 400})
    rules = {
        "first": [row["a"] == row["larger"] for row in found],
        "longer": [len(max(row["a"], row["b"], key=len)) == len(row["larger"]) for row in found],
    }

    assert {name: sum(hits) for name, hits in rules.items()} == {"first": 200, "longer": 200}


def _next_term(family: str, terms: list[int]) -> int:
    differences = [b - a for a, b in pairwise(terms)]
    if family == "arithmetic":
        assert len(set(differences)) == 1
        return terms[-1] + differences[0]
    if family == "geometric":
        assert len({Fraction(b, a) for a, b in pairwise(terms)}) == 1
        return terms[-1] * terms[1] // terms[0]
    if family == "squares":
        second = [b - a for a, b in pairwise(differences)]
        assert set(second) == {2}
        return terms[-1] + differences[-1] + 2
    factor = {"fibonacci": 1, "pell": 2}[family]
    assert all(c == factor * b + a for a, b, c in zip(terms, terms[1:], terms[2:], strict=False))
    return factor * terms[-1] + terms[-2]


@pytest.mark.parametrize("family", sorted(FAMILIES))
@given(seed=st.integers(0, 2**32 - 1))
def test_sequences_follow_their_rule(family: str, seed: int) -> None:
    for row in rows({"name": "sequences", "seed": seed, "count": 5, "family": family}):
        terms = [int(term) for term in row["sequence"].split(", ")]
        assert len(terms) == 6
        assert row["next"] == _next_term(family, terms)


def test_commands_say_what_their_document_says() -> None:
    found = rows({"name": "iot-commands", "seed": 5, "count": 200})

    for row in found:
        expected = row["expected"]
        assert expected["device"] in row["command"]
        assert expected["place"] in row["command"]
        said = re.findall(r"\d+", row["command"])
        assert said == ([] if expected["value"] is None else [str(expected["value"])])
        assert (expected["action"] == "set") == (expected["value"] is not None)
        if expected["action"] != "set":
            assert re.search(rf"\b{expected['action']}\b", row["command"])
    assert set(Counter(row["expected"]["action"] for row in found)) == {"on", "off", "set"}


def test_a_generator_that_runs_out_of_rows_says_how_many_there_are() -> None:
    spec = {"name": "sequences", "seed": 1, "count": 500, "family": "geometric"}

    with pytest.raises(ValueError, match=r"generator.count = 500: there are only 27 different rows"):
        rows(spec)


@pytest.mark.parametrize(
    ("spec", "named"),
    [
        ({}, "generator.name is None"),
        ({"name": "pairs", "seed": 1, "count": 1}, "generator.name is 'pairs'; use one of number-pairs"),
        ({"name": "iot-commands", "count": 1}, "iot-commands has no seed"),
        ({"name": "iot-commands", "seed": 1}, "needs count"),
        ({"name": "iot-commands", "seed": 1, "count": 0}, "generator.count is 0"),
        ({"name": "iot-commands", "seed": 1, "count": True}, "generator.count is true"),
        ({"name": "iot-commands", "seed": 1, "count": 1, "low": 3}, "generator.low = 3: unknown for iot-commands"),
        ({"name": "sequences", "seed": 1, "count": 1}, "needs family"),
        ({"name": "sequences", "seed": 1, "count": 1, "family": "primes"}, 'generator.family is "primes"'),
        ({"name": "number-pairs", "seed": 1, "count": 1, "low": 9, "high": 3}, "generator.low = 9: is above high = 3"),
    ],
)
def test_a_wrong_generator_is_named_with_its_value(spec: dict[str, Any], named: str) -> None:
    problems = generator_problems(spec)

    assert any(named in problem for problem in problems), problems
