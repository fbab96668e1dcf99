"""Options that the commands of ``edgegen probe`` share, and what they name: a configuration and a database."""

import json
from collections.abc import Callable
from pathlib import Path

import click

from edge.store import Store
from edgegen.config import Config, load_config
from edgegen.errors import ConfigError

Function = Callable[..., None]


def configured(function: Function) -> Function:
    """Which configuration, and whose data."""
    for option in (
        click.option("--data-dir", type=click.Path(path_type=Path, file_okay=False), help="Use this folder instead."),
        click.option(
            "--set", "overrides", multiple=True, metavar="SECTION.KEY=VALUE", help="Override one key; repeatable."
        ),
        click.option(
            "--config", "path", type=click.Path(path_type=Path), help="TOML file; default /etc/edgegen/edgegen.toml."
        ),
    ):
        function = option(function)
    return function


def read_config(target: str, path: Path | None, overrides: tuple[str, ...], data_dir: Path | None) -> Config:
    """The configuration with what the options change in it.

    Args:
        target: ``bundle``, ``mqtt``, or a GGUF that is asked instead of the configured bundle.

    Raises:
        ConfigError: If a file is not there, or a value is wrong.
    """
    if data_dir is not None:
        overrides = (*overrides, f"node.data_dir={json.dumps(str(data_dir.absolute()))}")
    if target not in ("bundle", "mqtt"):
        file = Path(target)
        if not file.exists():
            raise ConfigError([f"--target {target}: use bundle, mqtt, or the path of a .gguf file that exists."])
        overrides = (*overrides, f"model.bundle={json.dumps(str(file.absolute()))}")
    return load_config(path, overrides)


def open_store(config: Config) -> Store:
    """The database that a daemon may be using meanwhile.

    Raises:
        ConfigError: If its folder cannot be made.
    """
    folder = config.node.data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError([f"{folder}: {error.strerror}. Choose a folder you may write to with --data-dir."]) from None
    return Store(folder / "edgegen.db")
