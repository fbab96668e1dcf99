"""Two runs, item by item: which one knows more, and is that more than chance?"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.probes.report import align
from edge.probes.score import Interval
from edge.probes.significance import difference, holm, mcnemar
from edge.store import Store
from edgegen.errors import ConfigError


@dataclass(frozen=True)
class Recorded:
    """A run that is over: for each suite whether each item was right, by its id."""

    name: str
    model: str
    suites: Mapping[str, Mapping[str, bool]]


@dataclass(frozen=True)
class Change:
    """One suite in two runs, on the items that both have.

    ``difference`` is the second share less the first, with a 95% interval that draws whole templates; ``p`` is
    McNemar's, ``p_holm`` holds for all suites of the comparison together.
    """

    suite: str
    items: int
    first: int
    second: int
    only_first: int
    only_second: int
    difference: float
    interval: Interval
    p: float
    p_holm: float


def find_run(name: str, store: Store | None) -> Recorded:
    """A run by the JSON file that ``probe run --json`` wrote, or by the beginning of its id in the database.

    Raises:
        ConfigError: If there is no such run, or several begin so.
    """
    path = Path(name)
    if path.is_file():
        return _of_file(path)
    rows = (
        [] if store is None else store.query("SELECT DISTINCT run FROM probe_results WHERE run LIKE ?", (name + "%",))
    )
    if len(rows) != 1:
        known = [] if store is None else store.query("SELECT DISTINCT run FROM probe_results ORDER BY utc DESC LIMIT 5")
        what = f"{len(rows)} runs begin so" if rows else "no such file, and no such run in the database"
        newest = ", ".join(row["run"][:12] for row in known) or "none"
        raise ConfigError([f"{name}: {what}. Newest runs there: {newest}."])
    assert store is not None
    return _of_store(rows[0]["run"], store)


def _of_file(path: Path) -> Recorded:
    try:
        document = json.loads(path.read_text("utf-8"))
        suites = {
            suite["suite"]: {item["id"]: bool(item["passed"]) for item in suite["items"]}
            for suite in document["suites"]
        }
        return Recorded(str(path), document["model"], suites)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError([f"{path}: is not the output of `edgegen probe run --json`: {error!r}."]) from None


def _of_store(run: str, store: Store) -> Recorded:
    suites: dict[str, dict[str, bool]] = {}
    model = ""
    for row in store.query("SELECT suite, probe, passed, model FROM probe_results WHERE run = ?", (run,)):
        suites.setdefault(row["suite"], {})[row["probe"]] = bool(row["passed"])
        model = row["model"]
    return Recorded(run[:12], model, suites)


def compare(first: Recorded, second: Recorded) -> list[Change]:
    """All suites that both runs have, on the items that both have.

    Raises:
        ConfigError: If they have no item in common.
    """
    pairs = {
        suite: [
            (item, right, second.suites[suite][item]) for item, right in items.items() if item in second.suites[suite]
        ]
        for suite, items in first.suites.items()
        if suite in second.suites
    }
    pairs = {suite: found for suite, found in pairs.items() if found}
    if not pairs:
        raise ConfigError([f"{first.name} and {second.name} have no item in common. Run the same suites on both."])
    counts = {suite: _counts(found) for suite, found in pairs.items()}
    ps = {suite: mcnemar(*only) for suite, only in counts.items()}
    adjusted = holm(ps)
    return [_change(suite, pairs[suite], counts[suite], ps[suite], adjusted[suite]) for suite in pairs]


Pairs = Sequence[tuple[str, bool, bool]]


def _counts(pairs: Pairs) -> tuple[int, int]:
    return sum(a and not b for _, a, b in pairs), sum(b and not a for _, a, b in pairs)


def _change(suite: str, pairs: Pairs, only: tuple[int, int], p: float, p_holm: float) -> Change:
    clusters: dict[str, list[float]] = {}
    for item, a, b in pairs:
        clusters.setdefault(item.rpartition("/")[0], []).append(float(b) - float(a))
    n = len(pairs)
    return Change(
        suite=suite,
        items=n,
        first=sum(a for _, a, _ in pairs),
        second=sum(b for _, _, b in pairs),
        only_first=only[0],
        only_second=only[1],
        difference=(only[1] - only[0]) / n,
        interval=difference(list(clusters.values())),
        p=p,
        p_holm=p_holm,
    )


_HEADER = ("SUITE", "ITEMS", "A", "B", "ONLY A", "ONLY B", "B - A", "95% INTERVAL", "P", "P (HOLM)")


def table(changes: Sequence[Change]) -> str:
    """One line a suite."""
    lines = [_HEADER]
    lines += [
        (
            change.suite,
            str(change.items),
            f"{change.first / change.items:.1%}",
            f"{change.second / change.items:.1%}",
            str(change.only_first),
            str(change.only_second),
            f"{change.difference:+.1%}",
            f"{change.interval.low:+.1%} to {change.interval.high:+.1%}",
            f"{change.p:.2g}",
            f"{change.p_holm:.2g}",
        )
        for change in changes
    ]
    return align(lines)


def document(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """The same as JSON values."""
    return [{**vars(change), "interval": list(change.interval)} for change in changes]
