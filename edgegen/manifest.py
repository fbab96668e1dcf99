"""The manifest of a bundle, schema 1: what ``manifest.json`` holds, read strictly and written deterministically.

A bundle comes from another machine, so nothing in it is believed: unknown fields, wrong types, paths that leave the
folder and contradictions are refused, all named at once.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from edgegen import __version__
from edgegen.errors import BundleError

SCHEMA_VERSION = 1
MANIFEST_NAME = "manifest.json"
SIGNATURE_NAME = "bundle.sig"
# The one runtime this schema knows: GGUF files run by llama.cpp. A bundle for another says so and is refused.
COMPATIBLE = "edgegen-gguf"
# The largest manifest worth reading; one with a hundred files takes 20 kB.
MANIFEST_BYTES = 4 * 1024 * 1024

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
SHA256 = re.compile(r"[0-9a-f]{64}")
# ASCII alone, so that no two names are one on FAT, macOS or Windows: the stick a bundle travels on is often FAT.
PATH_PART = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,126}[A-Za-z0-9_-])?")
# https://semver.org, 2.0.0
VERSION = re.compile(
    r"(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})"
    r"(?:-((?:0|[1-9]\d{0,8}|\d*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9]\d{0,8}|\d*[A-Za-z-][0-9A-Za-z-]*))*))?"
    r"(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?",
    re.ASCII,
)


@dataclass(frozen=True)
class BaseModel:
    """The model a bundle was made from.

    Args:
        sha256: Of the base's GGUF. An adapter-only bundle runs on exactly this file.
        licence: SPDX identifier, or the name the licence goes by.
        source: Where the base was taken from, for people.
    """

    name: str
    sha256: str
    licence: str | None = None
    source: str | None = None


@dataclass(frozen=True)
class Adapter:
    """A LoRA adapter in the bundle: a GGUF at ``path``, made for ``task``, applied with ``scale``.

    Args:
        canary: What its maker measured to recognise it by: ``{"text": ..., "kl": nats}``, the divergence from the base
            of the token after the text. The gateway measures it again at every load.
    """

    name: str
    path: str
    task: str | None = None
    rank: int | None = None
    scale: float = 1.0
    canary: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class FileEntry:
    """One file of the bundle: relative POSIX path, size and SHA-256 in lower-case hex."""

    path: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a bundle is and what belongs to it.

    Args:
        version: Semantic version; on a gateway it never goes down.
        compatible: The runtime it is for, ``edgegen-gguf``.
        min_edgegen_version: The oldest edgegen that serves it.
        model: Path of the GGUF, None when the bundle has only adapters for ``base``.
        quantisation: Type of the weights as llama.cpp spells it, for example ``Q4_K_M``.
        n_ctx: Longest context the model was trained for, in tokens.
        system_prompt: Stands before every chat that brings no system message of its own.
        sampling: Defaults of the sampling fields of a request, by their names there.
        lineage: Hashes of the data set, recipe, code and tools it was made with.
        measured: What was measured on exactly these files: divergence, probe scores, task scores.
        files: Every file but the manifest and its signature, ordered by path.
    """

    name: str
    version: str
    base: BaseModel
    files: tuple[FileEntry, ...]
    model: str | None = "model.gguf"
    schema_version: int = SCHEMA_VERSION
    compatible: str = COMPATIBLE
    min_edgegen_version: str = "0.1.0"
    adapters: tuple[Adapter, ...] = ()
    quantisation: str | None = None
    n_ctx: int | None = None
    system_prompt: str | None = None
    sampling: Mapping[str, Any] = field(default_factory=dict)
    lineage: Mapping[str, Any] = field(default_factory=dict)
    measured: Mapping[str, Any] = field(default_factory=dict)

    @property
    def folder_name(self) -> str:
        """``<name>-<version>``, the name of its folder on a gateway."""
        return f"{self.name}-{self.version}"

    @property
    def size_bytes(self) -> int:
        """Size of all listed files, in bytes."""
        return sum(entry.size_bytes for entry in self.files)

    def entry(self, path: str) -> FileEntry | None:
        """The entry of a file, or None when the bundle has no such file."""
        return next((entry for entry in self.files if entry.path == path), None)

    def to_bytes(self) -> bytes:
        """The text of ``manifest.json``: the same manifest gives the same bytes, on every machine."""
        text = json.dumps(asdict(self), indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
        return text.encode() + b"\n"


def version_key(version: str) -> tuple[Any, ...]:
    """A sort key with the precedence of semantic versions (semver.org, item 11): 1.0.0-rc.1 < 1.0.0 < 1.10.0.

    Raises:
        ValueError: If it is not a semantic version.
    """
    match = VERSION.fullmatch(version)
    if match is None or len(version) > 64:
        raise ValueError(f"{version!r} is not a semantic version such as 1.4.0 or 1.4.0-rc.1")
    numbers = tuple(int(number) for number in match.group(1, 2, 3))
    if match[4] is None:
        return (*numbers, 1)
    parts = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in match[4].split("."))
    return (*numbers, 0, parts)


def path_problem(path: str) -> str | None:
    """Why a path cannot stand in a manifest, None when it can."""
    parts = path.split("/")
    if path.startswith("/"):
        return "is an absolute path; paths are relative to the bundle"
    if ".." in parts:
        return "leaves the bundle through `..`"
    if len(path) > 512 or not all(PATH_PART.fullmatch(part) for part in parts):
        return "is not a plain path; use A-Z a-z 0-9 _ . - and / between folders, no part starting or ending with a dot"
    return None


def path_collisions(paths: Iterable[str]) -> list[str]:
    """Paths that are one file, or a file and a folder at once, on a file system that ignores case."""
    problems = []
    seen: dict[str, tuple[str, bool]] = {name: (name, True) for name in (MANIFEST_NAME, SIGNATURE_NAME)}
    for path in paths:
        parts = path.split("/")
        for depth in range(1, len(parts) + 1):
            prefix, is_file = "/".join(parts[:depth]), depth == len(parts)
            if prefix.lower() not in seen:
                seen[prefix.lower()] = (prefix, is_file)
                continue
            other, other_is_file = seen[prefix.lower()]
            if other != prefix or is_file or other_is_file:
                problems.append(f"files: {path!r} collides with {other!r}")
                break
    return problems


def parse_manifest(data: bytes, where: str) -> Manifest:
    """Read a manifest, strictly.

    Args:
        where: Name of the bundle, for messages.

    Raises:
        BundleError: Naming every problem at once, or that it needs a newer edgegen.
    """
    raw = _load(data, where)
    schema_version = raw.get("schema_version")
    if isinstance(schema_version, int) and schema_version > SCHEMA_VERSION:
        raise BundleError(
            f"{where}: {MANIFEST_NAME} has schema_version {schema_version}; edgegen {__version__} knows up to "
            f"{SCHEMA_VERSION}. Update edgegen on this machine, then install the bundle again."
        )
    reader = _Reader()
    manifest = reader.manifest(raw)
    if manifest is not None and not reader.problems:
        reader.problems += _contradictions(manifest)
    if manifest is None or reader.problems:
        listed = "\n".join(f"  {problem}" for problem in reader.problems)
        raise BundleError(f"{where}: {MANIFEST_NAME} is not valid:\n{listed}\nExport the bundle again.")
    return manifest


def _load(data: bytes, where: str) -> dict[str, Any]:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            twice = sorted({key for key, _ in pairs if [other for other, _ in pairs].count(key) > 1})
            raise ValueError(f"has the field {twice[0]!r} twice")
        return found

    def no_constant(name: str) -> None:
        raise ValueError(f"holds the number {name}, which is not JSON")

    if len(data) > MANIFEST_BYTES:
        raise BundleError(f"{where}: {MANIFEST_NAME} is longer than {MANIFEST_BYTES} bytes. Export the bundle again.")
    try:
        raw = json.loads(data.decode(), object_pairs_hook=unique, parse_constant=no_constant)
    except RecursionError:
        raise BundleError(f"{where}: {MANIFEST_NAME} is nested too deeply. Export the bundle again.") from None
    except ValueError as error:  # JSONDecodeError and UnicodeDecodeError are ValueErrors
        raise BundleError(f"{where}: {MANIFEST_NAME}: {error}. Copy or export the bundle again.") from None
    if not isinstance(raw, dict):
        raise BundleError(f"{where}: {MANIFEST_NAME} is not a JSON object. Copy or export the bundle again.")
    return raw


def _is_text(value: Any) -> bool:
    # JSON can spell half a surrogate pair, which no file or topic can hold.
    return isinstance(value, str) and not any("\ud800" <= char <= "\udfff" for char in value)


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and NAME.fullmatch(value) is not None


def _is_version(value: Any) -> bool:
    try:
        version_key(value)
    except (TypeError, ValueError):
        return False
    return True


def _is_sha256(value: Any) -> bool:
    return isinstance(value, str) and SHA256.fullmatch(value) is not None


def _is_canary(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == {"text", "kl"}
        and _is_text(value["text"])
        and _is_number(value["kl"])
        and value["kl"] >= 0
    )


def _optional(check: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or check(value)


def _in(low: float, high: float, check: Callable[[Any], bool] = _is_number) -> Callable[[Any], bool]:
    return lambda value: check(value) and low <= value <= high


# Field: (what it must be, in words; check). Nested objects are read one by one below.
_Fields = Mapping[str, tuple[str, Callable[[Any], bool]]]
_N_CTX = ("a whole number from 1 or null", _optional(_in(1, 2**31, _is_integer)))
_TEXT_OR_NULL = ("text or null", _optional(_is_text))
_MANIFEST: _Fields = {
    "schema_version": ("1", lambda value: _is_integer(value) and value == SCHEMA_VERSION),
    "name": ("1 to 64 of A-Z a-z 0-9 _ . -", _is_name),
    "version": ("a semantic version such as 1.4.0", _is_version),
    "compatible": (f'"{COMPATIBLE}", the runtime of this gateway', lambda value: value == COMPATIBLE),
    "min_edgegen_version": ("a semantic version such as 0.1.0", _is_version),
    "base": ("an object", lambda value: isinstance(value, dict)),
    "model": ("the path of a listed file or null", _optional(_is_text)),
    "adapters": ("a list", lambda value: isinstance(value, list)),
    "quantisation": _TEXT_OR_NULL,
    "n_ctx": _N_CTX,
    "system_prompt": _TEXT_OR_NULL,
    "sampling": ("an object", lambda value: isinstance(value, dict)),
    "lineage": ("an object", lambda value: isinstance(value, dict)),
    "measured": ("an object", lambda value: isinstance(value, dict)),
    "files": ("a list", lambda value: isinstance(value, list)),
}
_BASE: _Fields = {
    "name": ("text", _is_text),
    "sha256": ("64 lower-case hex digits", _is_sha256),
    "licence": _TEXT_OR_NULL,
    "source": _TEXT_OR_NULL,
}
_ADAPTER: _Fields = {
    "name": ("1 to 64 of A-Z a-z 0-9 _ . -", _is_name),
    "path": ("the path of a listed file", _is_text),
    "task": _TEXT_OR_NULL,
    "rank": _N_CTX,
    "scale": ("a number", _is_number),
    "canary": ('{"text": ..., "kl": a number from 0} or null', _optional(_is_canary)),
}
_FILE: _Fields = {
    "path": ("text", _is_text),
    "size_bytes": ("a whole number from 0", _in(0, 2**63, _is_integer)),
    "sha256": ("64 lower-case hex digits", _is_sha256),
}
# The sampling fields of a request (docs/protocol.md); all of them may be left out.
_SAMPLING: _Fields = {
    "max_tokens": ("a whole number from 1", _in(1, 2**31, _is_integer)),
    "temperature": ("a number from 0 to 10", _in(0, 10)),
    "top_p": ("a number from 0 to 1", _in(0, 1)),
    "top_k": ("a whole number from 0", _in(0, 2**31, _is_integer)),
    "min_p": ("a number from 0 to 1", _in(0, 1)),
    "seed": ("a whole number from 0", _in(0, 2**63, _is_integer)),
    "stop": ("a list of texts", lambda value: isinstance(value, list) and all(map(_is_text, value))),
}


class _Reader:
    """Collects problems while it reads, so that all are named at once."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def manifest(self, raw: dict[str, Any]) -> Manifest | None:
        self._check("", raw, _MANIFEST)
        if self.problems:
            return None
        self._check("base.", raw["base"], _BASE)
        self._check(
            "sampling.", raw["sampling"], {name: _SAMPLING[name] for name in _SAMPLING if name in raw["sampling"]}
        )
        for index, item in enumerate(raw["adapters"]):
            # The first bundles had no canary; they load for ever.
            fields = {
                name: _ADAPTER[name]
                for name in _ADAPTER
                if name != "canary" or (isinstance(item, dict) and name in item)
            }
            self._check(f"adapters[{index}].", item, fields)
        for index, item in enumerate(raw["files"]):
            self._check(f"files[{index}].", item, _FILE)
        if self.problems:
            return None
        return Manifest(
            **{
                **raw,
                "base": BaseModel(**raw["base"]),
                "adapters": tuple(Adapter(**item) for item in raw["adapters"]),
                "files": tuple(FileEntry(**item) for item in raw["files"]),
            }
        )

    def _check(self, prefix: str, raw: Any, fields: _Fields) -> None:
        if not isinstance(raw, dict):
            self.problems.append(f"{prefix.rstrip('.')} = {_shown(raw)}: must be an object")
            return
        for name in sorted(raw.keys() - fields.keys()):
            self.problems.append(f"{prefix}{name}: unknown field")
        for name, (wanted, is_good) in fields.items():
            if name not in raw:
                self.problems.append(f"{prefix}{name}: missing; must be {wanted}")
            elif not is_good(raw[name]):
                self.problems.append(f"{prefix}{name} = {_shown(raw[name])}: must be {wanted}")


def _contradictions(manifest: Manifest) -> list[str]:
    """What is wrong between fields that are each fine."""
    paths = [entry.path for entry in manifest.files]
    problems = [f"files: {path!r} {problem}" for path in paths if (problem := path_problem(path))]
    if not problems:
        problems = path_collisions(paths)
    referred = [("model", manifest.model), *((f"adapters: {item.name}", item.path) for item in manifest.adapters)]
    problems += [f"{who}: {path!r} is not among the files" for who, path in referred if path and path not in paths]
    names = [adapter.name for adapter in manifest.adapters]
    problems += [
        f"adapters: {name!r} is there twice" for name in sorted({name for name in names if names.count(name) > 1})
    ]
    if manifest.model is None and not manifest.adapters:
        problems.append("model: null, and there are no adapters; nothing here can answer")
    if manifest.model == "":
        problems.append("model: empty; must be the path of a listed file or null")
    if version_key(manifest.min_edgegen_version) > version_key(__version__):
        problems.append(
            f"min_edgegen_version = {manifest.min_edgegen_version!r}: this is edgegen {__version__}; update edgegen"
        )
    return problems


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else text[:77] + "..."
