"""Alerts that only prove: nobody who writes training or tuning wordings reads on.

The slots are those of ``edgegen.tasks.alert_wordings``. What is asked of it never changes (a test has its digest), so
that the scores of all bundles compare.
"""

from edgegen.tasks.alert_device import devices

DEVICES = devices(
    ("incinerator", "chamber temperature", "°C", 700, 950),
    ("wind turbine", "rotor speed", "rpm", 14, 30),
    ("aquarium", "water temperature", "°C", 26, 32),
    ("elevator", "brake current", "A", 5, 25),
    ("silo", "fill level", "%", 75, 95),
    ("autoclave", "steam pressure", "kPa", 150, 320),
    ("data logger", "supply voltage", "mV", 3300, 5200),
    ("dryer", "exhaust temperature", "°C", 60, 120),
)  # fmt: skip
READINGS = (
    "A {q} of {x} comes from the {d}.",
    "The latest {q} from the {d} is {x}.",
    "Sensor message: {d}, {q}, {x}.",
    "{x} is what the {d} gives as {q}.",
)
HIGH_LIMITS = (
    "It warns from above {w} and alarms from above {a}.",
    "Normal is at most {w}; an alarm is anything beyond {a}.",
    "Upper limits: {w} for a warning, {a} for an alarm.",
)
LOW_LIMITS = (
    "It warns from below {w} and alarms from below {a}.",
    "Normal is at least {w}; an alarm is anything less than {a}.",
    "Minimum limits: {w} for a warning, {a} for an alarm.",
)
HAZARDS = (
    "There is smoke coming from the {d}.",
    "A gas alarm sounds next to the {d}.",
    "Flames were reported at the {d}.",
    "The leak sensor under the {d} found water.",
)
FAULTS = (
    "For {n} hours there has been no {q} from the {d}.",
    "The {q} sensor on the {d} is broken and gives no value.",
    "The {d} sends null as its {q}.",
    "The {q} shown for the {d} has not changed at all for {n} days.",
)
MAINTENANCE = (
    "The {d} is in its planned maintenance.",
    "Somebody is servicing the {d} at the moment.",
    "A test of the {d} is running as announced.",
)
ASIDES = (
    "",
    "The unit is {n} years old.",
    "Another unit of this kind works well.",
)
FRAMES = (
    "{s}",
    "Judge this alert and reply with JSON: {s}",
)
NAMES = ("{d}",)
JOINS = (" ",)
HIGH_WHOLES: tuple[str, ...] = ()
LOW_WHOLES: tuple[str, ...] = ()
CALM: tuple[str, ...] = ()
