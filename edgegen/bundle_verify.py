"""Read a bundle's manifest and prove that its folder holds exactly what the manifest lists."""

import hashlib
import os
import stat
from collections.abc import Callable
from io import FileIO
from pathlib import Path

from edgegen.errors import BundleError
from edgegen.manifest import MANIFEST_BYTES, MANIFEST_NAME, SIGNATURE_NAME, FileEntry, Manifest, parse_manifest

# Called with the number of bytes read since the last call.
Progress = Callable[[int], None]

# Large enough that hashing, not Python, sets the pace.
CHUNK_BYTES = 1024 * 1024


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a bundle; its files are not looked at.

    Raises:
        BundleError: If there is none or it is not valid.
    """
    return parse_manifest(read_manifest_bytes(folder), folder.name)


def read_manifest_bytes(folder: Path) -> bytes:
    """The bytes of ``manifest.json``, at most one more than is allowed.

    Raises:
        BundleError: If the folder is not a bundle or the file cannot be read.
    """
    path = folder / MANIFEST_NAME
    try:
        with _open_regular(path) as file:
            return file.read(MANIFEST_BYTES + 1)
    except FileNotFoundError:
        raise BundleError(
            f"{folder}: not a bundle: there is no {MANIFEST_NAME} in it. Name the folder that holds {MANIFEST_NAME}."
        ) from None
    except OSError as error:
        raise BundleError(f"{path}: cannot be read: {error.strerror}. Check its permissions and the disk.") from None


def verify_bundle(folder: Path, *, hashes: bool = True, progress: Progress | None = None) -> Manifest:
    """Check every file of a bundle against its manifest.

    Args:
        hashes: Whether to read the files, too. False compares names and sizes alone, which finds an incomplete copy in
            a millisecond; whoever installs a bundle reads it once.
        progress: Called with the number of bytes read; the total is ``Manifest.size_bytes``.

    Raises:
        BundleError: Naming every extra, missing and altered file at once.
    """
    folder = folder.resolve()
    manifest = read_manifest(folder)
    try:
        problems = _structure_problems(folder, manifest)
        for entry in manifest.files:
            if entry.path not in problems:
                problem = _file_problem(folder, entry, hashes=hashes, progress=progress)
                if problem:
                    problems[entry.path] = problem
    except OSError as error:
        raise BundleError(f"{error.filename}: cannot be read: {error.strerror}. Check permissions and disk.") from None
    if problems:
        listed = "\n".join(f"  {path}: {problem}" for path, problem in sorted(problems.items()))
        raise BundleError(
            f"{folder.name}: the files are not those of {MANIFEST_NAME}:\n{listed}\n"
            "The copy is probably incomplete or was changed. Copy or add the bundle again."
        )
    return manifest


def sha256_file(path: Path, progress: Progress | None = None) -> str:
    """SHA-256 of a regular file, in hex; a symbolic link is refused with an OSError."""
    digest = hashlib.sha256()
    with _open_regular(path) as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
            if progress is not None:
                progress(len(chunk))
    return digest.hexdigest()


def _structure_problems(folder: Path, manifest: Manifest) -> dict[str, str]:
    """By path: whatever is in the folder and should not be, or is no plain file or folder."""
    problems = {}
    files = {entry.path for entry in manifest.files} | {MANIFEST_NAME, SIGNATURE_NAME}
    folders = {"/".join(path.split("/")[:depth]) for path in files for depth in range(1, path.count("/") + 1)}
    pending = [""]
    while pending:
        inside = pending.pop()
        with os.scandir(folder / inside) as entries:
            for entry in entries:
                # A name that is not UTF-8 or has control characters must not garble the message.
                path = ascii(f"{inside}/{entry.name}".lstrip("/"))[1:-1]
                mode = entry.stat(follow_symlinks=False).st_mode
                if stat.S_ISDIR(mode) and path in folders:
                    pending.append(path)
                elif path not in files:
                    problems[path] = f"{_kind(mode)} that is not in {MANIFEST_NAME}"
                elif not stat.S_ISREG(mode):
                    problems[path] = f"{_kind(mode)}; must be a plain file"
    return problems


def _kind(mode: int) -> str:
    if stat.S_ISLNK(mode):
        return "a symbolic link"
    if stat.S_ISDIR(mode):
        return "a folder"
    return "a file" if stat.S_ISREG(mode) else "a device, pipe or socket"


def _file_problem(folder: Path, entry: FileEntry, *, hashes: bool, progress: Progress | None) -> str | None:
    path = folder / entry.path
    try:
        size_bytes = path.lstat().st_size
        if size_bytes != entry.size_bytes:
            return f"has {size_bytes} bytes, {MANIFEST_NAME} says {entry.size_bytes}"
        sha256 = sha256_file(path, progress) if hashes else entry.sha256
    except (FileNotFoundError, NotADirectoryError):
        return "missing"
    return None if sha256 == entry.sha256 else f"has sha256 {sha256}, {MANIFEST_NAME} says {entry.sha256}"


def _open_regular(path: Path) -> FileIO:
    """Open a file for reading, and never follow a link or wait for a pipe."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(22, "not a plain file", str(path))
    return FileIO(descriptor, "rb")
