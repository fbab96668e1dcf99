"""llama.cpp's own converters, of the very revision that runs the model.

They are in the source package of llama-cpp-python and not in its wheel; packages that carry them alone are of another
revision, or overwrite ``gguf`` or ``llama_cpp``. So the source package of the installed version is fetched through pip,
compared with a pinned hash, and the few folders that are needed are unpacked to a cache.
"""

import hashlib
import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edgegen.errors import BundleError, MissingExtraError

DISTRIBUTION = "llama-cpp-python"

# SHA-256 of the source packages that edgegen was tested with, by version.
KNOWN = {"0.3.36": "832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e"}

# What is unpacked of vendor/llama.cpp; the C sources are not needed.
_WANTED = ("convert_hf_to_gguf.py", "convert_lora_to_gguf.py", "conversion/", "gguf-py/gguf/", "LICENSE")
_MARK = "SHA256"
_CHUNK_BYTES = 1024 * 1024

# What a converter says -> what to do. It says much more, which is in the log.
_EXPLANATIONS = (
    ("BPE pre-tokenizer was not recognized", "llama.cpp does not know this tokenizer: use a base it supports."),
    ("is not supported", "llama.cpp has no converter for this architecture: use a base it supports."),
    ("No space left on device", "The disk is full: make room, or choose another --out."),
    ("Unexpected name", "The adapter holds whole weights beside A and B: fold it first (`edgegen export` does)."),
    ("lm_head is present in adapter", "The base ties lm_head to its embeddings: merge instead of --adapter-only."),
    ("ModuleNotFoundError", "A package of the converter is missing: pip install 'edgegen[export]'."),
    ("FileNotFoundError", "A file of the checkpoint is missing: copy the base's whole folder."),
    ("Killed", "Memory ran out."),
)


@dataclass(frozen=True)
class Toolchain:
    """The unpacked scripts of one version.

    Args:
        folder: Holds ``convert_hf_to_gguf.py`` and what it imports.
        sha256: Of the source package they came from.
    """

    version: str
    sha256: str
    folder: Path

    def run(self, script: str, arguments: Sequence[str], log: Path) -> None:
        """Run one of the scripts offline, with all it says in ``log``.

        Raises:
            BundleError: If it fails, with its last words, what they mean and where the rest is.
        """
        environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "NO_LOCAL_GGUF")}
        environment |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as out:
            out.write(f"$ {script} {' '.join(arguments)}\n".encode())
            out.flush()
            start = out.tell()
            done = subprocess.run(
                [sys.executable, str(self.folder / script), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=environment,
                check=False,
                close_fds=False,  # it keeps the working folder's lock: see `export.workfolder`
            )
        if done.returncode == 0:
            return
        with log.open("rb") as file:
            file.seek(start)
            said = file.read().decode("utf-8", "replace").strip()
        last = next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "nothing")
        meaning = next((text for sign, text in _EXPLANATIONS if sign in said), "")
        if done.returncode < 0:
            meaning = f"It was ended by signal {-done.returncode}: memory ran out, or somebody stopped it."
        raise BundleError(f"{script} failed and said: {last}\n{meaning} All it said is in {log}.".replace("\n ", "\n"))


def default_cache() -> Path:
    """Where unpacked scripts are kept: ``$XDG_CACHE_HOME/edgegen``, by default ``~/.cache/edgegen``."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "edgegen"


def installed_version() -> str:
    """The version of llama-cpp-python here.

    Raises:
        MissingExtraError: If it is not installed.
    """
    try:
        return importlib.metadata.version(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        raise MissingExtraError("export", "export", "llama_cpp") from None


def toolchain(
    cache: Path | None = None,
    *,
    from_dir: Path | None = None,
    version: str | None = None,
    sha256: str | None = None,
) -> Toolchain:
    """The scripts of the installed llama-cpp-python, from the cache, a folder or the package index.

    Args:
        cache: Where they are unpacked; None for ``default_cache()``.
        from_dir: Holds the source package, for a machine without network.
        version: None for the installed one.
        sha256: Of the source package, where edgegen does not know the version.

    Raises:
        BundleError: If the package cannot be had, or is not the pinned one.
    """
    version = version or installed_version()
    wanted = sha256 or KNOWN.get(version)
    if wanted is None:
        raise BundleError(
            f"{DISTRIBUTION} {version}: edgegen does not know the hash of its source package (it knows: "
            f"{', '.join(KNOWN)}). Install a known version, or look the hash up at the package index and give --sha256."
        )
    cache = cache or default_cache()
    folder = cache / f"llama.cpp-{version}-{wanted[:12]}"
    found = Toolchain(version, wanted, folder)
    if (folder / _MARK).is_file():
        return found
    cache.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".toolchain-", dir=cache))
    try:
        archive = _package(version, scratch, from_dir)
        _check_hash(archive, wanted)
        _unpack(archive, version, scratch / "scripts")
        (scratch / "scripts" / _MARK).write_text(wanted + "\n")
        if not folder.exists():
            (scratch / "scripts").rename(folder)
    except OSError as error:
        raise BundleError(f"{cache}: cannot be written: {error.strerror}. Free room, or set XDG_CACHE_HOME.") from None
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return found


def _package(version: str, scratch: Path, from_dir: Path | None) -> Path:
    name = f"{DISTRIBUTION.replace('-', '_')}-{version}.tar.gz"
    if from_dir is None:
        _download(version, scratch)
    path = (from_dir or scratch) / name
    if not path.is_file():
        raise BundleError(f"{path.parent}: there is no {name}. {_carry(version)}")
    return path


def _download(version: str, scratch: Path) -> None:
    if importlib.util.find_spec("pip") is None:
        raise BundleError(f"pip is not installed for {sys.executable}. Run `{sys.executable} -m ensurepip`.")
    options = ["--no-binary", ":all:", "--no-deps", "--no-cache-dir", "--disable-pip-version-check", "--no-input", "-q"]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "download", *options, "--dest", str(scratch), f"{DISTRIBUTION}=={version}"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env={**os.environ, "TMPDIR": str(scratch)},
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR:")]
        said = " ".join(errors[-2:]) or done.stderr.strip()[-300:]
        raise BundleError(
            f"pip could not download {DISTRIBUTION}=={version}: {said} Without network: {_carry(version)}"
        )


def _carry(version: str) -> str:
    return (
        f"run `pip download --no-binary :all: --no-deps {DISTRIBUTION}=={version}` where there is a network, carry the "
        ".tar.gz here and name its folder with --from-dir."
    )


def _check_hash(archive: Path, wanted: str) -> None:
    digest = hashlib.sha256()
    with archive.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    if digest.hexdigest() != wanted:
        raise BundleError(
            f"{archive.name}: has sha256 {digest.hexdigest()}, expected {wanted}. It is damaged or was changed. "
            "Nothing was unpacked."
        )


def _unpack(archive: Path, version: str, target: Path) -> None:
    """Write the wanted files; the hash vouches for the archive; links and odd paths are left out all the same."""
    root = f"{DISTRIBUTION.replace('-', '_')}-{version}/vendor/llama.cpp/"
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                inside = member.name.removeprefix(root)
                if inside == member.name or not member.isfile() or not inside.startswith(_WANTED):
                    continue
                path = target / inside
                if ".." in path.parts:
                    continue
                path.parent.mkdir(parents=True, exist_ok=True)
                source = tar.extractfile(member)
                assert source is not None
                with source, path.open("wb") as file:
                    shutil.copyfileobj(source, file, _CHUNK_BYTES)
    except (tarfile.TarError, zlib.error, EOFError) as error:
        raise BundleError(f"{archive.name}: the archive is damaged: {error}. Fetch it again.") from None
    if not (target / "convert_hf_to_gguf.py").is_file():
        raise BundleError(f"{archive.name}: there is no {root}convert_hf_to_gguf.py in it; another version may help.")
