"""Frozen weights and saved activations in pinned host memory, brought to the GPU just before they are used.

``LayerStream`` holds the frozen weights of all decoder layers on the host and two layers on the GPU: while one
computes, the next is copied on a stream of its own. ``Checkpointing`` keeps a layer's input on the host between its
forward and its backward pass. ``HostHead`` brings a head in tiles. On a CPU the same code copies from memory to memory,
so that the tests run it as it runs on a GPU.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn

from finetune.lever_choice import HEAD_ROWS

# Offsets within a layer's buffer; GPU kernels read aligned vectors.
ALIGNMENT = 256
LOOK_AHEAD = 1


class SideStream:
    """A second queue of work on the device; on a CPU, the same one."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.stream = cast(Any, torch.cuda.Stream)(device) if device.type == "cuda" else None

    @contextmanager
    def after_main(self) -> Iterator[None]:
        """Queue what follows here, behind everything that the main queue holds now."""
        if self.stream is None:
            yield
            return
        self.stream.wait_stream(torch.cuda.current_stream(self.device))
        with torch.cuda.stream(self.stream):
            yield

    def mark(self) -> Any:
        """A point in this queue."""
        return None if self.stream is None else self.stream.record_event()

    def main_waits(self, mark: Any) -> None:
        """Let the main queue wait for a point of this one; the CPU goes on."""
        if mark is not None:
            torch.cuda.current_stream(self.device).wait_event(mark)


def on_host(shape: tuple[int, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
    """Host memory that ``device`` can copy from while it computes."""
    return torch.empty(shape, dtype=dtype, pin_memory=device.type == "cuda")


@dataclass(frozen=True)
class _Field:
    """One frozen tensor of a layer: where it hangs and where it lies in the layer's buffer."""

    owner: Any
    name: str
    dtype: torch.dtype
    shape: torch.Size
    start: int
    size: int

    def view(self, buffer: Tensor) -> Tensor:
        return buffer[self.start : self.start + self.size].view(self.dtype).view(self.shape)

    def put(self, view: Tensor) -> None:
        if self.name == "data":
            self.owner.data = view
        else:
            setattr(self.owner, self.name, view)


def frozen_tensors(layer: nn.Module) -> list[tuple[Any, str]]:
    """Owner and attribute of each large frozen tensor: matrices, and the scales of those in 4 bits."""
    found: list[tuple[Any, str]] = []
    for value in layer.parameters():
        if value.requires_grad or value.dim() < 2:  # norms stay where they are
            continue
        found.append((value, "data"))
        state = getattr(value, "quant_state", None)
        if state is not None:
            found.append((state, "absmax"))
            if state.nested:
                found.append((state.state2, "absmax"))
    return found


def _flatten_scales(layer: nn.Module, device: torch.device) -> None:
    """The scales of 4-bit matrices in float32 instead of in 8 bits with scales of their own; the same values.

    A layer on its way through the device is 9% larger so, and each matrix is made dense by one call instead of three:
    these calls come thirty times a layer, and the processor that queues them is what a small GPU's owner waits for.
    """
    for value in layer.parameters():
        state = getattr(value, "quant_state", None)
        if state is not None and state.nested:
            from bitsandbytes.functional import dequantize_blockwise  # noqa: PLC0415  (only where the base is in 4 bits)

            state.to(device)
            scales = dequantize_blockwise(state.absmax, state.state2) + state.offset
            state.absmax, state.nested, state.offset, state.state2 = scales.float().cpu(), False, None, None


class LayerStream:
    """The frozen weights of decoder layers, two on the device at a time.

    Args:
        layers: The layers, in the order in which they run; their weights are taken to the host.
    """

    def __init__(self, layers: nn.ModuleList, device: torch.device) -> None:
        self.device, self.stream = device, SideStream(device)
        self.fields = [self._take(layer) for layer in layers]
        size = max(len(host) for host, _ in self.fields)
        self.buffers = [torch.empty(size, dtype=torch.uint8, device=device) for _ in range(1 + LOOK_AHEAD)]
        self.owners: list[int | None] = [None] * len(self.buffers)
        self.ready: list[Any] = [None] * len(self.buffers)
        self.current = -1
        # The views of each layer in each buffer and on the host: made once, set twice a pass.
        self.near = [[[field.view(buffer) for field in fields] for buffer in self.buffers] for _, fields in self.fields]
        self.far = [[field.view(host) for field in fields] for host, fields in self.fields]
        for index, layer in enumerate(layers):
            layer.register_forward_pre_hook(self._hook(index))

    @property
    def host_bytes(self) -> int:
        """Pinned host memory."""
        return sum(len(host) for host, _ in self.fields)

    def _take(self, layer: nn.Module) -> tuple[Tensor, list[_Field]]:
        fields, end = [], 0
        _flatten_scales(layer, self.device)
        for owner, name in frozen_tensors(layer):
            tensor = getattr(owner, name)
            size = tensor.numel() * tensor.element_size()
            fields.append(_Field(owner, name, tensor.dtype, tensor.shape, end, size))
            end += -(-size // ALIGNMENT) * ALIGNMENT
        host = on_host((end,), torch.uint8, self.device)
        for field in fields:
            source = getattr(field.owner, field.name).contiguous()
            host[field.start : field.start + field.size].copy_(source.view(-1).view(torch.uint8))
            field.put(field.view(host))
        return host, fields

    def _hook(self, index: int) -> Callable[..., None]:
        return lambda *_: self.use(index)

    def use(self, index: int) -> None:
        """Make the weights of a layer valid for what the main queue gets next, and start to bring the one after."""
        back = index <= self.current
        slot = self._fetch(index)
        self.stream.main_waits(self.ready[slot])
        for field, view in zip(self.fields[index][1], self.near[index][slot], strict=True):
            field.put(view)
        self.current = index
        last = len(self.fields) - 1
        following = min(1, last) if index == 0 else last - 1 if index == last else index + (-1 if back else 1)
        self._fetch(following)

    def _fetch(self, index: int) -> int:
        if index in self.owners:
            return self.owners.index(index)
        slot = next(n for n, owner in enumerate(self.owners) if owner is None or owner != self.current)
        before = self.owners[slot]
        if before is not None:
            for field, view in zip(self.fields[before][1], self.far[before], strict=True):
                field.put(view)  # whoever reads it now gets its own weights, from the host
        host = self.fields[index][0]
        with self.stream.after_main():
            self.buffers[slot][: len(host)].copy_(host, non_blocking=True)
            self.ready[slot] = self.stream.mark()
        self.owners[slot] = index
        return slot


class HostHead:
    """A head in host memory, brought in tiles of which two are on the device."""

    def __init__(self, weight: Tensor, device: torch.device) -> None:
        self.weight, self.device, self.stream = weight, device, SideStream(device)

    def __call__(self, rows: int) -> Iterator[tuple[int, Tensor]]:
        """Tiles of the weight, of at most ``HEAD_ROWS`` rows; the next is copied while one is in use."""
        rows = min(rows, HEAD_ROWS, len(self.weight))
        shape = (rows, self.weight.shape[1])
        buffers = [torch.empty(shape, dtype=self.weight.dtype, device=self.device) for _ in range(2)]
        starts = range(0, len(self.weight), rows)
        coming = self._bring(buffers[0], starts[0])
        for number, start in enumerate(starts):
            tile, mark = coming
            if number + 1 < len(starts):
                coming = self._bring(buffers[(number + 1) % 2], starts[number + 1])
            self.stream.main_waits(mark)
            yield start, tile

    def _bring(self, buffer: Tensor, start: int) -> tuple[Tensor, Any]:
        part = self.weight[start : start + len(buffer)]
        with self.stream.after_main():
            tile = buffer[: len(part)].copy_(part, non_blocking=True)
            return tile, self.stream.mark()


class HostEmbedding(nn.Module):
    """An embedding looked up on the host; only the rows of the batch go to the device."""

    def __init__(self, weight: Tensor, device: torch.device) -> None:
        super().__init__()
        # Not a parameter: nothing may move or save it with the model.
        self.table, self.device = weight, device
        self.embedding_dim = weight.shape[1]

    @property
    def weight(self) -> Tensor:
        """The table, ``(vocabulary, hidden)``, on the host."""
        return self.table

    def forward(self, ids: Tensor) -> Tensor:
        """The rows of ``ids``, on the device."""
        rows = nn.functional.embedding(ids.cpu(), self.table)
        return rows.to(self.device, non_blocking=True)


class HostStates:
    """Tensors that wait on the host for their backward pass, last in, first out."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.out, self.back = SideStream(device), SideStream(device)
        self.free: dict[tuple[torch.Size, torch.dtype], list[Tensor]] = {}
        self.kept: list[tuple[Tensor, Any]] = []
        self.leaving: tuple[Tensor, Any] | None = None
        self.coming: tuple[int, Tensor, Any] | None = None
        self.host_bytes = 0

    def put(self, tensor: Tensor) -> int:
        """Copy a tensor to the host, at leisure; its ticket."""
        pool = self.free.setdefault((tensor.shape, tensor.dtype), [])
        if pool:
            host = pool.pop()
        else:
            host = on_host(tuple(tensor.shape), tensor.dtype, self.device)
            self.host_bytes += host.numel() * host.element_size()
        with self.out.after_main():
            host.copy_(tensor, non_blocking=True)
            mark = self.out.mark()
        if self.leaving:  # the one before has had a layer's time to leave: its memory may be used again
            self.out.main_waits(self.leaving[1])
        self.leaving = (tensor, mark)
        self.kept.append((host, mark))
        return len(self.kept) - 1

    def get(self, ticket: int) -> Tensor:
        """The tensor again, and the one before it on its way."""
        if self.leaving:
            self.out.main_waits(self.leaving[1])
            self.leaving = None
        if self.coming is None or self.coming[0] != ticket:
            self.coming = self._bring(ticket)
        _, tensor, mark = self.coming
        self.back.main_waits(mark)
        while len(self.kept) > ticket:
            host, _ = self.kept.pop()
            self.free[(host.shape, host.dtype)].append(host)
        self.coming = self._bring(ticket - 1) if ticket else None
        return tensor

    def forget(self) -> None:
        """Drop what no backward pass will fetch: a forward pass that failed or was only looked at."""
        self.leaving = self.coming = None
        while self.kept:
            host, _ = self.kept.pop()
            self.free[(host.shape, host.dtype)].append(host)

    def _bring(self, ticket: int) -> tuple[int, Tensor, Any]:
        host, mark = self.kept[ticket]
        tensor = torch.empty(host.shape, dtype=host.dtype, device=self.device)
        with self.back.after_main():
            if mark is not None:
                cast(Any, self.back.stream).wait_event(mark)
            tensor.copy_(host, non_blocking=True)
            return ticket, tensor, self.back.mark()


class Checkpointing:
    """Keeps only the input of each layer, and that on the host if told so; recomputes the layer for its gradients.

    Args:
        states: Where the inputs wait; None: on the device.
        random: Whether the layers draw random numbers (dropout), so that both passes must draw the same.
    """

    def __init__(self, states: HostStates | None, *, random: bool) -> None:
        self.states, self.random = states, random
        self.recomputing = False

    def __call__(self, layer: Callable[[Tensor], Tensor], hidden: Tensor, *rest: Any) -> Tensor:
        """Run a layer, as transformers calls a checkpointing function."""
        if rest:
            raise TypeError(f"a decoder layer got {len(rest)} more positional arguments than its hidden states")
        if not torch.is_grad_enabled():
            return layer(hidden)
        return cast(Tensor, cast(Any, _Checkpointed).apply(hidden, layer, self))


class _Checkpointed(torch.autograd.Function):
    """One layer between its forward and its backward pass."""

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, layer: Callable[[Tensor], Tensor], owner: Checkpointing) -> Tensor:
        ctx.layer, ctx.owner = layer, owner
        ctx.random = _random_state(hidden.device) if owner.random else None
        if owner.states is None:
            ctx.save_for_backward(hidden)
        else:
            ctx.ticket = owner.states.put(hidden)
        out = layer(hidden)
        if not isinstance(out, Tensor):
            raise TypeError(f"a decoder layer returned {type(out).__name__}, not its hidden states alone")
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        owner: Checkpointing = ctx.owner
        kept = ctx.saved_tensors[0] if owner.states is None else owner.states.get(ctx.ticket)
        hidden = kept.detach().requires_grad_()
        with _with_random_state(ctx.random, hidden.device):
            owner.recomputing = True
            try:
                with torch.enable_grad():
                    out = ctx.layer(hidden)
            finally:
                owner.recomputing = False
            torch.autograd.backward(out, gradients[0])
        return hidden.grad, None, None


def _random_state(device: torch.device) -> tuple[Tensor, Tensor | None]:
    return torch.get_rng_state(), torch.cuda.get_rng_state(device) if device.type == "cuda" else None


@contextmanager
def _with_random_state(state: tuple[Tensor, Tensor | None] | None, device: torch.device) -> Iterator[None]:
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices) if state else nullcontext():
        if state:
            torch.set_rng_state(state[0])
            if state[1] is not None:
                torch.cuda.set_rng_state(state[1], device)
        yield
