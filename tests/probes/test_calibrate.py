"""Calibration: confidences of judged answers, compared with scikit-learn and with cases made by hand."""

import json
import math
import random
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from edge.policy_file import read_policy
from edge.probes import calibrate
from edge.probes.calibrate import Guess
from edgegen.commands.probe import command

# Few different values, so that ties are common.
PAIRS = st.lists(st.tuples(st.integers(0, 12).map(lambda n: n / 12), st.booleans()), min_size=1, max_size=80)


def pairs(*rows: tuple[float, bool]) -> list[Guess]:
    return [Guess(sure, right, str(place)) for place, (sure, right) in enumerate(rows)]


def test_an_area_of_few_answers_is_no_certainty() -> None:
    """Its low end is 1.96 of its own standard errors below 1; the interval holds the true area 19 times in 20."""
    low, high = calibrate.area_interval(1.0, 7, 1)
    theta, n = low, (7 + 1) / 2 - 1
    error = math.sqrt(theta * (1 - theta) * (1 + n * (1 - theta) / (2 - theta) + n * theta / (1 + theta)) / 7)
    draw = random.Random(2)
    held = 0
    for _ in range(400):
        rows = [(draw.gauss(1, 1), True) for _ in range(30)] + [(draw.gauss(0, 1), False) for _ in range(12)]
        found = calibrate.auroc(pairs(*rows))
        assert found is not None
        interval = calibrate.area_interval(found, 30, 12)
        held += interval.low <= 0.76025 <= interval.high  # of two normal distributions one standard deviation apart

    assert high == 1
    assert 1 - low == pytest.approx(1.96 * error, rel=1e-3)
    assert 0.3 < low < 0.5
    assert 0.92 <= held / 400 <= 0.98


@given(PAIRS)
def test_area_is_scikit_learns(rows: list[tuple[float, bool]]) -> None:
    """With ties, and None where scikit-learn has no value either."""
    found = calibrate.auroc(pairs(*rows))

    if len({right for _, right in rows}) < 2:
        assert found is None
    else:
        assert found == pytest.approx(roc_auc_score([right for _, right in rows], [sure for sure, _ in rows]))


def test_area_of_cases_made_by_hand() -> None:
    """Three of four pairs in order; a tie is half a pair."""
    assert calibrate.auroc(pairs((0.9, True), (0.5, True), (0.7, False), (0.1, False))) == 0.75
    assert calibrate.auroc(pairs((0.5, True), (0.5, False))) == 0.5
    assert calibrate.auroc(pairs((0.1, True), (0.9, False))) == 0.0


def test_interval_draws_whole_templates() -> None:
    """Forty answers of two wordings are two observations, not forty: the interval says so."""
    rows = [(0.9, True), (0.4, False), (0.6, True), (0.5, False)]
    alone = [Guess(sure, right, str(i)) for i, (sure, right) in enumerate(rows * 10)]
    crossed = [Guess(0.2, True, "bad"), Guess(0.8, False, "bad")] * 5 + [Guess(0.9, True, "a"), Guess(0.1, False, "a")]

    wide, narrow = calibrate.auroc_interval(crossed), calibrate.auroc_interval(alone)

    assert narrow is not None
    assert 0.8 < narrow.low < 1
    assert narrow.high == 1
    assert wide is not None
    assert wide.low == 0.0
    assert wide.high == 1.0
    assert calibrate.auroc_interval(pairs((0.5, True))) is None


@given(PAIRS)
def test_curve_ends_with_everything_and_never_splits_a_tie(rows: list[tuple[float, bool]]) -> None:
    """One point for each different confidence; each is what a policy with that limit does."""
    found = calibrate.curve(pairs(*rows))

    assert len(found) == len({sure for sure, _ in rows})
    assert found[-1].coverage == 1.0
    for point in found:
        kept = [right for sure, right in rows if sure >= point.sure]
        assert (point.answered, point.right) == (len(kept), sum(kept))


@given(PAIRS, st.sampled_from([0.1, 0.5, 0.9, 1.0]))
def test_limit_for_a_share_of_answers_keeps_it(rows: list[tuple[float, bool]], wish: float) -> None:
    """And what it promises is what comes of applying it."""
    mine = pairs(*rows)

    choice = calibrate.for_coverage(mine, "mean", wish)

    assert choice.coverage >= wish - 1e-9
    assert calibrate.applied(mine, "mean", choice.below) == choice


@given(st.lists(st.floats(0.0, 1.0, width=32), min_size=30, max_size=60), st.randoms())
def test_limit_for_accuracy_keeps_it_and_answers_most(sures: list[float], draw: Any) -> None:
    """No lower limit has the accuracy."""
    mine = pairs(*((sure, draw.random() < sure) for sure in sures))

    choice = calibrate.for_accuracy(mine, "mean", 0.8)

    fine = [p for p in calibrate.curve(mine) if p.accuracy >= 0.8 and p.answered >= calibrate.LEAST_ANSWERED]
    assert (choice is None) == (not fine)
    if choice is not None:
        assert choice.answered == max(p.answered for p in fine)
        assert calibrate.applied(mine, "mean", choice.below) == choice


def test_few_lucky_answers_make_no_limit() -> None:
    """Ten right ones on top of wrong ones are not 95%."""
    rows = [(1 - i / 100, i < 10) for i in range(60)]

    assert calibrate.for_accuracy(pairs(*rows), "mean", 0.95) is None


def test_gain_at_a_share_is_measured_against_an_oracle() -> None:
    """Ten answers, two wrong: at 90% the oracle has 8 of 9; keeping a wrong one back is all of the gain."""
    rows = [(0.5 + i / 20, True) for i in range(8)]
    base, oracle = 0.8, 8 / 9

    best = calibrate.oracle_share(pairs(*rows, (0.1, False), (0.2, False)))
    worst = calibrate.oracle_share(pairs(*rows, (0.99, False), (0.98, False)))
    tied = calibrate.oracle_share(pairs(*((0.5, right) for _, right in rows), (0.5, False), (0.5, False)))

    assert best == (pytest.approx(oracle - base), pytest.approx(1.0))
    assert worst is not None
    assert worst[1] == pytest.approx((7 / 9 - base) / (oracle - base))
    assert tied is not None
    assert tied[1] == pytest.approx(0.0)
    assert calibrate.oracle_share(pairs((0.3, True), (0.2, True))) is None
    assert calibrate.oracle_share(pairs((0.3, False), (0.2, False))) is None


def results(
    path: Path, rows: list[tuple[str, bool, dict[str, float]]], name: str = "q", model: str = "m-1.0.0"
) -> Path:
    items = [
        {
            "id": f"p/{i}",
            "template": f"p/{i}",
            "adapter": adapter or None,
            "prompt": f"{name} {i}",
            "passed": right,
            "sure": sure,
        }
        for i, (adapter, right, sure) in enumerate(rows)
    ]
    path.write_text(json.dumps({"model": model, "suites": [{"suite": "s", "items": items}]}))
    return path


def graded(adapter: str, count: int, wrong: int) -> list[tuple[str, bool, dict[str, float]]]:
    """The surest are right; ``least`` says nothing."""
    return [(adapter, i >= wrong, {"mean": (i + 1) / (count + 1), "least": 0.5}) for i in range(count)]


def invoke(*arguments: object) -> Any:
    return CliRunner().invoke(command, ["calibrate", *map(str, arguments)])


def test_command_writes_a_policy_that_does_what_it_says(tmp_path: Path) -> None:
    """The fragment is read by the node's own reader; the better measure is chosen by itself."""
    dev = results(tmp_path / "dev.json", [*graded("numbers", 40, 10), *graded("", 40, 0)])
    out, plot = tmp_path / "guardrails.toml", tmp_path / "curve.svg"

    outcome = invoke(dev, "--accuracy", 0.95, "--out", out, "--plot", plot)

    assert outcome.exit_code == 0, outcome.output
    policy = read_policy(out)
    assert list(policy.abstain) == ["numbers"]  # the bare model needs no limit
    limit = policy.abstain["numbers"]
    assert limit.by == "mean"
    kept = [(i >= 10) for i in range(40) if (i + 1) / 41 >= limit.below]
    assert sum(kept) / len(kept) >= 0.95
    assert f"answers {len(kept) / 40:.1%} of the questions ({len(kept)})" in outcome.output
    assert "without adapter: mean, no limit needed: answers 100.0%" in outcome.output
    drawing = ET.parse(plot).getroot()  # noqa: S314 - our own
    assert len(drawing.findall("{http://www.w3.org/2000/svg}polyline")) == 3  # mean, least and the oracle


def test_one_limit_for_all_adapters_keeps_back_the_worse_one(tmp_path: Path) -> None:
    """A share of all questions, wherever they go."""
    rows: list[tuple[str, bool, dict[str, float]]] = [("good", True, {"mean": 0.9 + i / 1000}) for i in range(30)]
    rows += [("", False, {"mean": i / 1000}) for i in range(30)]

    outcome = invoke(results(tmp_path / "dev.json", rows), "--coverage", 0.5, "--together")

    tables = tomllib.loads(outcome.output[outcome.output.index("# Found by") :])["abstain"]
    assert {table.get("adapter"): table["below"] for table in tables} == {"good": 0.4645, None: 0.4645}
    assert "good: mean below 0.4645: answers 100.0%" in outcome.output
    assert "without adapter: mean below 0.4645: keeps every answer back" in outcome.output


def test_limits_are_tried_on_other_questions_only(tmp_path: Path) -> None:
    """A question of the calibration in the check is named, not counted."""
    dev = results(tmp_path / "dev.json", graded("a", 40, 8))
    other = results(tmp_path / "other.json", graded("a", 50, 20), name="r")

    tried = invoke(dev, "--check", other, "--json")
    same = invoke(dev, "--check", dev)

    checked = json.loads(tried.output)["checked"]
    assert (checked["answers"], checked["right"]) == (50, 30)
    assert checked["answered"] < 50
    assert same.exit_code == 1
    assert "40 of its questions stand in RESULTS, too" in str(same.exception)


def test_wish_that_cannot_be_reached_is_said_with_what_can(tmp_path: Path) -> None:
    """Nothing is written for it, and the status says so."""
    dev = results(tmp_path / "dev.json", graded("a", 40, 35))
    out = tmp_path / "guardrails.toml"

    outcome = invoke(dev, "--accuracy", 0.95, "--by", "mean", "--out", out)

    assert outcome.exit_code == 1
    assert "not reached" in outcome.output
    assert "the best is 25.0% of 20" in outcome.output
    assert not out.exists()


@pytest.mark.parametrize(
    ("content", "arguments", "says"),
    [
        ("not JSON", [], "is not the output"),
        ('{"model": "m", "suites": [{"suite": "s"}]}', [], "is not the output"),
        ('{"model": "m", "suites": []}', [], "no answer has a confidence"),
        ("[" * 200_000, [], "is not the output"),
        (None, ["--adapter", "nope"], "there are: a"),
        (None, ["--plot", "curve.png"], "ends in .svg"),
        (None, ["--accuracy", "0.9", "--coverage", "0.9"], "give one"),
        (None, ["--by", "agreement"], "--samples"),
    ],
)
def test_bad_input_is_named(tmp_path: Path, content: str | None, arguments: list[str], says: str) -> None:
    """With what to do about it."""
    path = tmp_path / "dev.json"
    if content is None:
        results(path, graded("a", 40, 8))
    else:
        path.write_text(content)

    outcome = invoke(path, *arguments)

    assert outcome.exit_code == 1
    assert says in outcome.output + str(outcome.exception)


@pytest.mark.parametrize(("option", "name"), [("--out", "limits.toml"), ("--plot", "curve.svg")])
def test_a_place_that_cannot_be_written_is_told_before_the_work(tmp_path: Path, option: str, name: str) -> None:
    """The results are not even read, and the other file is not written."""
    nowhere, folder = tmp_path / "nowhere" / name, tmp_path / f"folder-{name}"
    (tmp_path / "dev.json").write_text("not JSON")
    folder.mkdir()
    (tmp_path / "file").write_text("")

    missing = invoke(tmp_path / "dev.json", option, nowhere)
    under_a_file = invoke(tmp_path / "dev.json", option, tmp_path / "file" / name)
    a_folder = invoke(tmp_path / "dev.json", option, folder)

    assert str(missing.exception) == (
        f"{option} {nowhere}: there is no folder {nowhere.parent}. Make it, or choose another file."
    )
    assert "there is no folder" in str(under_a_file.exception)
    assert str(a_folder.exception) == f"{option} {folder}: is a folder. Name a file in it."


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full disk at hand")
def test_a_disk_that_is_full_is_told_in_a_sentence(tmp_path: Path) -> None:
    dev = results(tmp_path / "dev.json", graded("a", 40, 8))
    (tmp_path / "full.svg").symlink_to("/dev/full")

    outcome = invoke(dev, "--plot", tmp_path / "full.svg")

    assert "full.svg: cannot be written: No space left on device" in str(outcome.exception)


def test_a_file_that_is_not_written_is_named(tmp_path: Path) -> None:
    """All right: no limit is needed, so there is no policy."""
    dev = results(tmp_path / "dev.json", graded("a", 40, 0))
    out = tmp_path / "guardrails.toml"

    outcome = invoke(dev, "--accuracy", 0.9, "--out", out)

    assert outcome.exit_code == 0
    assert f"--out {out}: not written" in outcome.stderr
    assert not out.exists()


def test_runs_of_two_models_are_not_mixed(tmp_path: Path) -> None:
    """A limit is one model's."""
    first = results(tmp_path / "a.json", graded("a", 30, 3))
    second = results(tmp_path / "b.json", graded("a", 30, 3), model="n-1.0.0")

    outcome = invoke(first, second)

    assert "of several models (m-1.0.0, n-1.0.0)" in str(outcome.exception)


@pytest.mark.model
def test_real_models_confidences_are_kept_and_calibrated(smollm2: Path, tmp_path: Path) -> None:
    """From the engine to the limit; samples bring agreement."""
    run = ["run", "--suite", "arithmetic", "--target", str(smollm2), "--data-dir", str(tmp_path), "--json"]
    outcome = CliRunner().invoke(command, [*run, "--limit", "8"], catch_exceptions=False)
    (tmp_path / "dev.json").write_text(outcome.stdout)
    voted = [*run, "--limit", "1", "--samples", "3", "--temperature", "0.8"]
    votes = json.loads(CliRunner().invoke(command, voted, catch_exceptions=False).stdout)["suites"][0]["items"]

    found = json.loads(invoke(tmp_path / "dev.json", "--coverage", 0.5, "--by", "mean", "--json").output)

    items = json.loads(outcome.stdout)["suites"][0]["items"]
    assert all(0 < item["sure"]["least"] <= item["sure"]["mean"] <= 1 for item in items)
    assert found["limits"][0]["answered"] == 4
    assert {round(3 * item["sure"]["agreement"], 3) for item in votes} <= {1.0, 2.0, 3.0}
