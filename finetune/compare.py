"""The comparison of trainings: what is trained, and how its rates are chosen.

For each row of the table the rate is chosen on the validation data of the recipe from short runs; with it, one run for
each seed is measured on test data that chose nothing. A row is a method, or any change to the recipe. A specification
is one TOML file:

    recipe = "recipe.toml"               # base, data and all that the rows share
    folder = "runs/compare"
    test = "test.jsonl"                  # the held-out loss of the table is measured on it
    score = 240                          # so many of it, the tasks in turn, are answered too: how many exactly right
    methods = ["lora", "dora"]           # default: all, or none where there are rows
    rates = [1e-4, 3e-4, 1e-3]
    search_steps = 50                    # of the short runs
    seeds = [0, 1, 2]
    side_by_side = 4                     # trainings at once on the same GPU
    time_steps = 10                      # of a run that has the GPU alone, for the time per step
    longest_s = 600                      # a training that takes longer is given up
    axis = "rank"                        # of the picture: a column of the table; default: one line for each row
    [method.qlora]                       # changes for one method
    "base.load" = "nf4"
    [row.rank-64]                        # a row of another name
    "method.rank" = 64
    [memory]                             # each row's memory on another shape, with random weights
    shape = "llama-3.1-8b"               # or a config.json
    tokens = 2048
    batch = 2
    accumulate = 1
    steps = 3
    rows = ["lora"]                      # default: all
    [memory.set]                         # changes for these measurements
    "base.load" = "auto"
"""

import hashlib
import json
import tomllib
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from edgegen.errors import ConfigError
from finetune.data import file_sha256
from finetune.methods.registry import BY_NAME, METHODS
from finetune.random_shapes import SHAPES
from finetune.recipe import HUB, SOURCES, TEMPLATES, load_recipe
from finetune.recipe_keys import BY_DOTTED

Kind = Literal["search", "seed", "time", "memory"]
KEYS: dict[str, tuple[type, ...]] = {
    "recipe": (str,), "folder": (str,), "test": (str,), "methods": (list,), "rates": (list,), "seeds": (list,),
    "search_steps": (int,), "side_by_side": (int,), "time_steps": (int,), "method": (dict,), "row": (dict,),
    "longest_s": (int,), "memory": (dict,), "score": (int,), "axis": (str,),
}  # fmt: skip
PATHS = ("recipe", "folder", "test")
NUMBERS = ("search_steps", "side_by_side", "time_steps", "longest_s")
# Columns of the table that a picture can be drawn over.
AXES = ("rank", "steps", "training_s", "trainable_parameters", "peak_memory_bytes", "step_s", "adapter_bytes")
# What the comparison itself says of every training; a row must not.
OURS = ("train.lr", "train.seed", "run.folder", "run.backend", "data.validation")
# A number of steps that no run reaches.
NEVER = 10**7


@dataclass(frozen=True)
class Row:
    """One line of the table: a method, and what of the recipe differs, as the specification writes it."""

    name: str
    method: str
    changes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Memory:
    """On what shape the memory of each row is measured."""

    shape: str
    tokens: int = 2048
    batch: int = 2
    accumulate: int = 1
    steps: int = 3
    rows: tuple[str, ...] | None = None
    set: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Spec:
    """A checked specification; paths are whole, but for those that rows change.

    Args:
        path: Of the specification; the paths that rows change begin in its folder.
    """

    path: Path
    recipe: Path
    folder: Path
    test: Path
    rows: tuple[Row, ...]
    rates: tuple[float, ...] = (1e-4, 3e-4, 1e-3)
    search_steps: int = 50
    seeds: tuple[int, ...] = (0, 1, 2)
    side_by_side: int = 1
    time_steps: int = 10
    longest_s: int = 600
    score: int = 0
    axis: str | None = None
    memory: Memory | None = None


@dataclass(frozen=True)
class Training:
    """One training of the comparison.

    Args:
        row: Its name.
        kind: ``time`` is a short one that runs alone, for the time per step; ``memory`` one on the other shape.
    """

    row: str
    kind: Kind
    rate: float
    seed: int = 0

    @property
    def name(self) -> str:
        """Its folder within that of the comparison."""
        return f"{self.row}/{self.kind}-{self.seed}-{self.rate:g}"


@dataclass(frozen=True)
class Outcome:
    """What a training gave; ``problem`` stands where it failed.

    Args:
        exactly_right: By task a 1 for each question that was answered exactly right and a 0 for each that was not; the
            questions are the same in all trainings of a comparison, and in the same order.
    """

    held_out_loss: float = float("nan")
    held_out_kl: float | None = None
    step_s: float = float("nan")
    peak_memory_bytes: int = 0
    trainable_parameters: int = 0
    adapter_bytes: int = 0
    device: str = ""
    problem: str = ""
    steps: int = 0
    exactly_right: dict[str, str] = field(default_factory=dict)


def read_spec(path: Path, *, check_files: bool = True) -> Spec:
    """Read and check a specification.

    Args:
        check_files: Whether the test data must be there, without which nothing can be trained.

    Raises:
        ConfigError: Naming every mistake.
    """
    try:
        document = tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError([f"{path}: is not there. Give a specification; docs/finetuning.md shows one."]) from None
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror}. Give a specification, a TOML file."]) from None
    except (ValueError, RecursionError) as error:
        raise ConfigError([f"{path}: cannot be read as TOML in UTF-8: {error}. Correct it there."]) from None
    problems = [f"{path}: {name}: unknown; there are: {', '.join(KEYS)}." for name in document if name not in KEYS]
    problems += [
        f"{path}: {name} = {document[name]!r}: must be {' or '.join(k.__name__ for k in kind)}."
        for name, kind in KEYS.items()
        if name in document and (not isinstance(document[name], kind) or isinstance(document[name], bool))
    ]
    problems += [f"{path}: {name} is missing." for name in PATHS if name not in document]
    if problems:
        raise ConfigError(problems)
    here = path.absolute().parent
    problems += [f"{path}: {problem}" for problem in _value_problems(document, here, check_files=check_files)]
    rows = _rows(document, path, problems)
    memory = _memory(document.get("memory"), [row.name for row in rows], path, problems)
    if problems:
        raise ConfigError(problems)
    given: dict[str, Any] = {name: here / Path(document[name]).expanduser() for name in PATHS}
    given["path"] = path.absolute()
    given |= {n: document[n] for n in (*NUMBERS, "score", "axis") if n in document}
    given |= {name: tuple(document[name]) for name in ("rates", "seeds") if name in document}
    return Spec(**given, rows=tuple(rows), memory=memory)


def _value_problems(document: dict[str, Any], here: Path, *, check_files: bool) -> list[str]:
    found = [f"{name} must not be empty." for name in ("methods", "rates", "seeds") if document.get(name) == []]
    found += [f"{name} = {document[name]}: must be 1 or more." for name in NUMBERS if document.get(name, 1) < 1]
    if document.get("score", 0) < 0:
        found.append(f"score = {document['score']}: must be 0 or more.")
    if document.get("axis", AXES[0]) not in AXES:
        found.append(f"axis = {document['axis']!r}: must be one of {', '.join(AXES)}.")
    numbers: tuple[tuple[str, tuple[type, ...]], ...] = (("rates", (int, float)), ("seeds", (int,)))
    found += [
        f"{name}: {value!r}: must be a number."
        for name, kinds in numbers
        for value in document.get(name, [])
        if not isinstance(value, kinds) or isinstance(value, bool)
    ]
    found += [
        f"{name} = {document[name]!r}: {here / document[name]} is not there."
        for name in (("recipe", "test") if check_files else ("recipe",))
        if not (here / Path(document[name]).expanduser()).exists()
    ]
    return found


def _rows(document: dict[str, Any], path: Path, problems: list[str]) -> list[Row]:
    """The methods in the order of the specification, then the rows with names of their own."""
    changes, named = document.get("method", {}), document.get("row", {})
    methods = document.get("methods") or ([] if named else [method.name for method in METHODS])
    unknown = [name for name in (*methods, *changes) if name not in BY_NAME]
    problems += [f"{path}: {name}: unknown method; there are: {', '.join(BY_NAME)}." for name in unknown]
    rows = [Row(name, name, changes.get(name, {})) for name in methods]
    for name, change in named.items():
        if not isinstance(change, dict):
            problems.append(f"{path}: row.{name}: must be a table of changes to the recipe.")
            continue
        method = change.get("method.name", "lora")
        if method not in BY_NAME:
            problems.append(f"{path}: row.{name}: {method}: unknown method; there are: {', '.join(BY_NAME)}.")
        if name in methods or "/" in name or name.startswith("."):
            problems.append(f"{path}: row.{name}: choose a name that is no method of the table and no path.")
        rows.append(Row(name, method, {key: value for key, value in change.items() if key != "method.name"}))
    problems += [
        f"{path}: {row.name}: {key}: the comparison sets it itself, for all rows alike."
        for row in rows
        for key in OURS
        if key in row.changes
    ]
    return rows


def check_rows(spec: Spec, *, check_files: bool = True) -> None:
    """Load the recipe of every row.

    Raises:
        ConfigError: Naming every mistake, with its row.
    """
    problems = []
    for row in spec.rows:
        try:
            load_recipe(spec.recipe, settings(spec, Training(row.name, "seed", spec.rates[0])), check_files=check_files)
        except ConfigError as error:
            problems += [f"row {row.name}: {problem}" for problem in error.problems]
    if problems:
        raise ConfigError(problems)


def _memory(table: dict[str, Any] | None, rows: list[str], path: Path, problems: list[str]) -> Memory | None:
    if table is None:
        return None
    fields = {"shape": str, "tokens": int, "batch": int, "accumulate": int, "steps": int, "rows": list, "set": dict}
    before = len(problems)
    problems += [f"{path}: memory.{n}: unknown; there are: {', '.join(fields)}." for n in table if n not in fields]
    problems += [
        f"{path}: memory.{name} = {table[name]!r}: must be {kind.__name__}."
        for name, kind in fields.items()
        if name in table and not isinstance(table[name], kind)
    ]
    problems += [f"{path}: memory.rows: {name}: no such row." for name in table.get("rows", []) if name not in rows]
    shape = str(table.get("shape"))
    if shape not in SHAPES and not (path.absolute().parent / shape).is_file():
        problems.append(f"{path}: memory.shape = {shape!r}: must be a config.json or one of {', '.join(SHAPES)}.")
    if len(problems) > before:
        return None
    if shape not in SHAPES:
        shape = str(path.absolute().parent / shape)
    wanted = tuple(table["rows"]) if "rows" in table else None
    return Memory(**(table | {"shape": shape, "rows": wanted}))


def searches(spec: Spec) -> list[Training]:
    """The short runs from which the rates are chosen; none where there is only one rate."""
    if len(spec.rates) == 1:
        return []
    return [Training(row.name, "search", rate, spec.seeds[0]) for row in spec.rows for rate in spec.rates]


def chosen_rate(spec: Spec, row: str, outcomes: dict[Training, Outcome]) -> float | None:
    """The rate whose short run has the least held-out loss; None when all failed."""
    if len(spec.rates) == 1:
        return spec.rates[0]
    tried = {t.rate: outcomes[t] for t in searches(spec) if t.row == row and t in outcomes}
    whole = {rate: outcome.held_out_loss for rate, outcome in tried.items() if not outcome.problem}
    return min(whole, key=lambda rate: whole[rate]) if whole else None


def finals(spec: Spec, outcomes: dict[Training, Outcome]) -> list[Training]:
    """The runs that are measured: one for each seed, with the rate that was chosen."""
    rates = {row.name: chosen_rate(spec, row.name, outcomes) for row in spec.rows}
    return [Training(row, "seed", rate, seed) for row, rate in rates.items() if rate is not None for seed in spec.seeds]


def timings(spec: Spec, outcomes: dict[Training, Outcome]) -> list[Training]:
    """The runs for the time per step, one after the other."""
    rates = {t.row: t.rate for t in finals(spec, outcomes) if t in outcomes and not outcomes[t].problem}
    return [Training(row, "time", rate, spec.seeds[0]) for row, rate in rates.items()]


def memories(spec: Spec) -> list[Training]:
    """The measurements on the other shape, in the order that the specification gives."""
    if spec.memory is None:
        return []
    wanted = spec.memory.rows or tuple(row.name for row in spec.rows)
    return [Training(name, "memory", 1e-4) for name in wanted]


def settings(spec: Spec, training: Training) -> list[str]:
    """The overrides of the recipe for a training, with whole paths. All rows run on the same backend."""
    here = spec.path.parent
    given = _changes(spec, training) | {"run.folder": str(spec.folder / training.name)}
    if training.kind == "seed":
        given["data.validation"] = str(spec.test)
    paths = {key for key in given if key in BY_DOTTED and BY_DOTTED[key].kind == "path" and not _names(key, given[key])}
    given |= {key: str(here / str(given[key])) for key in paths}
    return [f"{name}={value if isinstance(value, str) else json.dumps(value)}" for name, value in given.items()]


def _names(key: str, value: Any) -> bool:
    """Whether what could be a path is the name of a template of edgegen's, or of a data set on the hub."""
    return (key == "data.template" and value in TEMPLATES) or (key in SOURCES and str(value).startswith(HUB))


def rank_of(spec: Spec, row: Row) -> int:
    """The rank of a row: its own, or the recipe's."""
    recipe = load_recipe(spec.recipe, settings(spec, Training(row.name, "seed", spec.rates[0])), check_files=False)
    return recipe.method.rank


def _changes(spec: Spec, training: Training) -> dict[str, Any]:
    """What decides a training beside the recipe, paths as the specification writes them."""
    row = next(row for row in spec.rows if row.name == training.row)
    given: dict[str, Any] = {
        "method.name": row.method,
        "run.samples": 0,
        "run.patience": 0,
        "run.evaluate_every": NEVER,  # after the last step it is measured anyway
        "run.checkpoint_every": NEVER,
    }
    given |= row.changes
    given |= {
        "train.lr": training.rate,
        "train.seed": training.seed,
        "run.backend": "peft",
    }
    if training.kind == "search":
        given["train.steps"] = spec.search_steps
    if training.kind == "time":
        given["train.steps"] = spec.time_steps
    if training.kind == "seed":
        given["run.score"] = spec.score
    if training.kind == "memory" and spec.memory:
        given |= {"data.max_tokens": spec.memory.tokens, **spec.memory.set}
        given |= {"train.batch": spec.memory.batch, "train.accumulate": spec.memory.accumulate}
    return given


def data_of(spec: Spec, training: Training) -> str | None:
    """A hash of the lines that a training reads; None where they are not all files here, as for a table alone.

    A chat template decides what becomes of the lines, so it counts too. Where none is set it adds nothing: outcomes of
    before it counted stay what they are.
    """
    if training.kind == "memory":
        return None
    data = load_recipe(spec.recipe, settings(spec, training), check_files=False).data
    files = [file for file in (data.train, data.validation, data.replay) if file is not None]
    if not all(file.is_file() for file in (*files, *([data.template] if data.template else []))):
        return None
    whole = [_sha256(file, file.stat().st_mtime_ns) for file in files]
    if data.template:
        whole.append(f"template {_sha256(data.template, data.template.stat().st_mtime_ns)}")
    return hashlib.sha256(json.dumps(whole).encode()).hexdigest()[:16]


@lru_cache
def _sha256(file: Path, _changed_ns: int) -> str:
    return file_sha256(file)


def fingerprint(spec: Spec, training: Training) -> str:
    """A hash of all that is said of a training, wherever its files lie: an outcome counts while it stays the same."""
    said = sorted(_changes(spec, training).items())
    on = asdict(spec.memory) | {"rows": None} if training.kind == "memory" and spec.memory else None
    whole = json.dumps([spec.recipe.read_text("utf-8"), said, on])
    return hashlib.sha256(whole.encode()).hexdigest()[:16]
