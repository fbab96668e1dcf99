"""How the alerts of a split are put together: which cases, which numbers, and how they are written."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from edgegen.tasks.dice import Dice


def _shares(*cases: tuple[str, int]) -> tuple[str, ...]:
    """Each case so often: a percentage of the questions."""
    return tuple(case for case, share in cases for _ in range(share))


# The three severities come out about equally often.
_SEALED_CASES = _shares(
    ("normal", 22), ("maintenance", 11), ("warn high", 13), ("warn low", 10), ("fault", 10), ("high", 13),
    ("low", 10), ("hazard", 11),
)  # fmt: skip
# Lower limits as often as upper ones.
_EVEN_CASES = _shares(
    ("normal", 24), ("maintenance", 9), ("warn high", 12), ("warn low", 12), ("fault", 9), ("high", 12), ("low", 12),
    ("hazard", 10),
)  # fmt: skip


class Manner(NamedTuple):
    """How the alerts of a split are put together: percentages, but for ``cases``, ``asides`` and the last two.

    Args:
        cases: What is drawn from.
        asides: How many asides an alert may have.
        upper: Normal readings whose limits are upper ones.
        within: Asides that stand elsewhere than at the end.
        glued: Units without a blank before them.
        renamed: Units in another spelling.
        padded: Numbers with all decimals.
        unitless: Limits without a unit.
        wholes: Readings that stand in one sentence with their limits.
        edges: Readings that equal a limit or lie one or two units of the last decimal beside it.
        decades: Limits with a power of ten between them, so that they differ in digits.
        leaps: Readings of another order of magnitude than their limits.
        calm: Asides that say that there is no hazard, fault or maintenance, where there is none.
        made_up: Devices of the grammar.
        fine: Readings and limits with one decimal more.
        sound: No share is above 100%.
        fitted: The document has no more decimals than the alert says.
    """

    cases: Sequence[str]
    asides: Sequence[int] = (1,)
    upper: int = 60
    within: int = 0
    glued: int = 0
    renamed: int = 0
    padded: int = 0
    unitless: int = 0
    wholes: int = 0
    edges: int = 0
    decades: int = 0
    leaps: int = 0
    calm: int = 0
    made_up: int = 0
    fine: int = 0
    sound: bool = True
    fitted: bool = True


MANNERS: Mapping[str, Manner] = {
    "train": Manner(
        _EVEN_CASES, asides=(1, 1, 1, 2), upper=50, within=40, glued=15, renamed=15, padded=20, unitless=12, wholes=15,
        edges=25, decades=15, leaps=20, calm=8, made_up=55, fine=8,
    ),
    "dev": Manner(
        _EVEN_CASES, upper=50, within=30, glued=10, renamed=10, padded=10, unitless=8, wholes=12, edges=25, leaps=8,
        calm=8, fine=5,
    ),
    # As it always was, so that the scores of all bundles compare.
    "sealed": Manner(_SEALED_CASES, sound=False, fitted=False),
}  # fmt: skip

SPELLINGS: Mapping[str, Sequence[str]] = {
    "°C": ("C", "degC", "deg C", "degrees Celsius"), "%": ("percent", "pct"), "m³/h": ("m3/h", "cbm/h"),
    "bar": ("bars",), "l/min": ("L/min", "litres/min"), "rpm": ("RPM", "1/min"), "µg/m³": ("ug/m3",), "V": ("volts",),
    "A": ("amps", "Amp"), "kW": ("kilowatts",), "t": ("tons",), "mm/s": ("mm/sec",), "cm": ("centimetres",),
}  # fmt: skip


def so_often(dice: Dice, percent: int) -> bool:
    """As ``Dice.chance``, but nothing is drawn for what never happens."""
    return percent > 0 and dice.chance(percent)
