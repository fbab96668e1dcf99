"""A recipe: one TOML file that says what is trained, on what and how. Checked whole before anything is loaded."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgegen.config_reader import KeyTable, Setting, read_file, read_overrides, shown
from edgegen.errors import ConfigError
from finetune.methods.registry import BY_NAME, METHODS, Method
from finetune.recipe_keys import BY_DOTTED, KEYS, SECTIONS, RecipeKey


@dataclass(frozen=True)
class BaseSection:
    """The model to start from."""

    model: Path
    load: str
    hub: bool


@dataclass(frozen=True)
class DataSection:
    """What it learns from."""

    train: Path
    validation: Path | None
    validation_share: float
    max_tokens: int
    packing: bool
    template: Path | None
    replay: Path | None
    replay_share: float
    replay_loss: str
    replay_kl_weight: float


@dataclass(frozen=True)
class MethodSection:
    """How the adapter works."""

    name: str
    rank: int
    alpha: float
    dropout: float
    targets: list[str]
    target_share: float
    variant: str
    lr_ratio: float
    init_adapter: Path | None
    continual: str
    forget_weight: float


@dataclass(frozen=True)
class TrainSection:
    """For how long and how fast."""

    steps: int
    epochs: float
    batch: int
    accumulate: int
    lr: float
    schedule: str
    warmup: float
    weight_decay: float
    clip: float
    checkpointing: bool
    memory: str
    optimizer: str
    seed: int


@dataclass(frozen=True)
class RunSection:
    """Where the results go."""

    folder: Path
    backend: str
    evaluate_every: int
    checkpoint_every: int
    patience: int
    best_by: str
    samples: int
    score: int


@dataclass(frozen=True)
class ExportSection:
    """What the export must reach; None: its own defaults."""

    max_kl: float | None
    min_agreement: float | None
    max_moved_kl: float | None
    probes: list[str] | None
    max_lost: float | None
    min_score: float | None


@dataclass(frozen=True)
class Recipe:
    """The whole recipe, checked."""

    base: BaseSection
    data: DataSection
    method: MethodSection
    train: TrainSection
    run: RunSection
    export: ExportSection
    path: Path

    @property
    def row(self) -> Method:
        """The method's row of the registry."""
        return BY_NAME[self.method.name]


# What may be a folder of files, or where base.hub = true a data set's name on the hub, as in hub:tatsu-lab/alpaca.
SOURCES = ("data.train", "data.validation", "data.replay")
HUB = "hub:"
# Chat templates that come with edgegen, by what data.template calls them.
TEMPLATES = {path.stem: path for path in sorted((Path(__file__).parent / "templates").glob("*.jinja"))}


def load_recipe(path: Path, overrides: Sequence[str] = (), *, check_files: bool = True) -> Recipe:
    """Read, complete and check a recipe.

    Args:
        overrides: ``section.key=value`` strings that win over the file. The value is TOML, or else a bare string.
        check_files: Whether the files that it names must exist.

    Raises:
        ConfigError: Naming every problem at once, each with its line, key, value and remedy.
    """
    problems: list[str] = []
    settings = read_file(path, TABLE, problems)
    unreadable = bool(problems) and not settings
    settings.update(read_overrides(overrides, TABLE, problems))
    if unreadable:
        raise ConfigError(problems)

    values: dict[str, Any] = {}
    for name, setting in settings.items():
        value, problem = _convert(BY_DOTTED[name], setting, hub=settings.get("base.hub"), check_files=check_files)
        if problem is None:
            values[name] = value
        else:
            problems.append(f"{setting.where}: {name} = {shown(setting.value)}: {problem}.")
    for key in KEYS:
        if key.default is ... and key.dotted not in settings:
            problems.append(f"{path}: {key.dotted} is missing ({key.unit}). Add it under [{key.section}]. {key.reason}")
        values.setdefault(key.dotted, key.default)
    problems += _cross_problems(values, {name: setting.where for name, setting in settings.items()})
    if problems:
        raise ConfigError(problems)

    sections: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS}
    for key in KEYS:
        sections[key.section][key.name] = values[key.dotted]
    return _recipe(sections, path)


def recipe_of_base(folder: Path) -> Recipe:
    """A recipe of defaults for a checkpoint, for what needs a base and no training.

    Raises:
        ConfigError: When the folder is not a checkpoint.
    """
    problem = _file_problem(BY_DOTTED["base.model"], folder)
    if problem:
        raise ConfigError([f"{problem}."])
    values: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS}
    for key in KEYS:
        values[key.section][key.name] = key.default
    values["base"]["model"] = folder
    values["data"]["train"] = values["run"]["folder"] = folder
    return _recipe(values, folder)


def _recipe(sections: dict[str, dict[str, Any]], path: Path) -> Recipe:
    return Recipe(
        BaseSection(**sections["base"]),
        DataSection(**sections["data"]),
        MethodSection(**sections["method"]),
        TrainSection(**sections["train"]),
        RunSection(**sections["run"]),
        ExportSection(**sections["export"]),
        path,
    )


def _unknown(name: str, known: list[str], what: str) -> str:
    same_tail = [other for other in known if other.rpartition(".")[2] == name.rpartition(".")[2]]
    guess = same_tail or difflib.get_close_matches(name.lower().replace("-", "_"), known, 1)
    beside = [other for other in known if "." in name and other.startswith(name.partition(".")[0] + ".")] or known
    meant = f"did you mean {guess[0]}?" if guess else f"there are: {', '.join(beside)}."
    return f"{name}: unknown {what}; {meant}"


TABLE = KeyTable(
    keys=BY_DOTTED.keys(),
    sections=SECTIONS,
    example="train.lr=1e-3",
    missing="Write one with: edgegen finetune init --base smollm2-135m {path}",
    unreadable="",
    unknown_section=lambda section, _: _unknown(section, list(SECTIONS), "section"),
    unknown_key=lambda section, name, _: _unknown(f"{section}.{name}".lstrip("."), list(BY_DOTTED), "key"),
)


def _convert(key: RecipeKey, setting: Setting, *, hub: Setting | None, check_files: bool) -> tuple[Any, str | None]:
    value = setting.value
    types: dict[str, tuple[tuple[type, ...], str]] = {
        "integer": ((int,), "a whole number"),
        "number": ((int, float), "a number"),
        "boolean": ((bool,), "true or false"),
        "string": ((str,), "text in quotes"),
        "path": ((str,), "a path in quotes"),
        "strings": ((list,), 'a list of texts, as in ["q_proj", "v_proj"]'),
    }
    wanted, name = types[key.kind]
    fits = isinstance(value, wanted) and (key.kind == "boolean" or not isinstance(value, bool))
    if not fits or (key.kind == "strings" and not all(isinstance(item, str) for item in value)):
        return None, f"must be {name} ({key.unit})"
    if key.kind == "number":
        value = float(value)
    if key.kind == "path":
        if not value or "\0" in value:
            return None, "must be a path"
        allowed = hub is not None and hub.value is True
        if key.dotted in SOURCES and value.startswith(HUB) and not allowed:
            return None, "is a name on the hub; write base.hub = true to let it be fetched, or give a file here"
        if key.dotted == "data.template" and value in TEMPLATES:
            return TEMPLATES[value], None
        is_name = allowed and (key.dotted == "base.model" or (key.dotted in SOURCES and value.startswith(HUB)))
        value = Path(value) if is_name else setting.folder / Path(value).expanduser()
        if check_files and not is_name and key.dotted != "run.folder":
            problem = _file_problem(key, value)
            if problem:
                return None, problem
    return value, key.check(value) if key.check else None


def _file_problem(key: RecipeKey, path: Path) -> str | None:
    if key.dotted == "base.model":
        if not path.is_dir():
            return f"{path} is not a folder here. Give the folder of a checkpoint (config.json, safetensors)"
        if not (path / "config.json").exists():
            return f"{path} holds no config.json, so it is not a checkpoint"
        if not any(path.glob("*.safetensors")):
            pickle = next((file.name for file in path.glob("*.bin")), None)
            return (
                f"{path} holds its weights as a pickle, {pickle}, which can run code. Get the checkpoint as safetensors"
                if pickle
                else f"{path} holds no weights (*.safetensors). Copy the checkpoint whole"
            )
        return None
    if key.dotted == "method.init_adapter":
        return None if path.is_dir() else f"{path} is not a folder here. Give that of a finished run"
    if key.dotted in SOURCES and path.is_dir():
        return None
    if path.is_file():
        return None
    if key.dotted == "data.template":
        return (
            f"{path} is not a file here. Correct the path, or write one that comes with edgegen: {', '.join(TEMPLATES)}"
        )
    made_with = {"data.train": "generate, or edgegen finetune import", "data.replay": "invent"}.get(key.dotted)
    remedy = (
        f"Correct the path; to make one there is: edgegen finetune {made_with}" if made_with else "Correct the path"
    )
    return f"{path} is not a file here. {remedy}"


def _cross_problems(values: dict[str, Any], where: dict[str, str]) -> list[str]:
    """Values that are each fine and wrong together."""
    found = []
    method = BY_NAME.get(str(values["method.name"]))
    load = values["base.load"]
    if method and method.base == "float" and load == "nf4":
        others = ", ".join(other.name for other in METHODS if other.base != "float")
        found.append(
            f"{where.get('base.load', 'base.load')}: {method.name} needs a float base, because it takes the weights "
            f'apart or quantises them itself; write base.load = "bfloat16". On an nf4 base run: {others}.'
        )
    if method and method.base == "4-bit" and load in ("float32", "float16", "bfloat16"):
        found.append(
            f"{where.get('base.load', 'base.load')}: {method.name} is training on a 4-bit base; write "
            f'base.load = "nf4", or method.name = "lora" for the same adapter on a float base.'
        )
    run, base = values.get("run.folder"), values.get("base.model")
    if isinstance(run, Path) and isinstance(base, Path) and base.is_dir() and run.resolve() == base.resolve():
        found.append(
            f"{where.get('run.folder', '')}: run.folder = {run}: is the folder of the base, whose weights what a run "
            "writes would lie among. Give another."
        )
    if values["data.replay_share"] and not values["data.replay"]:
        found.append(f"{where.get('data.replay_share', '')}: data.replay_share needs data.replay too, a JSONL file.")
    if method and values["data.replay_loss"] == "kl" and values["data.replay_share"] and not method.switches_off:
        others = ", ".join(other.name for other in METHODS if other.switches_off)
        found.append(
            f'{where.get("data.replay_loss", "")}: data.replay_loss = "kl" needs an adapter that can be switched '
            f"off, and without its adapter the base of {method.name} is not the one it began with. These can: {others}."
        )
    if method and values["method.init_adapter"] and not method.continues:
        others = ", ".join(other.name for other in METHODS if other.continues)
        found.append(
            f"{where.get('method.init_adapter', '')}: {method.name} cannot go on from an earlier adapter, because what "
            f"it trains is not plain LoRA. These can: {others}."
        )
    if values["method.continual"] == "c-lora" and not values["method.init_adapter"]:
        found.append(f'{where.get("method.continual", "")}: "c-lora" needs method.init_adapter too, an earlier run.')
    return found
