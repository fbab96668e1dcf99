"""A GGUF becomes a checkpoint with the same weights, the same logits and, above all, the same tokens."""

import json
import random
from pathlib import Path

import gguf
import numpy as np
import pytest
import torch
from click.testing import CliRunner

from edgegen.commands.model import command
from edgegen.errors import BundleError
from finetune.gguf_base import convert, llama3_scaling, unpermute
from finetune.gguf_tokenizer import tokenizer_of
from tests.finetune.tiny import tiny_llama

README = Path(__file__).parent.parent.parent / "README.md"

TEXTS = [
    "Which is larger, 9.11 or 9.9?", "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n", "  two  spaces ",
    "def f(x):\n\treturn x ** 2  # ok\n", "Größe: 12.345,67 €", "日本語のテキスト", "🙂👍🏽 emoji", "e\u0301 and é",
    "don't we'll I'M", "\n\n\n", "\t", "0123456789 3.14159 1e-7", "<|endoftext|>x", 'MQTT: {"t": -4.5}', "नमस्ते दुनिया",
    "Жълъди, чай", "العربية", "中文字符", "🧑\u200d🚀 \U0001d518", "\r\n\n a", " ", "   ",
    "http://a.b/c?d=e&f", "x" * 300, "a\u00a0b\u200bc", "1\u00bd \u0663\u0664", "",
]  # fmt: skip


def write_gguf(path, model, *, pre="gpt-2", extra=()):
    """A tiny llama as the converter would write it, in F32, with bytes for tokens."""
    from tokenizers import pre_tokenizers

    config = model.config
    tokens = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    writer = gguf.GGUFWriter(path, "llama")
    for name, value in {
        "context_length": config.max_position_embeddings, "embedding_length": config.hidden_size,
        "block_count": config.num_hidden_layers, "feed_forward_length": config.intermediate_size,
        "attention.head_count": config.num_attention_heads, "attention.head_count_kv": config.num_key_value_heads,
    }.items():  # fmt: skip
        writer.add_uint32(f"llama.{name}", value)
    writer.add_float32("llama.attention.layer_norm_rms_epsilon", config.rms_norm_eps)
    writer.add_float32("llama.rope.freq_base", 10000.0)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(tokens)
    writer.add_token_types([3, 3, 3] + [1] * 256)
    writer.add_token_merges([])
    writer.add_eos_token_id(2)
    names = {"input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm"}
    names |= {f"self_attn.{k}_proj": f"attn_{v}" for k, v in zip("qkvo", ["q", "k", "v", "output"], strict=True)}
    names |= {f"mlp.{k}_proj": f"ffn_{k}" for k in ("gate", "up", "down")}
    for name, weight in model.state_dict().items():
        if name == "lm_head.weight":
            continue
        heads = {"q": config.num_attention_heads, "k": config.num_key_value_heads}
        for kind, count in heads.items():
            if f"{kind}_proj" in name and "self_attn" in name:
                weight = weight.view(count, 2, -1, weight.shape[1]).swapaxes(1, 2).reshape(weight.shape)  # noqa: PLW2901
        parts = name.split(".")
        if parts[1] == "layers":
            target = f"blk.{parts[2]}.{names['.'.join(parts[3:-1])]}.weight"
        else:
            target = {"embed_tokens": "token_embd", "norm": "output_norm"}[parts[1]] + ".weight"
        writer.add_tensor(target, weight.numpy())
    for name, array in extra:
        writer.add_tensor(name, array)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture(scope="module")
def model():
    return tiny_llama(vocabulary=259).eval()


def test_a_float_gguf_becomes_the_checkpoint_it_came_from(tmp_path, model):
    from transformers import AutoModelForCausalLM

    made = convert(write_gguf(tmp_path / "m.gguf", model), tmp_path / "hf")

    loaded = AutoModelForCausalLM.from_pretrained(tmp_path / "hf").eval()
    ids = torch.arange(20)[None]
    assert made.is_lossless
    assert all(torch.equal(value, loaded.state_dict()[name]) for name, value in model.state_dict().items())
    with torch.no_grad():
        assert torch.equal(loaded(ids).logits, model(ids).logits)
    assert json.loads((tmp_path / "hf/gguf_origin.json").read_text())["lossless"]


def test_what_cannot_be_converted_is_refused_by_name_and_leaves_nothing(tmp_path, model):
    (tmp_path / "no.gguf").write_bytes(b"GGUF" + b"\0" * 40)
    with pytest.raises(BundleError, match=r"no.gguf"):
        convert(tmp_path / "no.gguf", tmp_path / "out")
    with pytest.raises(BundleError, match="its tokenizer is gpt2/tekken"):
        convert(write_gguf(tmp_path / "t.gguf", model, pre="tekken"), tmp_path / "out")
    experts = [("blk.0.ffn_gate_exps.weight", np.zeros((2, 2), dtype=np.float32))]
    with pytest.raises(BundleError, match=r"holds the tensor blk\.0\.ffn_gate_exps"):
        convert(write_gguf(tmp_path / "x.gguf", model, extra=experts), tmp_path / "out")
    rope = [("rope_freqs.weight", np.full(8, 3.0, dtype=np.float32))]
    with pytest.raises(BundleError, match="rope_freqs"):
        convert(write_gguf(tmp_path / "r.gguf", model, extra=rope), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("factor", [8.0, 32.0])
def test_the_rope_scaling_of_llama_3_is_recognised_from_its_divisors(factor):
    from transformers import LlamaConfig
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

    rope = {"rope_type": "llama3", "rope_theta": 500000.0, "factor": factor, "low_freq_factor": 1.0,
            "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}  # fmt: skip
    config = LlamaConfig(hidden_size=512, num_attention_heads=4, rope_parameters=rope)
    scaled, _ = ROPE_INIT_FUNCTIONS["llama3"](config, "cpu")
    plain = 500000.0 ** -(torch.arange(0, 128, 2) / 128)

    assert llama3_scaling((plain / scaled).numpy(), 500000.0, 128)["factor"] == pytest.approx(factor, rel=1e-4)


def test_unpermute_undoes_the_converters_permutation():
    weight = torch.randn(8, 5)
    permuted = weight.view(2, 2, 2, 5).swapaxes(1, 2).reshape(8, 5)

    assert torch.equal(unpermute(permuted, 2), weight)


@pytest.mark.model
def test_smollm2_has_the_tokens_of_llama_cpp(smollm2, tmp_path):
    """Ids equal for every text, and the template ends its turns with the end mark that the GGUF names."""
    llama_cpp = pytest.importorskip("llama_cpp")
    from transformers import AutoTokenizer

    result = CliRunner().invoke(command, ["to-hf", str(smollm2), str(tmp_path / "hf")])
    assert result.exit_code == 0, result.output
    assert "dequantised to F16 from Q4_1, Q8_0" in result.output
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "hf")
    reference = llama_cpp.Llama(str(smollm2), vocab_only=True, verbose=False)

    different = [
        text
        for text in TEXTS
        if tokenizer(text, add_special_tokens=False)["input_ids"]
        != reference.tokenize(text.encode(), add_bos=False, special=True)
    ]

    assert not different
    assert tokenizer.eos_token == "<|im_end|>"  # noqa: S105  (a token of text)
    assert "<|im_start|>user\nHi<|im_end|>" in tokenizer.apply_chat_template(
        [{"role": "user", "content": "Hi"}], tokenize=False
    )


@pytest.mark.model
def test_a_sentencepiece_vocabulary_has_the_tokens_of_llama_cpp(tmp_path):
    """Llama 2 and TinyLlama: pieces by score, bytes for the rest, a space before each stretch between marks."""
    llama_cpp = pytest.importorskip("llama_cpp")
    from transformers import AutoTokenizer

    from tests.engine.families import sentencepiece_llama

    file = sentencepiece_llama(tmp_path / "made")
    made = convert(file, tmp_path / "hf")
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "hf")
    reference = llama_cpp.Llama(str(file), vocab_only=True, verbose=False)
    dice = random.Random(0)
    texts = [*TEXTS, "<s>Hi</s> x</s></s>", "[INST] a\n[/INST] b</s>", "\u2581x", "<0x0A>", README.read_text("utf-8")]
    texts += ["".join(dice.choice("abcde  \n\tÄé中🙂<>/s\u2581.,'019") for _ in range(30)) for _ in range(200)]

    different = [
        text
        for text in texts
        for bos in (False, True)
        if tokenizer(text, add_special_tokens=bos)["input_ids"]
        != reference.tokenize(text.encode(), add_bos=bos, special=True)
    ]

    assert made.is_lossless
    assert not different
    plain = [text for text in texts if not {"<", "\u2581"} & set(text)]
    assert len(plain) > 40
    assert all(tokenizer.decode(tokenizer(text, add_special_tokens=False)["input_ids"]) == text for text in plain)
    chat = [{"role": "user", "content": "Hi"}]
    assert tokenizer.apply_chat_template(chat, tokenize=False).startswith("<s>[user] Hi")


def test_a_sentencepiece_vocabulary_without_all_bytes_is_refused():
    fields = {"tokenizer.ggml.model": "llama", "tokenizer.ggml.tokens": ["<unk>", "a"]}

    class Fields:
        file = "x.gguf"

        def get(self, name, default=None):
            return fields.get(name, default)

    with pytest.raises(BundleError, match=r"x\.gguf: its SentencePiece vocabulary lacks the byte <0x00>"):
        tokenizer_of(Fields())
