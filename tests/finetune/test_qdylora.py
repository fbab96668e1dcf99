"""QDyLoRA: when it draws its rank, what a drawn rank trains, and what it exports."""

import pytest
import torch

from finetune.methods import fold as folding
from finetune.methods.base import layers
from finetune.methods.qdylora import use_rank
from tests.finetune.tiny import attached, make_batches, stir, tiny_llama


def test_qdylora_draws_once_per_step_the_same_on_every_gpu_and_never_in_forward():
    one, model, settings = attached("qdylora", rank=8, seed=3)
    other, *_ = attached("qdylora", rank=8, seed=3)
    (batch,) = make_batches(count=1)
    random_state = torch.get_rng_state()

    drawn = [one.rank_of_step(step) for step in range(200)]
    widths = []
    for step in range(8):
        one.before_step(model, step)
        for _ in range(3):  # accumulation: the rank stays
            model(**batch)
            widths.append({layer.width for _, layer in layers(model)})

    assert drawn == [other.rank_of_step(step) for step in range(200)]
    assert set(drawn) == set(range(1, 9))
    assert widths == [{rank} for rank in drawn[:8] for _ in range(3)]
    assert torch.equal(torch.get_rng_state(), random_state)
    assert settings.rank == 8


@pytest.mark.parametrize("rank", [1, 3, 8])
def test_qdylora_exports_every_rank_by_truncation(rank, batches):
    """A[:k] and B[:, :k] with scale alpha / k, and the logits of the model run at that rank."""
    method, model, _ = attached("qdylora", rank=8)
    stir(model)
    fold = method.fold_at(model, rank)
    use_rank(model, rank)
    plain = tiny_llama()

    folding.merge(plain, {name: b @ a for name, (a, b) in fold.items()})

    name, layer = next(layers(model))
    assert torch.equal(fold[name][0], layer.factor_a[:rank])
    assert torch.allclose(fold[name][1], 6.0 / rank * layer.factor_b[:, :rank])
    for one, two in zip(folding.logits(model, batches), folding.logits(plain, batches), strict=True):
        assert torch.allclose(one, two, atol=1e-4)


def test_qdylora_trains_only_the_ranks_it_drew():
    method, model, _ = attached("qdylora", rank=8)
    stir(model)
    (batch,) = make_batches(count=1)
    step = next(step for step in range(100) if method.rank_of_step(step) == 3)

    method.before_step(model, step)
    model(**batch, labels=batch["input_ids"]).loss.backward()

    for _, layer in layers(model):
        assert float(layer.factor_a.grad[3:].abs().sum() + layer.factor_b.grad[:, 3:].abs().sum()) == 0
        assert float(layer.factor_a.grad[:3].abs().sum()) > 0
