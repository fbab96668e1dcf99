"""What is asked of an export."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from export.probes import Probe
from export.shrink import Wish
from export.toolchain import Toolchain
from export.verify import CHUNKS

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

MergeBase = Literal["16-bit", "4-bit", "auto"]


@dataclass(frozen=True)
class Source:
    """A run, or an adapter folder of PEFT, and what its adapter is to be called; None: after its folder or task."""

    folder: Path
    name: str | None = None


@dataclass(frozen=True)
class Shipped:
    """A GGUF that gateways have already and adapters are put over, and what its bundle says of it.

    Args:
        name: Of the base, for people.
        defaults: Fields of its manifest that an adapter-only bundle over it takes over.
    """

    gguf: Path
    name: str | None = None
    licence: str | None = None
    defaults: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Combination:
    """How several adapters become one, see ``export.combine``.

    Args:
        how: linear, cat, ties, dare or fedavg.
        weights: One for each run; empty: what the way of combining has as its own.
        density: Share of the values that ties and dare keep.
    """

    how: str
    weights: tuple[float, ...] = ()
    density: float = 0.5


@dataclass(frozen=True)
class Request:
    """What is to be exported, and how.

    Args:
        wish: What the weights of a merged model become.
        base: Folder of the base's checkpoint; None: where the run says.
        shipped: For an adapter-only bundle: the GGUF on the gateway that the adapters will be put over.
        adapter_type: Type of an adapter's weights in its GGUF: f32, f16 or q8_0.
        task: Which adapter of a run with one for each task; None: all of them where several fit, else an error.
        rank: Cut an adapter whose ranks are sorted by importance (QDyLoRA) to this one.
        strengths: By what an adapter's update is multiplied, by its name; "" stands for all that are not named.
        svd: Bring an update that has no form as plain A and B, or too high a rank, to this rank; lossy.
        merge_base: What the update is added to where the run trained on a 4-bit base.
        thresholds: Fields of ``export.verify.Thresholds`` that were given; they win over the recipe's.
        text: Text to measure on; None: the run's held-out text, else Python's reference.
        probe: Asks probe suites, on the base before and on what is exported after; None: none are asked.
        key: Signs the bundle; None leaves it unsigned.
    """

    sources: tuple[Source, ...]
    out: Path
    name: str
    version: str
    tools: Toolchain
    wish: Wish = field(default_factory=Wish)
    base: Path | None = None
    shipped: Shipped | None = None
    adapter_type: str = "f16"
    task: str | None = None
    rank: int | None = None
    svd: int | None = None
    strengths: Mapping[str, float] = field(default_factory=dict)
    combine: Combination | None = None
    merge_base: MergeBase = "auto"
    text: Path | None = None
    system_prompt: str | None = None
    licence: str | None = None
    thresholds: Mapping[str, float] = field(default_factory=dict)
    chunks: int = CHUNKS
    probe: Probe | None = None
    key: "Ed25519PrivateKey | None" = None

    def strength_of(self, name: str) -> float:
        """By what the update of an adapter is multiplied."""
        return self.strengths.get(name, self.strengths.get("", 1.0))

    @property
    def quant(self) -> str:
        """What the weights become, for manifests and messages."""
        return self.wish.name
