"""Bundles that lie ready: on a stick that is mounted at a configured place, or in the inbox of the data directory.

They are offered, never installed unasked. Whoever accepts one names it; the name is compared with what is found in
these two folders, so that no message can point anywhere else. A stick may be half copied, vanish while it is read, or
hold pipes, links and ten thousand photographs: what is no bundle is passed over, and only so much is looked at.
"""

import contextlib
import stat
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from os import DirEntry, scandir
from pathlib import Path
from typing import Any

from edgegen.bundle import current_folder
from edgegen.bundle_install import examine
from edgegen.bundle_policy import Policy, signer_of
from edgegen.bundle_source import Source, open_source
from edgegen.bundle_verify import read_manifest_bytes
from edgegen.config import Config
from edgegen.errors import BundleError
from edgegen.manifest import MANIFEST_NAME, SIGNATURE_NAME, parse_manifest
from edgegen.signing import PublicKey

STICK, INBOX = "stick", "inbox"

# Entries of one folder that are looked at: listing them takes a few milliseconds, and a stick of photographs has more.
MAX_ENTRIES = 10_000
# Bundles in one folder that are read: each costs a manifest and a signature.
MAX_OFFERS = 32
_SIGNATURE_BYTES = 64 * 1024
_NAME_CHARACTERS = 255
_REASON_CHARACTERS = 500


@dataclass(frozen=True)
class Offer:
    """One bundle that lies ready.

    Args:
        offer: The name of its folder or archive, by which it is accepted.
        place: ``stick`` or ``inbox``.
        signed_by: The trusted key that signed it.
        why_not: Why this gateway would not take it; None when it would, as far as can be said without reading it whole.
    """

    offer: str
    place: str
    name: str | None = None
    version: str | None = None
    size_bytes: int | None = None
    signed_by: str | None = None
    installed: bool = False
    current: bool = False
    why_not: str | None = None

    def document(self) -> dict[str, Any]:
        """As it is published."""
        return {**asdict(self), "acceptable": self.why_not is None}


def places(config: Config) -> dict[str, Path]:
    """The folders that are looked into, by name."""
    found = {INBOX: config.node.data_dir / INBOX}
    return found if config.update.stick is None else {STICK: config.update.stick, **found}


def candidates(folder: Path) -> list[Path]:
    """What may be a bundle in a folder: archives, and folders with a manifest. Nothing is opened, no link followed."""
    try:
        with scandir(folder) as entries:
            found = [Path(entry.path) for entry in islice(entries, MAX_ENTRIES) if _may_be_bundle(entry)]
    except OSError:
        return []  # nothing is mounted, or it has just gone
    return sorted(found)[:MAX_OFFERS]


def _may_be_bundle(entry: DirEntry[str]) -> bool:
    if entry.name.startswith(".") or not entry.name.isprintable():
        return False
    with contextlib.suppress(OSError):
        if entry.is_dir(follow_symlinks=False):
            return stat.S_ISREG((Path(entry.path) / MANIFEST_NAME).lstat().st_mode)
        return entry.name.endswith(".tar") and entry.is_file(follow_symlinks=False)
    return False


def find_offers(config: Config, keys: Mapping[str, PublicKey]) -> list[Offer]:
    """What lies ready, each with whether this gateway would take it. Weights are not read."""
    return [
        _look(path, place, config.node.data_dir, keys)
        for place, folder in places(config).items()
        for path in candidates(folder)
    ]


def find_offer(config: Config, name: str, place: str | None = None) -> Path:
    """Where an offered bundle lies, by the name of its file or folder, or by ``<name>-<version>``.

    Raises:
        BundleError: If nothing of that name is there, or it lies in both places and none was named.
    """
    found = dict(_named(config, name, place))
    if len(found) == 1:
        return next(iter(found.values()))
    if found:
        raise BundleError(f"{name!r} lies on the stick and in the inbox; say from which.")
    where = " and ".join(str(folder) for key, folder in places(config).items() if place in (None, key))
    raise BundleError(
        f"{name[:_NAME_CHARACTERS]!r} is not offered in {where or 'any place'}. See what is: edgegen bundle offers"
    )


def _named(config: Config, name: str, place: str | None) -> Iterator[tuple[str, Path]]:
    for key, folder in places(config).items():
        if place in (None, key):
            paths = candidates(folder)
            exact = [path for path in paths if path.name == name]
            for path in exact or [path for path in paths if _folder_name(path) == name]:
                yield key, path
                break


def _folder_name(path: Path) -> str | None:
    with contextlib.suppress(BundleError), open_source(path) as source:
        return parse_manifest(source.manifest_bytes(), source.name).folder_name
    return None


def _look(path: Path, place: str, data_dir: Path, keys: Mapping[str, PublicKey]) -> Offer:
    try:
        with open_source(path) as source:
            return _describe(source, Offer(path.name, place), data_dir, keys)
    except BundleError as error:
        return Offer(path.name, place, why_not=_plain(error, path))
    except OSError as error:  # the stick was pulled out
        return Offer(path.name, place, why_not=f"cannot be read: {error.strerror}")


def _describe(source: Source, offer: Offer, data_dir: Path, keys: Mapping[str, PublicKey]) -> Offer:
    data = source.manifest_bytes()
    manifest = parse_manifest(data, source.name)
    target = data_dir / "bundles" / manifest.folder_name
    known: dict[str, Any] = {
        "name": manifest.name,
        "version": manifest.version,
        "size_bytes": manifest.size_bytes,
        "installed": _is_same(target, data),
    }
    known["current"] = known["installed"] and current_folder(data_dir) == target.resolve()
    try:
        signer = signer_of(data, source.read(SIGNATURE_NAME, _SIGNATURE_BYTES), keys, source.name)
        known["signed_by"] = signer.name if signer else None
        examine(source, data_dir, Policy(keys))
    except BundleError as error:
        known["why_not"] = _plain(error, Path(source.name))
    return Offer(offer.offer, offer.place, **known)


def _is_same(folder: Path, manifest_bytes: bytes) -> bool:
    with contextlib.suppress(BundleError):
        return read_manifest_bytes(folder) == manifest_bytes
    return False


def _plain(error: BundleError, path: Path) -> str:
    """The reason without the path in front, which the offer's name says already, and no list of ten thousand files."""
    return str(error).removeprefix(f"{path}: ")[:_REASON_CHARACTERS]
