"""Peak memory and time of a few steps of a recipe on a shape, its weights drawn at random where they are needed.

A method is measured on a model of 8 billion parameters without one: nothing is read from a disk, and where the base is
held in 4 bits no more than one matrix of it ever stands in 16.
"""

import gc
import math
import statistics
import time
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForCausalLM, LlamaConfig

from finetune.backends import peft_backend as backend
from finetune.compare import Memory
from finetune.random_shapes import SHAPES, config_of
from finetune.recipe import Recipe

# Steps before those whose median counts.
WARM_UP = 1
TASKS = ("one", "two")


def measure(recipe: Recipe, on: Memory) -> dict[str, Any]:
    """Train ``on.steps`` steps of full rows.

    Returns:
        ``peak_memory_bytes``: PyTorch's peak reserved from the first step on, what preparing the method took left out;
        0 without a GPU. ``step_s``: the median of the steps after the first. ``trainable_parameters``.

    Raises:
        AssertionError: When a loss is not finite or nothing gets a gradient.
    """
    device = backend.device_of()
    config = _config(on.shape)
    model = random_model(config, backend.load_of(recipe), device)
    tasks = TASKS if recipe.row.multi_task else ()
    adapted, method, settings = backend.attach(recipe, model, tasks, WARM_UP + on.steps)
    adapted.train()
    generator = torch.Generator().manual_seed(recipe.train.seed)
    shape = (WARM_UP + on.steps, on.accumulate, on.batch, on.tokens)
    tokens = torch.randint(3, config.vocab_size, shape, generator=generator)
    first = [_batch(rows, device) for rows in tokens[0]]
    method.prepare(adapted, [{key: b[key] for key in ("input_ids", "attention_mask")} for b in first])
    optimizer = backend.optimizer_of(recipe, adapted, method, settings)
    _start_counting(device)
    seconds = []
    for step, batches in enumerate(tokens):
        began = time.monotonic()
        method.before_step(adapted, step)
        total = 0.0
        for rows in batches:
            if tasks:
                method.use_task(adapted, tasks[step % len(tasks)])
            loss = backend.summed_loss(adapted, _batch(rows, device)) / (on.accumulate * on.batch * (on.tokens - 1))
            loss.backward()  # type: ignore[no-untyped-call]
            total += loss.item()
        trained = [value for value in adapted.parameters() if value.grad is not None]
        norm = float(nn.utils.clip_grad_norm_(trained, recipe.train.clip))
        optimizer.step()
        method.after_step(adapted, step)
        optimizer.zero_grad()
        if device.type == "cuda":
            torch.cuda.synchronize()
        seconds.append(time.monotonic() - began)
        assert math.isfinite(total), f"loss {total}"
        assert norm > 0, f"gradient {norm}"
    return {
        "peak_memory_bytes": int(torch.cuda.max_memory_reserved()) if device.type == "cuda" else 0,
        "step_s": statistics.median(seconds[WARM_UP:]),
        "trainable_parameters": sum(v.numel() for v in adapted.parameters() if v.requires_grad),
        "device": torch.cuda.get_device_name() if device.type == "cuda" else "CPU",
    }


def random_model(config: Any, load: str, device: torch.device) -> nn.Module:
    """A causal language model with weights as wide as a trained model's, frozen, drawn on the device.

    Args:
        load: ``float32``, ``bfloat16``, ``float16``, or ``nf4`` for the matrices of the layers in 4 bits.
    """
    dtype = backend.DTYPES.get(load, torch.bfloat16 if device.type == "cuda" else torch.float32)
    with torch.device("meta"):
        model = cast(Any, AutoModelForCausalLM).from_config(config, dtype=dtype, attn_implementation="sdpa")
    head = model.get_output_embeddings()
    generator = torch.Generator(device).manual_seed(0)

    def drawn(like: Tensor) -> Tensor:
        made = torch.ones(like.shape, dtype=dtype, device=device)
        return made if like.dim() == 1 else made.normal_(0, 0.6 / math.sqrt(like.shape[-1]), generator=generator)

    for name, module in list(model.named_modules()):
        if load == "nf4" and isinstance(module, nn.Linear) and module is not head:
            model.set_submodule(name, _in_four_bits(module, drawn(module.weight), dtype, device))
            continue
        for key, value in list(module.named_parameters(recurse=False)):
            if value.is_meta:
                module.register_parameter(key, nn.Parameter(drawn(value), requires_grad=False))
    if config.tie_word_embeddings:
        head.weight = model.get_input_embeddings().weight
    model.model.rotary_emb = type(model.model.rotary_emb)(config=config).to(device)  # its buffers are no parameters
    model.is_loaded_in_4bit = load == "nf4"
    model.requires_grad_(False)
    return cast(nn.Module, model)


def _in_four_bits(linear: nn.Linear, weight: Tensor, dtype: torch.dtype, device: torch.device) -> nn.Module:
    from bitsandbytes.nn.modules import Linear4bit, Params4bit  # noqa: PLC0415  (only for a 4-bit base)

    made = cast(Any, Linear4bit)(
        linear.in_features, linear.out_features, bias=False, compute_dtype=dtype, quant_type="nf4", device="meta"
    )
    made.weight = cast(Any, Params4bit)(
        weight, requires_grad=False, quant_type="nf4", compress_statistics=True, module=made
    )
    return cast(nn.Module, made.to(device))


def _config(shape: str) -> Any:
    return LlamaConfig(**config_of(shape)) if shape in SHAPES else AutoConfig.from_pretrained(str(Path(shape)))


def _batch(rows: Tensor, device: torch.device) -> dict[str, Tensor]:
    ids = rows.to(device)
    positions = torch.arange(ids.shape[1], device=device).expand(ids.shape)
    return {"input_ids": ids, "labels": ids, "attention_mask": torch.ones_like(ids), "position_ids": positions}


def _start_counting(device: torch.device) -> None:
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
