"""Installing a bundle on a gateway: copied privately, verified, loaded, probed, and only then made current.

Until the last step nothing that serves is touched, and whatever fails leaves neither the bundle nor a trace of it. The
manifest is read once; its bytes are what the signature is checked against, what the copy is compared with and what is
installed, so a stick that changes under us changes nothing (CVE-2020-25860 was swap-after-check).

How a model is loaded and probed is the caller's: this module needs no llama_cpp.
"""

import contextlib
import fcntl
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from edgegen.bundle import PREVIOUS, activate, check_magic, current_folder, installed_bundles
from edgegen.bundle_build import BundleBuilder, sync
from edgegen.bundle_policy import (
    Policy,
    installed_signer,
    raise_mark,
    signer_of,
    unsigned_override,
    version_override,
    write_synced,
)
from edgegen.bundle_source import Source
from edgegen.bundle_verify import Progress, read_manifest, read_manifest_bytes, verify_bundle
from edgegen.catalog_fetch import require_space
from edgegen.errors import BundleError
from edgegen.manifest import MANIFEST_NAME, SIGNATURE_NAME, Manifest, parse_manifest
from edgegen.signing import PublicKey

# Larger than any signature file; `parse_signatures` refuses it by its length.
_SIGNATURE_BYTES = 64 * 1024

# Called with a folder that holds the whole bundle; raises an EdgegenError when it does not load or pass.
Check = Callable[[Path], None]
# Called with one line for the audit, before what it describes is done.
Audit = Callable[[str], None]


@dataclass(frozen=True)
class Installed:
    """What was installed: where, what, signed by which trusted key."""

    folder: Path
    manifest: Manifest
    signer: PublicKey | None


@dataclass(frozen=True)
class Examined:
    """What a source says of itself, read once: the bytes that were examined are the bytes that get installed."""

    manifest_bytes: bytes
    manifest: Manifest
    signature: bytes | None
    signer: PublicKey | None
    overrides: list[str]


def examine(source: Source, data_dir: Path, policy: Policy) -> Examined:
    """Everything that can be said of a bundle without reading its weights.

    Raises:
        BundleError: If this gateway would not take it.
    """
    manifest_bytes = source.manifest_bytes()
    manifest = parse_manifest(manifest_bytes, source.name)
    signature = source.read(SIGNATURE_NAME, _SIGNATURE_BYTES)
    signer = signer_of(manifest_bytes, signature, policy.keys, source.name)
    overrides = [
        *unsigned_override(manifest, signer, policy, known=bool(signature)),
        *version_override(manifest, manifest_bytes, data_dir, policy),
    ]
    source.check(manifest)
    target = data_dir / "bundles" / manifest.folder_name
    if target.exists():
        _require_same(target, manifest_bytes)
    return Examined(manifest_bytes, manifest, signature, signer, overrides)


def install(
    source: Source,
    data_dir: Path,
    policy: Policy,
    *,
    audit: Audit,
    checks: tuple[Check, ...] = (),
    make_current: bool = True,
    progress: Progress | None = None,
) -> Installed:
    """Install a bundle and make it current.

    Args:
        checks: Called in order with the verified private copy: does it load, does it pass its probes.
        make_current: False only installs it.
        progress: Called with the number of bytes copied since the last call.

    Returns:
        The installed bundle. One that is installed already, and whole, is not copied again.

    Raises:
        EdgegenError: Saying why not. The current bundle and the installed ones are as they were.
    """
    found = examine(source, data_dir, policy)
    manifest = found.manifest
    target = data_dir / "bundles" / manifest.folder_name
    require_space(data_dir, manifest.size_bytes, manifest.folder_name)
    with BundleBuilder(data_dir / "bundles") as build:
        _copy(source, manifest, build, progress)
        write_synced(build.folder / MANIFEST_NAME, found.manifest_bytes)
        if found.signature is not None:
            write_synced(build.folder / SIGNATURE_NAME, found.signature)
        for path in (build.folder, *filter(Path.is_dir, build.folder.rglob("*"))):
            path.chmod(0o755)
            sync(path)
        _drop_from_cache(build.folder)
        verify_bundle(build.folder)
        for entry in manifest.files:
            if entry.path == manifest.model or entry.path in {adapter.path for adapter in manifest.adapters}:
                check_magic(build.folder / entry.path)
        for check in checks:
            check(build.folder)
        for line in found.overrides:
            audit(line)
        audit(f"installs {manifest.folder_name}, {_signed_by(found.signer)}")
        _rename(build, target)
    if make_current:
        switch(data_dir, target, audit, "installed")
    return Installed(target, manifest, found.signer)


def activate_installed(
    data_dir: Path, folder: Path, policy: Policy, *, audit: Audit, checks: tuple[Check, ...] = ()
) -> Installed:
    """Make an installed bundle current, after the same checks as at its installation.

    Raises:
        EdgegenError: Saying why not; the current bundle stays.
    """
    manifest = verify_bundle(folder)
    manifest_bytes = read_manifest_bytes(folder)
    signer = installed_signer(folder, policy.keys)
    overrides = [
        *unsigned_override(manifest, signer, policy, known=(folder / SIGNATURE_NAME).exists()),
        *version_override(manifest, manifest_bytes, data_dir, policy),
    ]
    for check in checks:
        check(folder)
    for line in overrides:
        audit(line)
    switch(data_dir, folder, audit, "activated")
    return Installed(folder, manifest, signer)


def roll_back(data_dir: Path, *, audit: Audit, reason: str, from_version: str | None = None) -> Path:
    """Make ``previous`` current again; it served here before, so its version and signature are not asked again.

    Args:
        from_version: The version to leave: an order that comes late or twice does not go to and fro.

    Returns:
        The bundle that is current now; the one that was is ``previous``.

    Raises:
        BundleError: If there is no previous bundle, it is damaged, or another version than the named one is current.
    """
    if from_version is not None:
        serving = current_folder(data_dir)
        if serving is None or read_manifest(serving).version != from_version:
            raise BundleError(
                f"not rolled back: current is {serving.name if serving else 'nothing'}, not version {from_version}."
            )
    link = data_dir / PREVIOUS
    if not link.is_dir():
        raise BundleError(f"{link}: there is no previous bundle to go back to. List them with: edgegen bundle list")
    folder = link.resolve()
    if folder == current_folder(data_dir):
        raise BundleError(f"{folder.name} is current and previous at once: there is nothing to go back to.")
    verify_bundle(folder)
    switch(data_dir, folder, audit, f"rolled back, {reason}", follow=False)
    return folder


def switch(data_dir: Path, folder: Path, audit: Audit, why: str, *, follow: bool = True) -> None:
    """Make a bundle current, on the record.

    Args:
        follow: Whether its version becomes the lowest that may follow.
    """
    before = current_folder(data_dir)
    if before == folder.resolve():
        return
    audit(f"{why}: current is {folder.name}, was {before.name if before else 'nothing'}")
    if follow:
        raise_mark(data_dir, read_manifest(folder), read_manifest_bytes(folder))
    activate(data_dir, folder)


def tell_daemon(data_dir: Path) -> int | None:
    """Make a running daemon look at ``current`` again.

    Returns:
        Its process id, None when none runs on this data directory.

    Raises:
        BundleError: If it runs under another user and may not be told.
    """
    try:
        with (data_dir / "edgegen.lock").open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                pid = int(lock.read().strip() or 0)
            else:
                return None  # nobody holds it: the daemon that wrote it has ended
    except (OSError, ValueError):
        return None
    if pid <= 1:
        return None
    try:
        os.kill(pid, signal.SIGHUP)
    except ProcessLookupError:
        return None
    except PermissionError:
        raise BundleError(
            f"the bundle is current, but the daemon (process {pid}) runs under another user and could not be told. "
            "Run: systemctl reload edgegen"
        ) from None
    return pid


def clear_leftovers(data_dir: Path) -> None:
    """Remove what an installation that was killed has left; one that runs is left alone."""
    bundles = data_dir / "bundles"
    if any(bundles.glob(".tmp-*")):
        with contextlib.suppress(BundleError), BundleBuilder(bundles):
            pass  # it clears the folder when it gets the lock


def _copy(source: Source, manifest: Manifest, build: BundleBuilder, progress: Progress | None) -> None:
    for entry in manifest.files:
        copied = build.add(entry.path, _counted(source, entry.path, entry.size_bytes, progress))
        if copied != entry:
            raise BundleError(
                f"{source.name}: {entry.path} has {copied.size_bytes} bytes and sha256 {copied.sha256}; "
                f"{MANIFEST_NAME} says {entry.size_bytes} and {entry.sha256}. Copy the bundle again."
            )


def _counted(source: Source, path: str, size_bytes: int, progress: Progress | None) -> Iterator[bytes]:
    """The bytes of a file, never more than were promised: the room on the disk was computed from that."""
    count = 0
    for chunk in source.chunks(path):
        count += len(chunk)
        if count > size_bytes:
            raise BundleError(f"{source.name}: {path} has more than the {size_bytes} bytes that {MANIFEST_NAME} says.")
        yield chunk
        if progress is not None:
            progress(len(chunk))


def _require_same(target: Path, manifest_bytes: bytes) -> None:
    try:
        same = read_manifest_bytes(target) == manifest_bytes
    except BundleError:
        return  # a damaged one is replaced
    if not same:
        raise BundleError(
            f"{target.name}: another bundle of this name and version is installed. A version is given once: export the "
            "new one with a higher version."
        )


def _rename(build: BundleBuilder, target: Path) -> None:
    try:
        if target.exists():
            # The very same bundle: keep the one that serves when it is whole, whatever its signatures are now.
            with contextlib.suppress(BundleError):
                verify_bundle(target)
                signature = build.folder / SIGNATURE_NAME
                if signature.exists():
                    signature.replace(target / SIGNATURE_NAME)
                    sync(target)
                return
            target.rename(build.scratch() / target.name)
        build.folder.rename(target)
        sync(target.parent)
    except OSError as error:
        raise BundleError(f"{target}: cannot be written: {error.strerror}. Check its permissions.") from None


def _drop_from_cache(folder: Path) -> None:
    """Let the verification read the medium, not the memory: an SD card may have kept something else."""
    for path in filter(Path.is_file, folder.rglob("*")):
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)


def _signed_by(signer: PublicKey | None) -> str:
    return f"signed by {signer.name} ({signer.id})" if signer else "unsigned"


def find_installed(data_dir: Path, name: str) -> Path:
    """The folder of an installed bundle, by ``<name>-<version>``, or by its name alone when that is unique.

    Raises:
        BundleError: If there is none, with what there is.
    """
    installed = installed_bundles(data_dir)
    exact = [folder for folder in installed if folder.name == name]
    found = exact or [folder for folder, manifest in installed.items() if manifest.name == name]
    if len(found) == 1:
        return found[0]
    there = ", ".join(folder.name for folder in installed) or "none"
    what = "is not installed" if not found else "is installed in several versions: name one"
    raise BundleError(f"{name!r} {what}. Installed are: {there}.")


def remove_installed(data_dir: Path, folder: Path, *, audit: Audit) -> None:
    """Delete an installed bundle that is neither current nor previous.

    Raises:
        BundleError: If it is in use, or cannot be deleted.
    """
    link = data_dir / PREVIOUS
    if folder.resolve() in (current_folder(data_dir), link.resolve() if link.is_dir() else None):
        raise BundleError(f"{folder.name} is current or previous; activate another one first.")
    audit(f"removed {folder.name}")
    doomed = folder.with_name(f".tmp-removed-{folder.name}")
    try:
        folder.rename(doomed)
        shutil.rmtree(doomed)
    except OSError as error:
        raise BundleError(f"{folder}: cannot be removed: {error.strerror}. Check its permissions.") from None
