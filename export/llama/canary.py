"""How far an adapter moves the next token: what the engine measures again at every load (``edge.engine.canary``)."""

from typing import Any

from export.llama.compare import kl_of, log_softmax
from export.llama.score import Scorer

# The engine reads no more of a canary than its batch (edge.engine.model.N_BATCH).
CANARY_TOKENS = 256


def canary(model: str, adapter: str, texts: list[str]) -> dict[str, Any]:
    """KL(adapter || base) of the token after each text, in nats."""
    base, adapted = Scorer(model), Scorer(model, adapter)
    begin = [] if base.bos is None else [base.bos]
    found = []
    for text in texts:
        tokens = [*begin, *base.tokenize(text, add_special=False, parse_special=False)][:CANARY_TOKENS]
        p, q = (log_softmax(scorer.logits(tokens, len(tokens) - 1)) for scorer in (adapted, base))
        found.append(float(kl_of(p, q)[0]))
    return {"kl": found}
