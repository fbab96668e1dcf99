"""``edgegen export``: from a run to a signed bundle that is proven, not hoped."""

import importlib.util
from pathlib import Path
from typing import Any

import click

from edgegen.errors import BundleError, MissingExtraError
from edgegen.manifest import NAME, version_key
from export.toolchain import Toolchain, toolchain

_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_NEEDED = ("torch", "transformers", "peft", "safetensors", "llama_cpp", "cryptography")


class _RunByDefault(click.Group):
    """``edgegen export RUN`` is ``edgegen export run RUN``."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is named, or `run`."""
        if args and args[0] not in self.commands:
            args = ["run", *args]
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Options of `run` may stand first."""
        if args and args[0].startswith("-") and args[0] not in ("-h", "--help"):
            args = ["run", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_RunByDefault)
def command() -> None:
    """Bring a fine-tuned model to a gateway: fold, merge, convert, quantise, prove, sign.

    `edgegen export RUN --out DIR` is short for `edgegen export run RUN --out DIR`.
    """


@command.command()
@click.argument("run_folder", metavar="RUN", type=_FOLDER)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Holds the bundle.")
@click.option("--name", help="Of the bundle.  [default: the run's folder]")
@click.option("--version", default="1.0.0", show_default=True, help="Of the bundle; on a gateway it only goes up.")
@click.option("--quant", default="Q4_K_M", show_default=True, help="F16, Q8_0, Q6_K, Q5_K_M, Q4_K_M, Q4_0 or IQ4_XS.")
@click.option("--base", type=_FOLDER, help="The base's checkpoint, where the run does not say it.")
@click.option("--task", help="Which adapter of a run that trained one for each task.")
@click.option("--adapter-only", is_flag=True, help="Only the adapter, for the base in --base-gguf.")
@click.option("--base-gguf", type=_FILE, help="The GGUF on the gateways that the adapter is put over.")
@click.option("--text", type=_FILE, help="Held-out text to measure on.  [default: the run's, or Python's reference]")
@click.option("--system-prompt", help="Stands before every chat that brings none.")
@click.option("--licence", help="Of the base, an SPDX identifier.")
@click.option("--max-kl", type=float, default=0.15, show_default=True, help="Most that quantising may cost, in nats.")
@click.option("--sign", "key_file", type=_FILE, help="Sign with this key of `edgegen bundle keygen`.")
@click.option("--cache", type=click.Path(path_type=Path, file_okay=False), help="Where the converters are kept.")
def run(run_folder: Path, **options: Any) -> None:
    """Export a run, or an adapter folder of PEFT, as a bundle.

    \b
    Example:
        edgegen export runs/pump --out out --quant Q4_K_M --sign maker
        edgegen export runs/pump --out out --adapter-only --base-gguf llama-3.2-1b.Q4_K_M.gguf
    """  # noqa: D301 (click reads the \b)
    for module in _NEEDED:
        if importlib.util.find_spec(module) is None:
            raise MissingExtraError("export", "export", module)
    from edgegen.signing import read_private_key  # noqa: PLC0415 - torch and its like take seconds
    from export.assemble import Request, export  # noqa: PLC0415
    from export.verify import Thresholds  # noqa: PLC0415

    if options["adapter_only"] != (options["base_gguf"] is not None):
        raise click.UsageError("--adapter-only and --base-gguf go together: an adapter is proven over its base.")
    name = options["name"] or run_folder.resolve().name
    if not NAME.fullmatch(name):
        raise click.UsageError(
            f"{name!r} cannot be the name of a bundle. Use 1 to 64 of A-Z a-z 0-9 _ . - with --name."
        )
    try:
        version_key(options["version"])
    except ValueError as error:
        raise click.UsageError(f"{error}. Give one with --version.") from None
    key_file = options["key_file"]
    request = Request(
        run=run_folder,
        out=options["out"],
        name=name,
        version=options["version"],
        tools=toolchain(options["cache"]),
        quant=options["quant"].upper(),
        base=options["base"],
        base_gguf=options["base_gguf"],
        task=options["task"],
        text=options["text"],
        system_prompt=options["system_prompt"],
        licence=options["licence"],
        thresholds=Thresholds(kl=options["max_kl"]),
        key=read_private_key(key_file) if key_file else None,
    )
    bundle = export(request, lambda line: click.echo(line, err=True))
    click.echo(f"Wrote {bundle}" + ("." if key_file else ", unsigned. Sign it with: edgegen bundle sign"))


@command.command("toolchain")
@click.option("--from-dir", type=_FOLDER, help="Holds the source package, for a machine without network.")
@click.option("--cache", type=click.Path(path_type=Path, file_okay=False), help="Where the converters are kept.")
@click.option("--sha256", help="Of the source package, where edgegen does not know the version.")
def get_toolchain(from_dir: Path | None, cache: Path | None, sha256: str | None) -> None:
    """Fetch llama.cpp's converters, of the very revision that is installed.

    `edgegen export` does so by itself where there is a network.

    \b
    Example:
        edgegen export toolchain --from-dir /media/stick
    """  # noqa: D301 (click reads the \b)
    tools: Toolchain = toolchain(cache, from_dir=from_dir, sha256=sha256)
    if not (tools.folder / "convert_lora_to_gguf.py").is_file():
        raise BundleError(f"{tools.folder}: incomplete. Remove it and run this again.")
    click.echo(f"{tools.folder}\nllama-cpp-python {tools.version}, source package sha256 {tools.sha256}")
