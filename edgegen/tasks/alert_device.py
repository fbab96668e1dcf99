"""What an alert is about: a device, what is measured on it, and the range of its warning limit."""

from typing import NamedTuple


class Device(NamedTuple):
    """What is measured on a device, and the range of its warning limit."""

    name: str
    quantity: str
    unit: str
    low: int
    high: int


def devices(*rows: tuple[str, str, str, int, int]) -> tuple[Device, ...]:
    """Rows of a table as devices."""
    return tuple(Device(*row) for row in rows)
