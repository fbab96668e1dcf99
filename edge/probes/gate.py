"""May this bundle serve? The judgement over a gate's run, against the scores that its maker recorded.

Two things stop a bundle: a probe that must pass and did not, and a suite whose score is worse than the recorded one by
more than chance, at an exact one-sided p below ``P_FAILS``. A threshold that is missed is said and stops nothing: on
few items it would stop one good bundle in some, and the recorded score already says what the bundle could do.

The manifest records scores as ``measured.probes``: ``{"<suite>": {"passed": 118, "total": 120}}``.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edge.probes.run import Run, SuiteRun
from edge.probes.score import must_pass_failures
from edge.probes.significance import worse
from edge.probes.suite import Suite, find_suite, load_suite

GATE = "gate"
P_FAILS = 0.01


def bundle_suites(folder: Path | None) -> dict[str, Path]:
    """The probes that a bundle carries, by name; none for a bare GGUF."""
    return {} if folder is None else {path.stem: path for path in sorted((folder / "probes").glob("*.toml"))}


def gate_suites(folder: Path | None) -> list[Suite]:
    """What is asked before a bundle may serve: its own gate or else the shipped one, and its other probes.

    Raises:
        ConfigError: If one of its suites is wrong.
    """
    own = bundle_suites(folder)
    # A model made for one task brings a gate of its own.
    general = {} if GATE in own else {GATE: find_suite(GATE)}
    return [load_suite(path) for path in {**general, **own}.values()]


def gate_problems(run: Run, measured: Mapping[str, Any]) -> list[str]:
    """What stops the bundle, one sentence each; empty when it may serve.

    Args:
        measured: Of its manifest.
    """
    recorded = measured.get("probes")
    scores = recorded if isinstance(recorded, Mapping) else {}
    return [line for suite in run.suites for line in _problems(suite, scores.get(suite.suite.name))]


def _problems(run: SuiteRun, recorded: Any) -> list[str]:
    found = must_pass_failures(run.suite, run.results)
    score = _recorded(recorded)
    if score is not None and run.results:
        passed, total = sum(result.passed for result in run.results), len(run.results)
        p = worse(passed, total, *score)
        if p < P_FAILS:
            found.append(
                f"{run.suite.name}: {passed} of {total} right; its maker recorded {score[0]} of {score[1]} "
                f"(exact one-sided p = {p:.2g}, below {P_FAILS:g}). Compare runtime, template and files."
            )
    return found


def _recorded(value: Any) -> tuple[int, int] | None:
    if not isinstance(value, Mapping):
        return None
    passed, total = value.get("passed"), value.get("total")
    if not (type(passed) is int and type(total) is int and 0 <= passed <= total and total > 0):
        return None
    return passed, total
