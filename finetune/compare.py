"""The comparison of all methods: what is trained, what each training gave, and the table of both.

For each method the rate is chosen on the validation data of the recipe from short runs; with it, one run for each seed
is measured on test data that chose nothing. A specification is one TOML file:

    recipe = "recipe.toml"               # base, data and all that the methods share
    folder = "runs/compare"
    test = "test.jsonl"                  # the held-out loss of the table is measured on it
    methods = ["lora", "dora"]           # default: all
    rates = [1e-4, 3e-4, 1e-3]
    search_steps = 50                    # of the short runs
    seeds = [0, 1, 2]
    side_by_side = 4                     # trainings at once on the same GPU
    [method.qlora]                       # overrides for one method
    "base.load" = "nf4"
"""

import json
import statistics
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from edgegen.errors import ConfigError
from finetune.methods.registry import BY_NAME, METHODS

Kind = Literal["search", "seed", "time"]
COLUMNS = (
    "method", "rate", "trainable_parameters", "peak_memory_bytes", "step_s", "held_out_loss", "held_out_loss_sd",
    "seeds", "adapter_bytes", "export", "problem",
)  # fmt: skip


@dataclass(frozen=True)
class Spec:
    """A checked specification; paths are whole."""

    recipe: Path
    folder: Path
    test: Path
    methods: tuple[str, ...] = tuple(method.name for method in METHODS)
    rates: tuple[float, ...] = (1e-4, 3e-4, 1e-3)
    search_steps: int = 50
    seeds: tuple[int, ...] = (0, 1, 2)
    side_by_side: int = 1
    overrides: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Training:
    """One training of the comparison. ``time`` is a short one that runs alone, for the time per step."""

    method: str
    kind: Kind
    rate: float
    seed: int = 0

    @property
    def name(self) -> str:
        """Its folder within that of the comparison."""
        return f"{self.method}/{self.kind}-{self.seed}-{self.rate:g}"


@dataclass(frozen=True)
class Outcome:
    """What a training gave; ``problem`` stands where it failed."""

    held_out_loss: float = float("nan")
    step_s: float = float("nan")
    peak_memory_bytes: int = 0
    trainable_parameters: int = 0
    adapter_bytes: int = 0
    problem: str = ""


def read_spec(path: Path) -> Spec:
    """Read and check a specification.

    Raises:
        ConfigError: Naming every mistake.
    """
    try:
        document = tomllib.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError) as error:
        raise ConfigError([f"{path}: cannot be read as TOML: {error}"]) from None
    kinds: dict[str, tuple[type, ...]] = {
        "recipe": (str,), "folder": (str,), "test": (str,), "methods": (list,), "rates": (list,), "seeds": (list,),
        "search_steps": (int,), "side_by_side": (int,), "method": (dict,),
    }  # fmt: skip
    problems = [f"{path}: {name}: unknown; there are: {', '.join(kinds)}." for name in document if name not in kinds]
    problems += [
        f"{path}: {name} = {document[name]!r}: must be {' or '.join(k.__name__ for k in kind)}."
        for name, kind in kinds.items()
        if name in document and not isinstance(document[name], kind)
    ]
    problems += [f"{path}: {name} is missing." for name in ("recipe", "folder", "test") if name not in document]
    if problems:
        raise ConfigError(problems)
    overrides = document.get("method", {})
    unknown = [name for name in (*document.get("methods", []), *overrides) if name not in BY_NAME]
    problems += [f"{path}: {name}: unknown method; there are: {', '.join(BY_NAME)}." for name in unknown]
    for name in ("methods", "rates", "seeds"):
        if name in document and not document[name]:
            problems.append(f"{path}: {name} must not be empty.")
    here = path.absolute().parent
    if not (here / document["test"]).exists():
        problems.append(f"{path}: test = {document['test']!r}: {here / document['test']} is not there.")
    if problems:
        raise ConfigError(problems)
    given: dict[str, Any] = {name: here / document[name] for name in ("recipe", "folder", "test")}
    given |= {name: document[name] for name in ("search_steps", "side_by_side") if name in document}
    given |= {name: tuple(document[name]) for name in ("methods", "rates", "seeds") if name in document}
    return Spec(**given, overrides=overrides)


def searches(spec: Spec) -> list[Training]:
    """The short runs from which the rates are chosen; none where there is only one rate."""
    if len(spec.rates) == 1:
        return []
    return [Training(method, "search", rate, spec.seeds[0]) for method in spec.methods for rate in spec.rates]


def chosen_rate(spec: Spec, method: str, outcomes: dict[Training, Outcome]) -> float | None:
    """The rate whose short run has the least held-out loss; None when all failed."""
    if len(spec.rates) == 1:
        return spec.rates[0]
    tried = {t.rate: outcomes[t] for t in searches(spec) if t.method == method and t in outcomes}
    whole = {rate: outcome.held_out_loss for rate, outcome in tried.items() if not outcome.problem}
    return min(whole, key=lambda rate: whole[rate]) if whole else None


def finals(spec: Spec, outcomes: dict[Training, Outcome]) -> list[Training]:
    """The runs that are measured: one for each seed, with the rate that was chosen."""
    rates = {method: chosen_rate(spec, method, outcomes) for method in spec.methods}
    return [Training(m, "seed", rate, seed) for m, rate in rates.items() if rate is not None for seed in spec.seeds]


def timings(spec: Spec, outcomes: dict[Training, Outcome]) -> list[Training]:
    """The runs for the time per step, one after the other; none where all ran alone anyway."""
    if spec.side_by_side == 1:
        return []
    first = [t for t in finals(spec, outcomes) if t.seed == spec.seeds[0] and not outcomes[t].problem]
    return [Training(t.method, "time", t.rate, t.seed) for t in first]


def settings(spec: Spec, training: Training) -> list[str]:
    """The overrides of the recipe for a training."""
    given = {
        "method.name": training.method,
        "train.lr": training.rate,
        "train.seed": training.seed,
        "run.folder": str(spec.folder / training.name),
        "run.samples": 0,
        "run.patience": 0,
    }
    if training.kind != "seed":
        given["train.steps"] = spec.search_steps
        given["run.evaluate_every"] = spec.search_steps
    else:
        given["data.validation"] = str(spec.test)
    given |= spec.overrides.get(training.method, {})
    return [f"{name}={value if isinstance(value, str) else json.dumps(value)}" for name, value in given.items()]


def outcome_of(folder: Path, peak_rss_bytes: int) -> Outcome:
    """What a finished run wrote down."""
    facts = json.loads((folder / "run.json").read_text("utf-8"))
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text("utf-8").splitlines()]
    held_out = [row["held_out_loss"] for row in rows if "held_out_loss" in row]
    times = [row["step_s"] for row in rows if "step_s" in row]
    gpu = [row["peak_reserved_bytes"] for row in rows if "peak_reserved_bytes" in row]
    sizes = [adapter["size_bytes"] for adapter in facts["fold"]["adapters"].values()]
    return Outcome(
        held_out_loss=held_out[-1] if held_out else float("nan"),
        step_s=statistics.median(times),
        peak_memory_bytes=max(gpu) if gpu else peak_rss_bytes,
        trainable_parameters=facts["trainable_parameters"],
        adapter_bytes=sum(sizes) or (folder / "trained.safetensors").stat().st_size,
    )


def table_rows(spec: Spec, outcomes: dict[Training, Outcome]) -> list[dict[str, Any]]:
    """One row a method: the figures of ``COLUMNS``, mean and standard deviation over the seeds."""
    rows = []
    for method in spec.methods:
        rate = chosen_rate(spec, method, outcomes)
        mine = {t: o for t, o in outcomes.items() if t.method == method}
        whole = [o for t, o in mine.items() if t.kind == "seed" and t.rate == rate and not o.problem]
        timed = [o for t, o in mine.items() if t.kind == "time" and t.rate == rate and not o.problem] or whole
        problem = next((o.problem for o in mine.values() if o.problem), "")
        row: dict[str, Any] = dict.fromkeys(COLUMNS, None)
        row |= {"method": method, "rate": rate, "export": BY_NAME[method].export, "problem": problem}
        row["seeds"] = len(whole)
        if whole:
            losses = [o.held_out_loss for o in whole]
            row |= {
                "trainable_parameters": whole[0].trainable_parameters,
                "peak_memory_bytes": max(o.peak_memory_bytes for o in whole),
                "step_s": statistics.median(o.step_s for o in timed),
                "held_out_loss": statistics.fmean(losses),
                "held_out_loss_sd": statistics.stdev(losses) if len(losses) > 1 else None,
                "adapter_bytes": whole[0].adapter_bytes,
            }
        rows.append(row)
    return rows


def markdown(spec: Spec, rows: Iterable[dict[str, Any]], device: str) -> str:
    """The table for people, with how it was made."""
    made = f"chosen on the validation data from {len(spec.rates)} runs of {spec.search_steps} steps"
    seeds = f"mean and standard deviation over {len(spec.seeds)} seeds"
    lines = [
        "# Methods compared",
        "",
        f"Recipe {spec.recipe.name} on {device}. Rate {made}; held-out loss on {spec.test.name}, {seeds}.",
        "Peak memory is what PyTorch reserved on the GPU, or on a CPU what the process held.",
        "",
        "| method | rate | trainable | peak memory | time a step | held-out loss | adapter | export |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [_line(row) for row in rows]
    return "\n".join(lines) + "\n"


def _line(row: dict[str, Any]) -> str:
    if not row["seeds"]:
        return f"| {row['method']} | | | | | {row['problem'].replace('|', ' ') or 'not run yet'} | | {row['export']} |"
    spread = f" ± {row['held_out_loss_sd']:.4f}" if row["held_out_loss_sd"] is not None else ""
    return (
        f"| {row['method']} | {row['rate']:g} | {row['trainable_parameters']:,} | "
        f"{row['peak_memory_bytes'] / 2**30:.2f} GiB | {row['step_s']:.3f} s | {row['held_out_loss']:.4f}{spread} | "
        f"{row['adapter_bytes'] / 1e6:.2f} MB | {row['export']} |"
    )


def write_table(rows: Sequence[dict[str, Any]], text: str, folder: Path) -> None:
    """``compare.csv``, ``compare.md`` and ``compare.png``."""
    import csv  # noqa: PLC0415  (with what it is written by)

    import matplotlib as mpl  # noqa: PLC0415  (the check of a specification does not need it)
    from matplotlib.figure import Figure  # noqa: PLC0415

    with (folder / "compare.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    (folder / "compare.md").write_text(text, encoding="utf-8")
    whole = [row for row in rows if row["seeds"]]
    with mpl.rc_context({"font.size": 9}):
        figure = Figure(figsize=(7, 0.3 * len(whole) + 1), layout="constrained")
        axes = figure.subplots()
        places = range(len(whole))
        losses, spread = [r["held_out_loss"] for r in whole], [r["held_out_loss_sd"] or 0 for r in whole]
        axes.errorbar(losses, places, xerr=spread, fmt="o", capsize=3)
        axes.set_yticks(places, [row["method"] for row in whole])
        axes.invert_yaxis()
        axes.set_xlabel("held-out loss, nats a token; mean and standard deviation over seeds")
        figure.savefig(folder / "compare.png", dpi=150, metadata={"Software": None})
