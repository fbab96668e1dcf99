"""What a run would do, told before it does: the plan, its warnings, the memory, the rates."""

import pytest

from finetune.backends.peft_backend import model_facts
from finetune.errors import TrainingError
from finetune.memory import estimate
from finetune.plan import plan_lines
from finetune.run import start
from finetune.training.gpu_room import memory_lines
from finetune.training.schedule import rate
from tests.finetune.runs import recipe_at


def test_the_plan_says_what_would_happen_and_touches_nothing(bench, tmp_path):
    lines = plan_lines(recipe_at(bench, tmp_path / "run"))

    assert any("64 wide" in line for line in lines)
    assert any("6 steps" in line for line in lines)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (("method.name=lora-xs", "method.rank=48"), "lora-xs takes its factors .* Write method.rank = 32 or less"),
        (("method.name=loftq", "method.rank=48"), "loftq takes its factors .* Write method.rank = 32 or less"),
        (("method.name=eva", "method.rank=40"), "a target has 64 inputs. Write method.rank = 32 or less"),
        (("method.name=pissa", 'method.targets=["lm_head"]'), "lm_head shares its weights with the embedding"),
        (('method.targets=["up_proj", "gate"]',), "the base has no gate. It has: down_proj, "),
    ],
)
def test_what_the_shapes_of_the_base_forbid_is_told_before_a_weight_is_read(bench, tmp_path, changes, says):
    recipe = recipe_at(bench, tmp_path / "run", *changes)

    with pytest.raises(TrainingError, match=says) as planned:
        plan_lines(recipe)
    with pytest.raises(TrainingError, match=says):
        start(recipe)

    assert str(planned.value).startswith(f"{recipe.path}: method.")
    assert not (tmp_path / "run").exists()


def test_the_plan_says_who_computes_and_what_memory_it_takes(bench, tmp_path):
    lines = plan_lines(recipe_at(bench, tmp_path / "run", "method.name=dora"))

    assert any(line.startswith("Backend:  peft: Unsloth is not used: ") and "dora" in line for line in lines)
    assert any(line.startswith("Memory:   about ") for line in lines)


def test_the_plan_says_by_how_much_a_gpu_is_too_small_and_which_lever_helps(bench, tmp_path):
    changes = ("train.batch=64", "train.accumulate=4", "data.max_tokens=256", "train.memory=off")
    recipe = recipe_at(bench, tmp_path / "run", *changes)
    need = estimate(recipe, model_facts(recipe), backend="peft").nvml_bytes

    first = memory_lines(recipe, need - 2**26)[0]

    assert "0.06 GiB too little" in first
    assert "train.batch = 32, train.accumulate = 8 (equal gradients) saves" in first
    assert "too little" not in memory_lines(recipe, need)[0]


def test_a_demand_for_unsloth_that_cannot_be_met_says_why(bench, tmp_path):
    with pytest.raises(
        TrainingError, match=r'run.backend = "unsloth": its kernels .* dora.*Write run.backend = "peft"'
    ):
        plan_lines(recipe_at(bench, tmp_path / "run", "method.name=dora", "run.backend=unsloth", "base.load=auto"))


def test_what_says_nothing_of_new_examples_is_told_before_and_after(bench, tmp_path):
    """Held-out examples that are trained on, none held out at all, and steps too few to learn by."""
    both = recipe_at(bench, tmp_path / "run", f"data.validation={bench / 'train.jsonl'}")
    none = recipe_at(bench, tmp_path / "none", "data.validation_share=0", "train.steps=0")

    said = []
    start(both, say=said.append)

    warning = "80 of 80 held-out examples are trained on too"
    assert any(line.startswith(f"Warning: {warning}") for line in said)
    assert any(warning in line for line in plan_lines(both))
    assert "| held-out examples that were trained on too | 80 of 80:" in (tmp_path / "run/REPORT.md").read_text()
    assert "80 of 80 held-out examples were trained on too" in (tmp_path / "run/MODEL_CARD.md").read_text()
    assert any("nothing is held out" in line for line in plan_lines(none))
    assert any("steps teach little. Raise train.epochs (1)" in line for line in plan_lines(none))


@pytest.mark.parametrize(("schedule", "last"), [("cosine", 0.0), ("linear", 0.0), ("constant", 1.0)])
def test_the_rate_warms_up_and_falls(bench, tmp_path, schedule, last):
    recipe = recipe_at(bench, tmp_path / "r", f"train.schedule={schedule}", "train.warmup=0.1", "train.lr=1.0")
    rates = [rate(recipe, step, 100) for step in range(101)]

    assert rates[:10] == pytest.approx([(step + 1) / 11 for step in range(10)])
    assert max(rates) == rates[10] == 1.0
    assert rates[100] == pytest.approx(last)
