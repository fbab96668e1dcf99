"""The part of ``edgegen bundle`` that works on a gateway: what lies ready, what is installed, what serves."""

import dataclasses
import importlib.util
import json
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import click

from edgegen.bundle import PREVIOUS, current_folder, installed_bundles, resolve_model
from edgegen.bundle_install import (
    Check,
    activate_installed,
    find_installed,
    install,
    remove_installed,
    roll_back,
    tell_daemon,
)
from edgegen.bundle_offers import INBOX, STICK, find_offer, find_offers
from edgegen.bundle_policy import Policy, installed_signer
from edgegen.bundle_source import open_source
from edgegen.bundle_verify import read_manifest
from edgegen.commands.bundle_progress import Screen, Teller, teller
from edgegen.config import Config, load_config
from edgegen.errors import BundleError, ConfigError, MissingExtraError
from edgegen.manifest import SIGNATURE_NAME, parse_manifest
from edgegen.signing import PublicKey, trusted_keys

_READ = click.Path(path_type=Path, exists=True)

Function = Callable[..., None]


def gateway(function: Function) -> Function:
    """Which gateway's data are meant."""
    for option in (
        click.option("--set", "overrides", multiple=True, metavar="SECTION.KEY=VALUE", help="Override one key."),
        click.option("--config", "path", type=click.Path(path_type=Path), help="Configuration with the data_dir."),
        click.option("--data-dir", type=click.Path(path_type=Path, file_okay=False), help="Use this folder instead."),
    ):
        function = option(function)
    return function


def _proofs(function: Function) -> Function:
    """What is asked of a bundle before it may serve, and what an operator may waive."""
    for option in (
        click.option("--gate/--no-gate", default=True, help="Ask the probes of its gate first.  [default: gate]"),
        click.option("--allow-unsigned", is_flag=True, help="Take it although no trusted key signed it; recorded."),
        click.option("--allow-downgrade", is_flag=True, help="Take a version below the highest so far; recorded."),
    ):
        function = option(function)
    return function


_report = click.option(
    "--report", is_flag=True, hidden=True, help="Lines of JSON for the daemon; ends with standard input."
)
_make_current = click.option(
    "--activate/--no-activate", "make_current", default=True, help="Make it current.  [default: activate]"
)


def read_config(data_dir: Path | None, path: Path | None, overrides: tuple[str, ...]) -> Config:
    """The gateway's configuration; the files it refers to need not be readable for this user."""
    given = [] if data_dir is None else [f"node.data_dir={json.dumps(str(data_dir.absolute()))}"]
    return load_config(path, [*overrides, *given], check_files=False)


@click.command("list")
@gateway
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@_report
def list_bundles(
    data_dir: Path | None, path: Path | None, overrides: tuple[str, ...], *, as_json: bool, report: bool
) -> None:
    """List the installed bundles; * marks the current one, - the previous one.

    \b
    Example:
        edgegen bundle list
    """  # noqa: D301 (click reads the \b)
    rows = _rows(read_config(data_dir, path, overrides).node.data_dir)
    if report:
        with teller(report=True) as tell:
            tell.done(installed=rows)
        return
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    table = [("", "BUNDLE", "SIZE", "QUANT", "SIGNED BY")]
    for row in rows:
        mark = "*" if row["current"] else "-" if row["previous"] else ""
        table.append((mark, row["bundle"], _megabytes(row["size_bytes"]), row["quantisation"] or "-", row["signed_by"]))
    _print_table(table)


@click.command("offers")
@gateway
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def list_offers(data_dir: Path | None, path: Path | None, overrides: tuple[str, ...], *, as_json: bool) -> None:
    """List the bundles that lie ready on the stick (`update.stick`) and in the inbox (DATA_DIR/inbox).

    \b
    Example:
        edgegen bundle offers
    """  # noqa: D301 (click reads the \b)
    config = read_config(data_dir, path, overrides)
    found = find_offers(config, trusted_keys(config.node.data_dir))
    if as_json:
        click.echo(json.dumps([offer.document() for offer in found], indent=2))
        return
    table = [("OFFER", "FROM", "BUNDLE", "SIZE", "SIGNED BY", "")]
    for offer in found:
        bundle = f"{offer.name}-{offer.version}" if offer.name else "-"
        size = "-" if offer.size_bytes is None else _megabytes(offer.size_bytes)
        state = "current" if offer.current else "installed" if offer.installed else "would be taken"
        note = state if offer.why_not is None else f"refused: {offer.why_not.splitlines()[0]}"
        table.append((offer.offer, offer.place, bundle, size, offer.signed_by or "-", note))
    _print_table(table)
    if not found:
        click.echo("Nothing lies ready.")


@click.command("install")
@click.argument("bundle", metavar="PATH", type=_READ)
@gateway
@_proofs
@_make_current
def install_bundle(
    *,
    bundle: Path,
    data_dir: Path | None,
    path: Path | None,
    overrides: tuple[str, ...],
    gate: bool,
    allow_unsigned: bool,
    allow_downgrade: bool,
    make_current: bool,
) -> None:
    """Install a bundle, a folder or a .tar, and make it current.

    It is copied, the copy is verified, loaded in a process of its own and asked the probes of its gate. Only then it is
    made current and a running node is told. Whatever fails leaves everything as it was.

    \b
    Example:
        edgegen bundle install /media/stick/pump-assistant-1.4.0.tar
    """  # noqa: D301 (click reads the \b)
    config = read_config(data_dir, path, overrides)
    keys = trusted_keys(config.node.data_dir)
    policy = Policy(keys, allow_unsigned=allow_unsigned, allow_downgrade=allow_downgrade)
    with Screen() as tell:
        _install(bundle, config, policy, tell, gate=gate, make_current=make_current)


@click.command()
@click.argument("offer")
@gateway
@click.option("--from", "place", type=click.Choice([STICK, INBOX]), help="Where it lies, if in both places.")
@_make_current
@_report
def accept(
    *,
    offer: str,
    data_dir: Path | None,
    path: Path | None,
    overrides: tuple[str, ...],
    place: str | None,
    make_current: bool,
    report: bool,
) -> None:
    """Install a bundle that lies ready on the stick or in the inbox; see `edgegen bundle offers`.

    Like `install`, with nothing waived.

    \b
    Example:
        edgegen bundle accept pump-assistant-1.4.0
    """  # noqa: D301 (click reads the \b)
    with teller(report=report) as tell:
        config = read_config(data_dir, path, overrides)
        policy = Policy(trusted_keys(config.node.data_dir))
        _install(find_offer(config, offer, place), config, policy, tell, gate=True, make_current=make_current)


@click.command()
@click.argument("name", metavar="NAME[-VERSION]")
@gateway
@_proofs
@_report
def activate(
    *,
    name: str,
    data_dir: Path | None,
    path: Path | None,
    overrides: tuple[str, ...],
    gate: bool,
    allow_unsigned: bool,
    allow_downgrade: bool,
    report: bool,
) -> None:
    """Make an installed bundle current, after verifying, loading and probing it.

    \b
    Example:
        edgegen bundle activate pump-assistant-1.4.0
    """  # noqa: D301 (click reads the \b)
    with teller(report=report) as tell:
        config = read_config(data_dir, path, overrides)
        where = config.node.data_dir
        policy = Policy(trusted_keys(where), allow_unsigned=allow_unsigned, allow_downgrade=allow_downgrade)
        make_current(find_installed(where, name), config, policy, tell, gate=gate)


@click.command()
@gateway
@click.option("--reason", default="by hand", help="Kept in the events.")
@click.option("--from-version", help="Do nothing unless this version is the current one.")
@_report
def rollback(
    *,
    data_dir: Path | None,
    path: Path | None,
    overrides: tuple[str, ...],
    reason: str,
    from_version: str | None,
    report: bool,
) -> None:
    """Make the previous bundle current again.

    \b
    Example:
        edgegen bundle rollback --reason "answers in the wrong language"
    """  # noqa: D301 (click reads the \b)
    with teller(report=report) as tell, ExitStack() as stack:
        config = read_config(data_dir, path, overrides)
        audit = _audit(config, stack)
        folder = roll_back(config.node.data_dir, audit=audit, reason=reason, from_version=from_version)
        _tell_node(config.node.data_dir, folder, tell)


@click.command()
@click.argument("name", metavar="NAME[-VERSION]")
@gateway
@_report
def remove(name: str, data_dir: Path | None, path: Path | None, overrides: tuple[str, ...], *, report: bool) -> None:
    """Delete an installed bundle that is neither current nor previous.

    \b
    Example:
        edgegen bundle remove pump-assistant-1.2.0
    """  # noqa: D301 (click reads the \b)
    with teller(report=report) as tell, ExitStack() as stack:
        config = read_config(data_dir, path, overrides)
        folder = find_installed(config.node.data_dir, name)
        remove_installed(config.node.data_dir, folder, audit=_audit(config, stack))
        tell.done(f"Removed {folder.name}.", bundle=folder.name, current=False)


VERBS = (list_bundles, list_offers, install_bundle, accept, activate, rollback, remove)


def make_current(folder: Path, config: Config, policy: Policy, tell: Teller, *, gate: bool) -> None:
    """Verify, load and probe an installed bundle, make it current and tell a running node; its answers are recorded.

    Raises:
        EdgegenError: Saying why not; the current bundle stays.
    """
    where = config.node.data_dir
    with ExitStack() as stack:
        audit, check = _gateway_handles(config, stack, tell, gate=gate)
        done = activate_installed(where, folder, policy, audit=audit, checks=(check,))
        _tell_node(where, done.folder, tell)


def _install(bundle: Path, config: Config, policy: Policy, tell: Teller, *, gate: bool, make_current: bool) -> None:
    where = config.node.data_dir
    with ExitStack() as stack:
        audit, check = _gateway_handles(config, stack, tell, gate=gate)
        source = stack.enter_context(open_source(bundle))
        manifest = parse_manifest(source.manifest_bytes(), source.name)
        progress = stack.enter_context(tell.phase(f"copy {manifest.folder_name}", manifest.size_bytes))
        done = install(
            source, where, policy, audit=audit, checks=(check,), make_current=make_current, progress=progress
        )
    _tell_node(where, done.folder, tell, f"Installed {done.folder.name} in {done.folder}.")


def _tell_node(data_dir: Path, folder: Path, tell: Teller, *before: str) -> None:
    """Make a running node look at ``current`` again, and say how it stands."""
    if current_folder(data_dir) != folder.resolve():
        hint = f"It is not current. Switch with: edgegen bundle activate {folder.name}"
        tell.done(*before, hint, bundle=folder.name, current=False)
        return
    pid = tell_daemon(data_dir)
    what = f"The running node (process {pid}) loads it now." if pid else "No node runs here; the next start uses it."
    tell.done(*before, f"{folder.name} is current. {what}", bundle=folder.name, current=True)


def _rows(data_dir: Path) -> list[dict[str, Any]]:
    keys, current = trusted_keys(data_dir), current_folder(data_dir)
    link = data_dir / PREVIOUS
    previous = link.resolve() if link.is_dir() else None
    return [
        {
            "bundle": folder.name,
            "name": manifest.name,
            "version": manifest.version,
            "size_bytes": manifest.size_bytes,
            "quantisation": manifest.quantisation,
            "signed_by": _signer_text(folder, keys),
            "current": folder.resolve() == current,
            "previous": folder.resolve() == previous,
        }
        for folder, manifest in installed_bundles(data_dir).items()
    ]


def _signer_text(folder: Path, keys: dict[str, PublicKey]) -> str:
    try:
        signer = installed_signer(folder, keys)
    except BundleError:
        return "WRONG SIGNATURE"
    if signer is not None:
        return signer.name
    return "unknown key" if (folder / SIGNATURE_NAME).exists() else "nobody"


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:,.0f} MB"


def _print_table(table: Sequence[tuple[str, ...]]) -> None:
    widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
    for line in table:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _audit(config: Config, stack: ExitStack) -> Callable[[str], None]:
    """Writes to the events of the gateway's database; what cannot be recorded is not done."""
    _require_edge("sqlite_utils")
    from edge import clock  # noqa: PLC0415 - another plane, needed on a gateway alone
    from edge.store import Store  # noqa: PLC0415

    folder = config.node.data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError([f"{folder}: {error.strerror}. Choose a folder you may write to with --data-dir."]) from None
    store = Store(folder / "edgegen.db")
    stack.callback(store.close)
    return lambda line: store.add_event(clock.utc(), "bundle", line)


def _gateway_handles(
    config: Config, stack: ExitStack, tell: Teller, *, gate: bool
) -> tuple[Callable[[str], None], Check]:
    """The audit, and the check that a bundle loads with this gateway's settings and passes its gate."""
    _require_edge("llama_cpp")
    return _audit(config, stack), lambda folder: _load_and_probe(folder, config, tell, gate=gate)


def _load_and_probe(folder: Path, config: Config, tell: Teller, *, gate: bool) -> None:
    from edge.policy_file import policy_of  # noqa: PLC0415 - another plane, needed on a gateway alone
    from edge.probes.gate import gate_problems, gate_suites  # noqa: PLC0415
    from edge.probes.recorded import save_answers  # noqa: PLC0415
    from edge.probes.run import run_suites  # noqa: PLC0415
    from edge.probes.sealed import sealed_log  # noqa: PLC0415
    from edge.probes.target import EngineTarget  # noqa: PLC0415
    from edge.store import Store  # noqa: PLC0415

    model = resolve_model(dataclasses.replace(config, model=dataclasses.replace(config.model, bundle=str(folder))))
    policy_of(None, folder)  # a node would not load it with rules that cannot be read
    suites = gate_suites(folder) if gate else []
    with (
        closing(Store(config.node.data_dir / "edgegen.db")) as store,
        closing(EngineTarget(model, config)) as target,
        tell.phase("gate", sum(len(suite.items) for suite in suites)) as progress,
    ):
        run = run_suites(target, suites, store, progress, log=sealed_log(config.node.data_dir, suites))
    problems = gate_problems(run, read_manifest(folder).measured)
    if suites and not problems:
        # What `edgegen probe watch` compares the live node with.
        save_answers(config.node.data_dir, run)
    if problems:
        listed = "\n".join(f"  {line}" for line in problems)
        raise BundleError(
            f"{model.name}-{model.version}: does not pass its gate:\n{listed}\n"
            "It is not made current. If you mean it all the same, say --no-gate."
        )


def _require_edge(module: str) -> None:
    if importlib.util.find_spec(module) is None:
        raise MissingExtraError("bundle install", "edge", module)
