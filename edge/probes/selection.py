"""Which suites are meant by some names, or by none, and how much of them is asked."""

from pathlib import Path

from edge.probes.gate import GATE, bundle_suites
from edge.probes.run import at_temperature, without_adapters
from edge.probes.suite import Suite, find_suite, has_split, load_suite, shipped_suites
from edgegen.errors import ConfigError


def load_suites(
    names: tuple[str, ...], folder: Path | None = None, *, split: str | None = None, count: int | None = None
) -> list[Suite]:
    """The suites that are meant; mistakes in all of them are named at once.

    Without names: all shipped ones but the gate, and those that the bundle in ``folder`` carries. A name of both means
    the bundle's. A split keeps, of unnamed suites, those that have it.
    """
    own = bundle_suites(folder)
    everything = {**shipped_suites(), **own}
    chosen = names or tuple(name for name in everything if name != GATE)
    suites, problems = [], []
    for name in dict.fromkeys(chosen):
        path = own[name] if name in own else find_suite(name)
        if not names and split is not None and not has_split(path, split):
            continue
        try:
            suites.append(load_suite(path, split=split, count=count))
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    return suites


def narrowed(suites: list[Suite], *, limit: int | None, adapters: bool, temperature: float | None) -> list[Suite]:
    """The suites as they are to be asked.

    Args:
        limit: At most so many items of each, spread evenly.
        adapters: Whether the adapters that they name answer; else the base model does.
        temperature: Instead of theirs.
    """
    if limit is not None:
        suites = [suite.limited(limit) for suite in suites]
    if not adapters:
        suites = [without_adapters(suite, frozenset(_adapters(suite))) for suite in suites]
    if temperature is not None:
        suites = [at_temperature(suite, temperature) for suite in suites]
    return suites


def _adapters(suite: Suite) -> set[str]:
    return {item.adapter for item in suite.items if item.adapter is not None}
