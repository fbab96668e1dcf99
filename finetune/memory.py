"""How much GPU memory a training will take, from the base's configuration and the recipe alone.

Pure arithmetic: nothing here imports torch. Weights, adapters and moments are counted; the activations of one layer and
of the loss are the tensors that our backward passes keep, counted from their source (finetune/fused.py, tiled.py). The
peak is the larger of the two, because they never exist together.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from finetune.lever_choice import HEAD_ROWS, MLP_TOKENS, choose
from finetune.recipe import Recipe

MIB, GIB = 2**20, 2**30
# NF4 with double quantisation: 4 bits, an 8-bit scale for 64 weights, a float32 scale for 256 scales.
NF4_BYTES = 0.5 + 1 / 64 + 4 / (64 * 256)
# The same without double quantisation, as layers that wait on the host are held (finetune/offload.py).
STREAMED_NF4_BYTES = 0.5 + 4 / 64
# CUDA context, kernels of PyTorch, cuBLAS and bitsandbytes: the driver's use beside the allocator's, on a Hopper card.
# cuBLAS holds workspaces of its own beside those that PyTorch gives it, and ``minimal`` sets both to less.
CONTEXT_BYTES, MINIMAL_CONTEXT_BYTES = 837 * MIB, 725 * MIB
# The driver's page tables on the card for pinned host memory: 8 bytes for each 4 KiB, measured from 0.06 to 39 GiB.
PINNED_SHARE = 8 / 4096
# cuBLAS' workspaces on a Hopper card and small tables, which the allocator holds too, less in ``minimal``.
SMALL_BYTES, MINIMAL_SMALL_BYTES = 40 * MIB, 16 * MIB
# What the allocator holds above the tensors of the peak: a share of them, its pages, and the holes that a dense matrix
# leaves between them, as a share of that matrix.
SLACK, PAGES_BYTES, HOLES, UNSLOTH_SLACK = 1.06, 40 * MIB, 0.3, 1.04
# 16-bit tensors as wide as the hidden state, and as the MLP, that live at the peak of a layer's backward pass. Of the
# MLP's: gate, up, their gradients, that of their product and a sigmoid; or, beside a dense matrix, less than four. They
# are measured, as PyTorch's peak allocated of ten trainings of 1B, 3B and 8B: a part of each is freed before the peak.
HIDDEN_TENSORS, MLP_TENSORS, MLP_TENSORS_BESIDE_DENSE = 9.7, 5.8, 3.7
UNSLOTH_HIDDEN_TENSORS, UNSLOTH_MLP_TENSORS = 9.0, 7.5
# Bytes for each hidden value at the peak of the tiled loss: states, their gradient in 16 and 32 bits, rows of the head.
LOSS_BYTES = 18.0
TILE_BYTES = 130 * MIB
# All of this is counted for LoRA. Methods that hold more: how many times that their peak was, on an 8B's shape with
# batch 2 x 2,048 tokens (docs/results/compare/methods.csv). LoftQ and IR-QLoRA train in half of it, but quantise the
# base themselves, which they get in 16 bits.
TIMES_LORA = {"dora": 1.48, "adalora": 1.40, "hira": 1.34, "mtlora": 1.32, "mtl-lora": 1.18, "qdylora": 1.10}


@dataclass(frozen=True)
class Estimate:
    """Bytes, by what they are for.

    Args:
        parts: Parts of the allocator's peak.
        reserved_bytes: PyTorch's peak reserved memory.
        nvml_bytes: The driver's peak, context included.
        host_bytes: Pinned host memory.
    """

    parts: dict[str, int]
    reserved_bytes: int
    nvml_bytes: int
    host_bytes: int


@dataclass(frozen=True)
class Shape:
    """What of a configuration decides memory."""

    hidden: int
    inner: int
    layers: int
    kv: int
    vocabulary: int
    tied: bool
    q: int

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> "Shape":
        """From config.json."""
        heads = int(config["num_attention_heads"])
        head = int(config.get("head_dim") or config["hidden_size"] // heads)
        return cls(
            hidden=int(config["hidden_size"]),
            inner=int(config["intermediate_size"]),
            layers=int(config["num_hidden_layers"]),
            kv=int(config.get("num_key_value_heads") or heads) * head,
            vocabulary=int(config["vocab_size"]),
            tied=bool(config.get("tie_word_embeddings")),
            q=heads * head,
        )

    def linear(self) -> dict[str, tuple[int, int]]:
        """Inputs and outputs of the linear kinds of one layer."""
        h, i = self.hidden, self.inner
        return {
            "q_proj": (h, self.q), "k_proj": (h, self.kv), "v_proj": (h, self.kv), "o_proj": (self.q, h),
            "gate_proj": (h, i), "up_proj": (h, i), "down_proj": (i, h),
        }  # fmt: skip

    @property
    def layer_weights(self) -> int:
        """Parameters of the matrices of one layer."""
        return sum(inputs * outputs for inputs, outputs in self.linear().values())


def trainable(recipe: Recipe, shape: Shape) -> int:
    """Parameters of a plain LoRA of the recipe's rank and targets; other methods are of about this size."""
    method = recipe.method
    sizes = {name: sum(pair) for name, pair in shape.linear().items()}
    per_layer = sum(method.rank * size for name, size in sizes.items() if name in method.targets)
    head = method.rank * (shape.hidden + shape.vocabulary) if "lm_head" in method.targets else 0
    return round((per_layer * shape.layers + head) * method.target_share)


def estimate(
    recipe: Recipe, config: Mapping[str, Any], *, backend: str, gpu: bool = True, plain_unsloth: bool = False
) -> Estimate:
    """The peak of a training.

    Args:
        config: The base's config.json.
        backend: ``unsloth`` or ``peft``.
        plain_unsloth: Unsloth as its notebooks use it: embedding on the GPU, moments in 8 bits.
    """
    shape = Shape.of(config)
    levers = set(choose(recipe, gpu=gpu).names)
    if backend == "unsloth":
        levers = {"fused", "tiled-loss", "offload-states"}
        levers |= {"adamw-8bit"} if plain_unsloth else {"offload-embedding"}
    if shape.tied and "offload-head" not in levers:
        levers.discard("offload-embedding")
    nf4 = recipe.base.load == "nf4" or (recipe.base.load == "auto" and gpu and recipe.row.base in ("any", "4-bit"))
    wide = 4 if recipe.base.load == "float32" else 2
    streamed = "offload-layers" in levers
    layer_bytes = shape.layer_weights * ((STREAMED_NF4_BYTES if streamed else NF4_BYTES) if nf4 else wide)
    table = shape.vocabulary * shape.hidden * wide
    near = 0 if "offload-head" in levers else table
    near += 0 if shape.tied or "offload-embedding" in levers else table
    norms = (2 * shape.layers + 1) * shape.hidden * wide
    count = trainable(recipe, shape)
    eight = recipe.train.optimizer == "adamw-8bit" or (recipe.train.optimizer == "auto" and "adamw-8bit" in levers)
    layer, loss = _layer(recipe, shape, levers, backend, nf4=nf4, wide=wide), _loss(recipe, shape, levers, wide)
    parts = {
        "weights": round(near + norms + layer_bytes * (2 if streamed else shape.layers)),
        "adapters and gradients": 8 * count,
        "optimiser": round(count * (2 * (1 + 4 / 256) if eight else 8)),
        "activations or loss": round(max(layer, loss) * (UNSLOTH_SLACK if backend == "unsloth" else SLACK)),
        "workspaces": MINIMAL_SMALL_BYTES if recipe.train.memory == "minimal" else SMALL_BYTES,
    }
    if backend != "unsloth":
        holes = HOLES * wide * shape.hidden * shape.inner if nf4 else 0
        parts["activations or loss"] += round(PAGES_BYTES + holes)
    if recipe.method.name in TIMES_LORA:
        parts[f"what {recipe.method.name} adds"] = round((TIMES_LORA[recipe.method.name] - 1) * sum(parts.values()))
    states = recipe.train.batch * recipe.data.max_tokens * shape.hidden * wide * shape.layers
    host = (layer_bytes * shape.layers if streamed else 0) + (states if "offload-states" in levers else 0)
    host += table if "offload-embedding" in levers else 0
    host += table if "offload-head" in levers and not shape.tied else 0
    reserved = sum(parts.values())
    context = MINIMAL_CONTEXT_BYTES if recipe.train.memory == "minimal" else CONTEXT_BYTES
    return Estimate(parts, reserved, reserved + round(context + PINNED_SHARE * host), round(host))


def _layer(recipe: Recipe, shape: Shape, levers: set[str], backend: str, *, nf4: bool, wide: int) -> float:
    """The peak while a layer is computed again and its gradients are taken."""
    tokens = recipe.train.batch * recipe.data.max_tokens
    pieces = min(tokens, MLP_TOKENS) if "tiled-mlp" in levers else tokens
    wide_row, dense = pieces * shape.inner, shape.hidden * shape.inner if nf4 else 0
    if backend == "unsloth":
        hidden_tensors, mlp = UNSLOTH_HIDDEN_TENSORS, UNSLOTH_MLP_TENSORS * wide_row + dense
    else:
        hidden_tensors = HIDDEN_TENSORS
        mlp = max(MLP_TENSORS * wide_row, MLP_TENSORS_BESIDE_DENSE * wide_row + dense)
    size = wide * (tokens * (hidden_tensors * shape.hidden + 2 * shape.kv) + mlp)
    if "fused" not in levers:  # PEFT keeps each adapter's input in float32, and the norms theirs
        size += 4 * tokens * (6 * shape.hidden + shape.inner)
    kept = 1 if recipe.train.checkpointing else shape.layers
    waiting = 2 if "offload-states" in levers else shape.layers
    return size * kept + wide * tokens * shape.hidden * (waiting if recipe.train.checkpointing else 0)


def _loss(recipe: Recipe, shape: Shape, levers: set[str], wide: int) -> float:
    """The peak while the loss is taken."""
    tokens = recipe.train.batch * recipe.data.max_tokens
    waiting = 2 if "offload-states" in levers else shape.layers
    states = wide * tokens * shape.hidden * waiting
    if "tiled-loss" in levers:
        rows = min(max(256, 96 * MIB // (6 * tokens) // 256 * 256), HEAD_ROWS, shape.vocabulary)
        tiles = 2 * rows * shape.hidden * wide if "offload-head" in levers else 0
        return states + LOSS_BYTES * tokens * shape.hidden + TILE_BYTES + tiles
    # The logits in the base's type and in float32, their softmax, and the gradients of both.
    return states + tokens * shape.vocabulary * (2 * wide + 12)


def lines(recipe: Recipe, config: Mapping[str, Any], *, backend: str, gpu: bool = True) -> list[str]:
    """The estimate for ``plan``, and what would lower it."""
    now = estimate(recipe, config, backend=backend, gpu=gpu)
    parts = ", ".join(f"{name} {size / GIB:.2f}" for name, size in now.parts.items())
    found = [
        (
            f"about {now.reserved_bytes / GIB:.2f} GiB reserved at the peak, {now.nvml_bytes / GIB:.2f} GiB of "
            f"a GPU with its CUDA context ({parts}); {now.host_bytes / GIB:.2f} GiB of pinned host memory"
        )
    ]
    if recipe.method.name in TIMES_LORA:
        times = TIMES_LORA[recipe.method.name]
        found.append(f"{recipe.method.name} is counted as {times:.2f} times LoRA, which it took on an 8B's shape")
    found += [f"{less / GIB:.2f} GiB less with {how}" for how, less in savings(recipe, config, now, gpu=gpu)]
    return found


def savings(recipe: Recipe, config: Mapping[str, Any], now: Estimate, *, gpu: bool = True) -> list[tuple[str, int]]:
    """Changes to the recipe and the bytes that each saves, the most first."""
    train = recipe.train
    ways = {
        'train.memory = "minimal"': replace(recipe, train=replace(train, memory="minimal")),
        'train.optimizer = "adamw-8bit"': replace(recipe, train=replace(train, optimizer="adamw-8bit")),
        'base.load = "nf4"': replace(recipe, base=replace(recipe.base, load="nf4")),
        "train.checkpointing = true": replace(recipe, train=replace(train, checkpointing=True)),
    }
    if train.batch > 1:
        parts = next(n for n in range(2, train.batch + 1) if train.batch % n == 0)  # as many rows a step as before
        fewer = replace(train, batch=train.batch // parts, accumulate=train.accumulate * parts)
        ways[f"train.batch = {fewer.batch}, train.accumulate = {fewer.accumulate} (equal gradients)"] = replace(
            recipe, train=fewer
        )
    if recipe.row.base == "float":
        ways.pop('base.load = "nf4"')
    found = []
    for how, other in ways.items():
        then = estimate(other, config, backend="peft", gpu=gpu)
        if now.nvml_bytes - then.nvml_bytes > 32 * MIB:
            found.append((how, now.nvml_bytes - then.nvml_bytes))
    return sorted(found, key=lambda pair: -pair[1])


def too_small(recipe: Recipe, config: Mapping[str, Any], free_bytes: int, *, backend: str) -> str | None:
    """Why a training will not fit into the free memory of a GPU, by how much, and what would help; None when it will.

    Args:
        free_bytes: What the driver says is free before this process has a context.
    """
    now = estimate(recipe, config, backend=backend)
    short = now.nvml_bytes - free_bytes
    if short <= 0:
        return None
    helps = savings(recipe, config, now)
    enough = [f"{how} saves {less / GIB:.2f} GiB" + (", enough" if less >= short else "") for how, less in helps]
    return (
        f"the GPU has {free_bytes / GIB:.2f} GiB free and the training needs about {now.nvml_bytes / GIB:.2f} GiB: "
        f"{short / GIB:.2f} GiB too little. " + ("; ".join(enough) + "." if enough else "Take a smaller base.")
    )
