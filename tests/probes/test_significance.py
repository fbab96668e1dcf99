"""Exact tests, against enumeration and published values."""

import math
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.probes.score import Z_95, macro_f1
from edge.probes.significance import difference, holm, mcnemar, paired, worse


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_a_symmetric_p_value(one: int, other: int) -> None:
    p = mcnemar(one, other)

    assert 0 < p <= 1
    assert p == mcnemar(other, one)


@pytest.mark.parametrize(("one", "other"), [(0, 0), (0, 5), (1, 7), (4, 4), (10, 2)])
def test_mcnemar_equals_the_enumeration_of_all_coin_throws(one: int, other: int) -> None:
    n, low = one + other, min(one, other)
    extreme = sum(min(sum(coins), n - sum(coins)) <= low for coins in product((0, 1), repeat=n))

    assert mcnemar(one, other) == pytest.approx(extreme / 2**n)


def test_mcnemar_of_many_items_is_no_overflow() -> None:
    assert mcnemar(5000, 5200) == pytest.approx(0.0487, abs=0.002)
    assert mcnemar(0, 20_000) == 0.0


def test_fishers_tea_tasting() -> None:
    """One of four cups or fewer right, by chance: 1 - (1 + 16 + 36)/70 of the other side."""
    assert worse(1, 4, 3, 4) == pytest.approx((1 + 16) / 70)
    assert worse(4, 4, 0, 4) == 1.0


@given(st.integers(1, 40), st.integers(1, 40), st.data())
def test_worse_falls_with_the_score(total: int, recorded_total: int, data: st.DataObject) -> None:
    recorded = data.draw(st.integers(0, recorded_total))
    ps = [worse(passed, total, recorded, recorded_total) for passed in range(total + 1)]

    assert all(a >= 0 for a in ps)
    assert ps == sorted(ps)
    assert ps[-1] == pytest.approx(1.0)


def test_a_perfect_record_forgives_one_slip_and_not_many() -> None:
    """A binomial test against the recorded share would stop a bundle at its first wrong answer."""
    assert worse(119, 120, 120, 120) > 0.01
    assert worse(105, 120, 120, 120) < 0.01


def test_holms_own_rule() -> None:
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03}) == pytest.approx({"a": 0.03, "b": 0.06, "c": 0.06})
    assert holm({}) == {}


def test_a_difference_of_items_that_go_together_is_less_sure() -> None:
    together = difference([[1.0] * 10, [0.0] * 10, [0.0] * 10, [1.0] * 10])
    apart = difference([[1.0, 0.0]] * 20)

    assert together.low < apart.low <= 0.5 <= apart.high < together.high


def test_a_difference_of_independent_items_has_the_normal_interval() -> None:
    """400 items, 60 better and 20 worse: a mean of 0.1 with a variance of 0.19."""
    half = Z_95 * math.sqrt((80 / 400 - 0.1**2) / 400)

    interval = difference([[1.0]] * 60 + [[-1.0]] * 20 + [[0.0]] * 320)

    assert interval == pytest.approx((0.1 - half, 0.1 + half), abs=0.004)


def test_macro_f1_is_the_mean_over_the_classes_that_there_are() -> None:
    """A class that is only ever answered, such as none at all, adds no F1 of its own."""
    pairs = [("a", "a"), ("a", "b"), ("b", "b"), ("b", "a"), ("a", "a"), ("b", "c"), ("c", "")]
    a, b, c = 2 * 2 / (2 * 2 + 1 + 1), 2 * 1 / (2 * 1 + 1 + 2), 0.0

    assert macro_f1(pairs) == pytest.approx((a + b + c) / 3)
    assert math.isclose(macro_f1([("a", "a"), ("b", "b")]), 1.0)


def test_the_paired_interval_is_that_of_its_paper() -> None:
    """Newcombe (1998), table II: 36, 12, 2 and 0 of 50."""
    interval = paired(36, 12, 2, 0)

    assert interval == pytest.approx((-0.3404, -0.0569), abs=5e-5)


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))
def test_the_paired_interval_holds_the_difference_and_turns_with_the_order(a: int, b: int, c: int, d: int) -> None:
    n = a + b + c + d
    if n:
        interval, turned = paired(a, b, c, d), paired(a, c, b, d)

        assert -1 <= interval.low <= (c - b) / n <= interval.high <= 1
        assert interval == pytest.approx((-turned.high, -turned.low))
