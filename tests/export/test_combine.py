"""Several adapters of one base, made one: what is exact is exact, what is lossy says how much."""

import copy
import importlib.util
from pathlib import Path
from typing import Any

import pytest

if importlib.util.find_spec("peft") is None:
    pytest.skip("needs: pip install 'edgegen[export]'", allow_module_level=True)

import torch
from peft import LoraConfig, PeftModel

from edgegen.errors import BundleError
from export.checkpoint import Checkpoint
from export.combine import _through_peft, combine, weights_of
from export.fold import Adapter, Plain, read_adapter, write_plain
from export.merge import merge, shapes_of
from export.reference import mean_kl, trained_logits, updated_logits
from export.request import Combination
from export.svd import as_plain, cut
from tests.export.test_fold import CONFIGS, IDS, LINEAR, load_merged, make_model
from tests.export.tiny import make_adapter

TOKENS = IDS[0].tolist()


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base and adapters of it: two of LoRA with other ranks and targets, one of DoRA, one of HiRA."""
    folder = tmp_path_factory.mktemp("combine")
    model = make_model(folder / "base")
    wide = LoraConfig(r=6, lora_alpha=12, target_modules=LINEAR[:4], use_rslora=True)
    for seed, (name, config) in enumerate(
        {"one": CONFIGS["lora"], "two": wide, "dora": CONFIGS["dora"], "hira": CONFIGS["hira"]}.items()
    ):
        make_adapter(copy.deepcopy(model), folder / name, copy.deepcopy(config), seed=seed)
    return folder


def read(folders: Path, name: str) -> Adapter:
    return read_adapter(folders / name, shapes_of(Checkpoint(folders / "base")))


def logits(folders: Path, adapter: Adapter, tmp_path: Path) -> Any:
    """By PEFT, of the adapter as it is written."""
    write_plain(adapter.plain(tied=False), tmp_path / "plain")
    return trained_logits(Checkpoint(folders / "base"), tmp_path / "plain", TOKENS)


def both(folders: Path, names: tuple[str, str]) -> Any:
    """By PEFT, with two adapters active at once."""
    from transformers import AutoModelForCausalLM

    base = AutoModelForCausalLM.from_pretrained(folders / "base", dtype=torch.float32)
    model: Any = PeftModel.from_pretrained(base, folders / names[0], adapter_name=names[0])
    model.load_adapter(folders / names[1], adapter_name=names[1])
    model.base_model.set_adapter(list(names))
    with torch.no_grad():
        return model.eval()(input_ids=IDS).logits[0].numpy()


def test_cat_is_both_adapters_at_once(folders: Path, tmp_path: Path) -> None:
    adapters = [read(folders, "one"), read(folders, "two")]

    combined = combine(Combination("cat"), adapters, weights_of(Combination("cat"), ["one", "two"], [None, None]))

    assert combined.plain(tied=False)["model.layers.0.self_attn.q_proj.weight"].a.shape[0] == 4 + 6
    assert combined.plain(tied=False)["model.layers.0.mlp.up_proj.weight"].a.shape[0] == 4, "only one has it"
    expected = both(folders, ("one", "two"))
    assert abs(logits(folders, combined, tmp_path) - expected).max() < 1e-5 * (expected.max() - expected.min())


def test_federated_average_of_equal_runs_is_the_run(folders: Path, tmp_path: Path) -> None:
    one = read(folders, "one")
    combination = Combination("fedavg")

    average = combine(combination, [one, one, one], weights_of(combination, ["a", "b", "c"], [10, 500, 3]))

    assert all(update.a.shape[0] == 4 for update in average.plain(tied=False).values()), "no rank more"
    expected = trained_logits(Checkpoint(folders / "base"), folders / "one", TOKENS)
    assert abs(logits(folders, average, tmp_path) - expected).max() < 1e-5 * (expected.max() - expected.min())


def test_examples_weigh_the_federated_average() -> None:
    assert weights_of(Combination("fedavg"), ["a", "b"], [10, 30]) == [0.25, 0.75]
    assert weights_of(Combination("fedavg", (1, 3)), ["a", "b"], [None, None]) == [0.25, 0.75]
    with pytest.raises(BundleError, match="b does not say how many examples"):
        weights_of(Combination("fedavg"), ["a", "b"], [10, None])
    with pytest.raises(BundleError, match="3 given for 2 adapters: a, b"):
        weights_of(Combination("linear", (1, 2, 3)), ["a", "b"], [1, 1])


def test_a_cut_is_what_pefts_svd_makes_of_the_same_sum(folders: Path) -> None:
    parts = [read(folders, name).plain(tied=False)["model.layers.1.self_attn.v_proj.weight"] for name in ("one", "two")]

    theirs = _through_peft([*parts], [0.5, 0.5], "svd", svd_rank=3)
    ours = cut(_through_peft([*parts], [0.5, 0.5], "cat"), 3)

    assert ours.a.shape == theirs.a.shape
    assert torch.allclose(ours.b @ ours.a, theirs.b @ theirs.a, atol=1e-5)


@pytest.mark.parametrize("how", ["ties", "dare"])
def test_ties_and_dare_repeat_and_keep_all_at_full_density(folders: Path, how: str) -> None:
    one = read(folders, "one")

    sparse = [combine(Combination(how, density=0.3), [one, read(folders, "two")], [1.0, 1.0]) for _ in range(2)]
    whole = combine(Combination(how, density=1.0), [one], [1.0])

    for name, update in one.plain(tied=False).items():
        same = whole.plain(tied=False)[name]
        assert torch.allclose(same.b @ same.a, update.b @ update.a, atol=1e-5)
        assert torch.equal(sparse[0].plain(tied=False)[name].a, sparse[1].plain(tied=False)[name].a)
    name = "model.layers.0.self_attn.q_proj.weight"
    changed, alone = (adapter.plain(tied=False)[name] for adapter in (sparse[0], one))
    assert not torch.allclose(changed.b @ changed.a, alone.b @ alone.a, atol=1e-2)


def test_a_soup_is_the_average_of_merged_models(folders: Path, tmp_path: Path) -> None:
    base = Checkpoint(folders / "base")
    parts = {name: read(folders, name) for name in ("one", "dora", "hira")}
    weights = weights_of(Combination("linear"), [*parts], [None] * 3)

    soup = combine(Combination("linear"), [*parts.values()], weights)
    merge(base, soup.updates, tmp_path / "soup", {}, lambda _: None)

    merged = {}
    for name, adapter in parts.items():
        merge(base, adapter.updates, tmp_path / name, {}, lambda _: None)
        merged[name] = load_merged(tmp_path / name)
    for name, tensor in load_merged(tmp_path / "soup").items():
        average = sum(found[name].float() for found in merged.values()) / 3
        assert torch.allclose(tensor.float(), average, atol=2e-3), name
    with pytest.raises(BundleError, match="DoRA, HIRA has no form as plain"):
        combine(Combination("cat"), [*parts.values()], weights)


@pytest.mark.parametrize("name", ["dora", "hira"])
def test_an_update_of_full_rank_is_cut_to_an_adapter_that_loses_less_with_more_ranks(
    folders: Path, tmp_path: Path, name: str
) -> None:
    base, adapter = Checkpoint(folders / "base"), read(folders, name)
    trained = trained_logits(base, folders / name, TOKENS)

    lost = [mean_kl(trained, logits(folders, as_plain(adapter, base, rank), tmp_path)) for rank in (2, 8, 32)]

    assert lost[0] > lost[1] > lost[2]
    assert lost[2] < 1e-6, "32 is the full rank of this model"
    assert abs(updated_logits(base, adapter.updates, TOKENS) - trained).max() < 1e-3


def test_a_lower_rank_of_qdylora_is_scaled_as_it_was_trained() -> None:
    a, b = torch.randn(8, 12), torch.randn(10, 8)
    alpha = 16.0
    adapter = Adapter("LORA", {"m.weight": Plain(a, b * alpha / 8)})

    lower = adapter.truncated(2).plain(tied=False)["m.weight"]

    assert torch.allclose(lower.b @ lower.a, alpha / 2 * b[:, :2] @ a[:2], atol=1e-5)
    with pytest.raises(BundleError, match=r"--rank 9: m\.weight has 8 ranks"):
        adapter.truncated(9)
