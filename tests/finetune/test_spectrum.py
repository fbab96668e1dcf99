"""Spectrum: which modules it chooses, by the published score."""

import math

import pytest
import torch
from bitsandbytes.functional import dequantize_4bit as bnb_dequantise

from finetune.methods.spectrum import select, signal_to_noise
from tests.finetune.tiny import TARGETS, in_four_bits, tiny_llama


def test_spectrum_chooses_within_each_kind_by_the_published_score():
    """SNR above the Marchenko-Pastur edge, divided by the largest singular value."""
    model = tiny_llama(layers=4)
    spread = torch.linspace(0.5, 2, 4)
    for layer, factor in zip(model.model.layers, spread, strict=True):
        layer.self_attn.q_proj.weight.data *= factor
    weights = {name: m.weight for name, m in model.named_modules() if name.endswith(("q_proj", "up_proj"))}

    def score(weight):
        s = torch.linalg.svdvals(weight.double())
        sigma = float(s.quantile(0.75) - s.quantile(0.25)) / 1.349
        edge = sigma * (1 + math.sqrt(min(weight.shape) / max(weight.shape)))
        return float(s[s > edge].sum() / s[s <= edge].sum() / s.max())

    chosen = select(model, ["q_proj", "up_proj"], 0.5)

    assert all(signal_to_noise(weight) == pytest.approx(score(weight), rel=1e-3) for weight in weights.values())
    for kind in ("q_proj", "up_proj"):
        best = sorted((n for n in weights if n.endswith(kind)), key=lambda n: -score(weights[n]))[:2]
        assert sorted(n for n in chosen if n.endswith(kind)) == sorted(best)
    assert len(select(model, ["q_proj"], 0.01)) == 1


def test_spectrum_reads_the_weights_and_not_the_codes_of_a_4_bit_base():
    """The codes are one column of bytes, whose singular values say nothing."""
    model = in_four_bits(tiny_llama(layers=4))
    plain = tiny_llama(layers=4)
    for name, module in plain.named_modules():
        if name.endswith(TARGETS):
            quantised = model.get_submodule(name).weight
            module.weight.data = bnb_dequantise(quantised.data, quantised.quant_state).float()

    assert select(model, TARGETS, 0.25) == select(plain, TARGETS, 0.25)
    assert {name.split(".")[2] for name in select(model, TARGETS, 0.25)} != {"0"}


def test_spectrum_takes_whole_names_too():
    assert select(tiny_llama(), ["model.layers.1.mlp.up_proj"], 0.5) == ["model.layers.1.mlp.up_proj"]
