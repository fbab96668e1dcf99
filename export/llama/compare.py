"""What one model's answers lose against another's: KL, agreement, perplexity."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.llama.progress import report
from export.llama.score import CHUNK_TOKENS, Scorer

HALF = CHUNK_TOKENS // 2
# Positions whose probabilities are held in float64 at once: 33 MB for a vocabulary of 128,000.
ROWS = 32


def compare(
    *, reference: str, model: str, text: str, chunks: int, adapter: str | None, reference_adapter: str | None
) -> dict[str, Any]:
    """KL(reference || model), top-token agreement and perplexities over the second halves of 512-token chunks.

    ``adapter`` is put over ``model`` and ``reference_adapter`` over ``reference``.
    """
    one, other = Scorer(reference, reference_adapter), Scorer(model, adapter)
    parts = one.chunks(text, chunks)
    kl, agree, nll = [], [], np.zeros(2)
    for number, part in enumerate(parts):
        report(number, len(parts))
        both = [scorer.logits(part, HALF) for scorer in (one, other)]
        for start in range(0, HALF - 1, ROWS):
            rows = slice(start, min(start + ROWS, HALF - 1))
            following = part[HALF + 1 + rows.start : HALF + 1 + rows.stop]
            p, q = (log_softmax(logits[rows]) for logits in both)
            kl.append(kl_of(p, q))
            agree.append(p.argmax(axis=1) == q.argmax(axis=1))
            nll += [-scores[np.arange(len(p)), following].sum() for scores in (p, q)]
    values, same = np.concatenate(kl), np.concatenate(agree)
    return {
        "kl": float(values.mean()),
        "kl_p99": float(np.quantile(values, 0.99)),
        "top_token_agreement": float(same.mean()),
        "perplexity_reference": float(np.exp(nll[0] / len(values))),
        "perplexity": float(np.exp(nll[1] / len(values))),
        "tokens": len(values),
    }


def kl_of(p: NDArray[np.float64], q: NDArray[np.float64]) -> NDArray[np.float64]:
    """KL(p || q) of each row of log-probabilities, in nats."""
    result: NDArray[np.float64] = (np.exp(p) * (p - q)).sum(axis=1)
    return result


def log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Log-probabilities of each row."""
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    scores: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return scores
