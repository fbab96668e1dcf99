"""The configuration as text, from the one table of keys: commented file, effective values, documentation."""

import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from edgegen.config import Config
from edgegen.config_keys import KEYS, SECTION_SUBJECTS, SECTIONS


def commented_file() -> str:
    """A configuration file that changes nothing: every key with its meaning, unit and default, commented out."""
    lines = [
        "# edgegen.toml: configuration of an edgegen gateway.",
        "# A key that is commented out shows its default, or an example where the default is none.",
        "# Check your changes with: edgegen config check FILE",
    ]
    for section in SECTIONS:
        lines += ["", f"# {SECTION_SUBJECTS[section]}", f"[{section}]"]
        for key in KEYS:
            if key.section == section:
                lines += ["", *_comment(f"{key.reason} ({key.unit})"), f"# {key.name} = {key.shown}"]
    return "\n".join(lines) + "\n"


def effective_text(config: Config, sources: Mapping[str, str]) -> str:
    """The configuration as it is used, as TOML, each value with where it came from."""
    return "\n".join(_effective_lines(config, sources)) + "\n"


def keys_markdown() -> str:
    """One Markdown table per section, for the documentation."""
    lines: list[str] = []
    for section in SECTIONS:
        lines += [f"### `[{section}]`", "", SECTION_SUBJECTS[section], ""]
        lines += ["| key | default | unit | what for |", "|---|---|---|---|"]
        for key in KEYS:
            if key.section == section:
                default = "none" if key.is_optional else f"`{key.shown}`"
                lines.append(f"| `{key.name}` | {default} | {key.unit.split('; default')[0]} | {key.reason} |")
        lines.append("")
    return "\n".join(lines)


def _comment(text: str) -> list[str]:
    return textwrap.wrap(text, width=110, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)


def _effective_lines(config: Config, sources: Mapping[str, str]) -> Iterator[str]:
    for section in SECTIONS:
        yield f"[{section}]"
        for key in KEYS:
            if key.section == section:
                value = getattr(getattr(config, section), key.name)
                setting = f"# {key.name} is not set" if value is None else f"{key.name} = {_toml(value)}"
                yield f"{setting:<40} # {sources[key.dotted]}"
        yield ""


def _toml(value: Any) -> str:
    if isinstance(value, str | Path):
        escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
        return '"' + "".join(char if char.isprintable() else f"\\U{ord(char):08X}" for char in escaped) + '"'
    return str(value).removesuffix(".0")
