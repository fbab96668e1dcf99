"""Build a bundle: under a temporary name, flushed to the disk, renamed when it is whole."""

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from edgegen.bundle_verify import CHUNK_BYTES, read_manifest_bytes, verify_bundle
from edgegen.errors import BundleError
from edgegen.manifest import MANIFEST_NAME, FileEntry, Manifest, parse_manifest, path_problem

_TEMPORARY = ".tmp-"


class BundleBuilder:
    """A bundle in the making, as a context: what is not finished when it ends leaves nothing behind.

    Example:
        ``with BundleBuilder(bundles) as build: build.add("model.gguf", chunks); build.finish(name=..., ...)``

    Args:
        bundles: The folder that will hold the bundle; created when missing. One builder at a time works in it.
    """

    def __init__(self, bundles: Path) -> None:
        self.bundles = bundles
        self._entries: dict[str, FileEntry] = {}
        self._scratch: Path | None = None

    def __enter__(self) -> Self:
        """Take the folder's lock and make the temporary folder.

        Raises:
            BundleError: If the folder cannot be written, or another process is adding a bundle to it.
        """
        try:
            self.bundles.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(self.bundles / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise _write_error(self.bundles, error) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise BundleError(
                f"{self.bundles}: another edgegen is adding a bundle here. Wait until it has finished, then try again."
            ) from None
        # With the lock ours, these can only be left over from a power cut.
        for stale in self.bundles.glob(f"{_TEMPORARY}*"):
            shutil.rmtree(stale, ignore_errors=True)
        try:
            self.folder = Path(tempfile.mkdtemp(prefix=_TEMPORARY, dir=self.bundles))
        except OSError as error:
            os.close(self._lock)
            raise _write_error(self.bundles, error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove what was not finished and give the lock back."""
        for folder in filter(None, (self.folder, self._scratch)):
            shutil.rmtree(folder, ignore_errors=True)
        os.close(self._lock)

    def scratch(self) -> Path:
        """A temporary folder on the same disk, for downloads; removed with whatever is not finished."""
        if self._scratch is None:
            self._scratch = Path(tempfile.mkdtemp(prefix=_TEMPORARY, dir=self.bundles))
        return self._scratch

    def add(self, path: str, content: bytes | Iterable[bytes]) -> FileEntry:
        """Write one file, hash it on the way and flush it to the disk.

        Raises:
            BundleError: If the path cannot stand in a bundle or the disk is full.
        """
        problem = path_problem(path)
        if problem or path in self._entries:
            raise BundleError(f"{path!r} {problem or 'is in the bundle already'}.")
        target = self.folder / path
        digest, size_bytes = hashlib.sha256(), 0
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as file:
                for chunk in [content] if isinstance(content, bytes) else content:
                    file.write(chunk)
                    digest.update(chunk)
                    size_bytes += len(chunk)
                file.flush()
                os.fsync(file.fileno())
            target.chmod(0o644)
        except OSError as error:
            raise _write_error(target, error) from error
        self._entries[path] = FileEntry(path, size_bytes, digest.hexdigest())
        return self._entries[path]

    def finish(self, **fields: Any) -> Path:
        """Write the manifest and give the bundle its name.

        Args:
            fields: Those of ``Manifest``, except ``files``.

        Returns:
            The bundle's folder. When the same bundle is there already and whole it stays as it is; a damaged one is
            replaced.

        Raises:
            BundleError: If the fields are not a valid manifest, or another bundle of this name and version is there.
        """
        files = tuple(self._entries[path] for path in sorted(self._entries))
        manifest = Manifest(files=files, **fields)
        data = manifest.to_bytes()
        parse_manifest(data, manifest.folder_name)  # what we write is what we would accept
        target = self.bundles / manifest.folder_name
        try:
            (self.folder / MANIFEST_NAME).write_bytes(data)
            for folder, _, names in os.walk(self.folder):
                Path(folder).chmod(0o755)
                for name in names if folder == str(self.folder) else ():
                    sync(Path(folder) / name)
                sync(Path(folder))
            if target.exists():
                if _is_whole(target, data):
                    return target
                target.rename(self.bundles / f"{_TEMPORARY}damaged-{target.name}")
            self.folder.rename(target)
            sync(self.bundles)
        except OSError as error:
            raise _write_error(target, error) from error
        shutil.rmtree(self.bundles / f"{_TEMPORARY}damaged-{target.name}", ignore_errors=True)
        return target


def create_bundle(bundles: Path, contents: Mapping[str, Path | bytes], **fields: Any) -> Path:
    """Build a bundle from files and bytes, for example ``{"model.gguf": Path("x.gguf")}``.

    Args:
        bundles: The folder that will hold ``<name>-<version>/``.
        contents: By path in the bundle: a file to copy, or the bytes themselves.
        fields: Those of ``Manifest``, except ``files``.

    Raises:
        BundleError: If the parts make no valid bundle, or it cannot be written.
    """
    with BundleBuilder(bundles) as build:
        for path, content in contents.items():
            build.add(path, read_chunks(content) if isinstance(content, Path) else content)
        return build.finish(**fields)


def read_chunks(path: Path) -> Iterator[bytes]:
    """The bytes of a file, in pieces.

    Raises:
        BundleError: If the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk
    except OSError as error:
        raise BundleError(f"{path}: cannot be read: {error.strerror}. Check the path and its permissions.") from None


def sync(path: Path) -> None:
    """Flush a file or folder to the disk, so that it is there after a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_whole(folder: Path, manifest_bytes: bytes) -> bool:
    """Whether a folder is this very bundle, undamaged.

    Raises:
        BundleError: If it is another bundle of the same name and version, and whole.
    """
    try:
        verify_bundle(folder)
    except BundleError:
        return False
    if read_manifest_bytes(folder) == manifest_bytes:
        return True
    raise BundleError(
        f"{folder}: another bundle of this name and version is there already. "
        "Give the new one a higher version with --version, or remove that folder."
    )


def _write_error(path: Path, error: OSError) -> BundleError:
    return BundleError(
        f"{path}: cannot be written: {error.strerror}. Check the free space and the permissions of {path.parent}, "
        "or choose another folder."
    )
