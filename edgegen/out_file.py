"""Options that name a file for what a command finds: whether it can be written is known before the work."""

import os
from pathlib import Path

import click

from edgegen.errors import ConfigError


def writable(_context: click.Context, option: click.Parameter, path: Path | None) -> Path | None:
    """The callback of such an option.

    Raises:
        ConfigError: The folder is not there, or this user may not write there.
    """
    if path is None:
        return None
    folder = path.parent
    if path.is_dir():
        why = "is a folder. Name a file in it"
    elif not folder.is_dir():
        why = f"there is no folder {folder}. Make it, or choose another file"
    elif not os.access(path if path.exists() else folder, os.W_OK):
        why = "may not be written by this user. Choose another file"
    else:
        return path
    raise ConfigError([f"{option.opts[0]} {path}: {why}."])


def write_result(option: str, path: Path, text: str) -> None:
    """Write what a command found to the file that its option named.

    Raises:
        ConfigError: It cannot be written after all, such as for want of disk.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError([f"{option} {path}: cannot be written: {error.strerror}. Choose another file."]) from None
