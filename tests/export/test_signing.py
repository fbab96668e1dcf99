"""Keys and signatures: the one key that was trusted, and nobody else."""

import base64
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from edgegen.errors import BundleError
from edgegen.signing import (
    add_signature,
    check_signatures,
    generate_key,
    parse_signatures,
    read_private_key,
    read_public_key,
    trusted_keys,
)
from tests.export.bundles import make_bundle


@pytest.fixture
def key(tmp_path: Path) -> Path:
    generate_key(tmp_path / "maker")
    return tmp_path / "maker"


def test_a_private_key_is_readable_by_its_owner_alone_and_never_overwritten(key: Path) -> None:
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.with_name("maker.pub").stat().st_mode & 0o777 == 0o644
    with pytest.raises(BundleError, match="exists already"):
        generate_key(key)


def test_a_private_key_that_others_may_read_is_refused(key: Path) -> None:
    key.chmod(0o640)

    with pytest.raises(BundleError, match=r"the public key, which only checks. Name the file without \.pub"):
        read_private_key(key.with_name(f"{key.name}.pub"))
    with pytest.raises(BundleError, match=r"chmod 600"):
        read_private_key(key)


def test_signing_the_same_bundle_twice_gives_the_same_bytes(tmp_path: Path, key: Path) -> None:
    bundle = make_bundle(tmp_path / "out")
    add_signature(bundle, read_private_key(key))
    first = (bundle / "bundle.sig").read_bytes()

    add_signature(bundle, read_private_key(key))

    assert (bundle / "bundle.sig").read_bytes() == first
    assert len(parse_signatures(first, "x")) == 1


def test_a_second_key_signs_beside_the_first(tmp_path: Path, key: Path) -> None:
    """So a gateway fleet can move from one key to the next without a day on which nothing installs."""
    generate_key(tmp_path / "next")
    bundle = make_bundle(tmp_path / "out")
    for name in ("maker", "next"):
        add_signature(bundle, read_private_key(tmp_path / name))

    signatures = parse_signatures((bundle / "bundle.sig").read_bytes(), "x")

    manifest = (bundle / "manifest.json").read_bytes()
    for name in ("maker", "next"):
        public = read_public_key(tmp_path / f"{name}.pub")
        assert check_signatures(manifest, signatures, {public.id: public}, "x") == public


def test_a_signature_by_a_stranger_is_nobodys(tmp_path: Path, key: Path) -> None:
    generate_key(tmp_path / "stranger")
    bundle = make_bundle(tmp_path / "out")
    add_signature(bundle, read_private_key(tmp_path / "stranger"))
    public = read_public_key(tmp_path / "maker.pub")

    signatures = parse_signatures((bundle / "bundle.sig").read_bytes(), "x")

    assert check_signatures((bundle / "manifest.json").read_bytes(), signatures, {public.id: public}, "x") is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}\n",
        b"[]\n",
        b"null\n",
        b'{"algorithm":"ed25519"}\n',
        b'{"algorithm":"none","key":"","signature":""}\n',
        b'{"algorithm":"ed25519","key":"a","signature":"AA=="} \n',
        b"[" * 5000,
        b"\xff\xfe",
        b"x" * 70_000,
    ],
)
def test_a_damaged_signature_file_is_refused(data: bytes) -> None:
    with pytest.raises(BundleError, match=r"bundle\.sig is damaged"):
        parse_signatures(data, "x")


@pytest.mark.parametrize("kind", ["garbage", "private", "ec"])
def test_a_trusted_key_that_is_none_is_named_instead_of_ignored(tmp_path: Path, key: Path, kind: str) -> None:
    data_dir = tmp_path / "data"
    (data_dir / "keys").mkdir(parents=True)
    ec_key = ec.generate_private_key(ec.SECP256R1()).public_key()
    text = {
        "garbage": b"hello",
        "private": key.read_bytes(),
        "ec": ec_key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
    }[kind]
    (data_dir / "keys" / "bad.pub").write_bytes(text)

    with pytest.raises(BundleError, match=r"bad\.pub"):
        trusted_keys(data_dir, tmp_path / "none")


def test_keys_are_found_in_both_folders(tmp_path: Path, key: Path) -> None:
    generate_key(tmp_path / "other")
    for folder, name in (("system", "maker"), ("data/keys", "other")):
        (tmp_path / folder).mkdir(parents=True)
        shutil.copy(tmp_path / f"{name}.pub", tmp_path / folder)

    found = trusted_keys(tmp_path / "data", tmp_path / "system")

    assert {public.name for public in found.values()} == {"maker", "other"}


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_openssl_agrees_with_a_signature(tmp_path: Path, key: Path) -> None:
    """Whoever does not believe our code can check a bundle with a tool they have."""
    bundle = make_bundle(tmp_path / "out")
    add_signature(bundle, read_private_key(key))
    line = json.loads((bundle / "bundle.sig").read_bytes())
    (tmp_path / "raw.sig").write_bytes(base64.b64decode(line["signature"]))

    def check() -> int:
        command = ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", f"{key}.pub"]
        files = ["-in", str(bundle / "manifest.json"), "-sigfile", str(tmp_path / "raw.sig")]
        return subprocess.run([*command, *files], capture_output=True, check=False).returncode

    assert check() == 0
    (bundle / "manifest.json").write_bytes((bundle / "manifest.json").read_bytes() + b" ")
    assert check() != 0
