"""How far the adapted model is from its base, as a loss: what keeps it from forgetting.

On replayed samples nothing is learned. At each token the base's distribution p and the adapted model's q are compared:
KL(p || q) = sum over the vocabulary of p (log p - log q). Both come from the same weights, p with the adapter switched
off and without gradients, so no second model is held. The logits, by far the largest tensors, are made for a few
positions at a time and made again in the backward pass: never is more than a tile of them in memory.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from finetune.backends.peft_backend import collate, device_of
from finetune.methods.base import Implementation
from finetune.packing import Plan

# Size of one tile of logits in float32; five or so are alive at once. 128 positions of Llama 3's vocabulary.
TILE_BYTES = 64 * 2**20


def summed_kl(model: Any, method: Implementation, batch: Mapping[str, Tensor]) -> Tensor:
    """KL(base || adapted) in nats, summed over all tokens of a batch that have one before them in their sample.

    Args:
        batch: As ``collate`` makes it, of rows that are held to the base.
    """
    causal = model.get_base_model()
    with torch.no_grad(), method.as_base(model):
        true = hidden_states(causal, batch)
    ours = hidden_states(causal, batch)
    counted = predicting(batch)
    true, ours = true[counted], ours[counted]

    def tile(true: Tensor, ours: Tensor) -> Tensor:
        with torch.no_grad(), method.as_base(model):
            p = logits_of(causal, true).log_softmax(-1)
        q = logits_of(causal, ours).log_softmax(-1)
        return nn.functional.kl_div(q, p, reduction="sum", log_target=True)

    size = max(1, TILE_BYTES // (4 * causal.config.get_text_config().vocab_size))
    pairs = zip(torch.split(true, size), torch.split(ours, size), strict=True)
    return torch.stack([cast(Tensor, checkpoint(tile, *pair, use_reentrant=False)) for pair in pairs]).sum()


def predicting(batch: Mapping[str, Tensor]) -> Tensor:
    """Where the next position holds the next token of the same sample, ``(rows, length)``."""
    positions, real = batch["position_ids"], batch["attention_mask"].bool()
    counted = torch.zeros_like(real)
    counted[:, :-1] = real[:, 1:] & (positions[:, 1:] == positions[:, :-1] + 1)
    return counted


def hidden_states(causal: Any, batch: Mapping[str, Tensor]) -> Tensor:
    """What the head of the model is given, ``(rows, length, width)``."""
    body = getattr(causal, causal.base_model_prefix)
    mask = batch.get("packed_mask", batch["attention_mask"])
    output = body(
        input_ids=batch["input_ids"], attention_mask=mask, position_ids=batch["position_ids"], use_cache=False
    )
    return cast(Tensor, output.last_hidden_state)


def logits_of(causal: Any, hidden: Tensor) -> Tensor:
    """The head's logits in float32, scaled and capped as the model's own forward pass does."""
    config = causal.config.get_text_config()
    logits = causal.get_output_embeddings()(hidden).float()
    logits = logits * getattr(config, "logit_scale", 1.0) / getattr(config, "logits_scaling", 1.0)  # Cohere, Granite
    cap = getattr(config, "final_logit_softcapping", None)  # Gemma
    return cast(Tensor, cap * torch.tanh(logits / cap) if cap else logits)


@torch.no_grad()
def held_out_kl(model: Any, method: Implementation, plans: Sequence[Plan], pad: int) -> float:
    """Mean KL(base || adapted) a token, in nats, over batches of replay that are not trained on."""
    training = model.training
    model.eval()
    method.settle(model)
    total = 0.0
    for plan in plans:
        method.use_task(model, plan.task)
        total += float(summed_kl(model, method, collate(plan, pad, device_of())))
    model.train(training)
    return total / max(1, sum(plan.kl_tokens for plan in plans))
