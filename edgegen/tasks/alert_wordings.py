"""What alerts are made of: devices, and the wordings of readings, limits, faults, hazards and asides, by split.

Slots: {d} device, {q} quantity, {x} the reading with its unit, {w} warning and {a} alarm limit, {r} another value of
the same unit, {n} and {m} small whole numbers, {k} a long one. No wording of one split is in another.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Device(NamedTuple):
    """What is measured on a device, and the range of its warning limit."""

    name: str
    quantity: str
    unit: str
    low: int
    high: int


def _devices(*rows: tuple[str, str, str, int, int]) -> tuple[Device, ...]:
    return tuple(Device(*row) for row in rows)


DEVICES: Mapping[str, Sequence[Device]] = {
    "train": _devices(
        ("boiler", "temperature", "°C", 60, 95), ("pump", "pressure", "bar", 4, 12),
        ("compressor", "pressure", "bar", 6, 16), ("cold store", "temperature", "°C", 4, 12),
        ("motor", "vibration", "mm/s", 4, 12), ("transformer", "oil temperature", "°C", 70, 100),
        ("server rack", "inlet temperature", "°C", 25, 38), ("battery", "cell voltage", "mV", 3600, 4200),
        ("tank", "level", "%", 70, 95), ("greenhouse", "humidity", "%", 60, 90),
        ("gearbox", "oil temperature", "°C", 70, 110), ("fan", "current", "A", 3, 20),
        ("conveyor", "belt speed", "cm/s", 40, 200), ("freezer", "temperature", "°C", -16, -8),
        ("inverter", "temperature", "°C", 55, 85), ("well", "water level", "cm", 150, 400),
        ("chiller", "flow", "l/min", 20, 120), ("laboratory", "CO2", "ppm", 900, 2000),
        ("bearing 2", "temperature", "°C", 60, 90), ("mixer", "torque", "Nm", 40, 300),
        ("walk-in freezer", "air temperature", "°C", -24, -16), ("glycol loop", "temperature", "°C", -12, 4),
        ("deep freezer", "temperature", "°C", -82, -68), ("vacuum pump", "gauge pressure", "mbar", -900, -400),
        ("generator", "load", "kW", 80, 450), ("diesel engine", "coolant temperature", "°C", 85, 105),
        ("water main", "flow", "m³/h", 15, 90), ("office", "noise", "dB", 55, 85), ("cellar", "humidity", "%", 50, 75),
        ("solar string", "voltage", "V", 300, 800), ("filter", "differential pressure", "kPa", 2, 30),
        ("cooling tower", "fan speed", "rpm", 200, 1400), ("press", "force", "kN", 50, 900),
        ("pool", "chlorine", "mg/l", 1, 4), ("reservoir", "turbidity", "NTU", 1, 10),
        ("oven", "zone temperature", "°C", 160, 260),
        ("spindle", "speed", "rpm", 3000, 12000), ("hydrogen cabinet", "concentration", "ppm", 10, 400),
        ("chimney", "draught", "Pa", 5, 60), ("drive", "DC link voltage", "V", 500, 760),
        ("extruder", "melt pressure", "bar", 60, 280), ("crane", "load", "t", 4, 40),
        ("lift", "door current", "A", 1, 6),
        ("barn", "air temperature", "°C", 18, 32), ("antenna", "tilt", "deg", 2, 15),
        ("lamp post", "power", "W", 30, 250),
        ("scale", "weight", "kg", 20, 1500), ("steam turbine", "bearing temperature", "°C", 70, 115),
        ("brine circuit", "temperature", "°C", -18, -2), ("paint booth", "air speed", "m/s", 0, 3),
        ("museum room", "light level", "lx", 50, 300), ("clean room", "particle count", "counts/l", 100, 3500),
    ),
    "dev": _devices(
        ("heat exchanger", "outlet temperature", "°C", 50, 90), ("crusher", "vibration", "mm/s", 5, 15),
        ("stable", "ammonia", "ppm", 15, 40), ("hydraulic press", "oil pressure", "bar", 100, 220),
    ),
    "sealed": _devices(
        ("incinerator", "chamber temperature", "°C", 700, 950), ("wind turbine", "rotor speed", "rpm", 14, 30),
        ("aquarium", "water temperature", "°C", 26, 32), ("elevator", "brake current", "A", 5, 25),
        ("silo", "fill level", "%", 75, 95), ("autoclave", "steam pressure", "kPa", 150, 320),
        ("data logger", "supply voltage", "mV", 3300, 5200), ("dryer", "exhaust temperature", "°C", 60, 120),
    ),
}  # fmt: skip

READINGS: Mapping[str, Sequence[str]] = {
    "train": (
        "The {q} of the {d} is {x}.",
        "{d}: {q} {x}.",
        "Reading from the {d}: {q} = {x}.",
        "At the {d} a {q} of {x} was measured.",
        "device={d} {q}={x}.",
        "The {d} reports {x} ({q}).",
        "Alert from {d}. Measured {q}: {x}.",
        "Just now the {d} sent a {q} of {x}.",
        "{q} at the {d}: {x}.",
        "New value for {q} of the {d}: {x}.",
        "The {d} is at {x}.",
        "{x} measured as {q} of the {d}.",
        "{d} - {q}: {x}",
        "Telemetry {d}: {q} {x}",
        "Currently the {q} of the {d} amounts to {x}.",
        "The sensor on the {d} says {x} for the {q}.",
        "{q} ({d}) = {x}",
        "The {q} of our {d} has reached {x}.",
        "The {q} in the {d} went to {x}.",
        "I read {x} on the {q} display of the {d}.",
        "Value: {x}. Quantity: {q}. Device: {d}.",
        "The {d} now has a {q} of {x}.",
        "Message {k} from the {d}: {q} is {x}.",
        "topic plant/{k} device {d} {q} {x}",
        "{x} {q} at the {d}.",
        "The {q} of the {d} stands at {x}.",
        "Since {n} minutes the {d} has had a {q} of {x}.",
        "According to probe {n} the {q} of the {d} is {x}.",
        "The {q} of the {d} was {r} {n} minutes ago and is {x} now.",
        "The {q} of the {d} changed from {r} to {x}.",
    ),
    "dev": ("The {d} shows {x} as its {q}.", "We see {x} for the {q} of the {d}."),
    "sealed": (
        "A {q} of {x} comes from the {d}.",
        "The latest {q} from the {d} is {x}.",
        "Sensor message: {d}, {q}, {x}.",
        "{x} is what the {d} gives as {q}.",
    ),
}
HIGH_LIMITS: Mapping[str, Sequence[str]] = {
    "train": (
        "Warning above {w}, alarm above {a}.",
        "The warning limit is {w} and the alarm limit {a}.",
        "Limits: warning {w}, alarm {a}.",
        "It should not exceed {w}; more than {a} is dangerous.",
        "Up to {w} is normal, above {a} is an alarm.",
        "warn>{w} alarm>{a}",
        "Anything over {w} needs a look, anything over {a} a stop.",
        "Allowed maximum: {w}. Critical maximum: {a}.",
        "High limit {w}, high-high limit {a}.",
        "H {w}, HH {a}",
        "The alarm limit is {a}, the warning limit {w}; both are upper ones.",
        "Above {a} it alarms, above {w} it warns.",
        "An alarm comes over {a}, a warning over {w}.",
        "A warning is raised once it is higher than {w}, an alarm once it is higher than {a}.",
        "The maximum is {w}, the absolute maximum {a}.",
        "It must stay under {w} and by all means under {a}.",
        "{w} is the most it should have, {a} the most it can bear.",
        "max_warning={w} max_alarm={a}",
        "Tolerated up to {w}, dangerous from more than {a} on.",
        "Warn if greater than {w}; stop if greater than {a}.",
        "Thresholds (high): {w} / {a}",
        "Exceeding {w} is a warning, exceeding {a} an alarm.",
        "Not more than {w}, please, and never more than {a}.",
        "The upper warning threshold is {w} and the upper alarm threshold is {a}.",
        "The ceiling for a warning is {w}, the ceiling for an alarm {a}.",
        "alarm>{a} warn>{w}",
    ),
    "dev": ("Values above {w} are a warning and values above {a} an alarm.",),
    "sealed": (
        "It warns from above {w} and alarms from above {a}.",
        "Normal is at most {w}; an alarm is anything beyond {a}.",
        "Upper limits: {w} for a warning, {a} for an alarm.",
    ),
}
LOW_LIMITS: Mapping[str, Sequence[str]] = {
    "train": (
        "Warning below {w}, alarm below {a}.",
        "The lower warning limit is {w} and the lower alarm limit {a}.",
        "Lower limits: warning {w}, alarm {a}.",
        "It should not fall below {w}; less than {a} is dangerous.",
        "Down to {w} is normal, below {a} is an alarm.",
        "warn<{w} alarm<{a}",
        "Anything under {w} needs a look, anything under {a} a stop.",
        "Allowed minimum: {w}. Critical minimum: {a}.",
        "Low limit {w}, low-low limit {a}.",
        "L {w}, LL {a}",
        "The alarm limit is {a}, the warning limit {w}; both are lower ones.",
        "Below {a} it alarms, below {w} it warns.",
        "An alarm comes under {a}, a warning under {w}.",
        "A warning is raised once it is lower than {w}, an alarm once it is lower than {a}.",
        "The minimum is {w}, the absolute minimum {a}.",
        "It must stay over {w} and by all means over {a}.",
        "{w} is the least it should have, {a} the least it needs.",
        "min_warning={w} min_alarm={a}",
        "Tolerated down to {w}, dangerous from less than {a} on.",
        "Warn if smaller than {w}; stop if smaller than {a}.",
        "Thresholds (low): {w} / {a}",
        "Dropping under {w} is a warning, dropping under {a} an alarm.",
        "Not less than {w}, please, and never less than {a}.",
        "The lower warning threshold is {w} and the lower alarm threshold is {a}.",
        "The floor for a warning is {w}, the floor for an alarm {a}.",
        "alarm<{a} warn<{w}",
    ),
    "dev": ("Values below {w} are a warning and values below {a} an alarm.",),
    "sealed": (
        "It warns from below {w} and alarms from below {a}.",
        "Normal is at least {w}; an alarm is anything less than {a}.",
        "Minimum limits: {w} for a warning, {a} for an alarm.",
    ),
}
HAZARDS: Mapping[str, Sequence[str]] = {
    "train": (
        "Smoke was detected near the {d}.",
        "The gas detector at the {d} has tripped.",
        "A flame was seen at the {d}.",
        "There is water on the floor under the {d}.",
        "The {d} smells of burning and smoke comes out.",
        "Gas leak reported beside the {d}.",
        "Fire alarm in the room of the {d}.",
        "The flood sensor below the {d} is wet.",
        "There is a fire at the {d}.",
        "Something burns in the {d}.",
        "The {d} is flooded.",
        "The carbon monoxide detector at the {d} rings.",
        "Dense smoke comes out of the {d}.",
        "Somebody smells gas around the {d}.",
        "Sparks and flames shoot out of the {d}.",
        "Water drips onto the {d} from the ceiling.",
        "smoke=1 device={d}",
        "Explosive gas was measured beside the {d}.",
        "The sprinklers above the {d} have gone off because of a fire.",
        "Refrigerant gas escapes from the {d}.",
    ),
    "dev": ("The smoke detector above the {d} went off.", "Water is leaking from the {d}."),
    "sealed": (
        "There is smoke coming from the {d}.",
        "A gas alarm sounds next to the {d}.",
        "Flames were reported at the {d}.",
        "The leak sensor under the {d} found water.",
    ),
}
FAULTS: Mapping[str, Sequence[str]] = {
    "train": (
        "The {q} sensor of the {d} has sent nothing for {n} hours.",
        "The {d} reports {q} = NaN.",
        "No {q} value from the {d} since {n} hours.",
        "The {q} sensor of the {d} is disconnected.",
        "The {d} has sent exactly the same {q} for {n} days.",
        "{d}: {q} n/a, sensor error.",
        "The {q} of the {d} reads -9999, which is impossible.",
        "The {q} probe of the {d} returns null.",
        "There has been no signal from the {q} sensor of the {d} since yesterday.",
        "{d}: {q} = null",
        "{d} {q}: ERR",
        "The {q} input of the {d} has a broken wire.",
        "The {q} of the {d} reads 99999, far outside what is possible.",
        "The {q} sensor at the {d} is short-circuited.",
        "The {q} value of the {d} is frozen: the same figure for {n} days.",
        "The {d} stopped sending its {q} {n} hours ago.",
        "Communication with the {q} sensor of the {d} is lost.",
        "The {q} transmitter of the {d} reports a fault code {n}.",
        "Sensor failure: {q}, {d}.",
        "The {q} of the {d} jumps between impossible values.",
    ),
    "dev": ("The {d} has been silent about its {q} for {n} hours.", "The {q} sensor at the {d} answers with an error."),
    "sealed": (
        "For {n} hours there has been no {q} from the {d}.",
        "The {q} sensor on the {d} is broken and gives no value.",
        "The {d} sends null as its {q}.",
        "The {q} shown for the {d} has not changed at all for {n} days.",
    ),
}
MAINTENANCE: Mapping[str, Sequence[str]] = {
    "train": (
        "The {d} is under maintenance.",
        "A technician is testing the {d} right now.",
        "This is a planned test of the {d}.",
        "Maintenance mode is on for the {d}.",
        "The {d} is being serviced today.",
        "Note: test run of the {d}, announced yesterday.",
        "The {d} is in service mode.",
        "Technicians work on the {d} until tomorrow.",
        "The {d} is being calibrated.",
        "mode=maintenance device={d}",
        "Planned upkeep of the {d}, {n} hours long.",
        "We are trying out the {d}; ignore its values.",
        "Repair work on the {d} has been announced.",
        "A test signal is fed into the {d}.",
        "The {d} is taken out of operation for its yearly inspection.",
        "Commissioning of the {d} is under way.",
        "This alert belongs to a drill at the {d}.",
    ),
    "dev": ("Service work on the {d} is going on.",),
    "sealed": (
        "The {d} is in its planned maintenance.",
        "Somebody is servicing the {d} at the moment.",
        "A test of the {d} is running as announced.",
    ),
}
# Said without any weight for the label.
ASIDES: Mapping[str, Sequence[str]] = {
    "train": ("", "", "", "", "It was {r} before.", "The last service was {n} months ago.", "Operator on duty: Kim.",
              "Outside it is raining.", "The door is closed.", "Yesterday at this time it read {r}.",
              "The mean of the week is {r}.", "The set point is {r}.", "A unit of the same kind has {r}.",
              "It has run for {k} hours.", "Ticket {k}.", "Serial number {k}.", "Sampled every {n} minutes.",
              "There are {n} persons on site.", "Line {n}, station {m}.", "It was replaced {n} years ago.",
              "Time stamp {k}.", "The next visit is in {n} days.", "The lowest value today was {r}.",
              "The highest value today was {r}.", "Nominal: {r}.", "Firmware {n}.{m} is installed.",
          "Battery at {k} mV.",
              "Signal -{n}{m} dBm.", "Nobody is there at the moment.", "The neighbour device is fine.",
              "Sent by gateway {n}.", "This is message {m} of {n}."),
    "dev": ("", "The shift changes in {n} hours."),
    "sealed": ("", "The unit is {n} years old.", "Another unit of this kind works well."),
}  # fmt: skip
FRAMES: Mapping[str, Sequence[str]] = {
    "train": (
        "{s}",
        "Triage this alert: {s}",
        "{s}\nHow severe is it? Answer as JSON.",
        'Give "severity", "cause" and "action" as JSON.\n{s}',
        "Alert: {s}",
        "Classify the message. {s}",
        "What should be done? {s}",
        "{s}\nTriage?",
        "Incoming message:\n{s}\nSeverity, cause and action as JSON.",
        "An IoT device sent this. Rate it.\n{s}",
        "{s} Reply with the triage document.",
        "Is this serious? {s}",
        "Event: {s}\nFill in the triage form as JSON.",
    ),
    "dev": ("{s}", "Assess this message: {s}"),
    "sealed": ("{s}", "Judge this alert and reply with JSON: {s}"),
}

# How a device is called: some have a number, a place or a part in front.
NAMES: Mapping[str, Sequence[str]] = {
    "train": ("{d}", "{d}", "{d}", "{d} {n}", "{d} {N}", "{place} {d}", "{place} {d} {n}", "{d} {letter}{n}",
              "{d}-{n:02}", "hall {n} {d}"),
    "dev": ("{d}",),
    "sealed": ("{d}",),
}  # fmt: skip
PLACES = ("north", "south", "east", "west", "old", "new", "main", "spare", "left", "right", "upper", "lower", "backup",
          "outdoor", "indoor", "roof", "basement", "second", "third", "small", "large")  # fmt: skip
# Between the parts of an alert.
JOINS: Mapping[str, Sequence[str]] = {
    "train": (" ", " ", " ", " ", "\n", " - ", " | "),
    "dev": (" ",),
    "sealed": (" ",),
}
