"""What the export must know of a base held in 4 bits: its hash, and the codes where nobody else can make them.

An adapter is right only on the weights it was trained on. LoftQ and IR-QLoRA quantise the base themselves, so their
run folder keeps the codes; bitsandbytes' NF4 is made again by the export and compared with the hash.
"""

import hashlib
from pathlib import Path
from typing import Any

from peft import PeftModel
from safetensors.torch import save_file
from torch import Tensor

from finetune.methods.base import base_weight, layers
from finetune.methods.nf4 import QuantisedLinear

# As export/nf4.py reads it: packed, absmax, tau and tau_max of each adapted module.
FILE = "base_4bit.safetensors"


def keep_base(model: PeftModel, folder: Path) -> dict[str, Any] | None:
    """Write the codes of a base that the method quantised, and say what the adapter was trained on.

    Returns:
        For ``run.json``: ``dtype`` of the weights before they were quantised, ``weights_sha256`` over the dequantised
        weights of the adapted modules (names and shapes as text, values as float32), ``file`` where codes are kept.
        None where the base was held as it is.
    """
    adapted = dict(layers(model))
    bases = {name: layer.get_base_layer() for name, layer in adapted.items()}
    own = {name: base for name, base in bases.items() if isinstance(base, QuantisedLinear)}
    weights = [base.weight for name, base in bases.items() if name not in own]
    states = [weight.quant_state for weight in weights if getattr(weight, "quant_state", None) is not None]
    if not own and not states:
        return None
    digest = hashlib.sha256()
    for name in sorted(f"{name}.weight" for name in adapted):
        weight = base_weight(adapted[name.removesuffix(".weight")]).cpu().contiguous()
        digest.update(f"{name} {tuple(weight.shape)}\n".encode())
        values: Any = weight.numpy()
        digest.update(memoryview(values).cast("B"))
    facts: dict[str, Any] = {"dtype": "float32", "weights_sha256": digest.hexdigest()}
    if own:
        tensors: dict[str, Tensor] = {}
        for name, base in own.items():
            parts = {part: getattr(base, part) for part in ("packed", "absmax", "tau", "tau_max")}
            tensors |= {f"{name}.{part}": value.cpu() for part, value in parts.items() if value is not None}
        save_file(tensors, folder / FILE)
        return {**facts, "file": FILE}
    return {**facts, "dtype": str(states[0].dtype).removeprefix("torch.")}
