"""A chat template that is not the base's own: what is learned with it is what the gateway must render."""

import json
from pathlib import Path

import pytest
from transformers import AutoTokenizer

import finetune
from export.run import read_runs
from finetune.errors import DataError, TrainingError
from finetune.examples import parse
from finetune.recipe import TEMPLATES, load_recipe
from finetune.run import resume, start
from finetune.tokens import tokenise
from tests.finetune.test_data import recipe_for
from tests.finetune.tiny import save_base, sums, tiny_tokenizer, write_jsonl

OPTIONS = ("base.load=float32", "data.max_tokens=96", "train.steps=2", "train.batch=1", "train.accumulate=1")
OWN = "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}{{ eos_token }}{% endfor %}"


@pytest.mark.parametrize("method", ["lora", "dora", "mtlora"])
def test_an_export_finds_the_template_beside_each_adapter(tmp_path, method):
    write_jsonl(tmp_path / "train.jsonl", [*sums(20, task="red"), *sums(20, task="blue")])
    (tmp_path / "own.jinja").write_text(OWN)
    start(recipe_for(tmp_path, *OPTIONS, f"method.name={method}", f"data.template={tmp_path / 'own.jinja'}"))

    runs = read_runs(tmp_path / "run", None)
    assert [run.task for run in runs] == (["blue", "red"] if method == "mtlora" else [None])
    for run in runs:
        assert "chat_template.jinja" in {path.name for path in run.tokenizer_files}
        kept = AutoTokenizer.from_pretrained(str(run.adapter))
        assert kept.chat_template == OWN
        assert kept("9.11 <|im_end|>")["input_ids"] == tiny_tokenizer()("9.11 <|im_end|>")["input_ids"]


def test_a_run_with_the_bases_own_template_leaves_it_to_the_base(tmp_path):
    write_jsonl(tmp_path / "train.jsonl", sums(20))
    start(recipe_for(tmp_path, *OPTIONS))

    (run,) = read_runs(tmp_path / "run", None)
    assert not run.tokenizer_files


def test_a_run_does_not_go_on_with_another_template(tmp_path):
    write_jsonl(tmp_path / "train.jsonl", sums(20))
    (tmp_path / "own.jinja").write_text(OWN)
    start(recipe_for(tmp_path, *OPTIONS, f"data.template={tmp_path / 'own.jinja'}"))
    (tmp_path / "run/REPORT.md").unlink()
    (tmp_path / "own.jinja").write_text(OWN.replace("<{{", "[{{"))

    with pytest.raises(TrainingError, match=r"own.jinja: changed since the run began"):
        resume(load_recipe(tmp_path / "run/recipe.toml"))


def test_the_alpaca_template_gives_a_base_that_has_none_its_turns(tmp_path):
    tokenizer = tiny_tokenizer(TEMPLATES["alpaca"].read_text())
    turns = [("system", "Be brief."), ("user", "1+1?"), ("assistant", "2"), ("user", "And 2+2?"), ("assistant", "4")]
    chat = parse({"messages": [{"role": role, "content": said} for role, said in turns]}, "here:1")

    sample = tokenise(chat, tokenizer)

    learned = [token for token, counts in zip(sample.tokens, sample.learned, strict=True) if counts]
    assert tokenizer.decode(learned) == "2<|im_end|>4<|im_end|>"
    assert tokenizer.decode(sample.tokens).startswith(
        "Be brief.\n\n### Instruction:\n1+1?\n\n### Response:\n2<|im_end|>"
    )
    asked = tokenizer.apply_chat_template(
        [{"role": "user", "content": "x"}], tokenize=False, add_generation_prompt=True
    )
    assert asked == "### Instruction:\nx\n\n### Response:\n"


def test_a_recipe_names_a_template_that_comes_with_edgegen(tmp_path):
    """On a base without one; a role that the template has no place for is told with its line."""
    save_base(tmp_path / "base")
    (tmp_path / "base/chat_template.jinja").unlink()
    tool = {"messages": [{"role": "tool", "content": "x"}, {"role": "assistant", "content": "y"}]}
    write_jsonl(tmp_path / "train.jsonl", [*sums(3), tool])

    with pytest.raises(DataError) as caught:
        start(recipe_for(tmp_path, *OPTIONS, "data.template=alpaca"))

    (problem,) = caught.value.problems
    assert problem.startswith(
        f"{tmp_path / 'train.jsonl'}:4: the chat template refuses it: it has no place for the role tool"
    )


def test_every_set_up_on_a_base_that_was_never_tuned_to_chat_brings_a_template():
    folder = Path(finetune.__file__).parent / "recipes"
    recipes = [load_recipe(path, check_files=False) for path in sorted(folder.glob("seed-*.toml"))]

    bare = [recipe for recipe in recipes if not recipe.base.model.name.endswith(("-Instruct", "-Chat-v1.0"))]

    assert {recipe.path.stem for recipe in bare} == {f"seed-llama-8b-alpaca-{steps}" for steps in ("60", "500", "full")}
    assert {recipe.data.template for recipe in bare} == {TEMPLATES["alpaca"]}
    assert json.dumps("alpaca") in bare[0].path.read_text()
