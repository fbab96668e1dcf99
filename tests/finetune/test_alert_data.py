"""Alerts: labels by another way of computing, wordings that are held out, and numbers where a comparison is hard."""

import hashlib
import json
import re
from collections import Counter
from functools import cache
from itertools import islice, pairwise
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from edgegen.split import SPLITS
from edgegen.tasks import alert_grammar, alert_triage, alert_wordings
from edgegen.tasks.alert_device import Device
from edgegen.tasks.alert_manner import MANNERS
from edgegen.tasks.alert_scale import drawn_scale
from edgegen.tasks.alert_triage import Row, questions, templates, worded
from edgegen.tasks.alert_wordings import (
    CALM,
    DEVICES,
    FAULTS,
    HAZARDS,
    HIGH_LIMITS,
    HIGH_WHOLES,
    LOW_LIMITS,
    LOW_WHOLES,
    MAINTENANCE,
    READINGS,
)
from edgegen.tasks.dice import Dice
from edgegen.tasks.phrases import all_of, bare, drawn

TUNED = ("train", "dev")


@cache
def _rows(split: str, count: int, seed: int = 4) -> list[Row]:
    return list(islice(questions(Dice(seed), split=split), count))


def _decided(rows: list[Row]) -> list[dict[str, Any]]:
    """The documents of which the reading decides."""
    return [row["expected"] for row in rows if row["expected"]["value"] is not None]


def _level(document: dict[str, Any]) -> tuple[str, str]:
    """Severity and cause of a reading from the rules, once more."""
    sign = 1 if document["side"] == "above" else -1
    value, warning, alarm = (sign * document[name] for name in ("value", "warning", "alarm"))
    assert alarm > warning
    cause = "high" if sign > 0 else "low"
    return ("critical", cause) if value > alarm else ("warning", cause) if value > warning else ("info", "normal")


@pytest.mark.parametrize("split", SPLITS)
def test_triage_follows_its_rules(split: str) -> None:
    """The label once more from the numbers of the document, and those from the text."""
    validator = Draft202012Validator(alert_triage.SCHEMA)
    severities, sides = set(), set()
    for row in _rows(split, 4000 if split in TUNED else 1500):
        text, expected = row["prompt"], row["expected"]
        validator.validate(expected)
        severities.add(expected["severity"])
        numbers_of = [value for name, value in expected.items() if name not in ("severity", "cause", "action")]
        if row["case"] in ("hazard", "fault", "maintenance"):
            assert expected["cause"] == {"fault": "sensor_fault"}.get(row["case"], row["case"])
            assert numbers_of == [None] * 6
            continue
        assert (expected["severity"], expected["cause"]) == _level(expected)
        assert expected["beyond_alarm"] is (expected["severity"] == "critical")
        assert expected["beyond_warning"] is (expected["severity"] != "info")
        assert row["limits"].startswith({"above": "high", "below": "low"}[expected["side"]])
        written = re.findall(r'"(?:value|warning|alarm)":(-?[0-9]+(?:\.([0-9]+))?)', row["answer"])
        assert len({len(fraction) for _, fraction in written}) == 1, row["answer"]
        # No more decimals than are said: a number that is not padded stands in the text as it is in the document.
        assert split not in TUNED or any(number in text for number, _ in written), row["answer"]
        shown = {float(n) for n in re.findall(r"(?<![0-9.])-?[0-9]+(?:\.[0-9]+)?", text)}
        assert {expected["value"], expected["warning"], expected["alarm"]} <= shown, text
        assert "{" not in re.sub(r'\{("|dev: )', "", text), text
        sides.add(expected["side"])
    assert severities == set(alert_triage.SEVERITIES)
    assert sides == {"above", "below"}


def test_the_sealed_alerts_are_what_they_were() -> None:
    """Scores of two bundles only compare when both were asked the same."""
    asked = [(row["prompt"], row["answer"]) for seed in (31, 32) for row in _rows("sealed", 600, seed)]

    digest = hashlib.sha256(json.dumps(asked).encode()).hexdigest()

    assert digest == "ee8bc9185c4c738a9401cae2d9f1dd90b53ba5f839098adac5269b8ceb6c6e57"


def test_the_side_of_a_limit_is_said_in_its_wording() -> None:
    low = re.compile(
        r"below|downwards|under|beneath|short of|less|minimum|low|least|<|smaller|smallest|floor|fall|drop|dip"
        r"|down|sunk|sink|bottom|decreas|too little|or more|or higher|(?<![a-z])ll?(?![a-z])|(?<![a-z])(min|lo)",
        re.IGNORECASE,
    )
    high = re.compile(
        r"above|upward|over|beyond|past|excess|more|maximum|upper|high|most|largest|>|greater|ceiling|cap|top"
        r"|exceed|rise|climb|surpass|up to|rising|increasing|growing|or less|or lower|(?<![a-z])hh?(?![a-z])"
        r"|too much|(?<![a-z])(max|hi)",
        re.IGNORECASE,
    )
    # "It has to stay under 5" is an upper limit.
    staying = re.compile(r"\b(stay|remain|kept|held|has to be|must be|should be|be|no warning)\b", re.IGNORECASE)
    # Without a word for the side the alarm limit lies further out; listed ones are upper limits.
    unsaid = {"The warning limit is {w} and the alarm limit {a}.", "Limits: warning {w}, alarm {a}."}
    both = {text for text in alert_grammar.HIGH_LIMITS if text in alert_grammar.LOW_LIMITS}
    assert len(both) == 3
    dice = Dice(2)
    for split in SPLITS:
        for tables, side, other in (((HIGH_LIMITS, HIGH_WHOLES), high, low), ((LOW_LIMITS, LOW_WHOLES), low, high)):
            for text in (text for table in tables for text in table[split] if text not in both | unsaid):
                for one in {drawn(dice, text) for _ in range(60)}:
                    assert side.search(one) or (staying.search(one) and other.search(one)), one
        assert not (set(HIGH_LIMITS[split]) & set(LOW_LIMITS[split])) - both


def test_upper_and_lower_limits_are_said_alike_in_what_is_learned_and_tuned() -> None:
    for split in TUNED:
        assert len(HIGH_LIMITS[split]) == len(LOW_LIMITS[split])
        assert len(HIGH_WHOLES[split]) == len(LOW_WHOLES[split])
        documents = _decided(_rows(split, 4000))
        above = sum(document["side"] == "above" for document in documents)
        assert 0.47 < above / len(documents) < 0.53


def test_readings_at_and_beside_a_limit_are_a_fair_share() -> None:
    for split in TUNED:
        rows = _rows(split, 4000)
        beside: Counter[int] = Counter()
        for row in rows:
            numbers = re.findall(r'"(?:value|warning|alarm)":(-?[0-9.]+)', row["answer"])
            if not numbers:
                continue
            value, warning, alarm = (int(number.replace(".", "")) for number in numbers)
            beside[min(abs(value - warning), abs(value - alarm))] += 1
        assert beside[0] > 0.05 * beside.total()
        assert beside[1] > 0.12 * beside.total()


@pytest.mark.parametrize("case", ["normal", "warn high", "warn low", "high", "low"])
@pytest.mark.parametrize("bounds", [(1, 2), (-1, 1), (9, 11), (95, 105), (90, 95)])
def test_a_reading_lies_in_the_band_of_its_case_however_narrow_it_is(case: str, bounds: tuple[int, int]) -> None:
    device = Device("pump", "level", "%" if bounds == (90, 95) else "bar", *bounds)
    dice = Dice(3)
    for upper in (True, False) if case == "normal" else (case.endswith("high"),):
        for _ in range(300):
            scale = drawn_scale(dice, case, device, MANNERS["train"], upper=upper)
            sign = 1 if upper else -1
            value, warning, alarm = (sign * number for number in (scale.value, scale.warning, scale.alarm))
            assert warning < alarm
            band = "normal" if value <= warning else "warn" if value <= alarm else "beyond"
            assert band == {"normal": "normal", "high": "beyond", "low": "beyond"}.get(case, "warn")


def test_what_an_aside_denies_is_never_so() -> None:
    for split in TUNED:
        denials = [re.compile(re.escape(text).replace(r"\{n\}", "[0-9]+")) for text in CALM[split]]
        rows = [row for row in _rows(split, 4000) if any(denial.search(row["prompt"]) for denial in denials)]
        assert len(rows) > 60
        assert not [row for row in rows if row["case"] in ("hazard", "fault", "maintenance")]


def test_composed_alerts_are_many_and_hold_no_wording_that_is_held_out() -> None:
    held = [bare(one) for split in ("dev", "sealed") for text in templates(split) for one in all_of(text)]
    dice = Dice(6)

    made = {bare(worded(dice, text, "train")) for text in templates("train") for _ in range(40)}

    assert not [one for one in made if any(part in one for part in held)]
    assert len(made) > 5000
    rows = _rows("train", 4000)
    assert len({row["prompt"] for row in rows}) > 3995


def test_no_wording_to_learn_from_or_to_tune_by_is_close_to_a_sealed_one() -> None:
    """Of the pairs of words that stand side by side in either, at most half stand in both."""

    def pairs(text: str) -> set[tuple[str, str]]:
        words = bare(text).split()
        return set(pairwise(words))

    dice = Dice(8)
    sealed = [pairs(text) for text in templates("sealed")]
    for split in TUNED:
        for text in templates(split):
            for one in {worded(dice, text, split) for _ in range(40)}:
                found = pairs(one)
                assert all(len(found & other) <= len(found | other) / 2 for other in sealed), one


def test_devices_that_are_made_up_have_no_name_that_is_held_out() -> None:
    held = [f" {device.name} " for split in ("dev", "sealed") for device in DEVICES[split]]
    dice = Dice(6)

    made = [alert_grammar.device(dice) for _ in range(5000)]

    assert len({device.name for device in made}) > 1500
    assert not [device for device in made if any(name in f" {device.name} " for name in held)]
    assert all(device.low < device.high for device in made)
    magnitudes = Counter(len(str(abs(device.high))) for device in made)
    assert all(magnitudes[digits] > 200 for digits in (1, 2, 3, 4))


def test_there_are_enough_wordings_to_learn_from_and_to_tune_by() -> None:
    assert len(READINGS["dev"]) >= 20
    assert len(HIGH_LIMITS["dev"]) >= 20
    assert len(DEVICES["dev"]) >= 25
    for table in (HAZARDS, FAULTS, MAINTENANCE):
        assert len(table["dev"]) >= 10
        assert len(table["train"]) >= 25
    assert len(HIGH_LIMITS["train"]) >= 60
    assert len(DEVICES["train"]) >= 40
    assert MANNERS["sealed"].made_up == 0


def test_all_alternatives_of_a_wording_are_found() -> None:
    dice = Dice(1)
    for text in (*alert_wordings.FAULTS["dev"], "[a|b[c|]] [d|e]"):
        assert set(all_of(text)) == {drawn(dice, text) for _ in range(300)}
