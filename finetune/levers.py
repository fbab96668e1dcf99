"""What lowers the memory of a training, what it costs in time, and which levers a recipe pulls.

Every lever but ``adamw-8bit`` computes the same gradients to rounding; docs/decisions/0017-memory-levers.md has the
measurements.
"""

from dataclasses import dataclass
from typing import Any, cast
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from finetune.fused import fuse_layers, fuse_lora, fuse_norm
from finetune.lever_choice import HEAD_ROWS, MLP_TOKENS, Choice
from finetune.offload import Checkpointing, HostEmbedding, HostHead, HostStates, LayerStream, frozen_tensors, on_host
from finetune.tiled import HeadTiles, ResidentHead, tile_mlp

# Layers that end in "residual + mlp(...)", of which a tiled MLP makes use, and whose norms are plain RMS norms.
LLAMA_KIND = ("LlamaDecoderLayer", "Qwen2DecoderLayer", "MistralDecoderLayer")
_HEADS: WeakKeyDictionary[nn.Module, HeadTiles] = WeakKeyDictionary()


@dataclass
class Engaged:
    """What was done to a model.

    Args:
        host_bytes: Pinned host memory of weights; the saved states' grows with the first step.
    """

    names: tuple[str, ...]
    host_bytes: int = 0
    states: HostStates | None = None
    layers: LayerStream | None = None


def decoder_layers(model: nn.Module) -> nn.ModuleList:
    """The layers of a transformer.

    Raises:
        ValueError: When there is no list of layers that transformers can checkpoint.
    """
    for module in model.modules():
        if isinstance(module, nn.ModuleList) and len(module) and hasattr(module[0], "gradient_checkpointing"):
            return module
    raise ValueError(f"{type(model).__name__} has no list of decoder layers")


def head_of(model: nn.Module) -> HeadTiles | None:
    """The head for a tiled loss, when that lever is pulled."""
    return _HEADS.get(model)


def engage(model: nn.Module, choice: Choice, device: torch.device) -> Engaged:
    """Pull the levers on a model that has its adapter; it is on ``device`` afterwards, but for what waits on the host.

    Args:
        model: A PEFT model around a causal language model. With ``offload-layers`` it comes on the CPU.
    """
    inner = cast(Any, model).get_base_model() if hasattr(model, "get_base_model") else cast(Any, model)
    layers = decoder_layers(inner)
    names = set(choice.names)
    done = Engaged(())
    if type(layers[0]).__name__ not in LLAMA_KIND:
        names.discard("tiled-mlp")
    _take_tables(model, inner, names, done, device)
    if "offload-layers" in names:
        done.layers = LayerStream(layers, device)
        done.host_bytes += done.layers.host_bytes
    _move_rest(inner, layers if done.layers else None, device)
    done.states = HostStates(device) if "offload-states" in names else None
    checkpointing = Checkpointing(done.states, random=choice.random)
    if choice.checkpointing:
        for layer in layers:
            cast(Any, layer).gradient_checkpointing = True
            cast(Any, layer)._gradient_checkpointing_func = checkpointing  # noqa: SLF001  (transformers' hook for it)
        inner.get_input_embeddings().register_forward_hook(_require_gradient)
    if "fused" in names:
        fuse_lora(inner)
        if type(layers[0]).__name__ in LLAMA_KIND:
            fuse_layers(layers, lambda: checkpointing.recomputing)
            fuse_norm(inner.model.norm)
    if "tiled-mlp" in names:
        for layer in layers:
            tile_mlp(cast(Any, layer).mlp, MLP_TOKENS, checkpointing)
    if device.type == "cuda":
        torch.cuda.empty_cache()
    done.names = tuple(name for name in choice.names if name in names)
    return done


def _take_tables(model: nn.Module, inner: Any, names: set[str], done: Engaged, device: torch.device) -> None:
    """Embedding and head to where the levers want them; levers that cannot be pulled here leave ``names``."""
    embedding, head = inner.get_input_embeddings(), inner.get_output_embeddings()
    tied = head is not None and getattr(head, "weight", None) is getattr(embedding, "weight", None)
    if type(head) is not nn.Linear or head.bias is not None or not hasattr(inner, "model"):
        names -= {"tiled-loss", "offload-head"}
    if type(embedding) is not nn.Embedding or (tied and "offload-head" not in names):
        names.discard("offload-embedding")
    table: Tensor | None = None
    if "offload-embedding" in names:
        table = _to_host(embedding.weight, device, done)
        inner.set_input_embeddings(HostEmbedding(table, device))
    if "offload-head" in names:
        _HEADS[model] = HostHead(table if tied and table is not None else _to_host(head.weight, device, done), device)
        _stream_head(head, _HEADS[model])
    elif "tiled-loss" in names:
        _HEADS[model] = ResidentHead(head.weight)


def _require_gradient(module: nn.Module, _inputs: Any, output: Tensor) -> None:
    """A frozen embedding's output must ask for a gradient, or a checkpointed layer would not pass one on."""
    if module.training and torch.is_grad_enabled():
        output.requires_grad_()


def _to_host(weight: Tensor, device: torch.device, done: Engaged) -> Tensor:
    host = on_host(tuple(weight.shape), weight.dtype, device)
    host.copy_(weight.detach())
    done.host_bytes += host.numel() * host.element_size()
    return host


def _stream_head(head: nn.Linear, tiles: HeadTiles) -> None:
    """Whole logits, for those who ask for them, from a head on the host."""
    head.weight = nn.Parameter(torch.empty(0, dtype=head.weight.dtype), requires_grad=False)
    cast(Any, head).forward = lambda hidden: torch.cat([hidden @ tile.T for _, tile in tiles(HEAD_ROWS)], dim=-1)


def _move_rest(inner: nn.Module, streamed: nn.ModuleList | None, device: torch.device) -> None:
    waiting = set()
    for layer in streamed or ():
        for owner, name in frozen_tensors(layer):
            waiting.add(id(owner))
            state = getattr(owner, "quant_state", None)
            if name == "data" and state is not None:
                _move_codes(state, device)
    for parameter in inner.parameters():
        if id(parameter) not in waiting and parameter.device.type != device.type:
            parameter.data = parameter.data.to(device)
            state = getattr(parameter, "quant_state", None)
            if state is not None:
                state.to(device)
    for module in inner.modules():
        for name, buffer in module._buffers.items():  # noqa: SLF001  (the only way to replace one in place)
            if buffer is not None:
                module._buffers[name] = buffer.to(device)  # noqa: SLF001


def _move_codes(state: Any, device: torch.device) -> None:
    """The small tables that all blocks share; the scales of the blocks travel with the weights."""
    state.code = state.code.to(device)
    if state.nested:
        state.offset = state.offset.to(device)
        state.state2.code = state.state2.code.to(device)
