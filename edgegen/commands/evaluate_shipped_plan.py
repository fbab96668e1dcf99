"""What ``edgegen evaluate shipped`` runs: measurements, cut into parts of some 90 s of a core, and their joining.

How many parts there are depends on the number of questions alone, so that a figure is the same on every machine and a
measurement that was begun on one can be finished on another.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from edge.probes.parts import joined as joined_runs
from edge.probes.selection import load_suites
from edge.probes.suite import Suite
from edgegen.part import WHOLE, Part
from finetune.evaluation import shipped
from finetune.evaluation.parts import joined, joined_drift

# Abstention: limits are found on the first mix and tried on the second, which has other questions, languages and tasks.
_FOUND_ON = ("number-comparison", "number-comparison-de", "number-comparison-id", "iot-command", "arithmetic")
_TRIED_ON = (
    "number-comparison", "number-comparison-es", "number-comparison-fr", "iot-command", "arithmetic", "sequences",
    "instruction-format",
)  # fmt: skip
_LANGUAGES = tuple(f"number-comparison-{one}" for one in shipped.LANGUAGES)
_BASE = ("famous", "number-comparison", "iot-command", "alert-triage")

# Seconds of one core for a part. Starting a process and loading the model takes 2 of them; the last parts to end leave
# other cores idle for half of it.
_PART_S = 90

Document = dict[str, Any]
Join = Callable[[Sequence[Document]], Document]


class Step(NamedTuple):
    """A command, for one part of a measurement.

    Args:
        arguments: Of ``edgegen``; what it prints is the document, unless it takes ``--out``.
        core_s: About how long one core takes.
    """

    name: str
    arguments: Sequence[str]
    core_s: float


class Measurement(NamedTuple):
    """What becomes one document.

    Args:
        arguments: Of ``edgegen``, for the whole.
        core_s: About how long one core takes for the whole.
        parts: Into which it is cut.
        rank: Lower ones come first.
        join: Of the documents of the parts, of which there are several.
        needs: Other documents that it reads.
        may_fail: A wish that nothing reaches is a result here.
        alone: It is timed: nothing runs beside it, and it gets this many cores.
    """

    name: str
    arguments: Sequence[str]
    core_s: float
    parts: int
    rank: int
    join: Join
    needs: Sequence[str] = ()
    may_fail: bool = False
    alone: int | None = None

    def joined(self, documents: Sequence[Document]) -> Document:
        """The document of the whole, of those of the steps.

        Raises:
            ValueError: They are not those of one whole.
        """
        return documents[0] if self.parts == 1 else self.join(documents)

    def steps(self) -> list[Step]:
        """One for each part."""
        parts = [Part(number, self.parts) for number in range(1, self.parts + 1)]
        return [
            Step(
                self.name if part == WHOLE else f"{self.name}-{part.number}of{part.of}",
                self.arguments if part == WHOLE else [*self.arguments, "--part", f"{part.number}/{part.of}"],
                self.core_s / self.parts,
            )
            for part in parts
        ]


class Places(NamedTuple):
    """Where things are on this machine."""

    bundle: Path
    base: Path
    out: Path


@dataclass(frozen=True)
class _Probe:
    """Suites, and how they are asked."""

    suites: Sequence[str]
    count: int | None = None
    limit: int | None = None
    split: str | None = None

    def options(self) -> list[str]:
        found = [part for name in self.suites for part in ("--suite", name)]
        for name in ("count", "limit", "split"):
            value = getattr(self, name)
            found += [] if value is None else [f"--{name}", str(value)]
        return found

    def join(self, bundle: Path) -> Join:
        def suites() -> list[Suite]:
            found = load_suites(tuple(self.suites), bundle, split=self.split, count=self.count)
            return found if self.limit is None else [suite.limited(self.limit) for suite in found]

        return lambda documents: joined_runs(suites(), documents)


def plan(places: Places, share: float) -> list[Measurement]:
    """All measurements with ``share`` of their questions, the most important first."""
    bundle, base, out = places

    def some(count: int) -> int:
        return max(8, round(count * share))

    def parts(core_s: float) -> int:
        return max(1, math.ceil(core_s * share / _PART_S))

    keys = [f"model.bundle={bundle}", f"model.base={base}", f"node.data_dir={out / 'data'}", "model.slots=8"]
    model = [part for key in keys for part in ("--set", key)]

    def probe(rank: int, core_s: float, name: str, asked: _Probe, *more: str) -> Measurement:
        arguments = ["probe", "run", *model, *asked.options(), *more, "--json"]
        return Measurement(name, arguments, core_s * share, parts(core_s), rank, asked.join(bundle))

    def skill(rank: int, core_s: float, model_name: str | None, task: str) -> Measurement:
        # Of a weak skill the adapters are judged by the probability of the reference alone; what the base answers is
        # shown beside it.
        use = [] if model_name is None else ["--use", model_name]
        quiet = ["--no-answers"] if model_name is not None and task in shipped.WEAK else []
        arguments = ["evaluate", "run", str(bundle), "--base", str(base), "--task", task, *use, *quiet]
        arguments += ["--limit", str(some(2_000))]
        # The same parts for the base and every adapter: then both read the same batches.
        count = parts(_SKILL_S[task])
        name = shipped.skill(model_name, task)
        return Measurement(name, arguments, core_s * share, count, rank, _joined(joined))

    gate = _Probe(["gate"])
    found = [
        Measurement("gate", ["probe", "run", *model, *gate.options(), "--json"], 16, 1, 0, gate.join(bundle), alone=2),
        probe(1, 20 / share, "famous", _Probe(["famous"])),  # always all of it
        probe(1, 2_500, "numbers", _Probe(["number-comparison"], count=some(5_000))),
        probe(1, 1_200, "languages", _Probe(_LANGUAGES, count=some(400))),
        probe(1, 900, "base", _Probe([*_BASE, *_LANGUAGES], limit=some(300)), "--no-adapter"),
        probe(1, 220, "iot-command", _Probe(["iot-command"], count=some(800))),
        probe(1, 330, "alert-triage", _Probe(["alert-triage"], count=some(600))),
        probe(2, 160, "mix-dev", _Probe(_FOUND_ON, limit=some(60), split="dev")),
        probe(2, 180, "mix-other", _Probe(_TRIED_ON, limit=some(60))),
        Measurement(
            "abstention",
            ["probe", "calibrate", str(out / "mix-dev.json"), "--by", "mean", "--together", "--check",
             str(out / "mix-other.json"), "--json"],
            2, 1, 2, _never,
            needs=("mix-dev", "mix-other"),
            may_fail=True,
        ),
        Measurement(
            "drift",
            ["evaluate", "drift", str(bundle), "--base", str(base), "--chunks", str(some(24)), "--chats",
             str(some(500))],
            2_400 * share, parts(2_400), 2, _joined(joined_drift),
        ),
        *(skill(3, _SKILL_S[task], None, task) for task in _SKILL_S),
        *(
            skill(rank, _SKILL_S[task] * (0.5 if task in shipped.WEAK else 1.3), name, task)
            for name, rank in zip(shipped.ADAPTERS, (3, 4, 5), strict=True)
            for task in _SKILL_S
        ),
    ]  # fmt: skip
    return sorted(found, key=lambda one: one.rank)


# Of the base, one core.
_SKILL_S: Mapping[str, float] = {"facts": 450, "code": 620, "sums": 250, "sequences": 250, "humaneval": 320}


def _joined(join: Callable[[Mapping[str, Document]], Document]) -> Join:
    """The parts by their numbers, as who reads of a wrong one finds it."""
    return lambda documents: join({f"part {number}": one for number, one in enumerate(documents, 1)})


def _never(_: Sequence[Document]) -> Document:
    raise ValueError("this is measured at once")
