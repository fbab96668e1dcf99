"""The numbers of an alert: a reading and its limits, in units of their last decimal."""

import math
from typing import NamedTuple

from edgegen.tasks.alert_device import Device
from edgegen.tasks.alert_manner import Manner, so_often
from edgegen.tasks.dice import Dice


class Scale(NamedTuple):
    """A reading and its limits in units of the last decimal; ``other`` is one that means nothing."""

    decimals: int
    value: int
    warning: int
    alarm: int
    other: int

    def written(self, number: int) -> str:
        """With all decimals, as in the document."""
        return f"{number / 10**self.decimals:.{self.decimals}f}"

    def said(self, number: int) -> str:
        """Without zeros at the end, as in an alert."""
        text = self.written(number)
        return text.rstrip("0").rstrip(".") if "." in text else text

    def fitted(self) -> "Scale":
        """With no more decimals than the reading or a limit has as it is said; ``other`` is rounded to them."""
        scale = self
        while scale.decimals and not any(number % 10 for number in (scale.value, scale.warning, scale.alarm)):
            numbers = scale.value // 10, scale.warning // 10, scale.alarm // 10, scale.other // 10
            scale = Scale(scale.decimals - 1, *numbers)
        return scale


def drawn_scale(dice: Dice, case: str, device: Device, manner: Manner, *, upper: bool) -> Scale:
    """A reading with its limits; none is negative, or beyond 100%, where it cannot be: that would be a fault."""
    while True:
        scale = _any_scale(dice, case, device, manner, upper=upper)
        most = 100 * 10**scale.decimals if device.unit == "%" and manner.sound else math.inf
        numbers = (scale.value, scale.alarm, scale.other)
        if (device.low < 0 or min(numbers) >= 0) and max(numbers) <= most:
            return scale


def _any_scale(dice: Dice, case: str, device: Device, manner: Manner, *, upper: bool) -> Scale:
    """Limits at a distance of some tenths of the usual range, and a value in the band of the case."""
    span = max(2, device.high - device.low)
    decimals = dice.pick((0, 0, 0, 1, 1) if span >= 100 else (0, 1, 1, 1, 1, 2) if span >= 10 else (1, 1, 1, 2))
    decimals += so_often(dice, manner.fine)
    unit = 10**decimals
    outward = 1 if upper else -1
    # Most limits are whole, some have a half or all decimals.
    grid = dice.pick((unit, unit, unit, max(1, unit // 2), 1))
    warning = dice.between(device.low * unit // grid, device.high * unit // grid) * grid
    distance = max(1, round(span * unit * dice.between(15, 60) / 100 / grid)) * grid
    if so_often(dice, manner.decades) and (powers := _powers_of_ten(device)):
        power = dice.pick(powers) * unit
        near = dice.between(1, power // 3)
        before, behind = dice.pick((0, 1, unit, near)), dice.pick((1, unit, dice.between(1, power // 3)))
        warning, distance = power - outward * before, before + behind
    alarm = warning + outward * distance
    # Close to a limit, anywhere in the band, or far off with perhaps more digits.
    draw = dice.below(100)
    far = min(3, distance) if draw < 20 else distance if draw < 85 else 4 * distance
    if case in ("high", "low"):
        value = alarm + outward * dice.between(1, far)
    elif case.startswith("warn"):
        value = warning + outward * dice.between(1, min(far, distance))
        value = alarm + warning - value if dice.chance(30) else value
        value = value + outward if value == warning else value
    else:
        value = warning - outward * dice.between(0, 2 * far)
    if so_often(dice, manner.edges):
        value = _at_the_edge(dice, case, warning, alarm)
    elif so_often(dice, manner.leaps):
        value = _far_away(dice, case, warning, alarm, value)
    return Scale(decimals, value, warning, alarm, warning + dice.between(-2 * distance, 2 * distance))


def _powers_of_ten(device: Device) -> list[int]:
    """Those from ten on that its limits may come close to."""
    return [10**k for k in range(1, 6) if max(1, device.low) <= 2 * 10**k <= 4 * device.high]


def _at_the_edge(dice: Dice, case: str, warning: int, alarm: int) -> int:
    """A value of the case that equals a limit, or lies a unit or two of the last decimal beside it."""
    outward = 1 if alarm > warning else -1
    if case in ("high", "low"):
        return alarm + outward * dice.pick((1, 1, 2))
    if case == "normal":
        return warning - outward * dice.pick((0, 0, 1, 2))
    near_warning = warning + outward * dice.pick((1, 1, 2))
    near_alarm = alarm - outward * dice.pick((0, 0, 1))
    inside = [value for value in (near_warning, near_alarm) if outward * warning < outward * value <= outward * alarm]
    return dice.pick(inside or [alarm])


def _far_away(dice: Dice, case: str, warning: int, alarm: int, value: int) -> int:
    """A value of the case with more or fewer digits before the point, or ``value`` where there is none."""
    upper = alarm > warning
    if case.startswith("warn") or min(warning, alarm) <= 0:
        return value
    if upper == (case == "normal"):
        limit = warning if case == "normal" else alarm
        return dice.below(limit // dice.pick((5, 10, 10, 100)) + 1) if limit > 1 else value
    return max(warning, alarm) * dice.between(2, 6) + dice.below(10)
