"""Which memory levers a recipe pulls. Pure: nothing here imports torch, so that ``plan`` and the estimator can ask.

| lever | what it does |
|---|---|
| fused | LoRA, RMS norm and SwiGLU each in one function that keeps less |
| tiled-loss | the cross-entropy over tiles of the vocabulary: the logits never exist whole |
| offload-states | the input of each layer waits in host memory for its backward pass |
| offload-embedding | the embedding is looked up on the host |
| offload-head | the head is in host memory and comes in tiles |
| offload-layers | the frozen layers are in host memory; two at a time are on the GPU |
| tiled-mlp | the MLP over pieces of its tokens |
| adamw-8bit | the optimiser's moments in 8 bits (the one lever that is not exact) |
"""

from dataclasses import dataclass

from finetune.recipe import Recipe

LEVERS = (
    "fused", "tiled-loss", "offload-states", "offload-embedding", "offload-head", "offload-layers", "tiled-mlp",
    "adamw-8bit",
)  # fmt: skip
PRESETS: dict[str, tuple[str, ...]] = {
    "off": (),
    "default": ("fused", "tiled-loss", "offload-states", "offload-embedding"),
    "minimal": LEVERS,
}
# Methods whose gradients pass between layers beside the hidden states: no layer can be recomputed alone.
ACROSS_LAYERS = ("reslora",)
# Tokens of one piece of a tiled MLP: an 8B's intermediate activations of 2,048 tokens are 56 MiB each, and the
# products are still large enough to fill a GPU.
MLP_TOKENS = 2048
# Rows of a head in host memory that come at once, however few tokens ask for them: 64 MiB of an 8B's in 16 bits.
HEAD_ROWS = 8192
# Methods whose forward pass Unsloth's kernels respect: plain LoRA, whatever its scale or optimiser.
UNSLOTH_METHODS = ("lora", "qlora", "rslora", "lora-plus", "lora-fa")


@dataclass(frozen=True)
class Choice:
    """Levers by name, in the order of ``LEVERS``.

    Args:
        checkpointing: Whether activations are recomputed by us; False where transformers or nobody does.
        random: Whether a layer draws random numbers in training.
    """

    names: tuple[str, ...]
    checkpointing: bool
    random: bool = False


def choose(recipe: Recipe, *, gpu: bool) -> Choice:
    """The levers of a recipe on the PEFT backend.

    On a CPU the defaults pull none: there is no other memory to go to.
    """
    memory = recipe.train.memory
    names = PRESETS[memory] if gpu or memory != "default" else ()
    if not gpu:
        names = tuple(name for name in names if name != "adamw-8bit")
    random = recipe.method.dropout > 0
    checkpointing = recipe.train.checkpointing and bool(names)
    if recipe.method.name in ACROSS_LAYERS:
        return Choice(tuple(n for n in names if n in ("tiled-loss", "adamw-8bit")), checkpointing=False, random=random)
    if not recipe.train.checkpointing:
        names = tuple(name for name in names if name not in ("offload-states", "offload-layers", "tiled-mlp"))
    return Choice(names, checkpointing, random)
