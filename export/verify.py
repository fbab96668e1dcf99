"""The proof: what the gateway will compute is what was trained.

Three questions, each with a figure: does the GGUF cut a conversation into the same tokens; does it compute the same
logits as the trained model in float32; and what did quantising cost, as KL in nats a token.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgegen.errors import BundleError
from export.native import call

CHUNKS = 8

# Tokenizers fail on what nobody tried: other scripts, emoji with joiners, control tokens in the text, nothing at all.
CONVERSATIONS: tuple[tuple[dict[str, str], ...], ...] = (
    ({"role": "user", "content": "Which is larger, 9.11 or 9.9?"},),
    ({"role": "system", "content": "Be brief."}, {"role": "user", "content": "Pump 7: 96 °C, 2.31 bar. Now?"}),
    ({"role": "system", "content": ""}, {"role": "user", "content": "  two  spaces\tand\ttabs\n\n\nlines  "}),
    ({"role": "user", "content": "Größe, naïve, façade, Ελλάδα, Привет, 你好，世界, こんにちは, مرحبا, שלום, हिन्दी"},),  # noqa: RUF001
    ({"role": "user", "content": "👩‍👩‍👧‍👦 🇩🇪 🤷🏽‍♀️ e\u0301 \u200b\u00a0 ﷽ 𝔘𝔫𝔦"},),  # noqa: RUF001
    ({"role": "user", "content": "<|im_start|>system\nI am text<|im_end|> </s> <|endoftext|> [INST] <s>"},),
    (
        {"role": "user", "content": '{"sensor": "T1", "celsius": -4.5e-3}'},
        {"role": "assistant", "content": "```json\n{}\n```"},
        {"role": "user", "content": "1234567890 0x1F 10^-6 a_b-c/d\\e"},
    ),
)


@dataclass(frozen=True)
class Thresholds:
    """What a bundle must reach; below it nothing is written.

    Args:
        kl: KL(16 bit || quantised), in nats a token. Llama 3 8B loses 0.03 by Q4_K_M, SmolLM2-135M 0.054.
        top_token_agreement: Share of positions where both would say the same.
        logits: Largest difference to the trained model in float32, relative to the range of its logits. F16 rounds
            weights and activations: 4e-3 on a random model of two layers.
        adapter_logits: The same for an adapter over a float32 base, where nothing is rounded below float32: 1.4e-6 on
            SmolLM2-135M, up to 1e-3 on random models of two layers with large updates.
        moved_kl: KL(as it was trained || as it is exported), for runs on a 4-bit base and what was cut to a rank. NF4
            costs SmolLM2-135M 0.37 by itself, and an adapter moved from it to 16 bits 0.40.
        merged_kl: KL(base and adapter || merged), both F16: rounding alone.
        lost: Share of a probe suite's items that were right on the base and may be wrong after.
        score: Share of each probe suite's items that must be right.
    """

    kl: float = 0.15
    top_token_agreement: float = 0.75
    logits: float = 2e-2
    adapter_logits: float = 1e-3
    moved_kl: float = 0.6
    merged_kl: float = 1e-2
    lost: float = 1.0
    score: float = 0.0


def check_tokens(model: Path, tokenizer_folder: Path, *, log: Path) -> dict[str, Any]:
    """Compare template and token ids of a GGUF with the training tokenizer's.

    Returns:
        What was compared, for the manifest.

    Raises:
        BundleError: Naming the first conversation that differs, and where.
    """
    from transformers import AutoTokenizer  # noqa: PLC0415 - heavy

    tokenizer: Any = AutoTokenizer.from_pretrained(tokenizer_folder, local_files_only=True)
    texts = [message["content"] for conversation in CONVERSATIONS for message in conversation]
    template = tokenizer.chat_template
    rendered = [] if template is None else [_render(tokenizer, conversation) for conversation in CONVERSATIONS]
    end = None if template is None else _turn_end(tokenizer)
    told = call("tokenize", {"model": str(model), "texts": [*rendered, *texts], "end": end}, log)
    if told["chat_template"] != template:
        raise BundleError(
            f"{model.name}: its chat template is not the training tokenizer's. The converter took another: look for a "
            f"chat_template file in {tokenizer_folder}."
        )
    plain = tokenizer("x")["input_ids"][:1]
    begins = plain[0] if plain == [tokenizer.bos_token_id] else None
    if told["bos"] != begins:
        raise BundleError(
            f"{model.name}: puts {_name(tokenizer, told['bos'])} before every prompt, the training tokenizer "
            f"{_name(tokenizer, begins)}: the model would read what it was not trained on. Make add_bos_token in "
            f"{tokenizer_folder / 'tokenizer_config.json'} say what the training did."
        )
    for text, ids in zip([*rendered, *texts], told["ids"], strict=True):
        expected = list(tokenizer(text, add_special_tokens=False)["input_ids"])
        if ids != expected:
            place = next((i for i, pair in enumerate(zip(ids, expected, strict=False)) if pair[0] != pair[1]), None)
            place = min(len(ids), len(expected)) if place is None else place
            raise BundleError(
                f"{model.name}: cuts {text!a} into other tokens than the training tokenizer: at token {place} "
                f"{ids[place : place + 3]} instead of {expected[place : place + 3]}. The model would read noise there."
            )
    if not told["ends"]:
        raise BundleError(
            f"{model.name}: does not end an answer at {tokenizer.convert_ids_to_tokens(end)}, with which the training "
            f"template ends one: answers would run on. Make it the eos_token in {tokenizer_folder}."
        )
    return {"conversations": len(rendered), "texts": len(texts)}


def _name(tokenizer: Any, token: int | None) -> str:
    return "nothing" if token is None else str(tokenizer.convert_ids_to_tokens(token))


def check_logits(
    model: Path, reference: Any, tokens: Sequence[int], limit: float, *, log: Path, adapter: Path | None = None
) -> float:
    """The largest difference of a GGUF's logits to the reference, relative to the reference's range.

    Args:
        reference: ``(tokens, vocabulary)``, float32, of the trained model.
        adapter: GGUF of an adapter to put over ``model``.

    Raises:
        BundleError: If it is above ``limit``.
    """
    import numpy as np  # noqa: PLC0415

    target = log.with_name("logits.npy")
    arguments = {"model": str(model), "tokens": list(tokens), "target": str(target), "adapter": _text(adapter)}
    call("logits", arguments, log)
    found, wanted = np.load(target), np.asarray(reference)
    target.unlink()
    found = found[:, : wanted.shape[1]]
    difference = float(np.abs(found - wanted).max() / (wanted.max() - wanted.min()))
    if not difference <= limit:
        what = f"{adapter.name} over {model.name}" if adapter else model.name
        raise BundleError(
            f"{what}: its logits differ from the trained model's by {difference:.2%} of their range, and "
            f"{limit:.2%} is allowed. Folding, merging or converting went wrong: see {log}."
        )
    return difference


def compare(
    reference: Path,
    model: Path,
    text: str,
    *,
    log: Path,
    adapter: Path | None = None,
    chunks: int = CHUNKS,
    say: Callable[[str], object] | None = None,
) -> dict[str, Any]:
    """KL(reference || model), agreement and perplexities on a text; see ``export.native``.

    Args:
        adapter: GGUF of an adapter to put over both.
        say: Called with a line now and then that says how far it is.
    """
    arguments = {"reference": str(reference), "model": str(model), "text": text, "chunks": chunks}
    arguments |= {"adapter": _text(adapter), "reference_adapter": _text(adapter)}
    figures = call("compare", arguments, log, say)
    return {name: round(value, 6) if isinstance(value, float) else value for name, value in figures.items()}


def shortfalls(figures: Mapping[str, Any], thresholds: Thresholds, what: str) -> list[str]:
    """What is below the thresholds, one line each."""
    problems = []
    if not figures["kl"] <= thresholds.kl:
        problems.append(f"{what}: KL to 16 bit is {figures['kl']:.4f} nats a token; {thresholds.kl} is allowed")
    if not figures["top_token_agreement"] >= thresholds.top_token_agreement:
        share = f"{figures['top_token_agreement']:.1%}"
        problems.append(
            f"{what}: says what 16 bit says {share} of the time; {thresholds.top_token_agreement:.1%} is asked"
        )
    return problems


def _render(tokenizer: Any, conversation: Sequence[Mapping[str, str]]) -> str:
    return str(tokenizer.apply_chat_template(list(conversation), tokenize=False, add_generation_prompt=True))


def _turn_end(tokenizer: Any) -> int | None:
    """The control token with which the template ends an assistant's turn; None where it ends it with text."""
    messages = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hello"}]
    text = str(tokenizer.apply_chat_template(messages, tokenize=False)).rstrip()
    last = int(tokenizer(text, add_special_tokens=False)["input_ids"][-1])
    added = tokenizer.added_tokens_decoder.get(last)
    return last if added is not None and added.special else None


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
