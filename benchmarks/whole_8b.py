"""Once, whole: an 8B-shaped model with a made adapter, merged, converted, quantised, signed, installed and asked.

    nice -n 19 .venv/bin/python benchmarks/whole_8b.py FOLDER --vocabulary ggml-vocab-llama-bpe.gguf

The vocabulary lies in the models/ folder of llama.cpp's source, which is in llama-cpp-python's. FOLDER needs 55 GB for
the full shape; what is there already is not made again, so the run may be cut off at any step and started anew.
--layers 2 makes a small one, to try the script. Weights are random: nothing is said of quality. Each step prints its
seconds and the highest anonymous memory (RssAnon) of this process and its children together, sampled every 50 ms.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import torch
from lib.gateway import Gateway, Mosquitto, MqttClient
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
RANK = 16
SHARD_LAYERS = 8
# The pattern of Llama 3's tokenizer, as llama.cpp has it under LLAMA_VOCAB_PRE_TYPE_LLAMA3.
SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
TEMPLATE = "{% for m in messages %}{{ m['role'] + ': ' + m['content'] + '\n' }}{% endfor %}assistant:"


class Peak(threading.Thread):
    """The highest RssAnon of a process tree, in bytes."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.bytes = 0
        self._done = threading.Event()

    def run(self) -> None:
        """Sample until stopped."""
        me = psutil.Process()
        while not self._done.wait(0.05):
            self.bytes = max(self.bytes, sum(anonymous(p.pid) for p in (me, *me.children(recursive=True))))

    def stop(self) -> int:
        """The peak."""
        self._done.set()
        self.join()
        return self.bytes


def anonymous(pid: int) -> int:
    """RssAnon of a process; 0 when it is gone."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * 1024
    return 0


@contextlib.contextmanager
def step(name: str, rows: list[dict[str, Any]]) -> Iterator[None]:
    """Time one step and watch its memory."""
    peak, started = Peak(), time.perf_counter()
    peak.start()
    yield
    row = {"step": name, "seconds": round(time.perf_counter() - started, 1), "rss_anon_gib": peak.stop() / 2**30}
    rows.append(row)
    print(f"{name:<10} {row['seconds']:>8.1f} s  RssAnon {row['rss_anon_gib']:.2f} GiB", flush=True)


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


def ask(folder: Path, bundle: Path, threads: int, rows: list[dict[str, Any]]) -> None:
    """Install the bundle as an operator does, start a node and ask it over MQTT."""
    data_dir = folder / "gateway" / "data"
    (data_dir / "keys").mkdir(parents=True, exist_ok=True)
    (data_dir / "keys" / "maker.pub").write_bytes((folder / "maker.pub").read_bytes())
    command = [sys.executable, "-m", "edgegen.cli", "bundle", "install", str(bundle), "--data-dir", str(data_dir)]
    overrides = ["--set", "model.n_ctx=1024", "--set", "model.slots=1"]
    with step("install", rows):
        # Random weights pass no probe: the gate is the one thing that is left out.
        subprocess.run([*command, *overrides, "--no-gate"], check=True)
    with (
        Mosquitto(folder / "broker") as broker,
        contextlib.ExitStack() as stack,
    ):
        gateway = Gateway(folder / "gateway", broker, Path("current"), n_ctx=1024, slots=1, threads=threads)
        with step("load", rows):
            print(f"online after {gateway.start_online():.1f} s")
        stack.callback(gateway.stop)
        device = stack.enter_context(MqttClient(broker.port, "bench"))
        with step("answer", rows):
            print(device.generate("Pump 7 reports " * 8, 32))


def main() -> None:
    """Run every step that is not done."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--vocabulary", type=Path, required=True)
    parser.add_argument("--layers", type=int, default=32)
    parser.add_argument("--from-dir", type=Path, help="Holds the sdist of llama-cpp-python, for no download.")
    options = parser.parse_args()
    folder, rows, threads = options.folder, list[dict[str, Any]](), os.cpu_count() or 1
    base, merged, f16, q4 = folder / "base", folder / "merged", folder / "f16.gguf", folder / "Q4_K_M.gguf"
    base.mkdir(parents=True, exist_ok=True)
    tools = toolchain(from_dir=options.from_dir)
    with step("make", rows):
        make_tokenizer(base, options.vocabulary, tools.folder)
        make_base(base, options.layers)
        make_adapter(folder / "adapter", options.layers)
    if not q4.exists():
        checkpoint = Checkpoint(base)
        with step("merge", rows):
            updates = read_adapter(folder / "adapter", shapes_of(checkpoint)).updates
            merge(checkpoint, updates, merged, {"base": "random", "adapter": "random"}, lambda _: None)
        with step("convert", rows):
            convert_model(tools, merged, f16, name="whole-8b", log=folder / "convert.log")
        with step("quantise", rows):
            quantize(f16, q4, Recipe("Q4_K_M"), log=folder / "quantise.log")
    with step("bundle", rows):
        if not (folder / "maker").exists():
            generate_key(folder / "maker")
        identity = BaseModel("random-8b", sha256_file(base / "config.json"))
        bundle = create_bundle(folder / "out", {"model.gguf": q4}, name="whole-8b", version="1.0.0", base=identity)
        add_signature(bundle, read_private_key(folder / "maker"))
    ask(folder, bundle, threads, rows)
    (folder / "whole_8b.json").write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
