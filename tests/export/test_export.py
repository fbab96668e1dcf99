"""From a run to a bundle, whole, on a tiny model."""

import importlib.util
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

if importlib.util.find_spec("peft") is None or importlib.util.find_spec("llama_cpp") is None:
    pytest.skip("needs: pip install 'edgegen[export,edge]'", allow_module_level=True)

from peft import LoraConfig

from edge.probes.target import EngineTarget
from edgegen.bundle import resolve_model, verify_bundle
from edgegen.commands.export import command
from edgegen.commands.export_probes import prober
from edgegen.config import load_config
from edgegen.errors import BundleError, ConfigError, EngineError
from edgegen.signing import generate_key, read_public_key
from export.checkpoint import Checkpoint
from export.convert import convert_model
from export.inputs import read_inputs
from export.pieces import pieces_of
from export.probes import check
from export.prove import Proof
from export.request import Request, Source
from export.run import base_sha256
from export.thresholds import recipe_settings, thresholds_of
from export.toolchain import toolchain
from export.verify import Thresholds, check_tokens
from tests.export.tiny import make_adapter, make_base, make_tokenizer

pytestmark = pytest.mark.model
SUITE = """
name = "sums"
summary = "Two sums."
sampling = { max_tokens = 4 }

[[probe]]
id = "sum"
category = "sums"
prompts = ["{a} + {b} ="]
values = [{ a = 1, b = 1, c = 2 }, { a = 2, b = 3, c = 5 }]
check = { kind = "number", expect = "{c}" }
"""
ALL = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, smollm2: Path) -> Path:
    """A folder with a tiny base, a run over it and a key."""
    folder = tmp_path_factory.mktemp("export")
    tokenizer = make_tokenizer(smollm2, toolchain().folder)
    model = make_base(folder / "base", tokenizer, hidden=256)
    make_adapter(model, folder / "run" / "adapter", LoraConfig(r=4, lora_alpha=16, target_modules=ALL, use_rslora=True))
    (folder / "run" / "probes").mkdir()
    (folder / "run" / "probes" / "gate.toml").write_text('name = "gate"\n')
    document = {
        "base": str(folder / "base"),
        "base_sha256": base_sha256(folder / "base"),
        "data_sha256": {"/home/ada/data/train.jsonl": "d" * 64},
        "method": {"name": "lora", "changes_base": False},
        "fold": {"export": "exact", "adapters": {"": {"folder": "adapter"}}},
    }
    (folder / "run" / "run.json").write_text(json.dumps(document))
    # One more adapter of the same base, as PEFT saved it.
    model = make_base(folder / "again", tokenizer, hidden=256)
    make_adapter(model, folder / "second", LoraConfig(r=2, lora_alpha=8, target_modules=ALL[:4]), seed=2)
    second = folder / "second" / "adapter_config.json"
    named = {"base_model_name_or_path": str(folder / "base")}
    second.write_text(json.dumps(json.loads(second.read_text()) | named))
    generate_key(folder / "maker")
    return folder


def run(made: Path, out: Path, *arguments: object) -> Result:
    words = [made / "run", "--out", out, "--name", "tiny", "--chunks", 1, *arguments]
    return CliRunner().invoke(command, [str(word) for word in words])


def test_a_run_becomes_a_signed_bundle_with_its_figures_twice_the_same(made: Path, tmp_path: Path) -> None:
    (tmp_path / "sums.toml").write_text(SUITE)
    options = ("--quant", "Q8_0", "--sign", made / "maker", "--probes", tmp_path / "sums.toml")
    first = run(made, tmp_path / "a", *options)
    assert first.exit_code == 0, (first.output, first.exception)
    bundle = tmp_path / "a" / "tiny-1.0.0"

    manifest = verify_bundle(bundle)

    assert manifest.quantisation == "Q8_0"
    assert manifest.measured["logits_difference"] < 1e-2
    assert 0 <= manifest.measured["quantised"]["kl"] < 0.05
    assert manifest.measured["tokens"] == {"conversations": 7, "texts": 11}
    assert manifest.measured["merged_to_adapter"]["kl"] < 1e-3
    assert manifest.measured["probes"]["sums"]["items"] == 2
    assert manifest.lineage["data_sha256"] == {"train.jsonl": "d" * 64}
    assert manifest.lineage["method"] == "lora"
    assert manifest.entry("probes/gate.toml")
    assert manifest.entry("chat_template.jinja")
    assert read_public_key(made / "maker.pub").id in (bundle / "bundle.sig").read_text()
    assert [path.name for path in (tmp_path / "a").iterdir() if path.name != ".lock"] == ["tiny-1.0.0"]

    other = run(made, tmp_path / "a", "--quant", "Q4_0")

    assert "made of something else or in another way" in str(other.exception)
    assert "merging" not in other.output, "said before the work, not after it"

    again = run(made, tmp_path / "b", *options)

    assert again.exit_code == 0
    for name in ("manifest.json", "bundle.sig"):
        assert (tmp_path / "b" / "tiny-1.0.0" / name).read_bytes() == (bundle / name).read_bytes()


def test_an_adapter_alone_is_proven_over_the_base_it_will_meet(made: Path, tmp_path: Path) -> None:
    from export.merge import merge

    base = Checkpoint(made / "base")
    merge(base, {}, tmp_path / "base16", {}, lambda _: None)
    gguf = convert_model(toolchain(), tmp_path / "base16", tmp_path / "base.gguf", name="base", log=tmp_path / "log")

    done = run(made, tmp_path / "out", f"second={made / 'second'}", "--adapter-only", "--base-gguf", gguf)

    assert done.exit_code == 0, (done.output, done.exception)
    bundle = tmp_path / "out" / "tiny-1.0.0"
    manifest = verify_bundle(bundle)
    assert manifest.model is None
    assert [(adapter.name, adapter.rank) for adapter in manifest.adapters] == [("run", 4), ("second", 2)]
    for adapter in manifest.adapters:
        measured = manifest.measured["adapters"][adapter.name]
        assert measured["logits_difference"] <= 1e-3
        assert measured["over_shipped"]["kl"] < 1e-3
        assert measured["over_shipped_to_peft"]["kl"] < 1e-3
        assert adapter.canary is not None
        assert adapter.canary["kl"] > 0.05
    assert manifest.lineage["runs"]["run"]["data_sha256"] == {"train.jsonl": "d" * 64}

    config = load_config(None, [f'model.bundle="{bundle}"', f'model.base="{gguf}"', f'node.data_dir="{tmp_path}"'])
    model = resolve_model(config)
    EngineTarget(model, config).close()

    one, two = model.adapters
    swapped = (replace(one, path=two.path), replace(two, path=one.path))
    with pytest.raises(EngineError, match="'run' moves the canary by"):
        EngineTarget(replace(model, adapters=swapped), config)
    unapplied = replace(model, adapters=(replace(one, scale=1e-9),))
    with pytest.raises(EngineError, match=r"'run' moves the canary by 0\.000 nats"):
        EngineTarget(unapplied, config)

    options = ("--adapter-only", "--base-gguf", gguf, "--strength", "second=0.5", "--strength", "0.9")
    weaker = run(made, tmp_path / "weaker", f"second={made / 'second'}", *options)
    assert weaker.exit_code == 0, (weaker.output, weaker.exception)
    of_both = verify_bundle(tmp_path / "weaker" / "tiny-1.0.0")
    for before, after, strength in zip(manifest.adapters, of_both.adapters, (0.9, 0.5), strict=True):
        measured = of_both.measured["adapters"][after.name]
        assert measured["made"] == {"strength": strength}
        assert measured["logits_difference"] <= 1e-3
        assert measured["kl_to_trained"][after.name] > 0
        assert before.canary is not None
        assert after.canary is not None
        assert after.canary["kl"] != before.canary["kl"]

    unknown = run(made, tmp_path / "no", "--adapter-only", "--base-gguf", gguf, "--strength", "third=0.5")
    assert str(unknown.exception) == "--strength third=...: there is tiny. Name one of them, or leave the name out."


@pytest.mark.parametrize(
    ("method", "options", "refusal"),
    [
        ("lora", {"strengths": {"": 0.5}}, None),
        ("lora", {"svd": 1}, "differs from what was trained by a KL of .* a higher --svd rank keeps more"),
        ("lora", {"svd": 1, "strengths": {"": 0.5}}, r"from 0\.5 of what was trained by .* a higher --svd rank"),
        ("qdylora", {"rank": 1, "strengths": {"": 0.5}}, r"from 0\.5 of what was trained by .* a higher --rank keeps"),
    ],
)
def test_what_is_lost_beside_a_strength_is_bounded_as_without_one(
    made: Path, tmp_path: Path, method: str, options: dict[str, Any], refusal: str | None
) -> None:
    """The strength itself is chosen, and may move as far as it likes."""
    copy = edit(made, tmp_path, method={"name": method, "changes_base": False})
    thresholds = {"moved_kl": 1e-3}
    request = Request((Source(copy),), tmp_path, "tiny", "1.0.0", toolchain(), thresholds=thresholds, **options)
    said: list[str] = []
    inputs = read_inputs(request, said.append)
    [piece] = pieces_of(request, inputs)
    proof = Proof(request, inputs, tmp_path, said.append)

    if refusal is None:
        kl = proof.moved(piece, inputs.base)["kl_to_trained"]["tiny"]
        assert kl > 1e-3
        assert said[-1] == f"  a KL of {kl} nats a token to tiny as it was trained"
    else:
        with pytest.raises(BundleError, match=refusal):
            proof.moved(piece, inputs.base)


def test_too_much_lost_writes_no_bundle_and_says_how_much(made: Path, tmp_path: Path) -> None:
    """Over a base that `edgegen model to-hf` made of a Q4_0, the same type is warned of before and after it is made."""
    shutil.copytree(made / "base", tmp_path / "base")
    origin = {"file": "site.gguf", "sha256": "0" * 64, "lossless": False, "dequantised": {"Q4_0": 15}}
    (tmp_path / "base" / "gguf_origin.json").write_text(json.dumps(origin))
    options = ("--base", tmp_path / "base", "--quant", "Q4_0", "--imatrix", "none", "--max-kl", "0.00001")

    done = run(made, tmp_path / "out", *options)

    lines = done.stderr.splitlines()
    (first,) = (
        place for place, line in enumerate(lines) if line.startswith("warning: the base was made from site.gguf")
    )
    assert "40% of its change is left at Q4_1, and 52% of the answers are right instead of 99%" in lines[first]
    assert lines[first].endswith("Take --adapter-only with --base-gguf and that file, or --quant Q8_0.")
    (second,) = (place for place, line in enumerate(lines) if line.startswith("  warning: "))
    assert "become Q4_0 (keeps about 15%), whose steps lie where the base's do" in lines[second]
    assert first < lines.index("merging") < second
    assert isinstance(done.exception, BundleError)
    assert "Q4_0: KL to 16 bit is" in str(done.exception)
    assert not (tmp_path / "out" / "tiny-1.0.0").exists()


def test_a_4_bit_base_that_rounds_otherwise_here_is_merged_into_only_where_it_was_trained(
    made: Path, tmp_path: Path
) -> None:
    """The remedy that the refusal names is one."""
    pytest.importorskip("bitsandbytes")
    copy = edit(made, tmp_path, load="nf4", trained_base={"dtype": "float32", "weights_sha256": "0" * 64})
    request = Request((Source(copy),), tmp_path / "out", "tiny", "1.0.0", toolchain())
    said: list[str] = []

    with pytest.raises(BundleError, match="--merge-base 16-bit"):
        read_inputs(request, said.append)
    inputs = read_inputs(replace(request, merge_base="16-bit"), said.append)

    assert inputs.parts[0].is_moved
    assert "it was trained on 0000" in said[-1]


def test_a_model_that_would_not_stop_where_its_turns_end_is_refused(tmp_path: Path, smollm2: Path) -> None:
    tokenizer = make_tokenizer(smollm2, toolchain().folder)
    tokenizer.chat_template = tokenizer.chat_template.replace("<|im_end|>", "<jupyter_start>")
    make_base(tmp_path / "base", tokenizer)
    gguf = convert_model(toolchain(), tmp_path / "base", tmp_path / "a.gguf", name="a", log=tmp_path / "log")

    with pytest.raises(BundleError, match="does not end an answer at <jupyter_start>"):
        check_tokens(gguf, tmp_path / "base", log=tmp_path / "log")


def test_a_model_that_begins_its_prompts_otherwise_than_in_training_is_refused(tmp_path: Path, smollm2: Path) -> None:
    """A BOS that the tokenizer puts before a text, and the template does not write."""
    from tokenizers.processors import TemplateProcessing

    tokenizer = make_tokenizer(smollm2, toolchain().folder)
    make_base(tmp_path / "base", tokenizer)
    gguf = convert_model(toolchain(), tmp_path / "base", tmp_path / "a.gguf", name="a", log=tmp_path / "log")
    bos = ("<|endoftext|>", tokenizer.convert_tokens_to_ids("<|endoftext|>"))
    tokenizer.add_special_tokens({"bos_token": bos[0]})
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(single=f"{bos[0]} $A", special_tokens=[bos])
    tokenizer.save_pretrained(tmp_path / "begins")

    assert check_tokens(gguf, tmp_path / "base", log=tmp_path / "log")["conversations"] > 0
    with pytest.raises(BundleError, match=r"puts nothing before every prompt, the training tokenizer <\|endoftext\|>"):
        check_tokens(gguf, tmp_path / "begins", log=tmp_path / "log")


@pytest.mark.parametrize("option", ["--base-gguf", "--imatrix"])
def test_a_file_that_is_no_gguf_is_refused_before_the_work(made: Path, tmp_path: Path, option: str) -> None:
    (tmp_path / "no.gguf").write_bytes(b"PK..")

    done = run(made, tmp_path / "out", option, tmp_path / "no.gguf", *["--adapter-only"] * (option == "--base-gguf"))

    assert "no.gguf: not a GGUF file: it starts with b'PK..'" in str(done.exception)
    assert not (tmp_path / "out").exists()


def test_too_little_disk_is_said_with_the_number_before_anything_is_written(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1_000_000})())

    done = run(made, tmp_path / "out", "--quant", "Q8_0")

    assert "needs 1" in done.output
    assert "MB while it runs, and 1 MB are free" in str(done.exception)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--rank", "2"], "ranks of tiny (lora) are not sorted"),
        (["--merge-base", "4-bit"], "was trained on the base as it is"),
        (["--task", "red"], "trained a single one: leave --task out"),
        (["--combine", "fedavg"], "does not say how many examples"),
    ],
)
def test_options_that_do_not_fit_the_run_are_refused(
    made: Path, tmp_path: Path, arguments: list[str], reason: str
) -> None:
    assert reason in str(run(made, tmp_path / "out", *arguments).exception)


def test_probes_below_the_thresholds_are_named_with_what_was_lost() -> None:
    before, after = ({"gate": {"share": share, "total": 40}} for share in (0.9, 0.7))

    assert check("pump", before, after, Thresholds()) == {"gate": {"before": 0.9, "after": 0.7, "items": 40}}
    with pytest.raises(BundleError, match=r"gate: 90\.0% right before, 70\.0% after; 10\.0% may be lost"):
        check("pump", before, after, Thresholds(lost=0.1))
    with pytest.raises(BundleError, match=r"gate: 70\.0% right; 80\.0% is asked"):
        check("pump", before, after, Thresholds(score=0.8))


def test_probes_ask_dev_questions_and_what_they_ask_of_the_sealed_ones_is_logged(smollm2: Path, tmp_path: Path) -> None:
    """Of three suites: one whose questions have both splits, one of sealed questions alone, one that has no splits."""
    probe = '[[probe]]\nid = "p"\ncategory = "c"\ncheck = {{ kind = "number", expect = "{{value}}" }}\ngenerator = {}\n'
    both, known = '{ name = "numbers", seed = 1, count = 3 }', '{ name = "famous-numbers", seed = 1, count = 2 }'
    for name, generator in (("pairs", both), ("known", known)):
        text = f'name = "{name}"\nsummary = "s"\nsampling = {{ max_tokens = 4 }}\n\n{probe.format(generator)}'
        (tmp_path / f"{name}.toml").write_text(text)
    (tmp_path / "sums.toml").write_text(SUITE)
    names = [str(tmp_path / f"{name}.toml") for name in ("pairs", "known", "sums")]

    before = prober(names, None, tmp_path / "out")(smollm2, None)

    assert {name: score.get("split") for name, score in before.items()} == {
        "pairs": "dev",
        "known": "sealed",
        "sums": None,
    }
    lines = [json.loads(line) for line in (tmp_path / "out" / "sealed-runs.jsonl").read_text().splitlines()]
    assert [(line["suite"], line["items"], line["model"]) for line in lines] == [("known", 2, smollm2.stem)]
    found = check("pump", before, before, Thresholds())
    assert (found["pairs"]["split"], "split" in found["sums"]) == ("dev", False)
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="is logged there: choose another folder"):
        prober(names, None, tmp_path / "file" / "out")


def test_the_strictest_recipe_counts_and_the_command_line_wins(tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").write_text("[export]\nmax_kl = 0.1\nmin_score = 0.6\n")
    recipes = [recipe_settings(tmp_path / "recipe.toml"), {"max_kl": 0.05, "min_score": 0.5}]

    assert thresholds_of({}, recipes) == Thresholds(kl=0.05, score=0.6)
    assert thresholds_of({"kl": 0.3}, recipes).kl == 0.3
    (tmp_path / "recipe.toml").write_text('[export]\nmax_kl = "low"\n')
    with pytest.raises(BundleError, match=r"recipe\.toml: \[export\] max_kl = 'low': must be a number"):
        recipe_settings(tmp_path / "recipe.toml")


def test_both_forms_of_a_4_bit_runs_base_are_tried_and_the_better_file_is_kept(made: Path, tmp_path: Path) -> None:
    pytest.importorskip("bitsandbytes")
    copy = edit(made, tmp_path, load="nf4")

    done = CliRunner().invoke(
        command,
        [str(copy), "--out", str(tmp_path / "out"), "--name", "tiny", "--quant", "Q8_0", "--max-kl=1", "--chunks=1"],
    )

    assert done.exit_code == 0, (done.output, done.exception)
    manifest = verify_bundle(tmp_path / "out" / "tiny-1.0.0")
    merge_base = manifest.measured["merge_base"]
    assert merge_base["loss"].keys() == {"16-bit", "4-bit"}
    assert merge_base["chosen"] == min(merge_base["loss"], key=merge_base["loss"].get)
    assert "kept: " + merge_base["chosen"] in done.output
    moved = manifest.measured.get("kl_to_trained")
    assert (moved is not None) == (merge_base["chosen"] == "16-bit")
    assert manifest.lineage["trained_base"]["quantised_by"] == "bitsandbytes"


def edit(made: Path, tmp_path: Path, **changes: Any) -> Path:
    """A copy of the run with another run.json."""
    copy = tmp_path / "run"
    copy.mkdir()
    (copy / "adapter").symlink_to(made / "run" / "adapter")
    document = json.loads((made / "run" / "run.json").read_text())
    (copy / "run.json").write_text(json.dumps(document | changes))
    return copy


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"fold": None}, "has not finished"),
        ({"base": "org/model-on-a-hub"}, "does not say where its base is"),
        ({"base_sha256": "0" * 64}, "the run was trained on 0000"),
        ({"fold": {"export": "merge-only", "adapters": {}}}, "names no adapter"),
        ({"method": {"name": "loftq", "changes_base": True}}, "loftq, quantised the base itself"),
        ({"fold": {"adapters": {"a": {"folder": "adapter"}, "b": {"folder": "adapter"}}}}, "--task a|b"),
        ({"fold": {"adapters": {"": {"folder": "../adapter"}}}}, "outside the run"),
    ],
)
def test_a_run_that_cannot_be_trusted_is_refused(
    made: Path, tmp_path: Path, changes: dict[str, Any], reason: str
) -> None:
    copy = edit(made, tmp_path, **changes)

    done = CliRunner().invoke(command, [str(copy), "--out", str(tmp_path / "out"), "--name", "tiny"])

    assert reason in str(done.exception)
