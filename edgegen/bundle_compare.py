"""What a bundle is, and how two differ, in lines for people."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from edgegen.manifest import Manifest


def describe(manifest: Manifest) -> list[tuple[str, str]]:
    """Name and value of every field worth a line, nested ones as ``measured.kl``; files last."""
    document = asdict(manifest)
    files = document.pop("files")
    rows = [(name, _shown(value)) for name, value in _flat("", document) if value not in (None, "", (), [], {})]
    rows += [(f"file {entry['path']}", f"{entry['size_bytes']:,} bytes  {entry['sha256']}") for entry in files]
    return rows


def differences(old: Manifest, new: Manifest) -> list[tuple[str, str, str]]:
    """Field, old and new value of whatever differs; "-" stands for what one of them lacks."""
    before, after = dict(describe(old)), dict(describe(new))
    names = [*before, *(name for name in after if name not in before)]
    return [
        (name, before.get(name, "-"), after.get(name, "-")) for name in names if before.get(name) != after.get(name)
    ]


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _flat(f"{prefix}.{key}" if prefix else str(key), item)
    elif isinstance(value, list | tuple) and value and all(isinstance(item, Mapping) for item in value):
        for item in value:
            yield from _flat(f"{prefix}.{item.get('name', '?')}", {k: v for k, v in item.items() if k != "name"})
    else:
        yield prefix, value


def _shown(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
