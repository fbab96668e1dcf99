"""``edgegen bundle``: make sure of bundles, and bring them to work on a gateway."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from edgegen.bundle_compare import describe, differences
from edgegen.bundle_install import find_installed
from edgegen.bundle_policy import signer_of
from edgegen.bundle_source import open_source
from edgegen.bundle_verify import read_manifest, verify_bundle
from edgegen.commands import bundle_gateway
from edgegen.commands.bundle_gateway import gateway, read_config
from edgegen.commands.bundle_progress import Screen
from edgegen.errors import BundleError
from edgegen.manifest import MANIFEST_NAME, SIGNATURE_NAME, Manifest, parse_manifest
from edgegen.signing import add_signature, generate_key, read_private_key, read_public_key, trusted_keys

_READ = click.Path(path_type=Path, exists=True)


@click.group()
def command() -> None:
    """Sign, check, install and switch model bundles."""


for _verb in bundle_gateway.VERBS:
    command.add_command(_verb)


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
@gateway
def verify(
    bundle: Path, key_files: tuple[Path, ...], data_dir: Path | None, path: Path | None, overrides: tuple[str, ...]
) -> None:
    """Check every file of a bundle, folder or .tar, and who signed it; exit with 1 when no trusted key did.

    Trusted are the keys given with --key, or else those of this gateway.

    \b
    Example:
        edgegen bundle verify /media/stick/pump-assistant-1.4.0.tar --key maker.pub
    """  # noqa: D301 (click reads the \b)
    given = [read_public_key(file) for file in key_files]
    keys = {key.id: key for key in given} or trusted_keys(read_config(data_dir, path, overrides).node.data_dir)
    with open_source(bundle) as source:
        data = source.manifest_bytes()
        manifest = parse_manifest(data, source.name)
        signer = signer_of(data, source.read(SIGNATURE_NAME, 2**16), keys, source.name)
        source.check(manifest)
        with Screen().phase(manifest.folder_name, manifest.size_bytes) as progress:
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
@gateway
@click.option("--json", "as_json", is_flag=True, help="Print the manifest as it is.")
def show(bundle: str, data_dir: Path | None, path: Path | None, overrides: tuple[str, ...], *, as_json: bool) -> None:
    """Show what a bundle is: model, adapters, measured figures, lineage and files. Hashes are not checked.

    \b
    Example:
        edgegen bundle show /media/stick/pump-assistant-1.4.0.tar
    """  # noqa: D301 (click reads the \b)
    manifest = _manifest_of(bundle, data_dir, path, overrides)
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
@gateway
def diff(old: str, new: str, data_dir: Path | None, path: Path | None, overrides: tuple[str, ...]) -> None:
    """Show in what two bundles differ.

    \b
    Example:
        edgegen bundle diff pump-assistant-1.3.0 /media/stick/pump-assistant-1.4.0.tar
    """  # noqa: D301 (click reads the \b)
    for name, before, after in differences(
        _manifest_of(old, data_dir, path, overrides), _manifest_of(new, data_dir, path, overrides)
    ):
        click.echo(f"{name}\n  - {before}\n  + {after}")


def _manifest_of(bundle: str, data_dir: Path | None, path: Path | None, overrides: tuple[str, ...]) -> Manifest:
    """Of a folder or .tar, or of an installed bundle by its name."""
    if not Path(bundle).exists():
        return read_manifest(find_installed(read_config(data_dir, path, overrides).node.data_dir, bundle))
    with open_source(Path(bundle)) as source:
        return parse_manifest(source.manifest_bytes(), source.name)


def _altered(path: str, sha256: str, chunks: Iterator[bytes], progress: Callable[[int], object]) -> str | None:
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
        progress(len(chunk))
    return None if digest.hexdigest() == sha256 else f"  {path}: has sha256 {digest.hexdigest()}, not {sha256}"
