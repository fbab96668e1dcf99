"""What the trained model computes, by PEFT in float32: the truth that a GGUF is compared with."""

from pathlib import Path
from typing import Any

import torch

# The reference holds the whole model in float32, 4 bytes a value: 8 GB at this size.
MAX_VALUES = 2_000_000_000


def trained_logits(base: Path, adapter: Path, tokens: list[int]) -> Any:
    """Logits of base and adapter on some tokens: ``(tokens, vocabulary)``, float32, numpy."""
    from peft import PeftModel  # noqa: PLC0415 - heavy
    from transformers import AutoModelForCausalLM  # noqa: PLC0415

    model: Any = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32, local_files_only=True)
    model = PeftModel.from_pretrained(model, adapter).eval()
    with torch.no_grad():
        return model(input_ids=torch.tensor([tokens])).logits[0].float().numpy()
