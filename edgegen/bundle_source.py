"""Where a bundle comes from: a folder or a tar archive, on a stick that may lie, fail or change while it is read.

Nothing is unpacked: a source hands out the bytes of the paths that the manifest lists, and names whatever else is
there. The archive reader is our own because ``tarfile`` reads a header of any length into memory, knows a dozen kinds
of members that a bundle never has, and takes a damaged header for the end of the archive.
"""

import os
import stat
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, NamedTuple, Self

from edgegen.bundle_verify import CHUNK_BYTES, verify_bundle
from edgegen.errors import BundleError
from edgegen.manifest import MANIFEST_BYTES, MANIFEST_NAME, SIGNATURE_NAME, Manifest

# Members an archive may have: a bundle has about ten files, and a list of millions should not fill the memory.
MAX_MEMBERS = 10_000
_BLOCK = 512
_HEADER_TEXT = 64 * 1024
_COMPRESSED = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
}
_KINDS = {b"1": "a hard link", b"2": "a symbolic link", b"3": "a device", b"4": "a device", b"6": "a pipe"}


class Source(AbstractContextManager["Source"], ABC):
    """A bundle that is not installed yet."""

    name: str

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give back what is open."""

    @abstractmethod
    def read(self, path: str, limit: int) -> bytes | None:
        """The first ``limit`` bytes of a small file, None when it is not there."""

    @abstractmethod
    def chunks(self, path: str) -> Iterator[bytes]:
        """The bytes of a file, in pieces."""

    @abstractmethod
    def check(self, manifest: Manifest) -> None:
        """Compare names and sizes with the manifest, before anything is copied.

        Raises:
            BundleError: Naming whatever should not be there, is missing, or has another size.
        """

    def manifest_bytes(self) -> bytes:
        """The bytes of the manifest, at most one more than is allowed.

        Raises:
            BundleError: If there is none.
        """
        data = self.read(MANIFEST_NAME, MANIFEST_BYTES + 1)
        if data is None:
            raise BundleError(
                f"{self.name}: not a bundle: there is no {MANIFEST_NAME} in it. Name the folder or .tar that holds one."
            )
        return data


def open_source(path: Path) -> Source:
    """A folder or a .tar archive.

    Raises:
        BundleError: If it is neither, or the archive holds what a bundle cannot.
    """
    try:
        return FolderSource(path) if path.is_dir() else TarSource(path)
    except OSError as error:
        raise _read_error(path, error) from None


class FolderSource(Source):
    """A bundle's folder."""

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._folder = path.resolve()

    def read(self, path: str, limit: int) -> bytes | None:
        """See Source."""
        try:
            with self._open(path) as file:
                return file.read(limit)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _read_error(self._folder / path, error) from None

    def chunks(self, path: str) -> Iterator[bytes]:
        """See Source."""
        try:
            with self._open(path) as file:
                while chunk := file.read(CHUNK_BYTES):
                    yield chunk
        except OSError as error:
            raise _read_error(self._folder / path, error) from None

    def check(self, manifest: Manifest) -> None:  # noqa: ARG002 - verify_bundle reads the same one
        """See Source."""
        verify_bundle(self._folder, hashes=False)

    def _open(self, path: str) -> BinaryIO:
        descriptor = os.open(self._folder / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OSError(22, "not a plain file", path)
        return os.fdopen(descriptor, "rb", buffering=0)


class _Member(NamedTuple):
    offset: int
    size_bytes: int


class TarSource(Source):
    """A bundle in an uncompressed tar archive (POSIX.1-2017 pax and ustar, and GNU's long names).

    Raises:
        BundleError: Naming the first member that cannot be part of a bundle.
    """

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        if not path.is_file():
            raise BundleError(f"{path}: neither a bundle's folder nor a .tar file. Check the path.")
        self._file = path.open("rb", buffering=0)
        try:
            self._members = self._below_manifest(self._scan())
        except BaseException:
            self._file.close()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the archive."""
        self._file.close()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def read(self, path: str, limit: int) -> bytes | None:
        """See Source."""
        member = self._members.get(path)
        return None if member is None else self._read_at(member.offset, min(member.size_bytes, limit))

    def chunks(self, path: str) -> Iterator[bytes]:
        """See Source."""
        member = self._members[path]
        for offset in range(0, member.size_bytes, CHUNK_BYTES):
            yield self._read_at(member.offset + offset, min(CHUNK_BYTES, member.size_bytes - offset))

    def check(self, manifest: Manifest) -> None:
        """See Source."""
        files = {entry.path for entry in manifest.files}
        extra = self._members.keys() - files - {MANIFEST_NAME, SIGNATURE_NAME}
        problems = {ascii(path)[1:-1]: f"a file that is not in {MANIFEST_NAME}" for path in extra}
        for entry in manifest.files:
            member = self._members.get(entry.path)
            if member is None:
                problems[entry.path] = "missing"
            elif member.size_bytes != entry.size_bytes:
                problems[entry.path] = f"has {member.size_bytes} bytes, {MANIFEST_NAME} says {entry.size_bytes}"
        if problems:
            listed = "\n".join(f"  {path}: {problem}" for path, problem in sorted(problems.items()))
            raise BundleError(
                f"{self.name}: the files are not those of {MANIFEST_NAME}:\n{listed}\n"
                "The copy is probably incomplete or was changed. Copy the bundle again."
            )

    def _scan(self) -> dict[str, _Member]:
        members: dict[str, _Member] = {}
        length = os.fstat(self._file.fileno()).st_size
        self._refuse_compressed()
        offset, long_name, pax = 0, "", dict[str, str]()
        while any(header := self._read_at(offset, _BLOCK)):
            self._check_header(header, offset)
            kind, size_bytes = header[156:157], self._size(header, pax)
            offset += _BLOCK
            if offset + size_bytes > length:
                raise self._refusal(f"ends within a member of {size_bytes} bytes: incomplete, or it lies about a size")
            if kind in b"xLg":
                text = self._extended(offset, size_bytes)
                long_name = text.rstrip(b"\0").decode("utf-8", "replace") if kind == b"L" else long_name
                pax = self._pax(text) if kind == b"x" else pax
            else:
                name = self._plain_name(pax.get("path") or long_name or _ustar_name(header))
                self._refuse_member(name, kind, members)
                if kind != b"5":
                    members[name] = _Member(offset, size_bytes)
                long_name, pax = "", {}
            offset += -(-size_bytes // _BLOCK) * _BLOCK
        return members

    def _refuse_member(self, name: str, kind: bytes, members: dict[str, _Member]) -> None:
        if kind not in (b"0", b"\0", b"5"):
            raise self._refusal(f"holds {name!a}, {_KINDS.get(kind, 'a member of an unknown kind')}")
        if name in members:
            raise self._refusal(f"holds {name!a} twice")
        if len(members) >= MAX_MEMBERS:
            raise self._refusal(f"holds more than {MAX_MEMBERS} files")

    def _extended(self, offset: int, size_bytes: int) -> bytes:
        if size_bytes > _HEADER_TEXT:
            raise self._refusal(f"has a header of {size_bytes} bytes")
        return self._read_at(offset, size_bytes)

    def _refuse_compressed(self) -> None:
        beginning = self._read_at(0, 6)
        for magic, kind in _COMPRESSED.items():
            if beginning.startswith(magic):
                raise self._refusal(f"is compressed with {kind}; weights do not get smaller by it")

    def _check_header(self, header: bytes, offset: int) -> None:
        stored = header[148:156].strip(b" \0")
        computed = sum(header) - sum(header[148:156]) + 8 * 32
        try:
            good = int(stored, 8) == computed
        except ValueError:
            good = False
        if not good or header[257:262] != b"ustar":
            raise self._refusal(f"has no valid header at byte {offset}: it is damaged or not a tar archive")

    def _size(self, header: bytes, pax: dict[str, str]) -> int:
        field = header[124:136]
        try:
            if header[156:157] not in b"xgL" and "size" in pax:
                size_bytes = int(pax["size"])
            elif field[0] & 0x80:  # GNU: base 256, for files of 8 GiB and more
                size_bytes = int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big")
            else:
                size_bytes = int(field.strip(b" \0") or b"0", 8)
        except ValueError:
            size_bytes = -1
        if not 0 <= size_bytes < 2**63:
            raise self._refusal("has a member with no valid size")
        return size_bytes

    def _pax(self, text: bytes) -> dict[str, str]:
        """The records of an extended header: length, space, key, =, value, newline."""
        records, start = dict[str, str](), 0
        while start < len(text):
            digits, _, _ = text[start:].partition(b" ")
            record = text[start : start + int(digits)] if digits.isdigit() else b""
            key, equals, value = record[len(digits) + 1 :].partition(b"=")
            if not equals or not value.endswith(b"\n"):
                raise self._refusal("has a damaged extended header")
            if key.startswith(b"GNU.sparse"):
                raise self._refusal("holds a sparse file")
            records[key.decode("utf-8", "replace")] = value[:-1].decode("utf-8", "replace")
            start += len(record)
        return records

    def _plain_name(self, name: str) -> str:
        if name.startswith("/"):
            raise self._refusal(f"holds {name!a}, an absolute path")
        parts = [part for part in name.split("/") if part not in ("", ".")]
        if ".." in parts:
            raise self._refusal(f"holds {name!a}, which leaves the bundle through `..`")
        return "/".join(parts)

    def _below_manifest(self, members: dict[str, _Member]) -> dict[str, _Member]:
        """Paths as seen from the folder of the manifest, which may be the archive's root or one folder in it."""
        manifests = [path for path in members if path.split("/")[-1] == MANIFEST_NAME and path.count("/") <= 1]
        if len(manifests) != 1:
            raise self._refusal(
                f"holds {len(manifests)} files {MANIFEST_NAME}; a bundle has one, at the top or one folder down"
            )
        prefix = manifests[0].removesuffix(MANIFEST_NAME)
        outside = sorted(path for path in members if not path.startswith(prefix))
        if outside:
            raise self._refusal(f"holds {outside[0]!a} outside the bundle's folder {prefix}")
        return {path.removeprefix(prefix): member for path, member in members.items()}

    def _read_at(self, offset: int, count: int) -> bytes:
        try:
            data = os.pread(self._file.fileno(), count, offset)
        except OSError as error:
            raise _read_error(Path(self.name), error) from None
        if len(data) < count:
            raise self._refusal("is incomplete: it ends too early")
        return data

    def _refusal(self, what: str) -> BundleError:
        return BundleError(
            f"{self.name}: the archive {what}. Copy it again, or make it anew: tar -C FOLDER -cf NAME.tar BUNDLE"
        )


def _ustar_name(header: bytes) -> str:
    name, prefix = (field.split(b"\0")[0].decode("utf-8", "replace") for field in (header[:100], header[345:500]))
    # GNU's own format keeps times where POSIX has the prefix.
    return f"{prefix}/{name}" if prefix and header[257:263] == b"ustar\0" else name


def _read_error(path: Path, error: OSError) -> BundleError:
    return BundleError(f"{path}: cannot be read: {error.strerror or error}. Check the stick and the permissions.")
