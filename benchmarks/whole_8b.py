"""Once, whole: an 8B-shaped model with a made adapter, merged, converted, quantised, signed, installed and asked.

    .venv/bin/python benchmarks/whole_8b.py FOLDER --vocabulary ggml-vocab-llama-bpe.gguf --save

The vocabulary lies in the models/ folder of llama.cpp's source, which is in llama-cpp-python's. FOLDER needs 50 GB for
the full shape: a step's inputs are deleted when no later step reads them. What is done is not done again: the run may
be cut off at any step and started anew. --layers 1 makes a small one, to try the script. Weights are random: nothing is
said of quality. Each step's seconds and the highest anonymous memory (RssAnon) of this process and its children
together, sampled every 50 ms; the merge beside `cp` of the same bytes, before it and after it.
"""

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import torch
from lib import machine
from lib.gateway import Gateway, Mosquitto, MqttClient
from lib.steps import Steps, copy, evict
from lib.tables import AT_MOST, judged, print_table, ratios
from safetensors.torch import save_file

from edgegen.bundle import BaseModel, create_bundle
from edgegen.bundle_verify import sha256_file
from edgegen.signing import add_signature, generate_key, read_private_key
from export.checkpoint import Checkpoint, ShardWriter
from export.convert import convert_model
from export.fold import read_adapter
from export.merge import merge, shapes_of
from export.quantize import Recipe, quantize
from export.toolchain import toolchain

# Llama 3.1 8B (its config.json), with the vocabulary of its tokenizer.
HIDDEN, INTERMEDIATE, HEADS, KV_HEADS, VOCABULARY = 4096, 14336, 32, 8, 128256
RANK, LAYERS = 16, 32
SHARD_LAYERS = 8
# The pattern of Llama 3's tokenizer, as llama.cpp has it under LLAMA_VOCAB_PRE_TYPE_LLAMA3.
SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
RESULTS = Path(__file__).resolve().parents[1] / "docs" / "results" / "whole_8b.json"
# RssAnon of merge, conversion and quantising in GiB; the merge's time in copies of the same bytes.
MEMORY_TARGET_GIB, COPIES_TARGET = 1.5, 3.0
ANSWER_TOKENS = 64
TEMPLATE = "{% for m in messages %}{{ m['role'] + ': ' + m['content'] + '\n' }}{% endfor %}assistant:"


def make_tokenizer(folder: Path, vocabulary: Path, scripts: Path) -> None:
    """Llama 3's tokenizer as transformers has it, from llama.cpp's vocabulary file."""
    sys.path.insert(0, str(scripts / "gguf-py"))
    import gguf  # noqa: PLC0415 - llama.cpp's own, which reads its own files
    from tokenizers import (  # noqa: PLC0415
        AddedToken,
        Regex,
        Tokenizer,
        decoders,
        models,
        pre_tokenizers,
    )
    from transformers import PreTrainedTokenizerFast  # noqa: PLC0415

    fields = gguf.GGUFReader(vocabulary).fields
    tokens = fields["tokenizer.ggml.tokens"].contents()
    kinds = fields["tokenizer.ggml.token_type"].contents()
    merges = [tuple(pair.split(" ")) for pair in fields["tokenizer.ggml.merges"].contents()]
    bpe = models.BPE({token: i for i, token in enumerate(tokens)}, merges, ignore_merges=True)
    tokenizer = Tokenizer(bpe)
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(SPLIT), "isolated"), byte_level])
    tokenizer.decoder = decoders.ByteLevel()
    control = [token for token, kind in zip(tokens, kinds, strict=True) if kind == gguf.TokenType.CONTROL]
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in control])
    ends = {"bos_token": "<|begin_of_text|>", "eos_token": "<|end_of_text|>"}
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, **ends)
    fast.chat_template = TEMPLATE
    fast.save_pretrained(folder)


def shapes(layers: int) -> Iterator[list[tuple[str, tuple[int, ...]]]]:
    """The tensors, shard by shard."""
    kv = HIDDEN // HEADS * KV_HEADS
    yield [("model.embed_tokens.weight", (VOCABULARY, HIDDEN))]
    for first in range(0, layers, SHARD_LAYERS):
        shard: list[tuple[str, tuple[int, ...]]] = []
        for i in range(first, min(first + SHARD_LAYERS, layers)):
            attention = [("q", HIDDEN, HIDDEN), ("k", kv, HIDDEN), ("v", kv, HIDDEN), ("o", HIDDEN, HIDDEN)]
            shard += [(f"model.layers.{i}.self_attn.{n}_proj.weight", (o, h)) for n, o, h in attention]
            mlp = [("gate", INTERMEDIATE, HIDDEN), ("up", INTERMEDIATE, HIDDEN), ("down", HIDDEN, INTERMEDIATE)]
            shard += [(f"model.layers.{i}.mlp.{n}_proj.weight", (o, h)) for n, o, h in mlp]
            shard += [(f"model.layers.{i}.{n}_layernorm.weight", (HIDDEN,)) for n in ("input", "post_attention")]
        yield shard
    yield [("model.norm.weight", (HIDDEN,)), ("lm_head.weight", (VOCABULARY, HIDDEN))]


def make_base(folder: Path, layers: int) -> None:
    """A random checkpoint in F16 shards, written in blocks of 8 MiB; norms are 1."""
    config = {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": HIDDEN,
        "intermediate_size": INTERMEDIATE, "num_attention_heads": HEADS, "num_key_value_heads": KV_HEADS,
        "num_hidden_layers": layers, "vocab_size": VOCABULARY, "max_position_embeddings": 8192, "rms_norm_eps": 1e-5,
        "rope_theta": 500000.0, "tie_word_embeddings": False, "hidden_act": "silu", "torch_dtype": "float16",
        "bos_token_id": 128000, "eos_token_id": 128001,
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    noise = torch.randn(2**22, generator=torch.Generator().manual_seed(0)).mul_(0.02).half()
    shards, index = list(shapes(layers)), dict[str, str]()
    for number, shard in enumerate(shards, 1):
        name = f"model-{number:05}-of-{len(shards):05}.safetensors"
        index |= {tensor: name for tensor, _ in shard}
        if (folder / name).exists():
            continue
        with ShardWriter(folder / f".{name}", [(tensor, torch.float16, shape) for tensor, shape in shard]) as writer:
            for _, shape in shard:
                count = torch.Size(shape).numel()
                for start in range(0, count, len(noise)):
                    block = noise[: min(len(noise), count - start)]
                    writer.write(torch.ones_like(block) if len(shape) == 1 else block.roll(start // len(noise)))
        (folder / f".{name}").rename(folder / name)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": index}))


def make_adapter(folder: Path, layers: int) -> None:
    """A LoRA on every linear layer, as PEFT writes it."""
    folder.mkdir(exist_ok=True)
    generator = torch.Generator().manual_seed(1)
    tensors, targets = {}, set()
    for shard in shapes(layers):
        for name, shape in shard:
            if "_proj" in name:
                module = f"base_model.model.{name.removesuffix('.weight')}"
                targets.add(name.split(".")[-2])
                tensors[f"{module}.lora_A.weight"] = torch.randn(RANK, shape[1], generator=generator) * 0.01
                tensors[f"{module}.lora_B.weight"] = torch.randn(shape[0], RANK, generator=generator) * 0.01
    save_file(tensors, folder / "adapter_model.safetensors")
    config = {"peft_type": "LORA", "task_type": "CAUSAL_LM", "r": RANK, "lora_alpha": RANK, "bias": "none"}
    (folder / "adapter_config.json").write_text(json.dumps({**config, "target_modules": sorted(targets)}))


def make_bundle(folder: Path, model: Path) -> Path:
    """The signed bundle of a GGUF."""
    if not (folder / "maker").exists():
        generate_key(folder / "maker")
    shutil.rmtree(folder / "out", ignore_errors=True)
    identity = BaseModel("random-8b", sha256_file(folder / "base" / "config.json"))
    bundle = create_bundle(folder / "out", {"model.gguf": model}, name="whole-8b", version="1.0.0", base=identity)
    add_signature(bundle, read_private_key(folder / "maker"))
    return bundle


def install(folder: Path, bundle: Path) -> None:
    """Install the bundle as an operator does."""
    shutil.rmtree(folder / "gateway", ignore_errors=True)
    data_dir = folder / "gateway" / "data"
    (data_dir / "keys").mkdir(parents=True)
    (data_dir / "keys" / "maker.pub").write_bytes((folder / "maker.pub").read_bytes())
    command = [sys.executable, "-m", "edgegen.cli", "bundle", "install", str(bundle), "--data-dir", str(data_dir)]
    overrides = ["--set", "model.n_ctx=1024", "--set", "model.slots=1"]
    # Random weights pass no probe: the gate is the one thing that is left out.
    subprocess.run([*command, *overrides, "--no-gate"], check=True)


def ask(folder: Path, threads: int, steps: Steps) -> None:
    """Start a node on what is installed and ask it over MQTT."""
    evict(folder / "gateway" / "data" / "bundles")
    with Mosquitto(folder / "broker") as broker, contextlib.ExitStack() as stack:
        gateway = Gateway(folder / "gateway", broker, Path("current"), n_ctx=1024, slots=1, threads=threads)
        with steps.step("load, file not in the page cache") as row:
            row["online_s"] = round(gateway.start_online(), 2)
        stack.callback(gateway.stop)
        device = stack.enter_context(MqttClient(broker.port, "bench"))
        for name in ("first answer", "second answer"):
            with steps.step(name) as row:
                answer = device.generate(f"{name}: pump 7 reports " + "a temperature of 71 degrees " * 8, ANSWER_TOKENS)
                generating_s = answer.total_s - answer.ttft_s
                row |= {"prompt_tokens": answer.prompt_tokens, "completion_tokens": answer.completion_tokens}
                row |= {"ttft_s": round(answer.ttft_s, 2)}
                row |= {"tg_tokens_per_s": round((answer.completion_tokens - 1) / generating_s, 2)}
                row |= {"pss_mib": round(sum(p.memory_full_info().pss for p in gateway.processes()) / 2**20)}


def make_model(options: argparse.Namespace, steps: Steps, q4: Path) -> None:
    """Base and adapter to a Q4_K_M, step by step."""
    folder: Path = options.folder
    base, merged, f16 = folder / "base", folder / "merged", folder / "f16.gguf"
    tools = toolchain(from_dir=options.from_dir)
    if not steps.done("make"):
        with steps.step("make"):
            make_tokenizer(base, options.vocabulary, tools.folder)
            make_base(base, options.layers)
            make_adapter(folder / "adapter", options.layers)
    copy_once(base, folder / "copy", "cp before the merge", steps)
    if not steps.done("merge"):
        # Begun anew when it was cut off: half a merge has no time.
        shutil.rmtree(merged, ignore_errors=True)
        evict(base)
        with steps.step("merge"):
            checkpoint = Checkpoint(base)
            updates = read_adapter(folder / "adapter", shapes_of(checkpoint)).updates
            merge(checkpoint, updates, merged, {"base": "random", "adapter": "random"}, lambda _: None)
    copy_once(base, folder / "copy", "cp after the merge", steps)
    delete(base.glob("*.safetensors"))
    if not steps.done("convert"):
        with steps.step("convert"):
            convert_model(tools, merged, f16, name="whole-8b", log=folder / "convert.log")
    shutil.rmtree(merged, ignore_errors=True)
    if not steps.done("quantise"):
        with steps.step("quantise"):
            quantize(f16, q4, Recipe("Q4_K_M"), log=folder / "quantise.log")
    delete([f16])


def copy_once(base: Path, target: Path, name: str, steps: Steps) -> None:
    """What the merge is compared with: the same bytes read from the disk and written."""
    shutil.rmtree(target, ignore_errors=True)
    if not steps.done(name):
        evict(base)
        with steps.step(name):
            copy(base, target)
        shutil.rmtree(target)


def delete(files: Iterable[Path]) -> None:
    """What no later step reads."""
    for file in files:
        file.unlink(missing_ok=True)


def judge(steps: Steps) -> list[dict[str, Any]]:
    """The two targets."""
    peak = max(steps[name]["rss_anon_gib"] for name in ("merge", "convert", "quantise"))
    copies = [steps[f"cp {when} the merge"]["seconds"] for when in ("before", "after")]
    times = ratios([steps["merge"]["seconds"]] * len(copies), copies)
    memory = dict.fromkeys(("median", "min", "max"), peak / MEMORY_TARGET_GIB)
    return [
        {
            **judged("8B shape: highest RssAnon of merge, conversion, quantising", memory, AT_MOST, 1),
            "reference": f"{MEMORY_TARGET_GIB} GiB",
        },
        {
            **judged("8B shape: time of the merge", times, AT_MOST, COPIES_TARGET),
            "reference": "`cp` of the same bytes, before and after",
        },
    ]


def main() -> None:
    """Run every step that is not done."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--vocabulary", type=Path, required=True)
    parser.add_argument("--layers", type=int, default=LAYERS)
    parser.add_argument("--from-dir", type=Path, help="Holds the sdist of llama-cpp-python, for no download.")
    parser.add_argument("--until", help="A step's name: end after it; the next start goes on.")
    parser.add_argument("--save", action="store_true", help="write docs/results/whole_8b.json")
    options = parser.parse_args()
    folder, threads = options.folder, os.cpu_count() or 1
    q4 = folder / "Q4_K_M.gguf"
    (folder / "base").mkdir(parents=True, exist_ok=True)
    steps = Steps(folder / "steps.json", options.until)
    if not steps.done("quantise"):
        make_model(options, steps, q4)
    if not steps.done("bundle"):
        with steps.step("bundle") as row:
            make_bundle(folder, q4)
            row["model_bytes"] = q4.stat().st_size
    if not steps.done("install"):
        with steps.step("install"):
            install(folder, folder / "out" / "whole-8b-1.0.0")
    ask(folder, threads, steps)
    verdict = judge(steps)
    columns = dict.fromkeys(key for row in steps.rows for key in row)
    rows = [{key: row.get(key) for key in columns} for row in steps.rows]
    print_table(rows)
    print_table(verdict)
    if options.save:
        command = ".venv/bin/python benchmarks/whole_8b.py FOLDER --vocabulary ggml-vocab-llama-bpe.gguf"
        command += f" --layers {options.layers}" if options.layers != LAYERS else ""
        document = {
            "script": "whole_8b",
            "command": command,
            "machine": machine.facts(),
            "settings": {"layers": options.layers, "n_ctx": 1024, "slots": 1, "threads": threads},
            "rows": rows,
            "verdict": verdict,
        }
        RESULTS.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        print("written: docs/results/whole_8b.json")


if __name__ == "__main__":
    main()
