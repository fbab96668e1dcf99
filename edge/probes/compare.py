"""Two runs, item by item: which one knows more, and is that more than chance?"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from edge.probes.report import align
from edge.probes.score import Interval
from edge.probes.significance import difference, holm, mcnemar, paired
from edge.store import Store
from edgegen.errors import ConfigError


@dataclass(frozen=True)
class Recorded:
    """A run that is over: for each suite whether each item was right, by its id.

    Args:
        prompts: What each item asked, by suite and id, where that is known.
    """

    name: str
    model: str
    suites: Mapping[str, Mapping[str, bool]]
    prompts: Mapping[tuple[str, str], str] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """One suite in two runs, on the items that both have.

    ``difference`` is the second share less the first, with a 95% interval that draws whole templates, widened to that
    of independent pairs; ``p`` is McNemar's, ``p_holm`` holds for all suites of the comparison together.
    ``other_words`` counts items that asked something else in the second run, of another split or version: left out.
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
    other_words: int = 0


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
        prompts = {
            (suite["suite"], item["id"]): str(item["prompt"])
            for suite in document["suites"]
            for item in suite["items"]
            if "prompt" in item
        }
        return Recorded(str(path), document["model"], suites, prompts)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError([f"{path}: is not the output of `edgegen probe run --json`: {error!r}."]) from None


def _of_store(run: str, store: Store) -> Recorded:
    suites: dict[str, dict[str, bool]] = {}
    prompts: dict[tuple[str, str], str] = {}
    model = ""
    for row in store.query("SELECT suite, probe, prompt, passed, model FROM probe_results WHERE run = ?", (run,)):
        suites.setdefault(row["suite"], {})[row["probe"]] = bool(row["passed"])
        if row["prompt"] is not None:
            prompts[row["suite"], row["probe"]] = row["prompt"]
        model = row["model"]
    return Recorded(run[:12], model, suites, prompts)


def compare(first: Recorded, second: Recorded) -> list[Change]:
    """All suites that both runs have, on the items that both have.

    Raises:
        ConfigError: If they have no item in common.
    """
    both = {
        suite: [item for item in items if item in second.suites[suite]]
        for suite, items in first.suites.items()
        if suite in second.suites
    }
    pairs = {
        suite: [
            (item, first.suites[suite][item], second.suites[suite][item])
            for item in items
            if _same_words(first, second, (suite, item))
        ]
        for suite, items in both.items()
    }
    pairs = {suite: found for suite, found in pairs.items() if found}
    if not pairs:
        others = sum(map(len, both.values()))
        said = f": {others} have one id and ask other things, as dev and sealed questions do" if others else ""
        raise ConfigError(
            [f"{first.name} and {second.name} have no item in common{said}. Run the same suites and split on both."]
        )
    counts = {suite: _counts(found) for suite, found in pairs.items()}
    ps = {suite: mcnemar(*only) for suite, only in counts.items()}
    adjusted = holm(ps)
    changes = [_change(suite, pairs[suite], counts[suite], ps[suite], adjusted[suite]) for suite in pairs]
    return [replace(one, other_words=len(both[one.suite]) - one.items) for one in changes]


def _same_words(first: Recorded, second: Recorded, key: tuple[str, str]) -> bool:
    one, other = first.prompts.get(key), second.prompts.get(key)
    return one is None or other is None or one == other


Pairs = Sequence[tuple[str, bool, bool]]


def _counts(pairs: Pairs) -> tuple[int, int]:
    return sum(a and not b for _, a, b in pairs), sum(b and not a for _, a, b in pairs)


def _change(suite: str, pairs: Pairs, only: tuple[int, int], p: float, p_holm: float) -> Change:
    clusters: dict[str, list[float]] = {}
    for item, a, b in pairs:
        clusters.setdefault(item.rpartition("/")[0], []).append(float(b) - float(a))
    n, right = len(pairs), sum(a for _, a, _ in pairs)
    both = right - only[0]
    drawn, independent = difference(list(clusters.values())), paired(both, *only, n - both - sum(only))
    return Change(
        suite=suite,
        items=n,
        first=right,
        second=sum(b for _, _, b in pairs),
        only_first=only[0],
        only_second=only[1],
        difference=(only[1] - only[0]) / n,
        # A bootstrap of few templates, or of answers that are all alike, is too sure: see `edge.probes.score`.
        interval=Interval(min(drawn.low, independent.low), max(drawn.high, independent.high)),
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
    said = [
        f"{c.suite}: {c.other_words} items ask other things in B, and are left out" for c in changes if c.other_words
    ]
    return "\n".join([align(lines), *said])


def document(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """The same as JSON values."""
    return [{**vars(change), "interval": list(change.interval)} for change in changes]
