"""What may be installed on a gateway: who must have signed it, and that versions never go down by themselves.

``bundles/.highest.json`` records, by name, the highest version that has been current here. It is not enough to look at
what is installed: removing a bundle must not make room for an older one.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from edgegen.bundle import current_folder
from edgegen.bundle_build import sync
from edgegen.bundle_verify import read_manifest, read_manifest_bytes
from edgegen.errors import BundleError
from edgegen.manifest import SIGNATURE_NAME, Manifest, version_key
from edgegen.signing import PublicKey, check_signatures, parse_signatures

_HIGHEST = ".highest.json"


@dataclass(frozen=True)
class Policy:
    """What an operator lets through.

    Args:
        keys: Trusted keys by id.
        allow_unsigned: Take a bundle that no trusted key has signed. A signature that is wrong is refused all the same.
        allow_downgrade: Take a version below one that has been current here.
    """

    keys: Mapping[str, PublicKey]
    allow_unsigned: bool = False
    allow_downgrade: bool = False


def signer_of(manifest: bytes, signature: bytes | None, keys: Mapping[str, PublicKey], where: str) -> PublicKey | None:
    """The trusted key that signed a bundle, None when it is unsigned or signed by strangers.

    Raises:
        BundleError: If the signature is damaged, or claims to be of a trusted key and is not.
    """
    if signature is None:
        return None
    return check_signatures(manifest, parse_signatures(signature, where), keys, where)


def installed_signer(folder: Path, keys: Mapping[str, PublicKey]) -> PublicKey | None:
    """The trusted key that signed the bundle in a folder; see ``signer_of``."""
    try:
        signature = (folder / SIGNATURE_NAME).read_bytes()
    except FileNotFoundError:
        signature = None
    except OSError as error:
        raise BundleError(f"{folder / SIGNATURE_NAME}: cannot be read: {error.strerror}.") from None
    return signer_of(read_manifest_bytes(folder), signature, keys, folder.name)


def unsigned_override(manifest: Manifest, signer: PublicKey | None, policy: Policy, *, known: bool) -> Iterator[str]:
    """The line for the audit when an unsigned bundle is let through.

    Args:
        known: Whether it has a signature at all.

    Raises:
        BundleError: If the policy does not let it through.
    """
    if signer is not None:
        return
    if not policy.allow_unsigned:
        state = "signed by no key that is trusted here" if known else "not signed"
        trusted = ", ".join(key.name for key in policy.keys.values()) or "none"
        raise BundleError(
            f"{manifest.folder_name}: {state} (trusted keys: {trusted}). Put its maker's .pub into /etc/edgegen/keys/ "
            "or DATA_DIR/keys/; to install it all the same say --allow-unsigned, which is recorded."
        )
    yield f"override: {manifest.folder_name} although no trusted key has signed it"


def version_override(manifest: Manifest, manifest_bytes: bytes, data_dir: Path, policy: Policy) -> Iterator[str]:
    """The line for the audit when a lower version is let through.

    Raises:
        BundleError: If the policy does not let it through, or the version was given to another bundle before.
    """
    marks = highest_versions(data_dir)
    current = current_folder(data_dir)
    if manifest.name not in marks and current is not None:
        # Made current by `edgegen model add`, which keeps no record.
        with contextlib.suppress(BundleError):
            other = read_manifest(current)
            marks[other.name] = (other.version, _digest(read_manifest_bytes(current)))
    if manifest.name not in marks:
        return
    version, digest = marks[manifest.name]
    low, mark = version_key(manifest.version), version_key(version)
    if low == mark and digest != _digest(manifest_bytes) and manifest.version == version:
        raise BundleError(
            f"{manifest.folder_name}: another bundle of this name and version was current here. A version is given "
            "once: export this one again with a higher version."
        )
    if low < mark:
        if not policy.allow_downgrade:
            raise BundleError(
                f"{manifest.folder_name}: version {manifest.version} is below {version}, which has been current here. "
                "Versions never go down by themselves; if you mean it, say --allow-downgrade, which is recorded."
            )
        yield f"override: {manifest.folder_name} although {version} has been current here"


def highest_versions(data_dir: Path) -> dict[str, tuple[str, str]]:
    """By name of the bundle: the highest version that has been current here, and the SHA-256 of its manifest.

    Raises:
        BundleError: If the record is damaged; guessing would let an old version in.
    """
    path = data_dir / "bundles" / _HIGHEST
    try:
        document = json.loads(path.read_bytes())
        return {str(name): (str(entry["version"]), str(entry["manifest"])) for name, entry in document.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BundleError(
            f"{path}: cannot be read: {error}. It records the versions that were current here. Restore it, or remove "
            "it to forget them: then older versions can be installed again."
        ) from None


def raise_mark(data_dir: Path, manifest: Manifest, manifest_bytes: bytes) -> None:
    """Make a version the lowest that may follow; a lower one leaves the record as it is.

    Raises:
        BundleError: If the record is damaged or cannot be written.
    """
    marks = highest_versions(data_dir)
    known = marks.get(manifest.name)
    if known is not None and version_key(known[0]) > version_key(manifest.version):
        return
    marks[manifest.name] = (manifest.version, _digest(manifest_bytes))
    document = {name: {"version": version, "manifest": digest} for name, (version, digest) in sorted(marks.items())}
    path = data_dir / "bundles" / _HIGHEST
    temporary = path.with_name(f"{_HIGHEST}-{os.getpid()}")
    write_synced(temporary, json.dumps(document, indent=1).encode() + b"\n")
    try:
        temporary.replace(path)
        sync(path.parent)
    except OSError as error:
        raise BundleError(f"{path}: cannot be written: {error.strerror}. Check its permissions.") from None


def write_synced(path: Path, data: bytes) -> None:
    """Write a small file and flush it to the disk.

    Raises:
        BundleError: If it cannot be written.
    """
    try:
        with path.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        path.chmod(0o644)
    except OSError as error:
        raise BundleError(f"{path}: cannot be written: {error.strerror}. Check free space and permissions.") from None


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
