"""The bundle of adapters that comes with edgegen itself: over SmolLM2-135M, for numbers, commands and alerts.

It holds adapters alone and names the base by its SHA-256 (docs/shipped.md). It lies beside this file, is as trusted as
the code is, and is served from there.
"""

from pathlib import Path

from edgegen.bundle_verify import read_manifest
from edgegen.errors import BundleError
from edgegen.manifest import Manifest

_FOLDER = Path(__file__).parent / "shipped_bundles"
BASE = "smollm2-135m"  # its name in the catalogue


def shipped_bundle() -> Path:
    """The bundle's folder.

    Raises:
        BundleError: When this installation lacks it.
    """
    found = sorted(manifest.parent for manifest in _FOLDER.glob("*/manifest.json"))
    if not found:
        raise BundleError(f"{_FOLDER}: holds no bundle. Install edgegen again, from a whole wheel or checkout.")
    return found[-1]


def shipped_manifest() -> Manifest:
    """What the bundle says of itself."""
    return read_manifest(shipped_bundle())
