"""What every method can do, and the route by which our own methods enter PEFT.

PEFT's dispatch takes only names of its own enum, so a method of ours lets PEFT inject plain LoRA and then gives each
injected layer a class of its own: ``adopt`` swaps it for one that has an ``OwnLayer`` in front of the class that PEFT
chose, whether that is ``peft.tuners.lora.Linear`` or ``Linear4bit``, and takes over all its contents. State names,
devices, dropout and disabling stay PEFT's.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeVar, cast

import torch
from peft import LoraConfig, PeftConfig, PeftModel, get_peft_model
from peft.tuners.lora import LoraLayer
from peft.tuners.tuners_utils import BaseTunerLayer
from peft.utils.integrations import dequantize_module_weight
from torch import Tensor, nn

from finetune.errors import TrainingError
from finetune.methods.registry import Settings

ADAPTER = "default"
Fold = dict[str, tuple[Tensor, Tensor]]
Batch = Mapping[str, Tensor]


class Implementation:
    """A method: how it enters a model, trains and leaves it again.

    The training loop calls, in this order: ``attach``, ``prepare``, ``optimizer``, then for each optimiser step
    ``before_step``, for each batch in it ``use_task``, and after the optimiser's step, before the gradients are
    dropped, ``after_step``.
    """

    def check(self, model: nn.Module, settings: Settings) -> None:
        """Whether the method can run on a model, of which only shapes are looked at: its weights may be on ``meta``.

        Raises:
            TrainingError: When it cannot.
        """

    def attach(self, model: nn.Module, settings: Settings) -> PeftModel:
        """Put the adapter into the model, in place, with all else frozen."""
        return inject(model, settings)

    def prepare(self, model: PeftModel, batches: Sequence[Batch]) -> None:
        """Initialise from data, where the method does; ``batches`` are a few of the training batches."""

    def optimizer(self, model: PeftModel, settings: Settings, lr: float, weight_decay: float) -> torch.optim.Optimizer:
        """AdamW over what is trainable, unless the method has one of its own."""
        del settings
        parameters = [p for p in model.parameters() if p.requires_grad]
        return torch.optim.AdamW(parameters, lr=lr, weight_decay=weight_decay)

    def before_step(self, model: PeftModel, step: int) -> None:
        """Called once before each optimiser step, counted from 0, never by ``forward``."""

    def use_task(self, model: PeftModel, task: str) -> None:
        """Name the task of the batch that comes next; single-task methods need not know."""

    def penalty(self, model: PeftModel) -> Tensor | None:
        """A term of the method's own to add to the loss of an optimiser step."""
        del model
        return None

    def after_step(self, model: PeftModel, step: int) -> None:
        """Called once after each optimiser step while the gradients are still there."""

    def settle(self, model: PeftModel) -> None:
        """Called once after the last step, and before each measurement: end what ``before_step`` set."""

    def state(self, model: PeftModel) -> dict[str, Tensor]:
        """What a checkpoint must keep beside parameters and optimiser."""
        del model
        return {}

    def restore(self, model: PeftModel, state: Mapping[str, Tensor]) -> None:
        """Put back what ``state`` gave."""

    def calibrate(self, model: PeftModel, batches: Sequence[Batch]) -> None:
        """Measure what an approximate fold needs."""

    def fold(self, model: PeftModel, task: str | None = None) -> Fold:
        """The trained update as plain LoRA.

        Returns:
            For each adapted module of the base, by name, A ``(r, in)`` and B ``(out, r)`` in float32 on the CPU with
            every scale baked in, so that the module becomes W + B A and alpha equals r.

        Raises:
            NotImplementedError: For a ``merge-only`` method; use ``updates``.
        """
        raise NotImplementedError

    def fold_in_place(self, model: PeftModel, task: str | None = None) -> Fold:
        """The fold for the base as the training left it, to be compared with the adapter there."""
        return self.fold(model, task)

    def as_base(self, model: PeftModel) -> AbstractContextManager[None]:
        """Within it the model computes what its base did before the training (``Method.switches_off``)."""
        return switched_off(model)

    def updates(self, model: PeftModel, task: str | None = None) -> dict[str, Tensor]:
        """The change of each base weight, ``(out, in)`` in float32, for merging."""
        return {name: b @ a for name, (a, b) in self.fold(model, task).items()}


class OwnLayer(nn.Module, LoraLayer):
    """A LoRA layer whose update is computed by us: W x + ``update(x)``."""

    def forward(self, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """The base layer's output plus the update, in the base's type."""
        result: Tensor = self.base_layer(x, *args, **kwargs)
        if self.disable_adapters:
            return result
        x = self._cast_input_dtype(x, self.factor_a.dtype)
        return result + self.update(x).to(result.dtype)

    @property
    def widths(self) -> tuple[int, int]:
        """Number of outputs and inputs."""
        return cast(int, self.out_features), cast(int, self.in_features)

    @property
    def factor_a(self) -> Tensor:
        """A, ``(r, in)``."""
        return cast(Tensor, self.lora_A[ADAPTER].weight)

    @property
    def factor_b(self) -> Tensor:
        """B, ``(out, r)``."""
        return cast(Tensor, self.lora_B[ADAPTER].weight)

    @property
    def scale(self) -> float:
        """Alpha over r, or its root for rsLoRA."""
        return cast(float, self.scaling[ADAPTER])

    def dropped(self, x: Tensor) -> Tensor:
        """``x`` after the adapter's dropout."""
        return cast(Tensor, self.lora_dropout[ADAPTER](x))

    def set_up(self, settings: Settings) -> None:
        """Add the parameters that LoRA lacks. Their names start with ``lora_``."""

    def update(self, x: Tensor) -> Tensor:
        """The change of the output for ``x``, ``(..., in)`` to ``(..., out)``."""
        raise NotImplementedError

    def factors(self, task: int | None) -> tuple[Tensor, Tensor]:
        """A and B of the fold."""
        raise NotImplementedError


Own = TypeVar("Own", bound=OwnLayer)
_CLASSES: dict[tuple[type, type], type] = {}


def inject(model: nn.Module, settings: Settings, **options: Any) -> PeftModel:
    """Plain LoRA on the targets, through PEFT."""
    config = LoraConfig(
        r=settings.rank,
        lora_alpha=cast(int, settings.alpha),
        lora_dropout=settings.dropout,
        target_modules=list(settings.targets),
        task_type="CAUSAL_LM",
        **options,
    )
    return wrap(model, config)


def refuse_tied_head(model: nn.Module, settings: Settings) -> None:
    """A method that changes the weights it adapts must not adapt a head whose weights are the embedding's too.

    Raises:
        TrainingError: When it would.
    """
    head = cast(Any, model).get_output_embeddings()
    name = next((name for name, module in model.named_modules() if module is head), "")
    if is_target(name, settings.targets) and head.weight is cast(Any, model).get_input_embeddings().weight:
        raise TrainingError(
            f"method.targets: {name} shares its weights with the embedding, and this method changes the weights that "
            f"it adapts. Leave {name} out, or use a method that leaves the base alone, for example lora."
        )


def refuse_rank(model: nn.Module, settings: Settings, what: str) -> None:
    """A method that takes its factors out of the base finds no more of them than a target's shorter side.

    Raises:
        TrainingError: When the rank asks for more.
    """
    for name, module in model.named_modules():
        if isinstance(module, nn.Linear) and is_target(name, settings.targets):
            most = min(module.in_features, module.out_features)
            if most < settings.rank:
                raise TrainingError(
                    f"method.rank = {settings.rank}: {what} takes its factors out of the base, and {name} has only "
                    f"{most} singular vectors. Write method.rank = {most} or less."
                )


def is_target(name: str, targets: Sequence[str]) -> bool:
    """Whether a module's name is one of ``targets`` or ends in one, as PEFT decides it: by whole parts."""
    return any(name == target or name.endswith(f".{target}") for target in targets)


def never_repacked(model: nn.Module) -> None:
    """Keep 4-bit weights on a CPU in the form in which they were read.

    On a processor with AVX512-BF16, bitsandbytes repacks a 4-bit weight at the first forward pass without gradients,
    which fails where its rows are no multiple of a block; and from then on dequantising it gives garbage (0.50.2).
    """
    for module in model.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            cast(Any, module).support_avx512bf16_for_cpu = False


def wrap(model: nn.Module, config: PeftConfig) -> PeftModel:
    """PEFT's injection, in place."""
    never_repacked(model)
    return cast(PeftModel, get_peft_model(cast(Any, model), config))


def adopt(model: PeftModel, own: type[Own], settings: Settings) -> list[Own]:
    """Give every injected layer the behaviour of ``own``, in the order of the model."""
    adopted = []
    base_model = cast(nn.Module, model.base_model.model)
    for name, layer in list(layers(model)):
        key = (own, type(layer))
        if key not in _CLASSES:
            _CLASSES[key] = type(f"{own.__name__}{type(layer).__name__}", key, {})
        mine = cast(Any, object.__new__(_CLASSES[key]))
        mine.__dict__ = layer.__dict__
        base_model.set_submodule(name, mine)
        mine.set_up(settings)
        adopted.append(cast(Own, mine))
    return adopted


def layers(model: nn.Module) -> Iterator[tuple[str, Any]]:
    """The adapted layers by their names in the base model."""
    for name, module in model.named_modules():
        if isinstance(module, BaseTunerLayer):
            yield name.removeprefix("base_model.model."), module


@contextmanager
def switched_off(model: nn.Module) -> Iterator[None]:
    """Within it no adapter adds anything.

    PEFT's ``disable_adapter`` also turns the gradients of all factors off and then on, of those too that a method has
    frozen (LoRA-FA, LoRA-XS), so it must not be used during a training.
    """
    adapted = [layer for _, layer in layers(model)]
    before = [layer.disable_adapters for layer in adapted]
    for layer in adapted:
        layer._disable_adapters = True  # noqa: SLF001  (what PEFT's property reads)
    try:
        yield
    finally:
        for layer, was in zip(adapted, before, strict=True):
            layer._disable_adapters = was  # noqa: SLF001


def base_weight(layer: Any) -> Tensor:
    """The frozen weight below an adapter, ``(out, in)`` in float32, dequantised where it is held in 4 bits."""
    base = layer.get_base_layer()
    dequantise = getattr(base, "dequantise", None)
    weight = dequantise() if dequantise else dequantize_module_weight(base)
    return cast(Tensor, weight.detach().float())


def parameter(layer: nn.Module, name: str, value: Tensor) -> None:
    """Add a trainable parameter beside A, on its device and in its type, named so that it is saved with them."""
    like = cast(Any, layer).factor_a
    table = nn.ParameterDict({ADAPTER: nn.Parameter(value.to(like.device, like.dtype))})
    setattr(layer, name, table)


def plain(tensor: Tensor) -> Tensor:
    """A tensor of a fold: float32, on the CPU, of no graph."""
    return tensor.detach().to("cpu", torch.float32).contiguous()


class OwnMethod(Implementation):
    """A method whose layers are all of one ``OwnLayer`` class that folds by itself."""

    layer: type[OwnLayer]

    def attach(self, model: nn.Module, settings: Settings) -> PeftModel:
        """Plain LoRA, then our own layers in its place."""
        injected = inject(model, settings)
        adopt(injected, self.layer, settings)
        return injected

    def fold(self, model: PeftModel, task: str | None = None) -> Fold:
        """Each layer's own factors."""
        number = self.task_number(task)
        with torch.no_grad():
            pairs = {name: layer.factors(number) for name, layer in layers(model)}
        return {name: (plain(a), plain(b)) for name, (a, b) in pairs.items()}

    def task_number(self, task: str | None) -> int | None:
        """The index of a task; a single-task method has none."""
        del task
        return None
