"""A thousand bad bundles: each refused with a reason, and what serves is untouched.

Each mutation below makes one bad bundle from a good, signed one; it is repeated with many seeds, as a folder and as an
archive. Some are signed by the trusted key after the change: a signature makes nothing true.
"""

import hashlib
import io
import json
import os
import random
import shutil
import struct
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgegen.bundle import current_folder
from edgegen.errors import BundleError
from edgegen.signing import add_signature, generate_key, read_private_key
from tests.export.bundles import CONTENTS, Gateway, make_bundle, make_gateway, make_tar

SEEDS = 22
PATHS = [*CONTENTS, "manifest.json", "bundle.sig"]


class Stick:
    """A good bundle of version 1.4.0 to be spoiled, beside the gateway that it is meant for, which runs 1.3.0."""

    def __init__(self, gateway: Gateway, folder: Path, chance: random.Random) -> None:
        self.gateway, self.folder, self.chance = gateway, folder, chance
        self.bundle = gateway.signed(folder / "good")

    def any_file(self) -> Path:
        return self.bundle / self.chance.choice(PATHS)

    def edit(self, change: Callable[[dict[str, Any]], object]) -> None:
        """Change the manifest and sign it with the trusted key."""
        path = self.bundle / "manifest.json"
        document = json.loads(path.read_bytes())
        change(document)
        path.write_text(json.dumps(document))
        (self.bundle / "bundle.sig").unlink()
        add_signature(self.bundle, self.gateway.key)

    def other(self, version: str = "1.5.0", **fields: Any) -> Path:
        return self.gateway.signed(self.folder / "other", version, contents={"model.gguf": b"GGUFother"}, **fields)


def flip(stick: Stick) -> None:
    path = stick.any_file()
    data = bytearray(path.read_bytes())
    data[stick.chance.randrange(len(data))] ^= 1 << stick.chance.randrange(8)
    path.write_bytes(data)


def truncate(stick: Stick) -> None:
    path = stick.any_file()
    data = path.read_bytes()
    path.write_bytes(data[: stick.chance.randrange(len(data))])


def extend(stick: Stick) -> None:
    path = stick.any_file()
    path.write_bytes(path.read_bytes() + stick.chance.randbytes(stick.chance.randrange(1, 900)))


def zero_a_block(stick: Stick) -> None:
    """What a dying flash card does."""
    path = stick.bundle / stick.chance.choice(["model.gguf", "adapters/pump.gguf", "manifest.json", "bundle.sig"])
    data = bytearray(path.read_bytes())
    start = stick.chance.randrange(4)
    data[start : start + 16] = bytes(len(data[start : start + 16]))
    path.write_bytes(data)


def remove(stick: Stick) -> None:
    stick.any_file().unlink()


def add_a_file(stick: Stick) -> None:
    path = stick.bundle / stick.chance.choice(
        ["run.py", "probes/more.toml", "adapters/.hidden", "MODEL.GGUF", "a b", "é"]
    )
    path.write_bytes(stick.chance.randbytes(3))


def swap_two(stick: Stick) -> None:
    one, two = stick.chance.sample(PATHS, 2)
    contents = (stick.bundle / one).read_bytes(), (stick.bundle / two).read_bytes()
    (stick.bundle / one).write_bytes(contents[1])
    (stick.bundle / two).write_bytes(contents[0])


def mix_with_another(stick: Stick) -> None:
    """Parts of two good bundles, both signed by the same maker, make no bundle."""
    other = stick.other()
    for name in stick.chance.sample(["model.gguf", "manifest.json", "bundle.sig"], stick.chance.choice([1, 2])):
        shutil.copy(other / name, stick.bundle / name)


def downgrade(stick: Stick) -> None:
    shutil.rmtree(stick.bundle)
    version = stick.chance.choice(["0.9.9", "1.2.99", "1.3.0-rc.1", "1.2.0+new", "0.0.0", "1.3.0-alpha"])
    stick.bundle = stick.gateway.signed(stick.folder / "old", version)


def reuse_the_version(stick: Stick) -> None:
    shutil.rmtree(stick.bundle)
    stick.bundle = stick.gateway.signed(stick.folder / "same", "1.3.0", system_prompt=str(stick.chance.random()))


def sign_with_a_strange_key(stick: Stick) -> None:
    generate_key(stick.folder / "maker")
    (stick.bundle / "bundle.sig").unlink()
    add_signature(stick.bundle, read_private_key(stick.folder / "maker"))


def remove_the_signature(stick: Stick) -> None:
    if stick.chance.random() < 0.5:
        (stick.bundle / "bundle.sig").unlink()
    else:
        (stick.bundle / "bundle.sig").write_bytes(b"")


def claim_the_trusted_key(stick: Stick) -> None:
    sign_with_a_strange_key(stick)
    path = stick.bundle / "bundle.sig"
    document = json.loads(path.read_bytes()) | {"key": stick.gateway.public.id}
    path.write_bytes(json.dumps(document, separators=(",", ":")).encode() + b"\n")


def lie_about_a_size(stick: Stick) -> None:
    def change(document: dict[str, Any]) -> None:
        entry = stick.chance.choice(document["files"])
        entry["size_bytes"] = stick.chance.choice(
            [entry["size_bytes"] + 1, max(0, entry["size_bytes"] - 1) + 2 * (entry["size_bytes"] == 0), 2**40, 2**62]
        )

    stick.edit(change)


def lie_about_a_hash(stick: Stick) -> None:
    stick.edit(lambda document: stick.chance.choice(document["files"]).update(sha256=stick.chance.randbytes(32).hex()))


def lie_about_anything(stick: Stick) -> None:
    """A signed manifest of the wrong form, for another runtime, or from the future."""
    changes: list[dict[str, Any]] = [
        {"schema_version": 2},
        {"compatible": "other"},
        {"min_edgegen_version": "99.0.0"},
        {"model": "../model.gguf"},
        {"model": "missing.gguf"},
        {"version": "1.4"},
        {"name": "../../etc"},
        {"files": []},
        {"adapters": [{}]},
        {"n_ctx": -1},
        {"extra": 1},
        {"sampling": {"temperature": "hot"}},
        {"name": "a/b"},
        {"version": 14},
        {"base": None},
    ]
    stick.edit(lambda document: document.update(stick.chance.choice(changes)))


def leave_the_folder(stick: Stick) -> None:
    """A signed manifest that lists paths outside; the file it means exists."""
    path = stick.chance.choice(["../secret", "/etc/passwd", "a/../../secret", "..", "./x", "a//b", "C:\\x", "a\nb", ""])
    (stick.folder / "good" / "secret").write_bytes(b"secret")
    entry = {"path": path, "size_bytes": 6, "sha256": hashlib.sha256(b"secret").hexdigest()}
    stick.edit(lambda document: document["files"].append(entry))


def be_no_plain_file(stick: Stick) -> None:
    path = stick.any_file()
    path.rename(stick.folder / "kept")
    match stick.chance.randrange(4):
        case 0:
            path.symlink_to(stick.folder / "kept")
        case 1:
            path.symlink_to("/dev/zero")
        case 2:
            os.mkfifo(path)
        case _:
            path.mkdir()


def be_a_linked_folder(stick: Stick) -> None:
    name = stick.chance.choice(["adapters", "probes"])
    (stick.bundle / name).rename(stick.folder / "elsewhere")
    (stick.bundle / name).symlink_to(stick.folder / "elsewhere")


def be_no_gguf(stick: Stick) -> None:
    """Signed and whole, but not a model: refused before llama.cpp gets to see it."""
    shutil.rmtree(stick.bundle)
    data = stick.chance.choice([b"", b"GGU", b"PK\x03\x04", b"\x80\x02}", stick.chance.randbytes(99)])
    path = stick.chance.choice(["model.gguf", "adapters/pump.gguf"])
    stick.bundle = stick.gateway.signed(stick.folder / "else", contents={path: data})


IN_A_FOLDER = [
    flip,
    truncate,
    extend,
    zero_a_block,
    remove,
    add_a_file,
    swap_two,
    mix_with_another,
    downgrade,
    reuse_the_version,
    sign_with_a_strange_key,
    remove_the_signature,
    claim_the_trusted_key,
    lie_about_a_size,
    lie_about_a_hash,
    lie_about_anything,
    leave_the_folder,
    be_no_plain_file,
    be_a_linked_folder,
    be_no_gguf,
]


# Archives: what is wrong is the archive itself


def member(name: str, kind: bytes = tarfile.REGTYPE, data: bytes = b"", **fields: Any) -> bytes:
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, len(data)
    for field, value in fields.items():
        setattr(info, field, value)
    return info.tobuf(tarfile.GNU_FORMAT) + data + bytes(-len(data) % 512)


def header_with_size(stick: Stick, name: str, size: bytes) -> bytes:
    header = bytearray(member(name)[:512])
    header[124:136] = size
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)


def archive_with(stick: Stick, extra: bytes, *, front: bool | None = None) -> bytes:
    """The good archive with a member more, at its front or before its end."""
    data = make_tar(stick.bundle, stick.folder / "good.tar").read_bytes()
    end = len(data.rstrip(b"\0"))
    end += -end % 512
    front = stick.chance.random() < 0.5 if front is None else front
    return extra + data if front else data[:end] + extra + bytes(1024)


def cut_the_archive(stick: Stick) -> bytes:
    data = make_tar(stick.bundle, stick.folder / "good.tar").read_bytes()
    return data[: stick.chance.randrange(len(data.rstrip(b"\0")))]


def flip_the_archive(stick: Stick) -> bytes:
    """In a header or in a file; a bit of the padding after a file changes nothing that is installed."""
    path = make_tar(stick.bundle, stick.folder / "good.tar", tarfile.USTAR_FORMAT)
    data = bytearray(path.read_bytes())
    with tarfile.open(path) as archive:
        places = [
            place
            for info in archive.getmembers()
            for start, length in ((info.offset, 263), (info.offset_data, info.size))
            for place in range(start, start + length)
        ]
    data[stick.chance.choice(places)] ^= 1 << stick.chance.randrange(8)
    return bytes(data)


def leave_the_archive(stick: Stick) -> bytes:
    name = stick.chance.choice(["../x", "pump-1.4.0/../../x", "/etc/x", "pump-1.4.0/a/../../../x", "..", "/"])
    return archive_with(stick, member(name, data=b"evil"))


def link_in_the_archive(stick: Stick) -> bytes:
    kind = stick.chance.choice([tarfile.SYMTYPE, tarfile.LNKTYPE])
    name = stick.chance.choice(["pump-1.4.0/link", "pump-1.4.0/model.gguf", "link"])
    return archive_with(stick, member(name, kind, linkname=stick.chance.choice(["/etc/passwd", "model.gguf", "../.."])))


def device_in_the_archive(stick: Stick) -> bytes:
    kind = stick.chance.choice([tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.GNUTYPE_SPARSE, b"V", b"Z"])
    return archive_with(stick, member("pump-1.4.0/dev", kind))


def twice_in_the_archive(stick: Stick) -> bytes:
    name = stick.chance.choice([*PATHS, "./model.gguf"])
    return archive_with(stick, member(f"pump-1.4.0/{name}", data=stick.chance.randbytes(40)))


def outside_in_the_archive(stick: Stick) -> bytes:
    return archive_with(stick, member(stick.chance.choice(["x", "other/x", "other/manifest.json", "manifest.json"])))


def lying_size_in_the_archive(stick: Stick) -> bytes:
    sizes = [
        b"77777777777\0",
        b"00000001000\0",
        b"-0000000001\0",
        b"x" * 12,
        b"\x80" + bytes(3) + struct.pack(">Q", 2**63),
    ]
    sizes += [b"\xff" * 12, b"\x80" + bytes(3) + struct.pack(">Q", 2**40)]
    return archive_with(
        stick, header_with_size(stick, "pump-1.4.0/model.gguf", stick.chance.choice(sizes)), front=False
    )


def bad_extended_header(stick: Stick) -> bytes:
    texts = [b"nonsense", b"99 path=x\n", b"0 =\n", b"11 size=-1\n\n", b"11 size=xx\n", b"22 GNU.sparse.size=99\n"]
    texts += [b"x" * 70_000, b"13 path=../x\n", b"13 path=/etc\n"]
    extra = member("pax", tarfile.XHDTYPE, stick.chance.choice(texts)) + member("pump-1.4.0/new", data=b"new")
    return archive_with(stick, extra)


def compress(stick: Stick) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=stick.chance.choice(["w:gz", "w:bz2", "w:xz"])) as archive:
        archive.add(stick.bundle, stick.bundle.name)
    return buffer.getvalue()


def be_no_archive(stick: Stick) -> bytes:
    garbage = stick.chance.randbytes(stick.chance.randrange(4000))
    return stick.chance.choice(
        [b"", bytes(512), bytes(10240), garbage, b"{}", (stick.bundle / "model.gguf").read_bytes()]
    )


ARCHIVES = [
    cut_the_archive,
    flip_the_archive,
    leave_the_archive,
    link_in_the_archive,
    device_in_the_archive,
    twice_in_the_archive,
    outside_in_the_archive,
    lying_size_in_the_archive,
    bad_extended_header,
    compress,
    be_no_archive,
]
# What tar itself would not archive or what the operator's own tar would straighten out.
FOLDERS_ONLY = [be_no_plain_file, be_a_linked_folder]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Gateway:
    """Runs 1.3.0, trusts one key."""
    folder = tmp_path_factory.mktemp("gateway")
    gateway = make_gateway(folder)
    gateway.install(gateway.signed(folder / "first", "1.3.0"))
    return gateway


def refused(gateway: Gateway, path: Path) -> str:
    """The reason; fails when it is installed, when anything changed, or when the refusal is a crash."""
    before, events = gateway.state(), list(gateway.events)
    with pytest.raises(BundleError) as caught:
        gateway.install(path)
    assert gateway.state() == before
    assert gateway.events == events
    assert current_folder(gateway.data_dir).name == "pump-1.3.0"  # type: ignore[union-attr]
    assert not [stray for stray in (gateway.data_dir / "bundles").iterdir() if stray.name.startswith(".tmp")]
    return str(caught.value)


@pytest.mark.parametrize("mutation", IN_A_FOLDER, ids=lambda f: f.__name__)
def test_a_bad_folder_is_refused(gateway: Gateway, tmp_path: Path, mutation: Callable[[Stick], None]) -> None:
    for seed in range(SEEDS):
        stick = Stick(gateway, tmp_path / str(seed), random.Random(f"{mutation.__name__} {seed}"))
        mutation(stick)

        reason = refused(gateway, stick.bundle)

        assert len(reason) > 40, reason


@pytest.mark.parametrize("mutation", [m for m in IN_A_FOLDER if m not in FOLDERS_ONLY], ids=lambda f: f.__name__)
def test_the_same_in_an_archive_is_refused(gateway: Gateway, tmp_path: Path, mutation: Callable[[Stick], None]) -> None:
    for seed in range(SEEDS // 2):
        stick = Stick(gateway, tmp_path / str(seed), random.Random(f"tar {mutation.__name__} {seed}"))
        mutation(stick)

        reason = refused(gateway, make_tar(stick.bundle, tmp_path / f"{seed}.tar"))

        assert len(reason) > 40, reason


@pytest.mark.parametrize("mutation", ARCHIVES, ids=lambda f: f.__name__)
def test_a_bad_archive_is_refused(gateway: Gateway, tmp_path: Path, mutation: Callable[[Stick], bytes]) -> None:
    for seed in range(SEEDS * 2):
        stick = Stick(gateway, tmp_path / str(seed), random.Random(f"{mutation.__name__} {seed}"))
        path = tmp_path / f"{seed}.tar"
        path.write_bytes(mutation(stick))

        reason = refused(gateway, path)

        assert path.name in reason or "pump" in reason, reason


def test_there_are_a_thousand_of_them_and_the_good_one_is_let_in(gateway: Gateway, tmp_path: Path) -> None:
    archived = len(IN_A_FOLDER) - len(FOLDERS_ONLY)
    assert len(IN_A_FOLDER) * SEEDS + archived * (SEEDS // 2) + len(ARCHIVES) * SEEDS * 2 >= 1000

    good = Gateway(tmp_path / "data", gateway.key, gateway.public)

    assert good.install(make_tar(good.signed(tmp_path / "good"), tmp_path / "good.tar")).manifest.version == "1.4.0"


def test_waiving_the_signature_does_not_waive_a_wrong_one(gateway: Gateway, tmp_path: Path) -> None:
    stick = Stick(gateway, tmp_path, random.Random(1))
    claim_the_trusted_key(stick)

    with pytest.raises(BundleError, match="does not fit manifest"):
        gateway.install(stick.bundle, allow_unsigned=True)


def test_an_unsigned_archive_says_so(gateway: Gateway, tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "out", "1.4.0")

    assert "not signed" in refused(gateway, make_tar(bundle, tmp_path / "b.tar"))
