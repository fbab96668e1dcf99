"""What the trained model computes, by PEFT in float32: the truth that a GGUF is compared with."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from export.checkpoint import Checkpoint
from export.fold import Update
from export.nf4 import FourBit

# The reference holds the whole model in float32, 4 bytes a value: 8 GB at this size.
MAX_VALUES = 2_000_000_000
_OUTPUT = "lm_head.weight"

Logits = NDArray[np.float32]


def trained_logits(base: Checkpoint, adapter: Path, tokens: list[int]) -> Logits:
    """Logits of base and adapter on some tokens: ``(tokens, vocabulary)``, float32.

    Args:
        base: The checkpoint, or its 4-bit form.
        adapter: A folder of PEFT.
    """
    from peft import PeftModel  # noqa: PLC0415 - heavy

    return _logits(PeftModel.from_pretrained(_load(base), adapter), tokens)


def updated_logits(base: Checkpoint, updates: Mapping[str, Update], tokens: list[int]) -> Logits:
    """Logits of the base with updates that PEFT has no form for, such as an average of merged models."""
    model = _load(base)
    if base.tied and _OUTPUT in updates:
        model.lm_head.weight = nn.Parameter(model.lm_head.weight.detach().clone())
    parameters = dict(model.named_parameters(remove_duplicate=False))
    with torch.no_grad():
        for name, update in updates.items():
            parameters[name].copy_(update.rows(parameters[name].detach().clone(), 0))
    return _logits(model, tokens)


def mean_kl(true: Logits, other: Logits) -> float:
    """KL(true || other) in nats a token, averaged over the positions."""
    p, q = (torch.from_numpy(logits).double().log_softmax(-1) for logits in (true, other))
    return float((p.exp() * (p - q)).sum(-1).mean())


def _load(base: Checkpoint) -> Any:
    from transformers import AutoModelForCausalLM  # noqa: PLC0415 - heavy

    model: Any = AutoModelForCausalLM.from_pretrained(base.folder, dtype=torch.float32, local_files_only=True)
    if isinstance(base, FourBit):
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                info = base.tensors.get(name)
                if info is not None and base.is_changed(info):
                    parameter.copy_(base.weight(info))
    return model


def _logits(model: Any, tokens: list[int]) -> Logits:
    model.eval()
    with torch.no_grad():
        found: Logits = model(input_ids=torch.tensor([tokens])).logits[0].float().numpy()
    return found
