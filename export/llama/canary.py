"""How far an adapter moves the next token: what the engine measures again at every load (``edge.engine.canary``)."""

from typing import Any

import llama_cpp

from export.llama.compare import kl_of, log_softmax
from export.llama.score import Scorer

# The engine reads no more of a canary than its batch (edge.engine.model.N_BATCH).
CANARY_TOKENS = 256


def canary(model: str, adapter: str, texts: list[str]) -> dict[str, Any]:
    """KL(adapter || base) of the token after each text, in nats."""
    base, adapted = Scorer(model), Scorer(model, adapter)
    begin = [int(llama_cpp.llama_vocab_bos(base.vocab))] if llama_cpp.llama_vocab_get_add_bos(base.vocab) else []
    found = []
    for text in texts:
        tokens = [*begin, *base.tokenize(text, add_special=False, parse_special=False)][:CANARY_TOKENS]
        p, q = (log_softmax(scorer.logits(tokens, len(tokens) - 1)) for scorer in (adapted, base))
        found.append(float(kl_of(p, q)[0]))
    return {"kl": found}
