"""IR-QLoRA: the elastic connection against its equations, and the calibrated 4-bit base."""

import math

import pytest
import torch

from finetune.methods.base import layers
from finetune.methods.ir_qlora import IecLayer, connect, elastic
from finetune.methods.nf4 import BLOCK, NF4, QuantisedLinear, best_shift, dequantise, entropy, quantise
from tests.finetune.tiny import attached, stir


@pytest.mark.parametrize(("n_out", "n_in"), [(4, 64), (64, 4), (24, 64), (64, 24), (7, 5), (16, 176)])
def test_the_elastic_connection_takes_means_or_repeats_with_the_gcd(n_out, n_in):
    """Where sizes divide: group means or repetition, as published. Where not: g = gcd groups, repeated."""
    x = torch.randn(3, n_in)

    result = connect(x, n_out)

    groups = math.gcd(n_out, n_in)
    means = [x[:, i * n_in // groups : (i + 1) * n_in // groups].mean(1) for i in range(groups)]
    expected = torch.stack([means[j * groups // n_out] for j in range(n_out)], dim=1)
    assert torch.allclose(result, expected, atol=1e-6)
    assert torch.allclose(x @ elastic(n_out, n_in).T, expected, atol=1e-6)
    if n_out % n_in == 0:
        assert torch.equal(result, x[:, torch.arange(n_out) * n_in // n_out])


def test_iec_follows_its_equations():
    _, model, _ = attached("ir-qlora", targets=("q_proj",))
    stir(model)
    layer = next(layer for _, layer in layers(model))
    assert isinstance(layer, IecLayer)
    x = torch.randn(5, 64)
    b1, b2 = layer.lora_b1["default"], layer.lora_b2["default"]

    result = layer(x)

    z = x @ layer.factor_a.T + b1 * x.reshape(5, 4, 16).mean(-1)
    out = z @ layer.factor_b.T + b2 * z[:, torch.arange(64) * 4 // 64]
    assert torch.allclose(result, layer.base_layer(x) + 1.5 * out, atol=1e-5)


def test_nf4_is_bit_for_bit_that_of_bitsandbytes():
    functional = pytest.importorskip("bitsandbytes").functional
    weight = torch.randn(48, 64)
    packed, state = functional.quantize_4bit(weight, blocksize=64, quant_type="nf4")

    ours = quantise(weight)

    assert torch.equal(ours.packed, packed.view(-1))
    assert torch.equal(ours.absmax, state.absmax)
    assert torch.equal(dequantise(ours, (48, 64)), functional.dequantize_4bit(packed, state))


def test_icq_chooses_the_shift_of_most_entropy():
    """Against a plain search over the grid of section 3.2.2, block by block."""
    torch.manual_seed(0)
    blocks = torch.randn(6, 64) + torch.randn(6, 1)
    sigma = 1 / float(torch.distributions.Normal(0, 1).icdf(torch.tensor(0.9677083)))

    shift = best_shift(blocks)

    def bits(block, tau):
        scaled = (block - tau) / (block - tau).abs().max()
        codes = (scaled[:, None] - NF4).abs().argmin(1)
        share = torch.bincount(codes, minlength=16)[torch.bincount(codes, minlength=16) > 0] / 64
        return float(-(share * share.log2()).sum())

    for block, tau in zip(blocks, shift, strict=True):
        median = block.median()
        grid = median + torch.linspace(-0.1 * sigma, 0.1 * sigma, 103) * (block - median).abs().max()
        assert bits(block, tau) >= max(bits(block, other) for other in grid) - 0.05  # one code on an edge
        assert bits(block, tau) > bits(block, torch.tensor(0.0))
    assert float(entropy(torch.arange(16).repeat(4)[None])[0]) == pytest.approx(4.0)


@pytest.mark.parametrize("shape", [(5, 7), (64, 176), (3, 64), (130, 130)])
@pytest.mark.parametrize("calibrate", [False, True])
def test_a_last_block_that_is_not_full_is_padded(shape, calibrate):
    """576 x 576 and the like are refused by the public code; every shape works here and errs as little as the rest."""
    torch.manual_seed(1)
    weight = torch.randn(shape) + 0.3

    quantised = quantise(weight, calibrate=calibrate)
    back = dequantise(quantised, shape)

    assert quantised.absmax.numel() == math.ceil(weight.numel() / BLOCK)
    assert back.shape == weight.shape
    assert float((back - weight).abs().max()) < 0.2 * float(weight.abs().max())


def test_a_quantised_layer_has_the_gradient_of_its_dequantised_weight():
    torch.manual_seed(2)
    layer = QuantisedLinear(torch.nn.Linear(24, 10), calibrate=True)
    x = torch.randn(4, 24, requires_grad=True)

    layer(x).square().sum().backward()

    y = x.detach().clone().requires_grad_()
    (y @ layer.dequantise().T + layer.bias).square().sum().backward()
    assert torch.allclose(x.grad, y.grad, atol=1e-5)
