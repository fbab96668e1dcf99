"""Training that goes on from an earlier run: a warm start, and C-LoRA against its equation."""

import json
import os
import shutil
import signal

import pytest
import torch
from safetensors.torch import load_file, save_file

from edgegen.errors import ConfigError
from finetune.errors import InterruptedRunError, TrainingError
from finetune.methods import continual
from finetune.methods import fold as folding
from finetune.methods.base import layers, switched_off
from finetune.methods.registry import BY_NAME, METHODS, Settings
from finetune.plan import plan_lines
from finetune.presets import recipe_text
from finetune.recipe import load_recipe
from finetune.run import resume, start
from tests.finetune.tiny import TARGETS, attached, in_four_bits, save_base, stir, sums, tiny_llama, write_jsonl

CONTINUED = [method.name for method in METHODS if method.continues]
SETTINGS = Settings(rank=4, alpha=6.0, targets=TARGETS, total_steps=20)


def fold_of(rank=3, seed=7):
    """A plain adapter of a tiny model, as an earlier run exports it."""
    method, model, _ = attached("lora", rank=rank, seed=seed)
    stir(model, seed)
    return method.fold(model)


def with_earlier(name, earlier, weight=None, *, model=None):
    inner = BY_NAME[name].load()
    method = continual.WarmStart(inner, earlier) if weight is None else continual.CLora(inner, earlier, weight)
    torch.manual_seed(3)
    return method, method.attach(model or tiny_llama(), SETTINGS)


def factors(seed, n_out=7, n_in=5, rank=2):
    generator = torch.Generator().manual_seed(seed)
    shapes = ((rank, n_in), (n_out, rank))
    return [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes]


@pytest.mark.parametrize("piece", [1, 11, 2**22])
def test_the_penalty_and_its_gradients_are_those_of_the_equation(monkeypatch, piece):
    """|| |sum_t' B A| * (s B A) ||_F^2 written out, by autograd, over two earlier tasks; whole and in pieces."""
    monkeypatch.setattr(continual, "PIECE", piece)
    a, b = (value.requires_grad_() for value in factors(0))
    tasks = [factors(1), factors(2, rank=3)]

    written = (sum(b_ @ a_ for a_, b_ in tasks).abs() * (1.5 * b @ a)).square().sum()
    expected = torch.autograd.grad(written, (a, b))
    together = torch.cat([a_ for a_, _ in tasks]), torch.cat([b_ for _, b_ in tasks], dim=1)
    found = continual.forgetting(a, b, 1.5, *together)

    assert torch.allclose(found, written, rtol=1e-12)
    for one, two in zip(torch.autograd.grad(3 * found, (a, b)), expected, strict=True):
        assert torch.allclose(one, 3 * two, rtol=1e-12)


def test_the_gradients_of_the_penalty_are_those_of_finite_differences():
    a, b = (value.requires_grad_() for value in factors(4))
    earlier = factors(5, rank=3)

    assert torch.autograd.gradcheck(lambda x, y: continual.forgetting(x, y, 0.7, *earlier), (a, b))


def test_without_an_earlier_update_there_is_no_penalty():
    a, b = (value.requires_grad_() for value in factors(6))

    found = continual.forgetting(a, b, 1.0, a.new_zeros(0, 5), a.new_zeros(7, 0))
    found.backward()

    assert found == 0
    assert not a.grad.any()


def test_the_penalty_of_a_model_is_lambda_times_the_sum_over_its_modules():
    earlier = fold_of()
    method, model = with_earlier("rslora", earlier, weight=50.0)
    stir(model)

    expected = 0.0
    for name, layer in layers(model):
        a, b = earlier[name]
        expected += 50 * ((b @ a).abs() * (6 / 4**0.5 * layer.factor_b @ layer.factor_a)).square().sum().item()

    assert method.penalty(model).item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", CONTINUED)
@pytest.mark.parametrize("weight", [None, 1.0])
def test_it_begins_as_the_earlier_adapter_and_folds_exactly(name, weight, batches):
    four_bits = name == "qlora"
    make = (lambda: in_four_bits(tiny_llama())) if four_bits else tiny_llama
    earlier = fold_of(rank=3 if weight else 4)
    method, model = with_earlier(name, earlier, weight, model=make())
    before = attached("lora", model=make())[1]
    with folding.in_place_of_adapter(before, earlier):
        start_of_it = folding.logits(before, batches)
    for one, two in zip(start_of_it, folding.logits(model, batches), strict=True):
        assert torch.allclose(one, two, atol=1e-4)

    stir(model)
    true = folding.logits(model, batches)
    with folding.in_place_of_adapter(before, method.fold(model)):
        folded = folding.logits(before, batches)
    with method.as_base(model):
        found = folding.logits(model, batches)
    for one, two, three, four in zip(true, folded, start_of_it, found, strict=True):
        assert torch.allclose(one, two, atol=1e-4)
        assert not torch.allclose(one, three, atol=1e-2)
        assert torch.allclose(three, four, atol=1e-4)
    rank = {a.shape[0] for a, _ in method.fold(model).values()}
    assert rank == {4 if weight is None else 7}


def test_c_lora_trains_the_new_factors_alone():
    earlier = fold_of()
    method, model = with_earlier("lora", earlier, weight=1.0)
    plain = attached("lora")[1]

    trained = {name for name, value in model.named_parameters() if value.requires_grad}
    assert trained == {name for name, value in plain.named_parameters() if value.requires_grad}
    for name, layer in layers(model):
        assert torch.equal(layer.lora_earlier_A, earlier[name][0])
        assert torch.equal(layer.lora_earlier_B, earlier[name][1])
    with switched_off(model):
        assert method.penalty(model) == 0  # B starts at zero


def test_an_earlier_adapter_of_other_modules_is_an_error():
    method = continual.WarmStart(BY_NAME["lora"].load(), fold_of(rank=4))

    with pytest.raises(TrainingError, match="this recipe does not adapt"):
        method.attach(tiny_llama(), Settings(rank=4, targets=("q_proj",)))


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    """A base, data, and one finished run with rank 4 on it."""
    folder = tmp_path_factory.mktemp("continual")
    save_base(folder / "base")
    write_jsonl(folder / "train.jsonl", sums(40))
    (folder / "recipe.toml").write_text(recipe_text("smollm2-135m"))
    start(recipe_at(folder, folder / "first"))
    return folder


def recipe_at(bench, run, *overrides):
    return load_recipe(
        bench / "recipe.toml",
        [
            f"base.model={bench / 'base'}", f"data.train={bench / 'train.jsonl'}", f"run.folder={run}",
            "base.load=float32", "data.max_tokens=64", "train.batch=2", "train.steps=6", "method.rank=4",
            "method.alpha=8.0", "train.lr=0.02", "run.checkpoint_every=2", "run.evaluate_every=3",
            "data.validation_share=0.2", "run.samples=1", *overrides,
        ],
    )  # fmt: skip


def metrics(run, name):
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [row[name] for row in rows if name in row]


def adapter(run):
    return load_file(run / "adapter/adapter_model.safetensors")


def test_a_chain_of_runs_goes_on_where_the_one_before_ended(bench, tmp_path):
    warm, beside, third = tmp_path / "warm", tmp_path / "beside", tmp_path / "third"
    start(recipe_at(bench, warm, f"method.init_adapter={bench / 'first'}", "method.name=rslora"))
    c_lora = "method.continual=c-lora"
    start(recipe_at(bench, beside, f"method.init_adapter={warm}", c_lora, "method.rank=2"))
    start(recipe_at(bench, third, f"method.init_adapter={beside}", c_lora, "method.rank=3"))

    for before, after in ((bench / "first", warm), (warm, beside), (beside, third)):
        losses = metrics(before, "held_out_loss")[-1], metrics(after, "held_out_loss")[0]
        assert losses[1] == pytest.approx(losses[0], abs=1e-4)
        (proof,) = json.loads((after / "run.json").read_text())["fold"]["adapters"].values()
        assert proof["max_logit_difference"] < 1e-4
    ranks = [json.loads((run / "adapter/adapter_config.json").read_text())["r"] for run in (warm, beside, third)]
    assert ranks == [4, 6, 9]
    for name, tensor in adapter(beside).items():  # nothing of the earlier sum was changed
        kept = adapter(third)[name]
        assert torch.equal(kept[3:] if ".lora_A." in name else kept[:, 3:], tensor)
    facts = json.loads((third / "run.json").read_text())
    assert facts["init_adapter"]["run"] == str(beside)
    assert facts["init_adapter"]["rank"] == 6
    assert any("export has rank 9" in line for line in plan_lines(load_recipe(third / "recipe.toml")))


def test_a_heavier_penalty_leaves_less_on_what_was_changed_before(bench, tmp_path):
    went = {}
    for weight in (0, 1e6):
        run = tmp_path / f"w{weight:g}"
        options = ("method.continual=c-lora", f"method.forget_weight={weight}")
        start(recipe_at(bench, run, f"method.init_adapter={bench / 'first'}", *options))
        old, new, went[weight] = adapter(bench / "first"), adapter(run), 0.0
        for name in (name for name in old if ".lora_A." in name):
            other = name.replace(".lora_A.", ".lora_B.")
            update = new[other][:, :4] @ new[name][:4]
            went[weight] += float(((old[other] @ old[name]).abs() * update).square().sum() / update.square().sum())
        assert len(metrics(run, "penalty")) == 6

    assert went[1e6] < 0.8 * went[0]


@pytest.mark.parametrize("kind", ["warm", "c-lora"])
def test_the_memory_levers_and_the_kl_to_the_start_know_of_the_earlier_adapter(bench, tmp_path, kind):
    """KL replay holds to the model as this training found it, so it begins at zero; levers change no loss."""
    replay = write_jsonl(tmp_path / "replay.jsonl", sums(12))
    options = (
        f"method.init_adapter={bench / 'first'}", f"method.continual={kind}", f"data.replay={replay}",
        "data.replay_share=0.3", "data.replay_loss=kl", "run.samples=0",
    )  # fmt: skip
    for memory in ("off", "minimal"):
        start(recipe_at(bench, tmp_path / memory, *options, f"train.memory={memory}"))

    first, *later = metrics(tmp_path / "minimal", "held_out_kl")
    assert first == pytest.approx(0, abs=1e-5)
    assert min(later) > 1e-3
    assert metrics(tmp_path / "minimal", "loss") == pytest.approx(metrics(tmp_path / "off", "loss"), rel=1e-3)


def test_an_interrupted_run_ends_as_if_it_had_not_been(bench, tmp_path):
    options = (f"method.init_adapter={bench / 'first'}", "method.continual=c-lora", "method.dropout=0.1")
    start(recipe_at(bench, tmp_path / "whole", *options))

    def interrupt(line):
        if line.startswith("step 3/6  loss"):
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(InterruptedRunError):
        start(recipe_at(bench, tmp_path / "cut", *options), say=interrupt)
    resume(load_recipe(tmp_path / "cut/recipe.toml"))

    assert metrics(tmp_path / "cut", "loss") == metrics(tmp_path / "whole", "loss")
    whole, cut = adapter(tmp_path / "whole"), adapter(tmp_path / "cut")
    assert all(torch.equal(whole[name], cut[name]) for name in whole)


def test_an_earlier_adapter_that_changed_stops_the_resumed_run(bench, tmp_path):
    earlier = tmp_path / "earlier"
    shutil.copytree(bench / "first", earlier)
    recipe = recipe_at(bench, tmp_path / "run", f"method.init_adapter={earlier}")

    def interrupt(line):
        if line.startswith("step 3/6  loss"):
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(InterruptedRunError):
        start(recipe, say=interrupt)
    file = earlier / "adapter/adapter_model.safetensors"
    save_file({name: 2 * tensor for name, tensor in load_file(file).items()}, file)

    with pytest.raises(TrainingError, match=r"earlier/adapter: changed since the run began"):
        resume(load_recipe(tmp_path / "run/recipe.toml"))


def edit_run(folder, **changes):
    """The run with other words in its ``run.json``."""
    facts = json.loads((folder / "run.json").read_text())
    facts.update(changes)
    (folder / "run.json").write_text(json.dumps({name: value for name, value in facts.items() if value is not None}))


@pytest.mark.parametrize(
    ("changes", "options", "says"),
    [
        ({"base_sha256": "0" * 64}, (), r"another base.*sha256 0000"),
        ({"fold": None}, (), r"not finished.*edgegen finetune resume"),
        ({"load": "nf4"}, (), r'held in nf4.*float32.*base\.load = "nf4"'),
        ({}, ("method.rank=8",), r"rank 4.*method\.rank = 8.*c-lora"),
        ({}, ('method.targets=["q_proj","v_proj"]',), r"method\.targets leaves out.*down_proj.*v_proj"),
        ({"method": {"name": "loftq", "changes_base": True}}, (), r"loftq belongs to a base"),
        (
            {"fold": {"export": "exact", "adapters": {t: {"folder": f"adapter/{t}"} for t in ("red", "blue")}}}, (),
            r"one adapter for each task.*adapter/red, .*adapter/blue",
        ),
        ({"fold": {"export": "merge-only", "adapters": {"": {"folder": "adapter"}}}}, (), r"no exact plain A and B"),
    ],
)  # fmt: skip
def test_an_earlier_run_that_does_not_fit_says_why_before_the_start(bench, tmp_path, changes, options, says):
    earlier = tmp_path / "earlier"
    shutil.copytree(bench / "first", earlier)
    edit_run(earlier, **changes)
    recipe = recipe_at(bench, tmp_path / "run", f"method.init_adapter={earlier}", *options)

    with pytest.raises(TrainingError, match=r"(?s)^method\.init_adapter: .*" + says):
        plan_lines(recipe)
    with pytest.raises(TrainingError, match=r"^method\.init_adapter: "):
        start(recipe)
    assert not recipe.run.folder.exists()


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("adapter_model.safetensors", b"half", r"adapter_model.safetensors is not what that run wrote"),
        ("adapter_model.safetensors", None, r"adapter_model.safetensors cannot be read: .*No such file"),
        ("adapter_config.json", b"{}", r"adapter_config.json lacks 'r'"),
        ("adapter_config.json", b"{", r"adapter_config.json cannot be read"),
    ],
)
def test_an_earlier_run_that_is_not_whole_is_named_before_the_start(bench, tmp_path, file, content, says):
    earlier = tmp_path / "earlier"
    shutil.copytree(bench / "first", earlier)
    path = earlier / "adapter" / file
    path.unlink() if content is None else path.write_bytes(content)
    recipe = recipe_at(bench, tmp_path / "run", f"method.init_adapter={earlier}")

    for begin in (plan_lines, start):
        with pytest.raises(TrainingError, match=r"^method\.init_adapter: .*" + says + r".* Copy the run again"):
            begin(recipe)
    assert not recipe.run.folder.exists()


def test_one_task_of_several_can_be_gone_on_from(bench, tmp_path):
    earlier = tmp_path / "earlier"
    shutil.copytree(bench / "first", earlier)
    for task in ("red", "blue"):
        shutil.copytree(bench / "first/adapter", earlier / "adapter" / task)
    edit_run(
        earlier, fold={"export": "exact", "adapters": {t: {"folder": f"adapter/{t}"} for t in ("red", "blue")}}
    )  # fmt: skip
    recipe = recipe_at(bench, tmp_path / "run", f"method.init_adapter={earlier / 'adapter/blue'}")

    assert any("earlier/adapter/blue" in line for line in plan_lines(recipe))


@pytest.mark.parametrize(
    ("overrides", "says"),
    [
        (["method.init_adapter=gone"], "gone is not a folder here"),
        (["method.continual=c-lora"], "needs method.init_adapter too"),
        (["method.continual=ewc"], "must be one of: warm, c-lora"),
        (["method.init_adapter=first", "method.name=dora"], "dora cannot go on from an earlier adapter.*lora, qlora"),
    ],
)
def test_a_recipe_that_cannot_go_on_says_so(bench, overrides, says):
    overrides = [text.replace("=first", f"={bench / 'first'}") for text in overrides]
    with pytest.raises(ConfigError, match=says):
        recipe_at(bench, bench / "run", *overrides)
