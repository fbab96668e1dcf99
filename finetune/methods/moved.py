"""OLoRA and PiSSA: what the adapter starts with is taken out of the base, so that nothing changes at first.

OLoRA (arXiv 2406.01775): W = QR; B0 = Q[:, :r], A0 = R[:r]. PiSSA (arXiv 2404.02948, eq. 2 to 4):
W = U S V^T; B0 = U[:, :r] S^1/2, A0 = S^1/2 V[:, :r]^T. The frozen part is W - s B0 A0. Because A0 and B0 are kept, the
fold goes back to the original W exactly: W + s B A - s B0 A0, plain LoRA of rank 2r.
"""

from contextlib import AbstractContextManager

from peft import PeftModel
from torch import cat, nn

from finetune.methods.base import ADAPTER, Fold, inject, layers, plain, refuse_tied_head
from finetune.methods.fold import in_place_of_adapter
from finetune.methods.lora import Lora
from finetune.methods.registry import Settings
from finetune.methods.svd import EXACT_UP_TO, ITERATIONS


class _Moved(Lora):
    start: str

    def start_for(self, model: nn.Module, settings: Settings) -> str:
        """PEFT's name of the start for this base."""
        del model, settings
        return self.start

    def check(self, model: nn.Module, settings: Settings) -> None:
        """Whether each target has weights of its own."""
        refuse_tied_head(model, settings)

    def attach(self, model: nn.Module, settings: Settings) -> PeftModel:
        """LoRA that starts from W, with its start kept beside it as ``lora_start_A`` and ``lora_start_B``."""
        self.check(model, settings)
        injected = inject(model, settings, init_lora_weights=self.start_for(model, settings))
        for _, layer in layers(injected):
            layer.register_buffer("lora_start_A", layer.lora_A[ADAPTER].weight.detach().clone())
            layer.register_buffer("lora_start_B", layer.lora_B[ADAPTER].weight.detach().clone())
        return injected

    def as_base(self, model: PeftModel) -> AbstractContextManager[None]:
        """The frozen part with the start put back."""
        start = {n: (x.lora_start_A, x.scaling[ADAPTER] * x.lora_start_B) for n, x in layers(model)}
        return in_place_of_adapter(model, start)

    def fold_in_place(self, model: PeftModel, task: str | None = None) -> Fold:
        """A' = A, B' = s B, on the base that the start was taken out of."""
        return super().fold(model, task)

    def fold(self, model: PeftModel, task: str | None = None) -> Fold:
        """A' = [A; A0], B' = s [B, -B0], on the original base."""
        del task
        folded = {}
        for name, layer in layers(model):
            a = cat([layer.lora_A[ADAPTER].weight, layer.lora_start_A])
            b = cat([layer.lora_B[ADAPTER].weight, -layer.lora_start_B], dim=1) * layer.scaling[ADAPTER]
            folded[name] = (plain(a), plain(b))
        return folded


class OLora(_Moved):
    """From the QR factors."""

    start = "olora"


class Pissa(_Moved):
    """From the singular vectors: by a full SVD, or by the paper's fast one where that would take minutes a matrix."""

    start = "pissa"

    def start_for(self, model: nn.Module, settings: Settings) -> str:
        """The fold holds whatever the start was, because it is kept."""
        linear = [
            m for name, m in model.named_modules() if isinstance(m, nn.Linear) and name.endswith(settings.targets)
        ]
        large = any(min(module.weight.shape) > EXACT_UP_TO for module in linear)
        return f"pissa_niter_{ITERATIONS}" if large else self.start


METHODS = {"olora": OLora, "pissa": Pissa}
