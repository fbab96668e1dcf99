"""What the node says of itself: the retained documents ``state``, ``info`` and ``health``."""

from collections.abc import Mapping
from typing import Any

from edge import clock, salvage, telemetry
from edge.node import Node
from edge.offers import OfferWatch
from edge.storage import DEDUP_WINDOW_S
from edgegen import __version__
from edgegen.bundle import ResolvedModel
from edgegen.config import Config
from edgegen.errors import StoreDamagedError, StoreError
from edgegen.frames import encode
from edgegen.protocol import PROTOCOL_VERSION, VERBS, request_json_schema


def state(boot: str, name: str, reason: str | None = None) -> bytes:
    """The ``state`` document; also the will, as ``offline``."""
    document = {"state": name, "boot": boot}
    if reason is not None:
        document["reason"] = reason
    return encode(document)


def info(config: Config, node: Node, *, boot: str, model: ResolvedModel | None, ready: Mapping[str, Any]) -> bytes:
    """The ``info`` document: all a device needs to know before it asks.

    Args:
        ready: The ``ready`` message of the engine; empty before the first.
    """
    limits = config.limits
    return encode(
        {
            "node": config.node.id,
            "boot": boot,
            "edgegen_version": __version__,
            "protocol_versions": [PROTOCOL_VERSION],
            "verbs": list(VERBS),
            "bundle": None if model is None else {"name": model.name, "version": model.version, "sha256": model.sha256},
            "model": ready.get("model"),
            "adapters": sorted(node.adapters),
            "limits": {
                "payload_bytes": limits.payload_bytes,
                "prompt_tokens": limits.prompt_tokens,
                "max_tokens": limits.max_tokens,
                "queue": limits.queue,
                "per_device_per_minute": limits.per_device_per_minute,
                "deadline_s": limits.deadline_s,
                "n_ctx": config.model.n_ctx,
                "slots": config.model.slots,
            },
            "dedup_window_s": DEDUP_WINDOW_S,
            "request_schema": request_json_schema(),
        }
    )


def health(row: Mapping[str, Any], node: Node, engine: Mapping[str, Any], offers: OfferWatch) -> bytes:
    """The ``health`` document, from one telemetry sample."""
    return encode(
        {name: _short(value) for name, value in row.items()}
        | _from_store(node, row["utc"])
        | {
            "counters": node.counts(),
            "engine": {name: value for name, value in engine.items() if name != "ev"},
            "model": node.model,
            "storage_problem": node.storage.problem,
            "storage_set_aside": [path.name for path in salvage.damaged_files(node.store.path.parent)],
            "offers": len(offers.offers),
            "offers_problem": offers.problem,
        }
    )


def _from_store(node: Node, utc: float) -> dict[str, Any]:
    try:
        latency = {name: _short(value) for name, value in telemetry.latencies(node.store, utc).items()}
        return {"latency": latency, "probe": telemetry.last_probe(node.store)}
    except StoreError as error:
        # No reason to stop answering; but damage spreads, so the node begins a new file.
        if isinstance(error, StoreDamagedError):
            node.storage.failed(error, clock.now())
        return {"latency": None, "probe": None, "statistics_problem": str(error)}


def _short(value: Any) -> Any:
    return round(value, 3) if isinstance(value, float) else value
