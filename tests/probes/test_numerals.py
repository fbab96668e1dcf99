"""What is a number in an answer, and which one counts."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.probes.numerals import DECIMAL_MARKS, last_number, numbers_in


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("9.9 is larger than 9.11 because 9.11...", "9.11"),
        ("9.11 = 9.11 and 9.9 = 9.90. 9.9 is larger.", "9.9"),
        ("**9.90**", "9.9"),
        ("The answer is \\boxed{9.9}.", "9.9"),
        ("It is 9.9!", "9.9"),
        ("9.9kg", "9.9"),
        ("$9.90", "9.9"),
        ("about 50%", "50"),
        (".5", "0.5"),
        ("it is -.5", "-0.5"),
        ("x=-5", "-5"),
        ("x = \u22125", "-5"),
        ("(-7)", "-7"),
        ("-1,-2", "-2"),
        ("5-3", "3"),
        ("it falls - 5", "5"),
        ("pages 9.9-9.11", "9.11"),
        ("1e5", "100000"),
        ("2.5E-3", "0.0025"),
        ("1,234,567.89", "1234567.89"),
        ("1,234", "1234"),
        ("0,123", "123"),
        ("2,3,5,8,13", "13"),
        ("8,144,233,377,61", "61"),
        ("1.5,2.5,3.5", "3.5"),
        ("1\u00a0234\u00a0567", "1234567"),
        ("1\u202f234.5", "1234.5"),
        ("1'234'567.5", "1234567.5"),
        ("12_345", "12345"),
        ("12_3", "3"),
        ("5 144 233", "233"),
        ("8 on 2026-11-22", "8"),
        ("8 at 10:30", "8"),
        ("8 at 2026-11-22T10:30:05.123", "8"),
        ("8 on 22/11/2026", "8"),
        ("8 on 22.11.2026", "8"),
        ("8 in version 1.2.3", "8"),
        ("8 at 192.168.0.1", "8"),
        ("8 in v9.11", "8"),
        ("8 in Q4", "8"),
        ("8 says GPT-4", "4"),
        ("答案是9.9", "9.9"),
        ("1. 9.11\n2. 9.9", "9.9"),
        ("no digits", None),
        ("", None),
        ("only 1.2.3", None),
    ],
)
def test_the_last_number_of_an_answer_counts(text: str, expected: str | None) -> None:
    found = last_number(text)

    assert found == (None if expected is None else Decimal(expected))


@pytest.mark.parametrize(
    ("text", "decimal", "expected"),
    [
        ("9,9", "comma", ["9.9"]),
        ("9.9", "comma", ["9.9"]),
        ("9.125", "comma", ["9125"]),
        ("1.234.567,5", "comma", ["1234567.5"]),
        ("9,11 und 9,9.", "comma", ["9.11", "9.9"]),
        ("1,5; 2,5", "comma", ["1.5", "2.5"]),
        ("am 22.11.2026", "comma", []),
        ("9,9", "point", ["9", "9"]),
        ("9,9", "either", ["9.9"]),
        ("9.9", "either", ["9.9"]),
        ("1,234", "either", ["1234"]),
        ("1.234", "either", ["1.234"]),
        ("1.234,5", "either", ["1234.5"]),
        ("1,234.5", "either", ["1234.5"]),
        ("1.234.567", "either", ["1234567"]),
        ("1,2,3", "either", ["1", "2", "3"]),
    ],
)
def test_the_decimal_mark_is_the_languages(text: str, decimal: str, expected: list[str]) -> None:
    assert numbers_in(text, decimal) == [Decimal(value) for value in expected]


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**9), max_value=10**9))
def test_a_number_is_read_back_in_every_notation(value: Decimal) -> None:
    """Plain, with thousands separators, and with the comma of half the world."""
    plain, grouped = f"{value:f}", f"{value:,f}"
    swapped = grouped.translate({ord(","): ".", ord("."): ","})

    for text, decimal in (
        (plain, "point"),
        (grouped, "point"),
        (grouped.replace(",", "\u202f"), "point"),
        (swapped, "comma"),
        (plain.replace(".", ","), "comma"),
    ):
        assert numbers_in(f"It is {text}, I think.", decimal) == [value], text


@given(st.text(alphabet="0123456789.,-+'_:/eE va\u00a0\u2212T", max_size=40), st.sampled_from(DECIMAL_MARKS))
def test_no_text_makes_it_stumble(text: str, decimal: str) -> None:
    assert all(value.is_finite() for value in numbers_in(text, decimal))


@given(st.text(max_size=80), st.integers(0, 999))
def test_a_number_after_any_text_is_the_last(text: str, value: int) -> None:
    assert last_number(f"{text}\n{value}") == value
