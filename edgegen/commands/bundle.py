"""``edgegen bundle``: make sure of bundles, and bring them to work on a gateway."""

import dataclasses
import hashlib
import importlib.util
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import click

from edgegen.bundle import PREVIOUS, current_folder, installed_bundles, resolve_model
from edgegen.bundle_compare import describe, differences
from edgegen.bundle_install import (
    Check,
    activate_installed,
    find_installed,
    install,
    remove_installed,
    roll_back,
    tell_daemon,
)
from edgegen.bundle_policy import Policy, installed_signer, signer_of
from edgegen.bundle_source import open_source
from edgegen.bundle_verify import read_manifest, verify_bundle
from edgegen.config import Config, load_config
from edgegen.errors import BundleError, ConfigError, MissingExtraError
from edgegen.manifest import MANIFEST_NAME, SIGNATURE_NAME, Manifest, parse_manifest
from edgegen.signing import PublicKey, add_signature, generate_key, read_private_key, read_public_key, trusted_keys

_READ = click.Path(path_type=Path, exists=True)


def _gateway(function: Callable[..., None]) -> Callable[..., None]:
    """Which gateway's data are meant."""
    for option in (
        click.option("--config", "path", type=click.Path(path_type=Path), help="Configuration with the data_dir."),
        click.option("--data-dir", type=click.Path(path_type=Path, file_okay=False), help="Use this folder instead."),
    ):
        function = option(function)
    return function


def _proofs(function: Callable[..., None]) -> Callable[..., None]:
    """What is asked of a bundle before it may serve, and what an operator may waive."""
    for option in (
        click.option("--gate/--no-gate", default=True, help="Ask the probes of its gate first.  [default: gate]"),
        click.option("--allow-unsigned", is_flag=True, help="Take it although no trusted key signed it; recorded."),
        click.option("--allow-downgrade", is_flag=True, help="Take a version below the highest so far; recorded."),
    ):
        function = option(function)
    return function


@click.group()
def command() -> None:
    """Sign, check, install and switch model bundles."""


@command.command()
@click.argument("name", metavar="FILE", type=click.Path(path_type=Path))
def keygen(name: Path) -> None:
    """Make a key pair: FILE signs bundles, FILE.pub goes to the gateways.

    Keep FILE where bundles are made, and a copy in a safe place. Put FILE.pub into /etc/edgegen/keys/ of each gateway.

    \b
    Example:
        edgegen bundle keygen maker
    """  # noqa: D301 (click reads the \b)
    public = generate_key(name)
    click.echo(f"Wrote {name} (keep it secret) and {name}.pub, key {public.id}.")


@command.command()
@click.argument("bundle", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--key", "key_file", type=_READ, required=True, help="The private key of `edgegen bundle keygen`.")
def sign(bundle: Path, key_file: Path) -> None:
    """Sign a bundle, after checking that its files are those of its manifest.

    Signatures of other keys stay, so that a new key can be introduced before the old one is removed.

    \b
    Example:
        edgegen bundle sign out/pump-assistant-1.4.0 --key maker
    """  # noqa: D301 (click reads the \b)
    key = read_private_key(key_file)
    manifest = verify_bundle(bundle)
    click.echo(f"Signed {manifest.folder_name} with key {add_signature(bundle, key).key_id}.")


@command.command()
@click.argument("bundle", type=_READ)
@click.option("--key", "key_files", type=_READ, multiple=True, help="A trusted .pub file; repeatable.")
@_gateway
def verify(bundle: Path, key_files: tuple[Path, ...], data_dir: Path | None, path: Path | None) -> None:
    """Check every file of a bundle, folder or .tar, and who signed it; exit with 1 when no trusted key did.

    Trusted are the keys given with --key, or else those of this gateway.

    \b
    Example:
        edgegen bundle verify /media/stick/pump-assistant-1.4.0.tar --key maker.pub
    """  # noqa: D301 (click reads the \b)
    given = [read_public_key(file) for file in key_files]
    keys = {key.id: key for key in given} or trusted_keys(_config(data_dir, path).node.data_dir)
    with open_source(bundle) as source:
        data = source.manifest_bytes()
        manifest = parse_manifest(data, source.name)
        signer = signer_of(data, source.read(SIGNATURE_NAME, 2**16), keys, source.name)
        source.check(manifest)
        with _progress_bar(manifest.folder_name, manifest.size_bytes) as progress:
            problems = [
                problem
                for entry in manifest.files
                if (problem := _altered(entry.path, entry.sha256, source.chunks(entry.path), progress))
            ]
    if problems:
        raise BundleError("\n".join([f"{bundle}: the files are not those of {MANIFEST_NAME}:", *problems]))
    click.echo(f"{manifest.folder_name}: all {len(manifest.files)} files are as {MANIFEST_NAME} says.")
    if signer is None:
        raise BundleError(f"{manifest.folder_name}: not signed by a trusted key. Name its maker's .pub with --key.")
    click.echo(f"Signed by {signer.name}, key {signer.id}.")


@command.command()
@click.argument("bundle", metavar="PATH|NAME")
@_gateway
@click.option("--json", "as_json", is_flag=True, help="Print the manifest as it is.")
def show(bundle: str, data_dir: Path | None, path: Path | None, *, as_json: bool) -> None:
    """Show what a bundle is: model, adapters, measured figures, lineage and files. Hashes are not checked.

    \b
    Example:
        edgegen bundle show /media/stick/pump-assistant-1.4.0.tar
    """  # noqa: D301 (click reads the \b)
    manifest = _manifest_of(bundle, data_dir, path)
    if as_json:
        click.echo(manifest.to_bytes(), nl=False)
        return
    rows = describe(manifest)
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        click.echo(f"{name.ljust(width)}  {value}")


@command.command()
@click.argument("old", metavar="PATH|NAME")
@click.argument("new", metavar="PATH|NAME")
@_gateway
def diff(old: str, new: str, data_dir: Path | None, path: Path | None) -> None:
    """Show in what two bundles differ.

    \b
    Example:
        edgegen bundle diff pump-assistant-1.3.0 /media/stick/pump-assistant-1.4.0.tar
    """  # noqa: D301 (click reads the \b)
    for name, before, after in differences(_manifest_of(old, data_dir, path), _manifest_of(new, data_dir, path)):
        click.echo(f"{name}\n  - {before}\n  + {after}")


@command.command("list")
@_gateway
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def list_bundles(data_dir: Path | None, path: Path | None, *, as_json: bool) -> None:
    """List the installed bundles; * marks the current one, - the previous one.

    \b
    Example:
        edgegen bundle list
    """  # noqa: D301 (click reads the \b)
    rows = _rows(_config(data_dir, path).node.data_dir)
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    table = [("", "BUNDLE", "SIZE", "QUANT", "SIGNED BY")]
    for row in rows:
        mark = "*" if row["current"] else "-" if row["previous"] else ""
        table.append(
            (mark, row["bundle"], f"{row['size_bytes'] / 1e6:,.0f} MB", row["quantisation"] or "-", row["signed_by"])
        )
    widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
    for line in table:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


@command.command("install")
@click.argument("bundle", metavar="PATH", type=_READ)
@_gateway
@_proofs
@click.option("--activate/--no-activate", "make_current", default=True, help="Make it current.  [default: activate]")
def install_bundle(
    *,
    bundle: Path,
    data_dir: Path | None,
    path: Path | None,
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
    config = _config(data_dir, path)
    where = config.node.data_dir
    keys = trusted_keys(where)
    policy = Policy(keys, allow_unsigned=allow_unsigned, allow_downgrade=allow_downgrade)
    with ExitStack() as stack:
        audit, check = _gateway_handles(config, stack, gate=gate)
        source = stack.enter_context(open_source(bundle))
        manifest = parse_manifest(source.manifest_bytes(), source.name)
        progress = stack.enter_context(_progress_bar(manifest.folder_name, manifest.size_bytes))
        done = install(
            source, where, policy, audit=audit, checks=(check,), make_current=make_current, progress=progress
        )
    click.echo(f"Installed {done.folder.name} in {done.folder}.")
    _tell(where, done.folder)


@command.command()
@click.argument("name", metavar="NAME[-VERSION]")
@_gateway
@_proofs
def activate(
    *, name: str, data_dir: Path | None, path: Path | None, gate: bool, allow_unsigned: bool, allow_downgrade: bool
) -> None:
    """Make an installed bundle current, after verifying, loading and probing it.

    \b
    Example:
        edgegen bundle activate pump-assistant-1.4.0
    """  # noqa: D301 (click reads the \b)
    config = _config(data_dir, path)
    where = config.node.data_dir
    policy = Policy(trusted_keys(where), allow_unsigned=allow_unsigned, allow_downgrade=allow_downgrade)
    with ExitStack() as stack:
        audit, check = _gateway_handles(config, stack, gate=gate)
        done = activate_installed(where, find_installed(where, name), policy, audit=audit, checks=(check,))
    _tell(where, done.folder)


@command.command()
@_gateway
@click.option("--reason", default="by hand", help="Kept in the events.")
def rollback(data_dir: Path | None, path: Path | None, reason: str) -> None:
    """Make the previous bundle current again.

    \b
    Example:
        edgegen bundle rollback --reason "answers in the wrong language"
    """  # noqa: D301 (click reads the \b)
    config = _config(data_dir, path)
    with ExitStack() as stack:
        audit = _audit(config, stack)
        folder = roll_back(config.node.data_dir, audit=audit, reason=reason)
    _tell(config.node.data_dir, folder)


@command.command()
@click.argument("name", metavar="NAME[-VERSION]")
@_gateway
def remove(name: str, data_dir: Path | None, path: Path | None) -> None:
    """Delete an installed bundle that is neither current nor previous.

    \b
    Example:
        edgegen bundle remove pump-assistant-1.2.0
    """  # noqa: D301 (click reads the \b)
    config = _config(data_dir, path)
    folder = find_installed(config.node.data_dir, name)
    with ExitStack() as stack:
        remove_installed(config.node.data_dir, folder, audit=_audit(config, stack))
    click.echo(f"Removed {folder.name}.")


def _config(data_dir: Path | None, path: Path | None) -> Config:
    overrides = [] if data_dir is None else [f"node.data_dir={json.dumps(str(data_dir.absolute()))}"]
    return load_config(path, overrides, check_files=False)


def _manifest_of(bundle: str, data_dir: Path | None, path: Path | None) -> Manifest:
    """Of a folder or .tar, or of an installed bundle by its name."""
    if not Path(bundle).exists():
        return read_manifest(find_installed(_config(data_dir, path).node.data_dir, bundle))
    with open_source(Path(bundle)) as source:
        return parse_manifest(source.manifest_bytes(), source.name)


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


def _altered(path: str, sha256: str, chunks: Iterator[bytes], progress: Callable[[int], object]) -> str | None:
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
        progress(len(chunk))
    return None if digest.hexdigest() == sha256 else f"  {path}: has sha256 {digest.hexdigest()}, not {sha256}"


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


def _gateway_handles(config: Config, stack: ExitStack, *, gate: bool) -> tuple[Callable[[str], None], Check]:
    """The audit, and the check that a bundle loads with this gateway's settings and passes its gate."""
    _require_edge("llama_cpp")
    return _audit(config, stack), lambda folder: _load_and_probe(folder, config, gate=gate)


def _load_and_probe(folder: Path, config: Config, *, gate: bool) -> None:
    from edge.probes.run import run_suites  # noqa: PLC0415 - another plane, needed on a gateway alone
    from edge.probes.suite import find_suite, load_suite  # noqa: PLC0415
    from edge.probes.target import EngineTarget  # noqa: PLC0415

    model = resolve_model(dataclasses.replace(config, model=dataclasses.replace(config.model, bundle=str(folder))))
    own = sorted((folder / "probes").glob("*.toml")) if gate else []
    # A model made for one task brings a gate of its own.
    general = [] if not gate or any(path.stem == "gate" for path in own) else [find_suite("gate")]
    suites = [load_suite(path) for path in (*general, *own)]
    target = EngineTarget(model, config)
    try:
        with _progress_bar("gate", sum(len(suite.items) for suite in suites)) as progress:
            shortfalls = run_suites(target, suites, None, progress).shortfalls
    finally:
        target.close()
    if shortfalls:
        listed = "\n".join(f"  {line}" for line in shortfalls)
        raise BundleError(
            f"{model.name}-{model.version}: does not pass its gate:\n{listed}\n"
            "It is not made current. If you mean it all the same, say --no-gate."
        )


def _require_edge(module: str) -> None:
    if importlib.util.find_spec(module) is None:
        raise MissingExtraError("bundle install", "edge", module)


def _tell(data_dir: Path, folder: Path) -> None:
    if current_folder(data_dir) != folder.resolve():
        click.echo(f"It is not current. Switch with: edgegen bundle activate {folder.name}")
        return
    pid = tell_daemon(data_dir)
    what = f"The running node (process {pid}) loads it now." if pid else "No node runs here; the next start uses it."
    click.echo(f"{folder.name} is current. {what}")


@contextmanager
def _progress_bar(label: str, length: int) -> Iterator[Callable[[int], None]]:
    """A progress bar on the screen's error side; silent where that is not a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with click.progressbar(length=length, label=label, file=sys.stderr) as bar:
        yield bar.update
