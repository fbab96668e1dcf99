"""Every method against its paper's equations, its fold against its forward pass, and the traps of each."""

import json
import math

import pytest
import torch
from bitsandbytes.functional import dequantize_4bit as bnb_dequantise

from finetune.errors import TrainingError
from finetune.methods import fold as folding
from finetune.methods.adalora import total_rank
from finetune.methods.base import base_weight, layers
from finetune.methods.ir_qlora import IecLayer, connect, elastic
from finetune.methods.nf4 import BLOCK, NF4, QuantisedLinear, best_shift, dequantise, entropy, quantise
from finetune.methods.qdylora import use_rank
from finetune.methods.registry import BY_NAME, METHODS
from finetune.methods.spectrum import select, signal_to_noise
from tests.finetune.tiny import TARGETS, attached, in_four_bits, make_batches, stir, tiny_llama

OWN_TASKS = {"mtlora": ("red", "blue"), "mtl-lora": ("red", "blue")}
FOLDING = [m.name for m in METHODS if m.export == "exact"]


def trained(name, *, task=None, **settings):
    method, model, settings = attached(name, tasks=OWN_TASKS.get(name, ()), **settings)
    method.prepare(model, make_batches())
    method.optimizer(model, settings, 1e-3, 0.0)
    stir(model)
    if task:
        method.use_task(model, task)
    return method, model.eval(), settings


def base_of(model):
    """The plain model that an adapter was trained on, with 4-bit layers dequantised: what a fold is applied to."""
    weights = {name: base_weight(layer) for name, layer in layers(model)}
    plain = tiny_llama()
    for name, module in plain.named_modules():
        if name in weights:
            module.weight.data.copy_(weights[name])
    return plain


@pytest.mark.parametrize("name", FOLDING)
def test_an_exact_fold_gives_the_logits_of_the_unfolded_model(name, batches):
    """Within 1e-4 in float32, on the original base, or on the changed one where the registry says so."""
    task = "blue" if name in OWN_TASKS else None
    method, model, _ = trained(name, task=task)
    plain = base_of(model) if BY_NAME[name].changes_base else tiny_llama()
    before = folding.logits(plain, batches)

    folding.merge(plain, method.updates(model, task))
    after = folding.logits(plain, batches)
    true = folding.logits(model, batches)

    assert max(float((one - two).abs().max()) for one, two in zip(true, after, strict=True)) < 1e-4
    assert max(float((one - two).abs().max()) for one, two in zip(true, before, strict=True)) > 0.01


@pytest.mark.parametrize("name", [m.name for m in METHODS if m.base != "float"])
def test_a_method_runs_and_folds_on_a_four_bit_base(name, batches):
    """Adopted layers keep what PEFT's Linear4bit does; the fold goes onto the dequantised base."""
    pytest.importorskip("bitsandbytes")
    task = "blue" if name in OWN_TASKS else None
    method, model, _ = trained(name, task=task, model=in_four_bits(tiny_llama()))
    plain = base_of(model)

    folding.merge(plain, method.updates(model, task))

    for one, two in zip(folding.logits(model, batches), folding.logits(plain, batches), strict=True):
        assert torch.allclose(one, two, atol=2e-3)


@pytest.mark.parametrize("name", ["dora", "hira"])
def test_a_merge_only_method_merges_exactly_and_its_cut_reports_a_kl(name, batches):
    method, model, _ = trained(name)
    true = folding.logits(model, batches)
    updates = method.updates(model)
    merged, cut, full = tiny_llama(), tiny_llama(), tiny_llama()

    folding.merge(merged, updates)
    folding.merge(cut, {n: b @ a for n, (a, b) in folding.lossy(updates, 4).items()})
    folding.merge(full, {n: b @ a for n, (a, b) in folding.lossy(updates, 64).items()})

    assert max(float((o - t).abs().max()) for o, t in zip(true, folding.logits(merged, batches), strict=True)) < 1e-4
    assert folding.mean_kl(true, folding.logits(cut, batches)) > 1e-5
    assert folding.mean_kl(true, folding.logits(full, batches)) < 1e-6
    with pytest.raises(NotImplementedError):
        method.fold(model)


@pytest.mark.parametrize("name", [m.name for m in METHODS])
def test_a_method_trains_and_lowers_the_loss(name):
    """Thirty steps on one small batch; also: only the adapter is trainable, and the base stays as it was."""
    method, model, settings = attached(name, tasks=OWN_TASKS.get(name, ()), total_steps=30)
    (batch,) = make_batches(count=1)
    method.prepare(model, [batch])
    optimizer = method.optimizer(model, settings, 0.05, 0.0)
    frozen = {n: p.detach().clone() for n, p in model.named_parameters() if not p.requires_grad}
    losses = []
    for step in range(30):
        method.before_step(model, step)
        method.use_task(model, "red") if name in OWN_TASKS else None
        loss = model(**batch, labels=batch["input_ids"]).loss
        loss.backward()
        optimizer.step()
        method.after_step(model, step)
        optimizer.zero_grad()
        losses.append(loss.item())

    assert losses[-1] < losses[0] - 0.2, losses
    assert all(torch.equal(p, frozen[n]) for n, p in model.named_parameters() if n in frozen and "ranknum" not in n)


@pytest.mark.parametrize("variant", ["input", "middle"])
def test_an_approximate_fold_reports_its_kl_and_beats_leaving_the_shortcut_out(variant):
    """The ratio c is measured on data; (1 + c) BA stands in for B A (x + x')."""
    method, model, _ = attached("reslora", variant=variant)
    stir(model, std=0.03)
    batches = make_batches(count=4)
    true = folding.logits(model, batches)
    method.calibrate(model, batches)
    plain = tiny_llama()

    folding.merge(plain, method.updates(model))
    kl = folding.mean_kl(true, folding.logits(plain, batches))

    assert 0 < kl < folding.mean_kl(true, folding.logits(tiny_llama(), batches))
    first, *rest = [layer.ratio for name, layer in layers(model) if name.endswith("q_proj")]
    assert first == (1 if variant == "input" else 0)
    assert all(ratio > 0 for ratio in rest)


def test_the_ratio_of_reslora_is_that_of_the_frobenius_norms():
    method, model, _ = attached("reslora", variant="input", targets=("q_proj",))
    (batch,) = make_batches(count=1)
    seen = []
    for _, layer in layers(model):
        layer.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0].detach()))

    method.calibrate(model, [batch])

    second = [layer for _, layer in layers(model)][1]
    assert second.ratio == pytest.approx(float(seen[0].norm() / seen[1].norm()), rel=1e-5)


@pytest.mark.parametrize("variant", ["input", "block", "middle"])
def test_reslora_follows_its_equations(variant):
    _, model, _ = attached("reslora", variant=variant, targets=("q_proj",))
    stir(model)
    first, second = (layer for _, layer in layers(model))
    x1, x2 = torch.randn(3, 64), torch.randn(3, 64)
    a1, b1, a2, b2 = first.factor_a, first.factor_b, second.factor_a, second.factor_b
    w2 = second.base_layer.weight

    before = first(x1)
    result = second(x2)

    expected = {
        "input": (x2 + x1) @ a2.T @ b2.T,
        "block": x2 @ (b2 @ a2 + b1 @ a1).T,
        "middle": (x2 @ a2.T + x1 @ a1.T) @ b2.T,
    }[variant]
    assert torch.allclose(result, x2 @ w2.T + 1.5 * expected, atol=1e-5)
    twice = 2 if variant == "input" else 1  # the first block takes its own input for the one before
    assert torch.allclose(before, x1 @ first.base_layer.weight.T + 1.5 * twice * x1 @ a1.T @ b1.T, atol=1e-5)


@pytest.mark.parametrize("variant", ["input", "block", "middle"])
def test_reslora_has_the_same_gradients_with_and_without_checkpointing(variant):
    """The shortcut reaches into another checkpointed layer; the recomputation must find it there."""
    (batch,) = make_batches(count=1)

    def gradients(*, checkpointing):
        _, model, _ = attached("reslora", variant=variant, model=tiny_llama(layers=3))
        stir(model)
        if checkpointing:
            model.gradient_checkpointing_enable({"use_reentrant": False})
            model.enable_input_require_grads()
        model.train()
        model(**batch, labels=batch["input_ids"], use_cache=False).loss.backward()
        return {name: value.grad for name, value in model.named_parameters() if value.grad is not None}

    plain, recomputed = gradients(checkpointing=False), gradients(checkpointing=True)

    assert plain.keys() == recomputed.keys()
    assert all(torch.allclose(plain[name], recomputed[name], atol=1e-6) for name in plain)
    assert all(float(value.abs().max()) > 0 for value in plain.values())


def test_adalora_spends_its_budget_because_after_step_is_called():
    """No trainer calls update_and_allocate. The total rank falls from 1.5 r to r a module; the fold shrinks."""
    method, model, settings = attached("adalora", rank=4, total_steps=30, targets=("q_proj", "v_proj"))
    (batch,) = make_batches(count=1)
    optimizer = method.optimizer(model, settings, 0.01, 0.0)
    ranks = []
    for step in range(30):
        loss = model(**batch, labels=batch["input_ids"]).loss
        loss.backward()
        optimizer.step()
        method.after_step(model, step)
        optimizer.zero_grad()
        ranks.append(total_rank(model))

    assert max(ranks) == 6 * 4
    assert ranks[-1] == 4 * 4
    assert sum(a.shape[0] for a, _ in method.fold(model).values()) == 16
    assert len({a.shape[0] for a, _ in folding.same_rank(method.fold(model)).values()}) == 1


def test_the_penalty_of_adalora_is_the_one_peft_adds_to_its_loss():
    method, model, _ = attached("adalora", targets=("q_proj",))
    (batch,) = make_batches(count=1)
    model.eval()

    with_penalty = model.base_model(**batch, labels=batch["input_ids"]).loss
    without = model.base_model.model(**batch, labels=batch["input_ids"]).loss

    assert float(method.penalty(model)) == pytest.approx(float(with_penalty - without), rel=1e-3)


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


def test_loftq_starts_closer_to_the_weight_than_nf4_alone():
    _, model, _ = attached("loftq", targets=("q_proj", "down_proj"))
    original = {name: m.weight for name, m in tiny_llama().named_modules() if hasattr(m, "weight")}

    for name, layer in layers(model):
        started = base_weight(layer) + 1.5 * layer.lora_B["default"].weight @ layer.lora_A["default"].weight
        alone = dequantise(quantise(original[name]), tuple(original[name].shape))
        assert (started - original[name]).norm() < 0.95 * (alone - original[name]).norm()


@pytest.mark.parametrize("name", ["lora", "rslora", "olora", "pissa", "adalora", "miss", "lora-plus", "lora-fa"])
def test_a_fresh_adapter_changes_nothing(name, batches):
    _, model, _ = attached(name)

    for one, two in zip(folding.logits(model, batches), folding.logits(tiny_llama(), batches), strict=True):
        assert torch.allclose(one, two, atol=1e-4)


def test_rslora_scales_by_the_root_of_the_rank():
    method, model, _ = attached("rslora", rank=16, alpha=8.0, targets=("q_proj",))
    stir(model)
    name, layer = next(layers(model))

    a, b = method.fold(model)[name]

    assert torch.allclose(b @ a, 8.0 / 4.0 * layer.lora_B["default"].weight @ layer.lora_A["default"].weight)


def test_eva_moves_rank_and_keeps_the_scale_right():
    method, model, _ = attached("eva")
    method.prepare(model, make_batches(count=6, rows=4))

    ranks = [layer.r["default"] for _, layer in layers(model)]

    assert len(set(ranks)) > 1
    gram = next(layer for _, layer in layers(model) if layer.r["default"] > 1).lora_A["default"].weight
    assert torch.allclose(gram @ gram.T, torch.eye(len(gram)), atol=1e-4)


def test_lora_plus_steps_b_faster_and_lora_fa_keeps_a():
    method, model, settings = attached("lora-plus", lr_ratio=8.0)
    rates = {group["lr"] for group in method.optimizer(model, settings, 1e-3, 0.0).param_groups if group["params"]}
    assert rates == {1e-3, 8e-3}

    method, model, settings = attached("lora-fa")
    method.optimizer(model, settings, 1e-3, 0.0)
    assert all("lora_B" in name for name, value in model.named_parameters() if value.requires_grad)


def test_lora_xs_trains_r_squared_numbers_between_the_singular_vectors():
    method, model, settings = attached("lora-xs", targets=("q_proj",))
    method.optimizer(model, settings, 1e-3, 0.0)
    trainable = [value for value in model.parameters() if value.requires_grad]
    layer = next(layer for _, layer in layers(model))
    u, s, vt = torch.linalg.svd(layer.base_layer.weight)
    r = torch.randn(4, 4)
    layer.lora_R["default"].data.copy_(r)
    x = torch.randn(3, 64)

    change = layer(x) - layer.base_layer(x)

    assert [tuple(value.shape) for value in trainable] == [(4, 4), (4, 4)]
    expected = x @ (u[:, :4] @ torch.diag(s[:4]) @ r @ vt[:4]).T
    assert torch.allclose(change.abs(), 1.5 * expected.abs(), atol=1e-3) or layer.factor_a.shape == (4, 64)
    assert torch.allclose(change, 1.5 * x @ (layer.factor_b @ r @ layer.factor_a).T, atol=1e-4)
    kept = layer.factor_b @ layer.factor_a
    assert torch.allclose(kept, u[:, :4] @ torch.diag(s[:4]) @ vt[:4], atol=1e-4)


def test_mtlora_adds_a_shared_and_an_own_block():
    method, model, _ = attached("mtlora", tasks=("red", "blue"), targets=("q_proj",))
    stir(model)
    layer = next(layer for _, layer in layers(model))
    x = torch.randn(3, 64)
    own_a, own_b = layer.lora_task_A["default"], layer.lora_task_B["default"]

    for number, task in enumerate(("red", "blue")):
        method.use_task(model, task)
        update = layer.factor_b @ layer.factor_a + own_b[number] @ own_a[number]
        assert torch.allclose(layer(x), layer.base_layer(x) + 1.5 * x @ update.T, atol=1e-5)


def test_mtl_lora_mixes_its_up_projections_by_the_weights_of_the_task():
    method, model, _ = attached("mtl-lora", tasks=("red", "blue"), targets=("q_proj",))
    stir(model)
    layer = next(layer for _, layer in layers(model))
    x = torch.randn(3, 64)
    ups = [layer.factor_b, *layer.lora_more_B["default"]]

    for number, task in enumerate(("red", "blue")):
        method.use_task(model, task)
        shares = torch.softmax(layer.lora_weights["default"][number] / 0.5, 0)
        update = sum(
            p * b @ layer.lora_square["default"][number] @ layer.factor_a for p, b in zip(shares, ups, strict=True)
        )
        assert torch.allclose(layer(x), layer.base_layer(x) + 1.5 * x @ update.T, atol=1e-5)


@pytest.mark.parametrize("name", sorted(OWN_TASKS))
def test_the_tasks_of_a_multi_task_method_give_different_adapters(name):
    method, model, _ = trained(name)

    red, blue = method.fold(model, "red"), method.fold(model, "blue")

    assert all(not torch.allclose(red[key][1] @ red[key][0], blue[key][1] @ blue[key][0]) for key in red)


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


def test_eva_says_when_no_batch_is_long_enough_for_its_rank():
    """PEFT would go round the same batches forever, waiting for a longer one."""
    method, model, _ = attached("eva", rank=16)

    with pytest.raises(TrainingError, match=r"eva looks for 32 directions in a batch.*24 tokens.*train.batch"):
        method.prepare(model, make_batches())

    with pytest.raises(TrainingError, match=r"a target has 64 inputs. Write method.rank = 32 or less"):
        attached("eva", rank=40)


def test_spectrum_takes_whole_names_too():
    assert select(tiny_llama(), ["model.layers.1.mlp.up_proj"], 0.5) == ["model.layers.1.mlp.up_proj"]


@pytest.mark.parametrize("name", ["lora-xs", "loftq"])
def test_a_base_with_too_few_singular_vectors_is_told(name):
    with pytest.raises(TrainingError, match=r"k_proj has only 32 singular vectors. Write method.rank = 32 or less"):
        attached(name, rank=48, targets=("k_proj",))
    attached(name, rank=32, targets=("k_proj",))


def test_a_saved_fold_is_an_ordinary_peft_adapter(tmp_path, batches):
    """Plain LoRA with alpha equal to r, readable by PEFT, with the logits of the model that was trained."""
    from peft import PeftModel

    method, model, _ = trained("rslora")

    folding.save(method.fold(model), tmp_path, base="tiny")
    loaded = PeftModel.from_pretrained(tiny_llama(), tmp_path)

    config = json.loads((tmp_path / "adapter_config.json").read_text())
    assert config["r"] == config["lora_alpha"]
    assert not config["use_rslora"]
    for one, two in zip(folding.logits(model, batches), folding.logits(loaded, batches), strict=True):
        assert torch.allclose(one, two, atol=1e-4)


def test_the_registry_loads_every_method_and_says_the_same_as_issue_five():
    names = "lora qlora rslora dora adalora hira olora pissa loftq eva miss lora-plus lora-fa ir-qlora qdylora reslora"

    assert [m.name for m in METHODS] == [*names.split(), "mtlora", "mtl-lora", "lora-xs"]
    for method in METHODS:
        assert method.load()
        assert method.paper
        assert method.note


LLAMA = {"num_attention_heads": 32, "num_key_value_heads": 8, "hidden_size": 2048, "intermediate_size": 8192}
SHAPES = {
    "llama-3.1-8b": ({**LLAMA, "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32}, 128256),
    "llama-3.2-1b": ({**LLAMA, "num_hidden_layers": 16}, 128256),
    "llama-3.2-3b": (
        {**LLAMA, "hidden_size": 3072, "num_attention_heads": 24, "num_hidden_layers": 28, "head_dim": 128}, 128256,
    ),
    "smollm2-360m": (
        {"hidden_size": 960, "intermediate_size": 2560, "num_hidden_layers": 32, "num_attention_heads": 15,
         "num_key_value_heads": 5}, 49152,
    ),
    "smollm2-1.7b": ({**LLAMA, "num_key_value_heads": 32, "num_hidden_layers": 24}, 49152),
}  # fmt: skip


@pytest.mark.parametrize(
    ("base", "head", "expected"),
    [
        ("llama-3.1-8b", False, 41_943_040),
        ("smollm2-360m", True, 9_485_312),
        ("smollm2-1.7b", True, 18_907_136),
        ("llama-3.2-1b", True, 13_357_056),
        ("llama-3.2-3b", True, 26_415_104),
    ],
)
def test_the_number_of_trainable_parameters_is_the_papers(base, head, expected):
    """Rank 16 on the seven linear kinds, and lm_head for the e-commerce paper's Table 1; shapes without weights."""
    from transformers import LlamaConfig, LlamaForCausalLM

    shape, vocabulary = SHAPES[base]
    with torch.device("meta"):
        model = LlamaForCausalLM(LlamaConfig(vocab_size=vocabulary, **shape))
        _, model, _ = attached("lora", model=model, rank=16, targets=(*TARGETS, "lm_head") if head else TARGETS)

    assert sum(value.numel() for value in model.parameters() if value.requires_grad) == expected


@pytest.mark.parametrize("name", ["pissa", "olora", "loftq"])
def test_a_method_that_changes_weights_does_not_touch_a_head_shared_with_the_embedding(name):
    with pytest.raises(TrainingError, match="lm_head shares its weights with the embedding"):
        attached(name, targets=("q_proj", "lm_head"))
