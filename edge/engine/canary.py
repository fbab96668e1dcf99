"""Is an adapter really applied? Its next-token distribution must differ from the base's as its maker measured."""

import llama_cpp
import numpy as np
from numpy.typing import NDArray

from edge.engine.model import Model
from edgegen.errors import EngineError

# Asked of an adapter whose manifest names no canary of its own.
DEFAULT_TEXT = "The gateway reports a temperature of 9.11 degrees. The next reading is"

# How far a measured divergence may lie from the recorded one: other kernels round otherwise (the same sequence
# computed in another batch shifts by up to 0.01 nats, see docs/RESULTS.md), and more where there is more of it.
TOLERANCE_NATS = 0.02
TOLERANCE_SHARE = 0.2


def divergence(model: Model, adapter: str, text: str = DEFAULT_TEXT) -> float:
    """KL(adapter || base) of the token after ``text``, in nats: 0 when the adapter changes nothing."""
    tokens = model.vocab.with_bos(model.vocab.tokenize(text, special=False))[: model.n_batch]
    base, adapted = (_log_probabilities(model, name, tokens) for name in ("", adapter))
    model.use_adapter("")
    return float((np.exp(adapted) * (adapted - base)).sum())


def check(model: Model, adapter: str, text: str | None, recorded: float | None) -> None:
    """Compare with what the manifest recorded; without a record any change will do.

    Raises:
        EngineError: If the adapter is not applied as its maker saw it.
    """
    measured = divergence(model, adapter, text or DEFAULT_TEXT)
    if recorded is None:
        if measured <= 0:
            raise EngineError(f"adapter {adapter!r} changes nothing: its weights are zero, or it is not applied")
    elif abs(measured - recorded) > TOLERANCE_NATS + TOLERANCE_SHARE * recorded:
        raise EngineError(
            f"adapter {adapter!r} moves the canary by {measured:.3f} nats, its manifest says {recorded:.3f}: "
            "the adapter or its base is not the one that was measured. Install the bundle again"
        )


def _log_probabilities(model: Model, adapter: str, tokens: list[int]) -> NDArray[np.float64]:
    model.use_adapter(adapter)
    model.batch.clear()
    model.batch.add(0, tokens, 0, output=True)
    try:
        if model.decode() != 0:
            raise EngineError(f"no room in the KV cache for {len(tokens)} tokens. Raise [model] n_ctx")
        logits = model.logits(1)[0].astype(np.float64)
    finally:
        llama_cpp.llama_memory_clear(model.memory, True)
    shifted = logits - logits.max()
    result: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum())
    return result
