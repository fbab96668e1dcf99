"""Tiny random models; everything here runs on the CPU in seconds."""

import torch

from finetune.methods.base import base_weight, layers
from finetune.methods.registry import BY_NAME, Settings

# Matrices this small gain nothing from a second thread, and where a core is busy the two wait for one another.
torch.set_num_threads(1)

TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


def tiny_llama(seed=0, vocabulary=97, layers=2):
    """A random Llama of 64 wide layers; k and v are narrower than q, and 176 is divisible by neither 64 nor 24."""
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=64,
        intermediate_size=176,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        initializer_range=0.2,  # logits far apart, so that a wrong fold shows
    )
    return LlamaForCausalLM(config)


def make_batches(count=2, rows=2, length=12, seed=1, vocabulary=97):
    generator = torch.Generator().manual_seed(seed)
    return [
        {
            "input_ids": torch.randint(0, vocabulary, (rows, length), generator=generator),
            "attention_mask": torch.ones(rows, length, dtype=torch.long),
        }
        for _ in range(count)
    ]


def attached(name, *, model=None, **settings):
    """A method in a tiny model, its parameters moved away from their start so that every term counts."""
    settings = Settings(**{"rank": 4, "alpha": 6.0, "targets": TARGETS, "total_steps": 20} | settings)
    method = BY_NAME[name].load()
    torch.manual_seed(settings.seed)
    model = method.attach(model or tiny_llama(), settings)
    return method, model, settings


def stir(model, seed=5, std=0.05):
    """Random values for everything trainable, as a training would leave."""
    generator = torch.Generator().manual_seed(seed)
    for value in model.parameters():
        if value.requires_grad:
            value.data.add_(std * torch.randn(value.shape, generator=generator))


OWN_TASKS = {"mtlora": ("red", "blue"), "mtl-lora": ("red", "blue")}


def trained(name, *, task=None, **settings):
    method, model, settings = attached(name, tasks=OWN_TASKS.get(name, ()), **settings)
    method.prepare(model, make_batches())
    method.optimizer(model, settings, 1e-3, 0.0)
    stir(model)
    if task:
        method.use_task(model, task)
    return method, model.eval(), settings


def base_of(model):
    """The plain model that an adapter was trained on, with 4-bit layers dequantised: what a fold is applied to."""
    weights = {name: base_weight(layer) for name, layer in layers(model)}
    plain = tiny_llama()
    for name, module in plain.named_modules():
        if name in weights:
            module.weight.data.copy_(weights[name])
    return plain


def in_four_bits(model):
    """The model with its linear layers below the head in NF4, as bitsandbytes loads them."""
    import bitsandbytes as bnb

    for name, module in list(model.named_modules()):
        if name.endswith(TARGETS):
            linear = bnb.nn.Linear4bit(
                module.in_features, module.out_features, bias=False, compute_dtype=torch.float32, quant_type="nf4"
            )
            linear.weight = bnb.nn.Params4bit(module.weight.data, requires_grad=False, quant_type="nf4")
            linear.support_avx512bf16_for_cpu = False  # the methods do the same; here for base_weight before them
            model.set_submodule(name, linear.to("cpu"))
    model.is_loaded_in_4bit = True
    return model


CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def tiny_tokenizer(template=CHATML):
    """Bytes as tokens, with the marks of ChatML; every text can be written in it."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    marks = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: number for number, token in enumerate([*marks, *alphabet])}
    raw = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    raw.add_special_tokens(marks)
    special = dict(zip(("eos_token", "pad_token"), (marks[2], marks[0]), strict=True))
    return PreTrainedTokenizerFast(tokenizer_object=raw, chat_template=template, **special)


def save_base(folder, seed=0):
    """A tiny random checkpoint, as a folder."""
    tiny_llama(seed, vocabulary=259).save_pretrained(folder)
    tiny_tokenizer().save_pretrained(folder)
    return folder


def write_jsonl(path, rows):
    import json

    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def sums(count, **more):
    """Little sums, as a chat."""
    return [
        {"messages": [{"role": "user", "content": f"{i}+1"}, {"role": "assistant", "content": f"{i + 1}"}], **more}
        for i in range(count)
    ]
