"""``edgegen config``: write and check the gateway's configuration."""

import os
from pathlib import Path

import click

from edgegen.config import load_with_sources
from edgegen.config_text import commented_file, effective_text
from edgegen.errors import ConfigError


@click.group()
def command() -> None:
    """Write and check the gateway's configuration."""


@command.command()
@click.argument("path", type=click.Path(path_type=Path, allow_dash=True), default="edgegen.toml")
@click.option("--force", is_flag=True, help="Replace a file that is there already.")
def init(path: Path, *, force: bool) -> None:
    """Write a configuration file with every key explained.

    PATH is edgegen.toml in this folder unless you say otherwise; - writes to the screen. Every key is commented out, so
    the file changes nothing until you edit it.

    \b
    Example:
        edgegen config init /etc/edgegen/edgegen.toml
    """  # noqa: D301 (click reads the \b)
    if str(path) == "-":
        click.echo(commented_file(), nl=False)
        return
    flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if force else os.O_EXCL)
    try:
        with open(os.open(path, flags, 0o644), "w", encoding="utf-8") as file:  # noqa: PTH123  (a descriptor)
            file.write(commented_file())
    except FileExistsError:
        raise ConfigError([f"{path}: exists already. Use --force to replace it, or give another path."]) from None
    except OSError as error:
        raise ConfigError([f"{path}: cannot be written: {error.strerror}. Choose another path, or use sudo."]) from None
    click.echo(f"Wrote {path}. Edit it, then run: edgegen config check {path}")


@command.command()
@click.argument("path", type=click.Path(path_type=Path), required=False)
@click.option("--set", "overrides", multiple=True, metavar="SECTION.KEY=VALUE", help="Change one value.")
@click.option("--elsewhere", is_flag=True, help="The file is for another machine: do not look for the files it names.")
def check(path: Path | None, overrides: tuple[str, ...], *, elsewhere: bool) -> None:
    """Check a configuration file and show what results from it.

    Reports all problems at once, each with its line, key, value and remedy, and exits with 2. Without PATH it checks
    /etc/edgegen/edgegen.toml, or the defaults when there is no such file.

    \b
    Example:
        edgegen config check edgegen.toml --set mqtt.host=10.0.0.5
    """  # noqa: D301 (click reads the \b)
    config, sources = load_with_sources(path, overrides, check_files=not elsewhere)
    click.echo(f"# {config.path or 'No configuration file: all defaults'}. No problems found.\n")
    click.echo(effective_text(config, sources), nl=False)
