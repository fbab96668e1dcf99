"""Bases we know, and the commented recipe that ``edgegen finetune init`` writes for each."""

import textwrap
from dataclasses import dataclass
from typing import Any

from finetune.recipe_keys import KEYS, SECTIONS, SUBJECTS, RecipeKey


@dataclass(frozen=True)
class Preset:
    """A base and what suits it.

    Args:
        hub_name: What it is called where checkpoints are published.
        settings: Keys whose value differs from the default, with why.
    """

    title: str
    hub_name: str
    licence: str
    settings: dict[str, tuple[Any, str]]


_SMALL = {
    "train.lr": (1e-3, "A small model bears a faster rate; it learned the 9.11 family so in 250 steps."),
    "base.load": ("bfloat16", "4 bits cost a model this small more than they save (KL 0.37 to float at 135M)."),
    "train.batch": (8, "Small enough for more rows at once."),
    "train.accumulate": (2, "The same 16 rows a step."),
}
_MIDDLE = {"train.lr": (5e-4, "Between the rate of small models and that of large ones.")}
_LARGE = {
    "method.name": ("qlora", "16-bit weights of 8B alone take 15 GiB; in 4 bits the training fits a small GPU."),
    "base.load": ("nf4", "4 bits."),
    "data.max_tokens": (2048, "The length of the papers' set-ups."),
}
PRESETS = {
    "llama-3.1-8b": Preset("Llama 3.1 8B", "meta-llama/Llama-3.1-8B-Instruct", "Llama 3.1 Community", _LARGE),
    "llama-3.2-1b": Preset("Llama 3.2 1B", "meta-llama/Llama-3.2-1B-Instruct", "Llama 3.2 Community", _MIDDLE),
    "llama-3.2-3b": Preset("Llama 3.2 3B", "meta-llama/Llama-3.2-3B-Instruct", "Llama 3.2 Community", _MIDDLE),
    "smollm2-135m": Preset("SmolLM2 135M", "HuggingFaceTB/SmolLM2-135M-Instruct", "Apache-2.0", _SMALL),
    "smollm2-360m": Preset("SmolLM2 360M", "HuggingFaceTB/SmolLM2-360M-Instruct", "Apache-2.0", _SMALL),
    "smollm2-1.7b": Preset("SmolLM2 1.7B", "HuggingFaceTB/SmolLM2-1.7B-Instruct", "Apache-2.0", _MIDDLE),
    "tinyllama-1.1b": Preset("TinyLlama 1.1B", "TinyLlama/TinyLlama-1.1B-Chat-v1.0", "Apache-2.0", _MIDDLE),
    "qwen2.5-1.5b": Preset("Qwen2.5 1.5B", "Qwen/Qwen2.5-1.5B-Instruct", "Apache-2.0", _MIDDLE),
}


def recipe_text(name: str) -> str:
    """A recipe for a base: what must be edited and what differs from the defaults is set, the rest commented out."""
    preset = PRESETS[name]
    own = preset.settings | {
        "base.model": (f"models/{preset.hub_name.rpartition('/')[2]}", f"Here: a local copy of {preset.hub_name}."),
        "run.folder": (f"runs/{name}", ""),
    }
    lines = [
        f"# A recipe to fine-tune {preset.title} ({preset.hub_name}, licence {preset.licence}).",
        "# A key that is commented out shows its default, or an example where the default is none.",
        "# Check it with: edgegen finetune plan FILE     Run it with: edgegen finetune run FILE",
    ]
    for section in SECTIONS:
        lines += ["", f"# {SUBJECTS[section]}", f"[{section}]"]
        for key in (key for key in KEYS if key.section == section):
            value, why = own.get(key.dotted, (key.shown, ""))
            off = "" if key.dotted in own or key.default is ... else "# "
            lines += ["", *_comment(f"{key.reason} ({key.unit}) {why}".strip()), f"{off}{key.name} = {toml(value)}"]
    return "\n".join(lines) + "\n"


def keys_markdown() -> str:
    """One table per section, for the documentation."""
    lines: list[str] = []
    for section in SECTIONS:
        lines += [f"### `[{section}]`", "", SUBJECTS[section], "", "| key | default | unit | what for |"]
        lines += ["|---|---|---|---|"]
        lines += [_row(key) for key in KEYS if key.section == section]
        lines.append("")
    return "\n".join(lines)


def toml(value: Any) -> str:
    """A value as TOML spells it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return f"[{', '.join(toml(item) for item in value)}]"
    if isinstance(value, int | float):
        return repr(value)
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _row(key: RecipeKey) -> str:
    default = {None: "none", ...: "must be given"}.get(key.default) if key.default in (None, ...) else None
    reason = key.reason.replace("|", "\\|")  # or it would end the cell
    return f"| `{key.name}` | {default or f'`{toml(key.default)}`'} | {key.unit} | {reason} |"


def _comment(text: str) -> list[str]:
    return textwrap.wrap(text, width=110, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)
