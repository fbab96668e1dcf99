"""``edgegen export``: from a run to a signed bundle that is proven, not hoped."""

import importlib.util
import logging
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from edgegen.errors import BundleError, MissingExtraError
from edgegen.manifest import NAME, version_key
from export.toolchain import Toolchain, toolchain

if TYPE_CHECKING:
    from export.request import Combination, Shipped, Source

_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
# Options that say something of a merged model's weights.
_OF_MODELS = ("quant", "target_size", "target_kl", "tensor_type", "imatrix", "merge_base")
# More than this is no adapter any more, but a slip of the pen.
_MOST_STRENGTH = 4.0
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
@click.argument("runs", metavar="[NAME=]RUN...", nargs=-1, required=True)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Holds the bundle.")
@click.option("--name", help="Of the bundle.  [default: the folder of a single run]")
@click.option("--version", default="1.0.0", show_default=True, help="Of the bundle; on a gateway it only goes up.")
@click.option("--quant", default="Q4_K_M", show_default=True, help="F16, Q8_0, Q6_K, Q5_K_M, Q4_K_M, Q4_0 or IQ4_XS.")
@click.option("--target-size", metavar="SIZE", help="Choose every tensor's type: the best file of at most this size.")
@click.option("--target-kl", type=float, metavar="NATS", help="Choose them: the smallest file that loses at most this.")
@click.option(
    "--tensor-type", multiple=True, metavar="REGEX=TYPE", help="Of the tensors whose names match; repeatable."
)
@click.option("--imatrix", metavar="FILE", help="An importance matrix of llama-imatrix, or none.  [default: measured]")
@click.option("--base", type=_FOLDER, help="The base's checkpoint, where the run does not say it.")
@click.option("--task", help="Which adapter of a run that trained one for each task.")
@click.option("--adapter-only", is_flag=True, help="Only adapters, one a run and task, over a base that is there.")
@click.option("--base-gguf", type=_FILE, help="The GGUF on the gateways that the adapters are put over.")
@click.option("--base-bundle", type=_FOLDER, help="The same as a bundle, whose prompt and defaults are taken over.")
@click.option(
    "--adapter-type",
    type=click.Choice(["F32", "F16", "Q8_0"], case_sensitive=False),
    default="F16",
    show_default=True,
    help="Of the adapters' weights.",
)
@click.option("--rank", type=click.IntRange(min=1), help="Export qdylora at this rank.")
@click.option("--svd", type=click.IntRange(min=1), metavar="RANK", help="Cut DoRA, HiRA or any update: lossy.")
@click.option(
    "--strength",
    multiple=True,
    metavar="[NAME=]S",
    help="Multiply an adapter's update by this: below 1 it stays closer to the base.",
)
@click.option(
    "--combine",
    type=click.Choice(["linear", "cat", "ties", "dare", "fedavg"]),
    help="Make one adapter out of several runs.",
)
@click.option("--weights", metavar="W,W,...", help="Of --combine, one a run; fedavg takes the numbers of examples.")
@click.option(
    "--density",
    type=click.FloatRange(min=0, max=1, min_open=True),
    default=0.5,
    show_default=True,
    help="Share of the values that ties and dare keep.",
)
@click.option(
    "--merge-base",
    type=click.Choice(["16-bit", "4-bit", "auto"]),
    default="auto",
    show_default=True,
    help="For runs on a 4-bit base: merge into that or into the 16-bit one; auto keeps the file of lower loss.",
)
@click.option("--text", type=_FILE, help="Held-out text to measure on.  [default: the run's, or Python's reference]")
@click.option(
    "--chunks",
    type=click.IntRange(min=1),
    default=8,
    show_default=True,
    help="Of 512 tokens of that text; more take longer and say it closer.",
)
@click.option("--system-prompt", help="Stands before every chat that brings none.")
@click.option("--licence", help="Of the base, an SPDX identifier.")
@click.option("--max-kl", type=float, help="Most that quantising may cost, in nats.  [default: the recipe's, or 0.15]")
@click.option("--probes", multiple=True, metavar="NAME|FILE", help="Probe suite asked before and after; repeatable.")
@click.option("--sign", "key_file", type=_FILE, help="Sign with this key of `edgegen bundle keygen`.")
@click.option("--cache", type=click.Path(path_type=Path, file_okay=False), help="Where the converters are kept.")
def run(runs: tuple[str, ...], **options: Any) -> None:
    """Export runs, or adapter folders of PEFT, as a bundle.

    One run is merged into its base; several are made one with --combine, or travel side by side with --adapter-only.

    \b
    Example:
        edgegen export runs/pump --out out --quant Q4_K_M --sign maker
        edgegen export runs/pump --out out --adapter-only --base-gguf llama-3.2-1b.Q4_K_M.gguf
        edgegen export pumps=runs/7 runs/valves --out out --name site --adapter-only --base-bundle smollm2-135m-1.0.0
        edgegen export runs/north runs/south --out out --name pump --combine fedavg
    """  # noqa: D301 (click reads the \b)
    for module in _NEEDED:
        if importlib.util.find_spec(module) is None:
            raise MissingExtraError("export", "export", module)
    from edgegen.signing import read_private_key  # noqa: PLC0415 - torch and its like take seconds
    from export.assemble import export  # noqa: PLC0415
    from export.request import Request  # noqa: PLC0415

    sources = _sources(runs)
    _check_together(options, len(sources))
    name = options["name"] or sources[0].name or sources[0].folder.resolve().name
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
        sources=sources,
        out=options["out"],
        name=name,
        version=options["version"],
        tools=toolchain(options["cache"]),
        wish=_wish(options),
        base=options["base"],
        shipped=_shipped(options["base_gguf"], options["base_bundle"]),
        adapter_type=options["adapter_type"].lower(),
        task=options["task"],
        rank=options["rank"],
        svd=options["svd"],
        strengths=_strengths(options),
        combine=_combination(options),
        merge_base=options["merge_base"],
        text=options["text"],
        system_prompt=options["system_prompt"],
        licence=options["licence"],
        thresholds={} if options["max_kl"] is None else {"kl": options["max_kl"]},
        chunks=options["chunks"],
        probe=_prober(sources, options),
        key=read_private_key(key_file) if key_file else None,
    )
    _quiet()
    bundle = export(request, lambda line: click.echo(line, err=True))
    click.echo(f"Wrote {bundle}" + ("." if key_file else ", unsigned. Sign it with: edgegen bundle sign"))


def _strengths(options: dict[str, Any]) -> dict[str, float]:
    """``NAME=S`` or ``S``, which stands for all that are not named."""
    found: dict[str, float] = {}
    for text in options["strength"]:
        name, equals, number = text.rpartition("=")
        try:
            strength = float(number)
        except ValueError:
            strength = math.nan
        if not 0 < strength <= _MOST_STRENGTH:
            raise click.UsageError(f"--strength {text}: give a number above 0 up to {_MOST_STRENGTH:g}, such as 0.9.")
        if equals and not name:
            raise click.UsageError(f"--strength {text}: there is no name before the =. Leave that out too, for all.")
        if name in found:
            raise click.UsageError(f"--strength {text}: there is one for {name or 'all'} already, {found[name]:g}.")
        found[name] = strength
    if found and options["combine"] is not None:
        raise click.UsageError("--strength goes without --combine, whose --weights say how much of each there is.")
    return found


def _wish(options: dict[str, Any]) -> Any:
    """What the weights become."""
    from export.shrink import Wish  # noqa: PLC0415 - only when it runs

    imatrix = options["imatrix"]
    if imatrix not in (None, "none") and not Path(imatrix).is_file():
        raise click.UsageError(f"--imatrix {imatrix}: there is no such file; `none` goes without one.")
    return Wish(
        quant=options["quant"].upper(),
        tensor_types=tuple(options["tensor_type"]),
        imatrix=None if imatrix in (None, "none") else Path(imatrix),
        without_imatrix=imatrix == "none",
        target_size=options["target_size"],
        target_kl=options["target_kl"],
    )


def _sources(runs: tuple[str, ...]) -> "tuple[Source, ...]":
    """``NAME=FOLDER`` or ``FOLDER``; a folder that is there wins, whatever its name."""
    from export.request import Source  # noqa: PLC0415

    found = []
    for text in runs:
        name, equals, folder = text.partition("=")
        named = bool(equals) and not Path(text).exists()
        source = Source(Path(folder), name) if named else Source(Path(text))
        if not source.folder.is_dir():
            raise click.UsageError(f"{source.folder}: there is no such run. Name its folder, or that of an adapter.")
        found.append(source)
    return tuple(found)


def _prober(sources: "tuple[Source, ...]", options: dict[str, Any]) -> Any:
    """What asks the suites that were named, or those that the runs' recipes and folders name."""
    from export.thresholds import recipe_settings  # noqa: PLC0415

    names = list(options["probes"])
    for source in sources if not names else ():
        names += recipe_settings(source.folder / "recipe.toml").get("probes") or []
    if not names:
        return None
    from edgegen.commands.export_probes import prober  # noqa: PLC0415 - needs the engine: edgegen[edge]

    return prober(list(dict.fromkeys(names)), options["system_prompt"], options["out"])


def _check_together(options: dict[str, Any], runs: int) -> None:
    """Refuse options that contradict one another."""
    bases = [name for name in ("base_gguf", "base_bundle") if options[name] is not None]
    if len(bases) != int(options["adapter_only"]):
        raise click.UsageError(
            "--adapter-only goes with one of --base-gguf and --base-bundle: an adapter is proven over its base."
        )
    if options["combine"] is None and options["weights"] is not None:
        raise click.UsageError("--weights goes with --combine.")
    if _is_given("density") and options["combine"] not in ("ties", "dare"):
        raise click.UsageError("--density goes with --combine ties or dare.")
    if _is_given("adapter_type") and not options["adapter_only"]:
        raise click.UsageError("--adapter-type goes with --adapter-only; a merged model's type is --quant.")
    of_models = [name for name in _OF_MODELS if _is_given(name)]
    if options["adapter_only"] and of_models:
        raise click.UsageError(
            f"--{of_models[0].replace('_', '-')} is for merged models, and --adapter-only takes the base as it is; the "
            "adapters' own type is --adapter-type."
        )
    targets = [name for name in ("target_size", "target_kl") if options[name] is not None]
    if targets and _is_given("quant"):
        raise click.UsageError(f"--{targets[0].replace('_', '-')} chooses the type of every tensor: leave --quant out.")
    if options["max_kl"] is not None and not 0 <= options["max_kl"] < math.inf:
        raise click.UsageError(f"--max-kl {options['max_kl']}: give nats a token from 0, such as 0.1.")
    if runs > 1 and not options["adapter_only"] and options["combine"] is None:
        raise click.UsageError(
            "several runs become one model with --combine, or adapters side by side with --adapter-only."
        )
    if runs > 1 and options["name"] is None:
        raise click.UsageError("several runs need a name for the bundle: --name.")


def _quiet() -> None:
    """Let the libraries keep their bars and advice for themselves: what is said here is what is to be read."""
    from transformers.utils import logging as transformers_logging  # noqa: PLC0415 - heavy

    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)


def _is_given(name: str) -> bool:
    """Whether an option stands on the command line, and is not just its default."""
    return click.get_current_context().get_parameter_source(name) is ParameterSource.COMMANDLINE


def _combination(options: dict[str, Any]) -> "Combination | None":
    from export.request import Combination  # noqa: PLC0415

    if options["combine"] is None:
        return None
    try:
        weights = tuple(float(text) for text in (options["weights"] or "").split(",") if text.strip())
    except ValueError:
        raise click.UsageError(f"--weights {options['weights']}: give numbers, as in 0.3,0.7.") from None
    return Combination(options["combine"], weights, options["density"])


def _shipped(gguf: Path | None, bundle: Path | None) -> "Shipped | None":
    """The base of an adapter-only bundle."""
    from edgegen.bundle_verify import verify_bundle  # noqa: PLC0415
    from export.request import Shipped  # noqa: PLC0415

    if gguf is not None:
        return Shipped(gguf)
    if bundle is None:
        return None
    manifest = verify_bundle(bundle)
    if manifest.model is None:
        raise BundleError(f"{bundle}: holds adapters alone. Name the bundle of the base they are for.")
    defaults = {"n_ctx": manifest.n_ctx, "system_prompt": manifest.system_prompt, "sampling": manifest.sampling}
    return Shipped(bundle / manifest.model, manifest.base.name, manifest.base.licence, defaults)


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
