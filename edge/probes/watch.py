"""Does a live node still answer as it did when its bundle was made current? Pure judgement over a run.

An answer that reads otherwise is reported and stops nothing: another batch, another thread count or another board
rounds otherwise, and a greedy answer may flip at a near tie. A probe that must pass and does not, or more answers lost
than chance explains, is trouble.
"""

from dataclasses import dataclass
from typing import Any

from edge.probes.gate import P_FAILS
from edge.probes.recorded import Answers
from edge.probes.run import NO_ANSWER, Run
from edge.probes.score import must_pass_failures
from edge.probes.significance import sign_test

# How the reason of an item begins that the node's guardrails stopped, by a rule or for doubt (code ``refused``). The
# answers of the activation are the model's own, before any guardrail, so there is nothing to compare.
_WITHHELD = f"{NO_ANSWER}refused: "


@dataclass(frozen=True)
class Report:
    """What a watch found.

    Args:
        withheld: Items that the node's guardrails stopped: neither compared nor asked to pass.
        compared: Items that have a recorded answer to the same question.
        reworded: How many more have one to another question, of another edgegen's suite.
        changed: Ids of those whose answer reads otherwise now.
        lost: Those that were right and are wrong.
        gained: Those that were wrong and are right.
        p: One-sided exact p of so many lost.
        problems: What is wrong, one sentence each; empty when all is well.
    """

    asked: int
    passed: int
    withheld: int
    compared: int
    reworded: int
    changed: tuple[str, ...]
    lost: tuple[str, ...]
    gained: tuple[str, ...]
    p: float
    problems: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """As JSON values."""
        return vars(self)


def watch_report(run: Run, recorded: Answers) -> Report:
    """Compare a live run with the answers recorded at activation."""
    changed, lost, gained = [], [], []
    results = [(suite.suite.name, result) for suite in run.suites for result in suite.results]
    answered = [(name, r) for name, r in results if not r.reason.startswith(_WITHHELD)]
    known = [
        (f"{name}: {r.item.id}", r, recorded[name, r.item.id]) for name, r in answered if (name, r.item.id) in recorded
    ]
    pairs = [(label, now, before) for label, now, before in known if before.asked_the_same(now.item.prompt)]
    for label, now, before in pairs:
        if now.answer != before.answer:
            changed.append(label)
        if before.passed and not now.passed:
            lost.append(label)
        elif now.passed and not before.passed:
            gained.append(label)
    p = sign_test(len(lost), len(gained))
    problems = [
        line
        for suite in run.suites
        for line in must_pass_failures(suite.suite, [r for name, r in answered if name == suite.suite.name])
    ]
    if p < P_FAILS:
        problems.append(
            f"{len(lost)} answers of {len(pairs)} were right when the bundle was made current and are wrong now, "
            f"{len(gained)} the other way (exact one-sided p = {p:.2g}); first {lost[0]}"
        )
    return Report(
        asked=len(results),
        passed=sum(result.passed for _, result in results),
        withheld=len(results) - len(answered),
        compared=len(pairs),
        reworded=len(known) - len(pairs),
        changed=tuple(changed),
        lost=tuple(lost),
        gained=tuple(gained),
        p=p,
        problems=tuple(problems),
    )
