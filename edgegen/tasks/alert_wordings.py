"""What alerts are made of: devices, and the wordings of readings, limits, faults, hazards and asides, by split.

Slots: {d} device, {q} quantity, {x} the reading with its unit, {w} warning and {a} alarm limit, {r} another value of
the same unit, {n} and {m} small whole numbers, {k} a long one. Square brackets hold alternatives. No wording of one
split is in another.
"""

from collections.abc import Mapping, Sequence

from edgegen.tasks import alert_dev, alert_sealed, alert_train
from edgegen.tasks.alert_device import Device

Texts = Mapping[str, Sequence[str]]

_MODULES = {"train": alert_train, "dev": alert_dev, "sealed": alert_sealed}


def _by_split(table: str) -> Texts:
    return {split: getattr(module, table) for split, module in _MODULES.items()}


DEVICES: Mapping[str, Sequence[Device]] = {split: module.DEVICES for split, module in _MODULES.items()}
READINGS = _by_split("READINGS")
HIGH_LIMITS = _by_split("HIGH_LIMITS")
LOW_LIMITS = _by_split("LOW_LIMITS")
# A reading and its limits in one sentence.
HIGH_WHOLES = _by_split("HIGH_WHOLES")
LOW_WHOLES = _by_split("LOW_WHOLES")
HAZARDS = _by_split("HAZARDS")
FAULTS = _by_split("FAULTS")
MAINTENANCE = _by_split("MAINTENANCE")
# Said without any weight for the label.
ASIDES = _by_split("ASIDES")
# That there is no hazard, fault or maintenance; said only where that is so.
CALM = _by_split("CALM")
FRAMES = _by_split("FRAMES")
# How a device is called: some have a number, a place or a part in front.
NAMES = _by_split("NAMES")
PLACES = ("north", "south", "east", "west", "old", "new", "main", "spare", "left", "right", "upper", "lower", "backup",
          "outdoor", "indoor", "roof", "basement", "second", "third", "small", "large")  # fmt: skip
# Between the parts of an alert.
JOINS = _by_split("JOINS")
