"""Every method that can be trained, with its paper, what base it needs and what it exports to.

Nothing here imports torch: ``edgegen finetune methods`` and the check of a recipe work on any PC.
"""

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from finetune.methods.base import Implementation

Base = Literal["float", "4-bit", "any"]
Export = Literal["exact", "approximate", "merge-only"]


@dataclass(frozen=True)
class Settings:
    """How an adapter is to be built.

    Args:
        targets: Last parts of the names of the linear modules to adapt, or their whole names.
        total_steps: Optimiser steps of the whole training; AdaLoRA spends its budget over them.
        variant: For ``reslora``: ``input``, ``block`` or ``middle``.
        tasks: Names of the tasks, for the multi-task methods; empty otherwise.
        lr_ratio: LoRA+: learning rate of B over that of A.
    """

    rank: int = 16
    alpha: float = 16.0
    dropout: float = 0.0
    targets: tuple[str, ...] = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
    seed: int = 0
    total_steps: int = 100
    variant: str = "block"
    tasks: tuple[str, ...] = ()
    lr_ratio: float = 16.0


@dataclass(frozen=True)
class Method:
    """One row of the table.

    Args:
        paper: Title, arXiv number and, where it could be checked, the equation that the code follows.
        base: What the base must be when training starts: ``float`` (16 or 32 bit), ``4-bit`` (NF4) or ``any``.
        export: ``exact``: folds to plain A and B whose logits are equal; ``approximate``: folds, and the fold reports
            its KL; ``merge-only``: the update has full rank, so it is merged into the base (an adapter only by SVD).
        changes_base: The training replaces base weights that its fold cannot put back: the adapter is right only on
            the base it was trained on.
        switches_off: Without its adapter the model is the base that the training began with (to four bits where the
            method quantises it): what ``data.replay_loss = "kl"`` needs.
        multi_task: One training gives one adapter per task; every example names its task.
        continues: What it trains is plain LoRA at every step, so that it can go on from an earlier run's adapter
            (``method.init_adapter``).
        note: What a user must know before choosing it.
        module: The module below ``finetune.methods`` that implements it.
    """

    name: str
    paper: str
    base: Base
    export: Export
    note: str
    module: str
    changes_base: bool = False
    multi_task: bool = False
    switches_off: bool = True
    continues: bool = False

    def load(self) -> "Implementation":
        """The code behind the row; imports torch and PEFT."""
        module = importlib.import_module(f"finetune.methods.{self.module}")
        implementation: Implementation = module.METHODS[self.name]()
        return implementation

    def as_json(self) -> dict[str, object]:
        """The row for ``methods --json``."""
        return {
            "name": self.name,
            "paper": self.paper,
            "base": self.base,
            "export": self.export,
            "changes_base": self.changes_base,
            "multi_task": self.multi_task,
            "switches_off": self.switches_off,
            "continues": self.continues,
            "note": self.note,
        }


METHODS: tuple[Method, ...] = (
    Method(
        "lora",
        "LoRA, arXiv 2106.09685, eq. 3",
        "any",
        "exact",
        "The plain method: W + (alpha/r) B A.",
        "lora",
        continues=True,
    ),
    Method(
        "qlora",
        "QLoRA, arXiv 2305.14314, eq. 5",
        "4-bit",
        "exact",
        "LoRA on a base held in NF4.",
        "lora",
        continues=True,
    ),
    Method(
        "rslora",
        "rsLoRA, arXiv 2312.03732, theorem 3.2",
        "any",
        "exact",
        "Scale alpha/sqrt(r), for high r.",
        "lora",
        continues=True,
    ),
    Method(
        "dora",
        "DoRA, arXiv 2402.09353, eq. 5",
        "any",
        "merge-only",
        "Learns the length of each row of W + BA apart from its direction; the update has full rank.",
        "dora",
    ),
    Method(
        "adalora",
        "AdaLoRA, arXiv 2303.10512, eq. 3 and algorithm 1",
        "any",
        "exact",
        "W + P diag(E) Q; the rank goes to the modules that use it. `rank` is the average at the end.",
        "adalora",
    ),
    Method(
        "hira",
        "HiRA, ICLR 2025 (openreview TwJrTz9cRS)",
        "any",
        "merge-only",
        "W * (1 + BA), element by element; the update has full rank.",
        "hira",
    ),
    Method(
        "olora",
        "OLoRA, arXiv 2406.01775",
        "float",
        "exact",
        "Starts from the QR factors of W. Exports on the original base with rank 2r.",
        "moved",
    ),
    Method(
        "pissa",
        "PiSSA, arXiv 2404.02948, eq. 2 to 4",
        "float",
        "exact",
        "Starts from the largest singular vectors of W. Exports on the original base with rank 2r.",
        "moved",
    ),
    Method(
        "loftq",
        "LoftQ, arXiv 2310.08659, algorithm 1",
        "float",
        "exact",
        "Quantises the base to NF4 itself and starts from what that lost. The adapter belongs to that 4-bit base.",
        "loftq",
        changes_base=True,
        switches_off=False,
    ),
    Method(
        "eva",
        "EVA, arXiv 2410.07170",
        "any",
        "exact",
        "Starts from the singular vectors of the activations of your data and shares the rank out by them.",
        "lora",
    ),
    Method("miss", "MiSS, arXiv 2409.15371", "any", "exact", "One matrix, shared by all blocks of r inputs.", "miss"),
    Method(
        "lora-plus",
        "LoRA+, arXiv 2402.12354",
        "any",
        "exact",
        "B learns lr_ratio times faster.",
        "lora",
        continues=True,
    ),
    Method(
        "lora-fa",
        "LoRA-FA, arXiv 2308.03303",
        "any",
        "exact",
        "A is frozen: less memory.",
        "lora",
        continues=True,
    ),
    Method(
        "ir-qlora",
        "IR-QLoRA, arXiv 2402.05445, eq. 8 to 15",
        "float",
        "exact",
        "Quantises the base to NF4 with shifts that keep the most information; A and B see group means.",
        "ir_qlora",
        changes_base=True,
    ),
    Method(
        "qdylora",
        "QDyLoRA, arXiv 2402.10462",
        "any",
        "exact",
        "One training serves every rank up to r. Published for a 4-bit base; on a float one it is DyLoRA.",
        "qdylora",
    ),
    Method(
        "reslora",
        "ResLoRA, arXiv 2402.18039, eq. 2 to 9 and 12",
        "any",
        "approximate",
        "Shortcuts between the LoRA blocks of successive layers. variant = block folds exactly.",
        "reslora",
    ),
    Method(
        "mtlora",
        "MTLoRA, arXiv 2403.20320",
        "any",
        "exact",
        "A shared adapter plus one per task: one training, one adapter of rank 2r per task.",
        "multitask",
        multi_task=True,
    ),
    Method(
        "mtl-lora",
        "MTL-LoRA, arXiv 2410.09437",
        "any",
        "exact",
        "Shared A and several shared B, mixed by each task's own weights: one adapter of rank r per task and B.",
        "multitask",
        multi_task=True,
    ),
    Method(
        "lora-xs",
        "LoRA-XS, arXiv 2405.17604",
        "any",
        "exact",
        "Trains r x r numbers a module between frozen singular vectors of W.",
        "lora_xs",
    ),
)
BY_NAME = {method.name: method for method in METHODS}
