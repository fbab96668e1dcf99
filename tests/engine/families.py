"""Tiny random models of other families than the real model's, as GGUF.

Made by transformers and llama.cpp's converter.
"""

import io
import json
from pathlib import Path
from typing import Any

from export.toolchain import toolchain
from tests.export.tiny import CHATML

ROOT = Path(__file__).parent.parent.parent

# Random weights this large keep the logits apart, so that rounding does not decide between tokens.
SPREAD = 0.3
WINDOW_TOKENS = 32
SMALL = {"hidden_size": 64, "intermediate_size": 128, "num_attention_heads": 4, "num_key_value_heads": 2}

LLAMA = "{{ bos_token }}{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}[assistant] "
GEMMA = (
    "{{ bos_token }}{% for m in messages %}<start_of_turn>{{ 'model' if m.role == 'assistant' else m.role }}\n"
    "{{ m.content }}<end_of_turn>\n{% endfor %}<start_of_turn>model\n"
)


def qwen2(folder: Path) -> Path:
    """Qwen2: biases in attention, ChatML. The converter knows only the real BPE vocabulary: this is SentencePiece."""
    from transformers import Qwen2Config, Qwen2ForCausalLM

    ids = {"unk_id": 0, "bos_id": -1, "eos_id": 1, "pad_id": -1}
    size = _train_vocabulary(folder, CHATML, ids, control=("<|im_start|>", "<|im_end|>"))
    config = Qwen2Config(
        vocab_size=size, num_hidden_layers=2, max_position_embeddings=1024, tie_word_embeddings=True, **SMALL
    )
    return _converted(Qwen2ForCausalLM, config, folder)


def sentencepiece_llama(folder: Path) -> Path:
    """Llama 2: a SentencePiece vocabulary with BOS and bytes for what it does not hold."""
    from transformers import LlamaConfig, LlamaForCausalLM

    size = _train_vocabulary(folder, LLAMA, {"unk_id": 0, "bos_id": 1, "eos_id": 2, "pad_id": -1})
    config = LlamaConfig(vocab_size=size, num_hidden_layers=2, max_position_embeddings=1024, **SMALL)
    return _converted(LlamaForCausalLM, config, folder)


def gemma3(folder: Path) -> Path:
    """Gemma 3: most layers see only the last WINDOW_TOKENS tokens."""
    from transformers import Gemma3ForCausalLM, Gemma3TextConfig

    ids = {"pad_id": 0, "eos_id": 1, "bos_id": 2, "unk_id": 3}
    size = _train_vocabulary(folder, GEMMA, ids, control=("<start_of_turn>", "<end_of_turn>"))
    config = Gemma3TextConfig(
        vocab_size=size,
        num_hidden_layers=6,
        head_dim=16,
        sliding_window=WINDOW_TOKENS,
        layer_types=[*["sliding_attention"] * 5, "full_attention"],
        max_position_embeddings=1024,
        query_pre_attn_scalar=16,
        **SMALL,
    )
    return _converted(Gemma3ForCausalLM, config, folder)


def _train_vocabulary(folder: Path, template: str, ids: dict[str, int], control: tuple[str, ...] = ()) -> int:
    import sentencepiece

    text = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(text),
        model_writer=model,
        vocab_size=600,
        model_type="bpe",
        byte_fallback=True,
        hard_vocab_limit=False,
        control_symbols=list(control),
        minloglevel=2,
        **ids,
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.model").write_bytes(model.getvalue())
    facts: dict[str, Any] = {"chat_template": template, "bos_token": "<s>", "eos_token": "</s>"}
    (folder / "tokenizer_config.json").write_text(json.dumps({**facts, "add_bos_token": ids["bos_id"] >= 0}))
    return sentencepiece.SentencePieceProcessor(model_proto=model.getvalue()).vocab_size()


def _converted(kind: Any, config: Any, folder: Path) -> Path:
    import torch

    torch.manual_seed(0)
    config.initializer_range = SPREAD
    kind(config).to(torch.bfloat16).save_pretrained(folder)
    path = folder / "model.gguf"
    toolchain().run(
        "convert_hf_to_gguf.py", [str(folder), "--outfile", str(path), "--outtype", "f16"], folder / "convert.log"
    )
    return path
