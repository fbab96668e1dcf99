"""Options that name a file for what a command finds: whether it can be written is known before the work."""

import os
from contextlib import suppress
from pathlib import Path
from stat import S_ISDIR

import click

from edgegen.errors import ConfigError


def writable(_context: click.Context, option: click.Parameter, path: Path | None) -> Path | None:
    """The callback of such an option.

    Raises:
        ConfigError: The folder is not there, or this user may not write there.
    """
    if path is None:
        return None
    why = _why_not(path)
    if why is None:
        return path
    raise ConfigError([f"{option.opts[0]} {path}: {why}."])


def _why_not(path: Path) -> str | None:
    folder = place = path.parent
    try:
        if not folder.is_dir():
            return f"there is no folder {folder}. Make it, or choose another file"
        with suppress(FileNotFoundError):
            if S_ISDIR(path.stat().st_mode):
                return "is a folder. Name a file in it"
            place = path
        if not os.access(place, os.W_OK):
            return "may not be written by this user. Choose another file"
    except OSError as error:  # such as a folder that this user may not look into
        return f"cannot be written: {error.strerror}. Choose another file"
    return None


def write_result(option: str, path: Path, text: str) -> None:
    """Write what a command found to the file that its option named.

    Raises:
        ConfigError: It cannot be written after all, such as for want of disk.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError([f"{option} {path}: cannot be written: {error.strerror}. Choose another file."]) from None
