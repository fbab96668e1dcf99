"""From the child to whoever waits for it: how far it is."""

import sys

from export.native import MARK


def report(done: int, total: int) -> None:
    """So much is done of so much."""
    sys.stdout.write(f"{MARK.decode()}{done} {total}\n")
    sys.stdout.flush()
