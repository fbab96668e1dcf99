"""Each memory lever alone and all of them together give the loss and the gradients of the plain path."""

import pytest
import torch
from bitsandbytes.functional import dequantize_4bit
from torch import nn

from finetune import fused
from finetune.backends.peft_backend import summed_loss
from finetune.fused import dense
from finetune.lever_choice import LEVERS, Choice
from finetune.levers import decoder_layers, engage, head_of
from finetune.methods import fold as folding
from finetune.offload import HostHead, HostStates, LayerStream
from finetune.tiled import ResidentHead, cross_entropy, tile_rows
from tests.finetune.tiny import attached, in_four_bits, stir, tiny_llama

CPU = torch.device("cpu")
SEVEN = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
EXACT = tuple(name for name in LEVERS if name != "adamw-8bit")


def batch_of(rows=2, length=13, vocabulary=97):
    generator = torch.Generator().manual_seed(3)
    ids = torch.randint(0, vocabulary, (rows, length), generator=generator)
    labels = ids.clone()
    labels[:, :4] = -100
    labels[1, 9:] = -100
    positions = torch.arange(length).expand(rows, length)
    return {"input_ids": ids, "labels": labels, "attention_mask": torch.ones_like(ids), "position_ids": positions}


def model_of(name="lora", *, four_bits=False, untied=False, layers=3, **settings):
    model = tiny_llama(layers=layers)
    if untied:
        model.lm_head.weight = nn.Parameter(model.lm_head.weight.detach().clone() + 0.01)
        model.config.tie_word_embeddings = False
    model.requires_grad_(False)
    _, model, _ = attached(name, model=in_four_bits(model) if four_bits else model, **settings)
    stir(model)
    return model.train()


def gradients(model, batch, passes=2):
    """Of a loss of several batches, as accumulation adds them up."""
    losses = []
    for _ in range(passes):
        loss = summed_loss(model, batch)
        (loss / 7).backward()
        losses.append(float(loss))
    return losses, {name: value.grad.clone() for name, value in model.named_parameters() if value.grad is not None}


def assert_equal(one, other, tolerance=2e-5):
    assert one[0] == pytest.approx(other[0], rel=1e-5)
    assert one[1].keys() == other[1].keys()
    for name, value in one[1].items():
        assert (value - other[1][name]).abs().max() <= tolerance * value.abs().max() + 1e-6, name


@pytest.mark.parametrize("lever", [*EXACT, "all"])
@pytest.mark.parametrize("four_bits", [False, True], ids=["float32", "nf4"])
def test_a_lever_changes_neither_loss_nor_gradients(lever, four_bits, monkeypatch):
    monkeypatch.setattr("finetune.levers.MLP_TOKENS", 5)
    names = EXACT if lever == "all" else {"offload-head": ("tiled-loss", "offload-head")}.get(lever, (lever,))
    expected = gradients(model_of(four_bits=four_bits, untied=True), batch_of())

    model = model_of(four_bits=four_bits, untied=True)
    done = engage(model, Choice(tuple(names), checkpointing=True), CPU)

    assert done.names == tuple(names)
    assert_equal(expected, gradients(model, batch_of()))


@pytest.mark.parametrize(
    "name",
    ["rslora", "dora", "adalora", "hira", "qdylora", "mtl-lora", "miss", "lora-xs", "loftq", "ir-qlora", "pissa"],
)
def test_methods_of_every_kind_bear_all_levers(name):
    tasks = {"tasks": ("red", "blue")} if name == "mtl-lora" else {}
    expected = gradients(model_of(name, **tasks), batch_of())

    model = model_of(name, **tasks)
    engage(model, Choice(EXACT, checkpointing=True), CPU)

    assert_equal(expected, gradients(model, batch_of()), 1e-4)


@pytest.mark.parametrize(("names", "products"), [(("fused",), 7 + 6 + 7), (EXACT, 7 + 4 + 2 + 7)])
def test_a_product_that_nobody_looks_at_is_not_computed(names, products, monkeypatch):
    """Of a recomputed layer only the gradients are wanted, and none depends on the value of its last product."""
    counted = []
    monkeypatch.setattr(fused, "dense", lambda *args: counted.append(args) or dense(*args))
    expected = gradients(model_of(targets=SEVEN, layers=2), batch_of(), passes=1)
    model = model_of(targets=SEVEN, layers=2)
    engage(model, Choice(names, checkpointing=True), CPU)

    assert_equal(expected, gradients(model, batch_of(), passes=1))
    assert len(counted) == 2 * products


def test_scales_of_scales_are_the_same_in_float32():
    model = in_four_bits(model_of().get_base_model())
    layer = decoder_layers(model)[0]
    matrix = next(value for value in layer.parameters() if getattr(value, "quant_state", None) is not None)
    before = dequantize_4bit(matrix.data, matrix.quant_state)
    assert matrix.quant_state.nested

    LayerStream(decoder_layers(model), CPU)

    assert not matrix.quant_state.nested
    assert torch.equal(dequantize_4bit(matrix.data, matrix.quant_state), before)


def test_a_tied_head_stays_one_table_on_the_host():
    expected = gradients(model_of(), batch_of())
    model = model_of()

    done = engage(model, Choice(EXACT, checkpointing=True), CPU)

    table = 97 * 64 * 4
    assert done.host_bytes - done.layers.host_bytes == table
    assert_equal(expected, gradients(model, batch_of()))


@pytest.mark.parametrize("learned", [0, 1, 5, 4096])
def test_few_learned_tokens_do_not_bring_more_of_a_head_than_many(learned, monkeypatch):
    """Their tile of logits may be wide: 5 tokens ask for 3 million rows, which for an 8B would be 51 GiB."""
    monkeypatch.setattr("finetune.offload.HEAD_ROWS", 40)
    weight = torch.arange(97.0)[:, None]
    head = HostHead(weight, CPU)

    tiles = [(start, tile.clone(), tile.untyped_storage().nbytes()) for start, tile in head(tile_rows(learned))]

    assert [start for start, _, _ in tiles] == [0, 40, 80]
    assert torch.equal(torch.cat([tile for _, tile, _ in tiles]), weight)
    assert {size for _, _, size in tiles} == {40 * 4}


def test_a_head_shorter_than_a_tile_comes_whole():
    head = HostHead(torch.arange(97.0)[:, None], CPU)

    ((start, tile),) = head(tile_rows(1))

    assert (start, tile.untyped_storage().nbytes()) == (0, 97 * 4)


def test_an_evaluation_between_two_steps_changes_nothing():
    expected = gradients(model_of(), batch_of())
    model = model_of()
    engage(model, Choice(EXACT, checkpointing=True), CPU)
    first = gradients(model, batch_of())
    model.zero_grad()

    model.eval()
    with torch.no_grad():
        assert float(summed_loss(model, batch_of())) == pytest.approx(expected[0][0], rel=1e-5)
    logits = folding.logits(model, [{k: v for k, v in batch_of().items() if k != "labels"}])
    assert logits[0].shape == (26, 97)
    model.train()

    assert_equal(first, gradients(model, batch_of()), 1e-6)


def test_dropout_is_the_same_in_both_passes(monkeypatch):
    """With dropout, the gradient of a checkpointed layer is right only if both passes drop the same."""
    monkeypatch.setattr("finetune.levers.MLP_TOKENS", 5)
    model = model_of(dropout=0.5)
    engage(model, Choice(("offload-states", "tiled-mlp"), checkpointing=True, random=True), CPU)
    parameter = next(v for n, v in model.named_parameters() if "layers.0" in n and "up_proj.lora_B" in n)
    batch = batch_of()

    def loss():
        torch.manual_seed(11)
        return summed_loss(model, batch)

    loss().backward()
    direction = torch.randn(parameter.shape, generator=torch.Generator().manual_seed(2))
    slope = float((parameter.grad * direction).sum())
    before = parameter.data.clone()
    parameter.data = before + 1e-3 * direction
    above = float(loss())
    parameter.data = before - 1e-3 * direction
    below = float(loss())

    assert slope == pytest.approx((above - below) / 2e-3, rel=0.02)


def test_weights_on_the_host_can_be_read_between_passes():
    model = model_of(four_bits=False)
    whole = {name: value.detach().clone() for name, value in model.named_parameters() if "base_layer" in name}
    engage(model, Choice(EXACT, checkpointing=True), CPU)
    gradients(model, batch_of())

    for name, value in model.named_parameters():
        if name in whole:
            assert torch.equal(value, whole[name]), name


def test_only_two_layers_are_on_the_device():
    model = model_of(layers=5)
    done = engage(model, Choice(EXACT, checkpointing=True), CPU)
    gradients(model, batch_of())

    buffers = {buffer.untyped_storage().data_ptr() for buffer in done.layers.buffers}
    near = 0
    for layer in decoder_layers(model):
        near += layer.mlp.up_proj.base_layer.weight.untyped_storage().data_ptr() in buffers
    assert near == len(buffers) == 2


def test_states_come_back_in_reverse_and_their_memory_is_used_again():
    states = HostStates(CPU)
    for _ in range(2):
        tensors = [torch.randn(3, 4) for _ in range(4)]
        tickets = [states.put(tensor) for tensor in tensors]
        for ticket, tensor in reversed(list(zip(tickets, tensors, strict=True))):
            assert torch.equal(states.get(ticket), tensor)

    assert states.host_bytes == 4 * 12 * 4


@pytest.mark.parametrize("tile_bytes", [1, 6 * 7 * 256, 2**30])
def test_the_tiled_loss_equals_the_whole_one_whatever_the_tile(tile_bytes):
    torch.manual_seed(0)
    weight = torch.randn(1000, 16)
    hidden = (3 * torch.randn(2, 5, 16)).requires_grad_()
    labels = torch.randint(0, 1000, (2, 5))
    labels[0, :3] = -100

    loss = cross_entropy(hidden, labels, ResidentHead(weight), tile_bytes)
    (loss * 0.3).backward()
    got, hidden.grad = hidden.grad, None
    whole = nn.functional.cross_entropy((hidden @ weight.T).flatten(0, 1), labels.flatten(), reduction="sum")
    (whole * 0.3).backward()

    assert float(loss) == pytest.approx(float(whole), rel=1e-5)
    assert torch.allclose(got, hidden.grad, atol=1e-4)


def test_a_batch_without_a_label_has_no_loss():
    hidden = torch.randn(1, 4, 8, requires_grad=True)
    loss = cross_entropy(hidden, torch.full((1, 4), -100), ResidentHead(torch.randn(30, 8)))
    loss.backward()

    assert float(loss) == 0
    assert not hidden.grad.any()


def test_a_head_that_is_trained_is_not_tiled():
    model = model_of(targets=("q_proj", "lm_head"), untied=True)
    done = engage(model, Choice(EXACT, checkpointing=True), CPU)

    assert "tiled-loss" not in done.names
    assert head_of(model) is None
    assert_equal(
        gradients(model_of(targets=("q_proj", "lm_head"), untied=True), batch_of()), gradients(model, batch_of())
    )
