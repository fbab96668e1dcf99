"""Signatures of bundles: Ed25519 over the bytes of ``manifest.json``, which lists the hash of every other file.

Keys are PEM files as OpenSSL writes them: a private one that stays with the model maker, and its ``.pub``, which goes
to the gateways. Why not a signing framework: docs/decisions/0011-ed25519-signatures.md.

``bundle.sig`` is one line of JSON for each signature, so that two keys can overlap while one replaces the other:

    {"algorithm":"ed25519","key":"<id of the public key>","signature":"<base64>"}

``openssl pkeyutl -verify -rawin -pubin -inkey maker.pub -in manifest.json -sigfile raw.sig`` says the same of it.
"""

import base64
import binascii
import hashlib
import importlib.util
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edgegen.bundle_verify import read_manifest_bytes
from edgegen.errors import BundleError, MissingExtraError
from edgegen.manifest import SIGNATURE_NAME

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ALGORITHM = "ed25519"
# Where trust comes from on a gateway: the administrator's keys, and those beside the data for a node without root.
SYSTEM_KEYS = Path("/etc/edgegen/keys")
KEYS_FOLDER = "keys"

# A key file has 113 (public) or 119 bytes, a signature line 200.
_KEY_BYTES = 4096
_SIGNATURE_BYTES = 16 * 1024


@dataclass(frozen=True)
class PublicKey:
    """A key that signatures are checked with; ``name`` is its file's, for people."""

    name: str
    raw: bytes

    @property
    def id(self) -> str:
        """The first 32 hex digits of the SHA-256 of the 32 key bytes."""
        return hashlib.sha256(self.raw).hexdigest()[:32]


@dataclass(frozen=True)
class Signature:
    """One line of ``bundle.sig``."""

    key_id: str
    signature: bytes

    def to_line(self) -> bytes:
        """As it stands in the file."""
        document = {
            "algorithm": ALGORITHM,
            "key": self.key_id,
            "signature": base64.b64encode(self.signature).decode(),
        }
        return json.dumps(document, separators=(",", ":")).encode() + b"\n"


def generate_key(path: Path) -> PublicKey:
    """Make a key pair: the private key at ``path``, readable by its owner alone, the public one at ``path`` + ``.pub``.

    Raises:
        BundleError: If either file exists already or cannot be written.
    """
    _require_cryptography()
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415

    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public_path = path.with_name(path.name + ".pub")
    if public_path.exists():
        raise BundleError(f"{public_path}: exists already. Choose another name; a lost key cannot be made again.")
    _write_new(path, pem, 0o600)
    public = private.public_key()
    _write_new(
        public_path,
        public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
        0o644,
    )
    return PublicKey(public_path.stem, public.public_bytes_raw())


def read_private_key(path: Path) -> "Ed25519PrivateKey":
    """The private key of a PEM file.

    Raises:
        BundleError: If it cannot be read, others may read it, or it is no plain Ed25519 key.
    """
    _require_cryptography()
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415

    data = _read_key(path)
    if data.startswith(b"-----BEGIN PUBLIC KEY"):
        raise BundleError(f"{path}: the public key, which only checks. Name the file without .pub, which signs.")
    if path.stat().st_mode & 0o077:
        raise BundleError(f"{path}: other users of this machine may read this private key. Run: chmod 600 {path}")
    try:
        key = serialization.load_pem_private_key(data, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BundleError(
            f"{path}: not a private key in PEM: {error}. Make one with: edgegen bundle keygen NAME"
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise BundleError(f"{path}: not an Ed25519 key. Make one with: edgegen bundle keygen NAME")
    return key


def read_public_key(path: Path) -> PublicKey:
    """The public key of a PEM file.

    Raises:
        BundleError: If it cannot be read or is no Ed25519 public key.
    """
    _require_cryptography()
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

    data = _read_key(path)
    try:
        key = serialization.load_pem_public_key(data)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BundleError(
            f"{path}: not a public key in PEM: {error}. Use the .pub file of `edgegen bundle keygen`."
        ) from None
    if not isinstance(key, Ed25519PublicKey):
        raise BundleError(f"{path}: not an Ed25519 key. Use the .pub file of `edgegen bundle keygen`.")
    return PublicKey(path.stem, key.public_bytes_raw())


def trusted_keys(data_dir: Path, system: Path = SYSTEM_KEYS) -> dict[str, PublicKey]:
    """The keys whose bundles this gateway installs, by id: every ``*.pub`` of both folders.

    Raises:
        BundleError: If one of the files is no key. A key that is silently left out would look like a bad bundle.
    """
    keys: dict[str, PublicKey] = {}
    for folder in (system, data_dir / KEYS_FOLDER):
        for path in sorted(folder.glob("*.pub")):
            key = read_public_key(path)
            keys.setdefault(key.id, key)
    return keys


def sign(manifest: bytes, key: "Ed25519PrivateKey") -> Signature:
    """Sign the bytes of a manifest. Ed25519 is deterministic: the same bytes and key give the same signature."""
    public = PublicKey("", key.public_key().public_bytes_raw())
    return Signature(public.id, key.sign(manifest))


def add_signature(folder: Path, key: "Ed25519PrivateKey") -> Signature:
    """Sign the bundle in ``folder``, beside the signatures of other keys; one of the same key is replaced.

    Raises:
        BundleError: If it has no manifest, or ``bundle.sig`` is damaged or cannot be written.
    """
    mine = sign(read_manifest_bytes(folder), key)
    path = folder / SIGNATURE_NAME
    others = parse_signatures(path.read_bytes(), folder.name) if path.exists() else ()
    lines = sorted([mine, *(other for other in others if other.key_id != mine.key_id)], key=lambda one: one.key_id)
    temporary = folder / f".{SIGNATURE_NAME}"
    try:
        temporary.write_bytes(b"".join(line.to_line() for line in lines))
        temporary.replace(path)
    except OSError as error:
        raise BundleError(f"{path}: cannot be written: {error.strerror}. Sign where the bundle was made.") from None
    return mine


def parse_signatures(data: bytes, where: str) -> tuple[Signature, ...]:
    """Read ``bundle.sig``, strictly: what we would not have written ourselves is damage.

    Raises:
        BundleError: If it is not one line for each of one or more signatures.
    """
    try:
        lines = [json.loads(line) for line in data[: _SIGNATURE_BYTES + 1].splitlines()]
        signatures = tuple(
            Signature(str(line["key"]), base64.b64decode(line["signature"], validate=True)) for line in lines
        )
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error):
        signatures = ()
    if not signatures or len(data) > _SIGNATURE_BYTES or b"".join(one.to_line() for one in signatures) != data:
        raise BundleError(f"{where}: {SIGNATURE_NAME} is damaged. Copy the bundle again, or sign it again.")
    return signatures


def check_signatures(
    manifest: bytes, signatures: Iterable[Signature], keys: Mapping[str, PublicKey], where: str
) -> PublicKey | None:
    """The trusted key that signed a manifest; None when no trusted key claims to have.

    Raises:
        BundleError: If a signature that claims to be of a trusted key is not.
    """
    _require_cryptography()
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

    signer = None
    for one in signatures:
        key = keys.get(one.key_id)
        if key is None:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(key.raw).verify(one.signature, manifest)
        except InvalidSignature:
            raise BundleError(
                f"{where}: the signature of key {key.name} ({key.id}) does not fit manifest.json: the manifest was "
                "changed after it was signed, or the signature belongs to another bundle. Get it from its maker again."
            ) from None
        signer = signer or key
    return signer


def _require_cryptography() -> None:
    """Imported where it is used, so that listing bundles works without it.

    Raises:
        MissingExtraError: If it is not installed.
    """
    if importlib.util.find_spec("cryptography") is None:
        raise MissingExtraError("bundle", "edge", "cryptography")


def _read_key(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_KEY_BYTES)
    except OSError as error:
        raise BundleError(f"{path}: cannot be read: {error.strerror}. Check the path and its permissions.") from None


def _write_new(path: Path, data: bytes, mode: int) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    except FileExistsError:
        raise BundleError(f"{path}: exists already. Choose another name; a lost key cannot be made again.") from None
    except OSError as error:
        raise BundleError(f"{path}: cannot be written: {error.strerror}. Choose another folder.") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
