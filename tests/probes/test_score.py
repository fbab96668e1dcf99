"""Intervals against known values and against simulation; the judgement of a gate."""

import math
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.probes.score import Z_95, Result, bootstrap, by_category, effective_n, score, shortfalls, wilson
from edge.probes.suite import Item, Probe, Suite


def result(template: str, number: int, *, passed: bool, weight: float = 1.0, category: str = "c") -> Result:
    probe = template.partition("/")[0]
    item = Item(f"{template}/{number}", probe, category, template, "q", {"kind": "exact", "expect": "a"}, weight=weight)
    return Result(item, "a", passed, "" if passed else "wrong", 0.1, 1)


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    [
        # Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilsons_interval_has_the_published_values(right: int, n: int, low: float, high: float) -> None:
    interval = wilson(right / n, n)

    assert interval == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 10_000), st.data())
def test_the_ends_solve_wilsons_equation(n: int, data: st.DataObject) -> None:
    """An end x of the interval is where |p - x| = z sqrt(x (1 - x) / n)."""
    share = data.draw(st.integers(0, n)) / n

    interval = wilson(share, n)

    assert 0 <= interval.low <= share <= interval.high <= 1
    for end in interval:
        assert abs(share - end) == pytest.approx(Z_95 * math.sqrt(end * (1 - end) / n), abs=1e-9)


@given(st.integers(0, 100), st.integers(1, 100))
def test_right_and_wrong_are_mirror_images(right: int, more: int) -> None:
    n = right + more

    assert wilson(right / n, n).low == pytest.approx(1 - wilson(more / n, n).high, abs=1e-12)


@pytest.mark.parametrize(("share", "n"), [(0.5, 0), (0.5, -1), (1.1, 5), (math.nan, 5)])
def test_wilson_refuses_what_is_no_share(share: float, n: float) -> None:
    with pytest.raises(ValueError, match="no share"):
        wilson(share, n)


@given(st.integers(1, 50), st.floats(0.01, 100))
def test_equal_weights_count_as_many_as_they_are(n: int, weight: float) -> None:
    assert effective_n([weight] * n) == pytest.approx(n)


def test_the_bootstrap_is_reproducible_and_near_the_normal_interval() -> None:
    """With one item a template it is the plain bootstrap, whose ends the normal approximation knows."""
    clusters = [[(1.0, float(i % 4 == 0))] for i in range(400)]
    half = Z_95 * math.sqrt(0.25 * 0.75 / 400)

    interval = bootstrap(clusters)

    assert interval == bootstrap(clusters)
    assert interval == pytest.approx((0.25 - half, 0.25 + half), abs=0.004)  # of 90% it would be 0.007 narrower


def test_items_that_share_templates_get_the_wider_interval() -> None:
    """Two templates all right, two all wrong: 400 items are worth four."""
    results = [result(f"p/{t}", i, passed=t < 2) for t in range(4) for i in range(100)]

    found = score(results)

    assert found.method == "bootstrap by template"
    assert found.interval.low <= 0.1
    assert found.interval.high >= 0.9
    assert (found.worst_template, found.worst_share) == ("p/2", 0.0)


def test_an_interval_is_never_narrower_than_wilsons() -> None:
    """All right in every template: a bootstrap alone would claim certainty."""
    found = score([result(f"p/{t}", i, passed=True) for t in range(4) for i in range(5)])

    assert found.share == 1
    assert found.interval == wilson(1, 20)


@pytest.mark.parametrize("templates", [["p/0"] * 10, [f"p/{t}" for t in range(10)]])
def test_one_template_or_one_item_a_template_gets_wilsons(templates: list[str]) -> None:
    found = score([result(t, i, passed=i < 5) for i, t in enumerate(templates)])

    assert (found.method, found.interval) == ("wilson", wilson(0.5, 10))


def test_weights_count() -> None:
    found = score([result("p/0", 0, passed=True, weight=3), result("p/1", 0, passed=False)])

    assert (found.passed, found.total, found.share) == (1, 2, 0.75)
    assert found.interval == wilson(0.75, 1.6)


def test_coverage_is_what_it_says() -> None:
    """Over many suites whose templates differ, 95% intervals hold the truth about 95% of the time."""
    rng = random.Random(7)
    held = 0
    for _ in range(100):
        rates = [rng.random() for _ in range(20)]  # the truth of a random template is 0.5
        found = score([result(f"p/{t}", i, passed=rng.random() < rates[t]) for t in range(20) for i in range(10)])
        held += found.interval.low <= 0.5 <= found.interval.high

    assert held >= 85


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans(), st.floats(0.1, 10)), min_size=1, max_size=30))
def test_the_share_lies_in_its_interval(drawn: list[tuple[int, bool, float]]) -> None:
    found = score([result(f"p/{t}", i, passed=ok, weight=w) for i, (t, ok, w) in enumerate(drawn)])

    assert 0 <= found.interval.low <= found.share + 1e-9
    assert found.share - 1e-9 <= found.interval.high <= 1


def test_categories_are_scored_apart() -> None:
    found = by_category([result("p/0", 0, passed=True, category="a"), result("p/0", 1, passed=False, category="b")])

    assert {name: one.share for name, one in found.items()} == {"a": 1.0, "b": 0.0}


def test_the_gate_names_each_bound_that_does_not_hold() -> None:
    suite = Suite("s", "", Path("s.toml"), 0.9, (Probe("p", "c", None, True), Probe("q", "c", 0.75, False)), ())
    results = [result("p/0", 0, passed=True), result("p/0", 1, passed=False), result("q/0", 0, passed=True)]
    results.append(result("q/0", 1, passed=False))

    found = shortfalls(suite, results)

    assert [line.split(",")[0] for line in found] == ["s: p: must pass", "s: q: 50.0% right", "s: 50.0% right"]
    assert "first p/0/1: wrong" in found[0]
    assert shortfalls(suite, [result("p/0", 0, passed=True)] * 2) == []
