"""Reads a TOML file of sections and keys, and the `--set` words that win over it, against a table of keys.

The gateway's configuration and the recipe of a fine-tuning are read alike. Nothing is raised: every problem becomes a
line with its place, so that all are told at once. What a value must be is the caller's to check.
"""

import re
import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from edgegen.config_lines import find_lines

# A value in a message is cut there.
_SHOWN_CHARACTERS = 80


class Setting(NamedTuple):
    """A value as it was written, and where: ``FILE:LINE`` or ``--set``. Relative paths start at ``folder``."""

    value: Any
    where: str
    folder: Path


@dataclass(frozen=True)
class KeyTable:
    """What a kind of file may hold, and how its reader speaks of what it may not.

    Args:
        keys: Dotted names, ``section.key``.
        sections: All sections.
        example: A good ``--set``, for the message about a bad one.
        missing: What to do when the file does not exist; ``{path}`` stands for it.
        unreadable: What to do when it cannot be read; may be empty.
        unknown_section: What to say of a section with this name and content.
        unknown_key: What to say of a key with this section (empty in a ``--set`` without one), name and value.
    """

    keys: Collection[str]
    sections: Sequence[str]
    example: str
    missing: str
    unreadable: str
    unknown_section: Callable[[str, Any], str]
    unknown_key: Callable[[str, str, Any], str]


def read_file(path: Path, table: KeyTable, problems: list[str]) -> dict[str, Setting]:
    """The settings of a file by dotted name; what is wrong with it is added to ``problems``."""
    try:
        text = path.read_bytes().decode("utf-8-sig")  # Windows editors put a byte order mark in front
        document = tomllib.loads(text)
    except FileNotFoundError:
        problems.append(f"{path}: does not exist. {table.missing.format(path=path)}")
    except OSError as error:
        problems.append(f"{path}: cannot be read: {error.strerror}. {table.unreadable}".rstrip())
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        byte = error.object[error.start]
        problems.append(f"{path}:{line}: byte 0x{byte:02x} is not UTF-8. Save the file as UTF-8.")
    except (ValueError, RecursionError) as error:  # TOMLDecodeError is a ValueError, as is a number too long for int()
        problems.append(_syntax_problem(path, text, error))
    else:
        return _settings(document, find_lines(text.replace("\r\n", "\n")), path, table, problems)
    return {}


def read_overrides(overrides: Sequence[str], table: KeyTable, problems: list[str]) -> dict[str, Setting]:
    """The settings of ``section.key=value`` words; the value is TOML, or else a bare string."""
    settings = {}
    for override in overrides:
        name, equals, text = (part.strip() for part in override.partition("="))
        section, dot, key = name.partition(".")
        if not equals:
            problems.append(f"--set {override}: must read section.key=value, for example: --set {table.example}")
        elif dot and section not in table.sections:
            problems.append(f"--set {override}: {table.unknown_section(section, {})}")
        elif name not in table.keys:
            problems.append(
                f"--set {override}: {table.unknown_key(section if dot else '', key if dot else name, text)}"
            )
        else:
            settings[name] = Setting(_override_value(text), "--set", Path.cwd())
    return settings


def shown(value: Any) -> str:
    """A value as TOML would spell it, shortened."""
    if isinstance(value, bool):
        return str(value).lower()
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 3] + "..."


def _settings(
    document: Mapping[str, Any],
    lines: Mapping[tuple[str, ...], int],
    path: Path,
    table: KeyTable,
    problems: list[str],
) -> dict[str, Setting]:
    settings = {}
    for section, content in document.items():
        where = f"{path}:{lines[(section,)]}"
        if section not in table.sections:
            problems.append(f"{where}: {table.unknown_section(section, content)}")
        elif not isinstance(content, dict):
            problems.append(f"{where}: {section} = {shown(content)}: must be a table; write it as [{section}].")
        else:
            for name, value in content.items():
                where = f"{path}:{lines[(section, name)]}"
                if f"{section}.{name}" in table.keys:
                    settings[f"{section}.{name}"] = Setting(value, where, path.absolute().parent)
                else:
                    problems.append(f"{where}: {table.unknown_key(section, name, value)}")
    return settings


def _syntax_problem(path: Path, text: str, error: Exception) -> str:
    """Name the line, which tomllib has only in its message: ``(at line 3, column 5)`` or ``(at end of document)``."""
    match = re.search(r" \(at line (\d+), column (\d+)\)$", str(error))
    lines = text.rstrip().splitlines() or [""]
    number = min(int(match[1]) if match else len(lines), len(lines))
    what = str(error).split(" (at ", maxsplit=1)[0]
    return (
        f"{path}:{number}: not valid TOML: {what}, in: {lines[number - 1].strip()[:80]}. "
        'Write one `key = value` a line, with text in "quotes". Other problems show once this is corrected.'
    )


def _override_value(text: str) -> Any:
    try:
        parsed = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    return parsed["value"] if len(parsed) == 1 else text
