"""Tiny bundles, keys and gateways for the tests of signing and installing."""

import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edgegen.bundle import Adapter, BaseModel, create_bundle, current_folder
from edgegen.bundle_install import Installed, install
from edgegen.bundle_policy import Policy
from edgegen.bundle_source import open_source
from edgegen.signing import PublicKey, add_signature, generate_key, read_private_key, read_public_key

# The header of a GGUF without tensors or metadata (gguf.md: magic, version 3, two counts).
GGUF = b"GGUF\x03\x00\x00\x00" + bytes(16)
CONTENTS = {
    "model.gguf": GGUF + b"weights" * 40,
    "adapters/pump.gguf": GGUF + b"adapter",
    "chat_template.jinja": b"{{ messages }}",
    "probes/numbers.toml": b'name = "numbers"\n',
}


def make_bundle(folder: Path, version: str = "1.4.0", **fields: Any) -> Path:
    """An unsigned bundle; ``contents`` replaces or adds files."""
    contents = {**CONTENTS, **fields.pop("contents", {})}
    given: dict[str, Any] = {
        "name": "pump",
        "version": version,
        "base": BaseModel("tiny", "0" * 64),
        "adapters": (Adapter("pump", "adapters/pump.gguf", "pumps", 8, 1.0),),
        "measured": {"kl": 0.01},
    }
    return create_bundle(folder, contents, **{**given, **fields})


def make_tar(bundle: Path, target: Path, format_: int = tarfile.PAX_FORMAT) -> Path:
    """What ``tar -cf`` makes of a bundle's folder."""
    with tarfile.open(target, "w", format=format_) as archive:
        archive.add(bundle, bundle.name)
    return target


@dataclass
class Gateway:
    """A data directory with one trusted key, and what was recorded there."""

    data_dir: Path
    key: Ed25519PrivateKey
    public: PublicKey
    events: list[str] = field(default_factory=list)

    def signed(self, folder: Path, version: str = "1.4.0", **fields: Any) -> Path:
        """A bundle this gateway trusts."""
        bundle = make_bundle(folder, version, **fields)
        add_signature(bundle, self.key)
        return bundle

    def install(self, path: Path, **options: Any) -> Installed:
        """As the command does, without an engine."""
        policy = Policy(
            {self.public.id: self.public},
            allow_unsigned=options.pop("allow_unsigned", False),
            allow_downgrade=options.pop("allow_downgrade", False),
        )
        with open_source(path) as source:
            return install(source, self.data_dir, policy, audit=self.events.append, **options)

    def state(self) -> tuple[object, ...]:
        """Everything an installation may change: links, and each file with its inode, size and time of change."""
        files = []
        for path in sorted(self.data_dir.rglob("*")):
            if path.name != ".lock" and path.is_file():
                info = path.stat()
                files.append((str(path.relative_to(self.data_dir)), info.st_ino, info.st_size, info.st_mtime_ns))
        return current_folder(self.data_dir), (self.data_dir / "previous").exists(), *files


def make_gateway(folder: Path) -> Gateway:
    """A gateway that trusts one key."""
    folder.mkdir(parents=True, exist_ok=True)
    public = generate_key(folder / "maker")
    return Gateway(folder / "data", read_private_key(folder / "maker"), read_public_key(folder / f"{public.name}.pub"))
