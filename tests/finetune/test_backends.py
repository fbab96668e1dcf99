"""What the Unsloth backend hands over and puts back, as far as a machine without a GPU can tell."""

import torch

from finetune.backends.unsloth_backend import in_place_of_adapter, inputs_of
from finetune.methods.registry import BY_NAME
from tests.finetune.tiny import attached, make_batches, stir


def test_packed_rows_go_one_at_a_time_with_the_lengths_of_their_samples():
    batch = {
        "input_ids": torch.arange(14).view(2, 7),
        "labels": torch.arange(14).view(2, 7),
        "position_ids": torch.tensor([[0, 1, 2, 0, 1, 0, 0], [0, 1, 0, 1, 2, 3, 4]]),
        "attention_mask": torch.tensor([[1, 1, 1, 1, 1, 0, 0], [1] * 7]),
        "packed_mask": torch.ones(2, 1, 7, 7, dtype=torch.bool),
    }

    first, second = inputs_of(batch)

    assert first["input_ids"].tolist() == [[0, 1, 2, 3, 4]]
    assert first["packed_seq_lengths"].tolist() == [3, 2]
    assert second["packed_seq_lengths"].tolist() == [2, 5]
    assert second["labels"].shape == (1, 7)


def test_the_fold_stands_where_the_adapter_stood_and_goes_again():
    method, model, _ = attached("rslora")
    assert BY_NAME["rslora"].export == "exact"
    stir(model)
    batch = make_batches(1)[0]
    with torch.no_grad():
        before = model(**batch).logits
        fold = method.fold(model)
        with in_place_of_adapter(model, fold):
            assert torch.allclose(model(**batch).logits, before, atol=1e-4)
        with in_place_of_adapter(model, {name: (a, 2 * b) for name, (a, b) in fold.items()}):
            assert not torch.allclose(model(**batch).logits, before, atol=1e-2)
        assert torch.equal(model(**batch).logits, before)
