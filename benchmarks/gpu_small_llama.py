"""A small Llama trained in float, to judge quantisation by: SmolLM2's own "16 bit" is a dequantised Q4_1.

    python benchmarks/gpu_small_llama.py OUT --seconds 200

It needs torch and transformers 5 and no network: the text is what lies on the machine, documentation and source of the
installed Python packages, split by file into training, calibration and held-out text. OUT then holds ``model/`` (F16,
safetensors of at most 15 MiB, about 56 MiB in all, tokenizer beside it), ``heldout.txt`` and ``calibration.txt`` (1 MB
each, from files that were not trained on) and ``training.json`` with the loss. A tiny one on a processor:

    python benchmarks/gpu_small_llama.py OUT --seconds 60 --hidden 256 --layers 2 --vocabulary 2048 --corpus-mb 8

Widths are multiples of 256, so that every K-quant is the one named and no fallback. The tokenizer is a BPE with byte
fallback as Llama 2 has it, trained here: llama.cpp's converter takes it as it is, whereas it knows byte-level ones only
by the hash of their ids. llama.cpp then cuts a text into 1.7% more tokens than transformers does: KL between two GGUFs
of it is not touched by that, its perplexity is a little higher than its training loss says.
"""

import argparse
import hashlib
import json
import math
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

CONTEXT = 512
SUFFIXES = {".rst", ".md", ".txt", ".py", ".pyi", ".html"}
# Larger files are tables and generated code; smaller ones are stubs.
SMALLEST, LARGEST = 2_000, 400_000
TEXT_BYTES = 1_000_000
# A tokenizer of this size has seen enough after that.
TOKENIZER_BYTES = 40_000_000
SHARD = "14MB"
BEGIN, END, UNKNOWN = "<s>", "</s>", "<unk>"


def documents(limit: int) -> Iterator[tuple[int, str]]:
    """Texts of this machine, each once, with a number from 0 to 99 that only its content decides."""
    roots = {Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib", "platlib")}
    roots |= {Path("/usr/share/doc"), Path("/usr/lib/python3/dist-packages")}
    seen, total = set[str](), 0
    for root in sorted(roots):
        for path in sorted(root.rglob("*")):
            if path.suffix not in SUFFIXES or not path.is_file() or not SMALLEST <= path.stat().st_size <= LARGEST:
                continue
            text = path.read_text(encoding="utf-8", errors="ignore")
            digest = hashlib.sha256(text.encode()).hexdigest()
            if digest in seen:
                continue
            seen.add(digest)
            yield int(digest, 16) % 100, text
            total += len(text)
            if total >= limit:
                return


def make_tokenizer(texts: list[str], size: int) -> PreTrainedTokenizerFast:
    """Llama 2's kind of tokenizer: spaces become ▁, what is not in the vocabulary becomes bytes."""
    tokenizer = Tokenizer(models.BPE(unk_token=UNKNOWN, byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    # Only while training: without it the trainer would join whole lines, and take hours.
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split("\n", "isolated"),
            pre_tokenizers.Split("▁", "merged_with_next"),
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.Punctuation("isolated"),
        ]
    )
    special = [UNKNOWN, BEGIN, END, *(f"<0x{byte:02X}>" for byte in range(256))]
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=special, limit_alphabet=500, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    plain = json.loads(tokenizer.to_str())
    plain["pre_tokenizer"] = None
    plain["added_tokens"] = []
    plain["decoder"] = json.loads(
        decoders.Sequence(
            [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
        ).__getstate__()
    )
    bare = Tokenizer.from_str(json.dumps(plain))
    bare.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in (UNKNOWN, BEGIN, END)])
    return PreTrainedTokenizerFast(tokenizer_object=bare, unk_token=UNKNOWN, bos_token=BEGIN, eos_token=END)


def encode(tokenizer: PreTrainedTokenizerFast, texts: list[str]) -> torch.Tensor:
    """All texts as one row of ids, END between them.

    Lines are encoded one by one: without a pre-tokenizer a BPE takes time that grows faster than the text.
    """
    fast: Any = tokenizer.backend_tokenizer
    end = tokenizer.eos_token_id
    ids: list[int] = []
    for text in texts:
        parts = [text[i : i + 2000] for i in range(0, len(text), 2000)]
        for encoding in fast.encode_batch(parts, add_special_tokens=False):
            ids.extend(encoding.ids)
        ids.append(end)
    return torch.tensor(ids, dtype=torch.int32)


def train(model: Any, ids: torch.Tensor, options: argparse.Namespace, device: str) -> list[float]:
    """Train for ``options.seconds``; the loss of every hundredth step."""
    groups = [
        {"params": [p for p in model.parameters() if p.dim() > 1], "weight_decay": 0.1},
        {"params": [p for p in model.parameters() if p.dim() < 2], "weight_decay": 0.0},
    ]
    optimiser = torch.optim.AdamW(groups, lr=options.lr, betas=(0.9, 0.95), fused=device == "cuda")
    random = torch.Generator().manual_seed(options.seed)
    begun, losses, step = time.monotonic(), list[float](), 0
    while (elapsed := time.monotonic() - begun) < options.seconds:
        share = elapsed / options.seconds
        rate = min(1.0, (step + 1) / 100) * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * share)))
        for group in optimiser.param_groups:
            group["lr"] = options.lr * rate
        starts = torch.randint(len(ids) - CONTEXT, (options.batch,), generator=random)
        rows = torch.stack([ids[start : start + CONTEXT] for start in starts.tolist()])
        rows = rows.long().to(device, non_blocking=True)
        with torch.autocast(device, dtype=torch.bfloat16, enabled=device == "cuda"):
            loss = model(input_ids=rows, labels=rows).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        if step % 100 == 0:
            losses.append(round(float(loss.detach()), 4))
            print(f"{elapsed:6.0f} s  step {step}  loss {losses[-1]}", flush=True)
        step += 1
    print(f"{step} steps, {step * options.batch * CONTEXT / 1e6:.1f} million tokens of {len(ids) / 1e6:.1f}")
    return losses


def heldout_loss(model: Any, tokenizer: PreTrainedTokenizerFast, text: str, device: str) -> float:
    """Nats a token on the first 64 chunks."""
    ids = encode(tokenizer, [text])[: 64 * CONTEXT]
    rows = ids[: len(ids) // CONTEXT * CONTEXT].view(-1, CONTEXT).long().to(device)
    with torch.no_grad():
        return sum(float(model(input_ids=row[None], labels=row[None]).loss) for row in rows) / len(rows)


def main() -> None:
    """Read, train, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seconds", type=float, default=200)
    parser.add_argument("--hidden", type=int, default=512)
    parser.add_argument("--layers", type=int, default=8)
    parser.add_argument("--vocabulary", type=int, default=8192)
    parser.add_argument("--corpus-mb", type=int, default=300)
    parser.add_argument("--batch", type=int, default=64, help="sequences of 512 tokens a step")
    parser.add_argument("--lr", type=float, default=1.5e-3)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if options.hidden % 256:
        sys.exit(f"--hidden {options.hidden}: give a multiple of 256.")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(options.seed)

    begun = time.monotonic()
    parts: dict[str, list[str]] = {"heldout": [], "calibration": [], "train": []}
    for number, text in documents(options.corpus_mb * 1_000_000):
        parts["heldout" if number < 3 else "calibration" if number < 6 else "train"].append(text)
    size = sum(map(len, parts["train"]))
    print(f"{size / 1e6:.0f} MB in {len(parts['train'])} files, {time.monotonic() - begun:.0f} s", flush=True)
    sample, taken = [], 0
    for text in parts["train"][:: max(1, size // TOKENIZER_BYTES)]:
        sample.append(text)
        taken += len(text)
        if taken > TOKENIZER_BYTES:
            break
    # The trainer sees what the normalizer writes: ▁ for spaces.
    tokenizer = make_tokenizer(sample, options.vocabulary)
    print(f"tokenizer of {len(tokenizer)}, {time.monotonic() - begun:.0f} s", flush=True)
    ids = encode(tokenizer, parts["train"])
    print(f"{len(ids) / 1e6:.1f} million tokens, {time.monotonic() - begun:.0f} s", flush=True)

    config = LlamaConfig(
        vocab_size=options.vocabulary,
        hidden_size=options.hidden,
        intermediate_size=options.hidden * 3,
        num_hidden_layers=options.layers,
        num_attention_heads=options.hidden // 64,
        num_key_value_heads=options.hidden // 128,
        max_position_embeddings=1024,
        tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    model: Any = LlamaForCausalLM(config).to(device)
    print(f"{sum(p.numel() for p in model.parameters()) / 1e6:.1f} million values on {device}", flush=True)
    losses = train(model, ids, options, device)

    texts = {name: "\n\n".join(parts[name]).encode()[:TEXT_BYTES].decode(errors="ignore") for name in parts}
    options.out.mkdir(parents=True, exist_ok=True)
    for name in ("heldout", "calibration"):
        (options.out / f"{name}.txt").write_text(texts[name], encoding="utf-8")
    model.eval()
    heldout = heldout_loss(model, tokenizer, texts["heldout"], device)
    model = model.to(torch.float16)
    if not all(torch.isfinite(p).all() for p in model.parameters()):
        sys.exit("a weight is not finite in F16")
    model.save_pretrained(options.out / "model", max_shard_size=SHARD)
    tokenizer.save_pretrained(options.out / "model")
    facts = {"seconds": options.seconds, "device": device, "tokens": len(ids), "losses": losses, "heldout": heldout}
    (options.out / "training.json").write_text(json.dumps(facts, indent=1))
    print(f"held out: {heldout:.3f} nats a token; written to {options.out}")


if __name__ == "__main__":
    main()
