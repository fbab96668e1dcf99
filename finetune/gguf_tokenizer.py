"""The tokenizer of a GGUF, rebuilt from the GGUF's own fields so that its ids are llama.cpp's.

The one that transformers reads from a GGUF is wrong for several models (end of text, digits). Two kinds are known:
byte-level BPE (``gpt2``), whose merges the file lists, and SentencePiece BPE (``llama``: Llama 2, TinyLlama), whose
merges follow from the scores of its pieces.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from edgegen.errors import BundleError

CONTROL, USER_DEFINED = 3, 4  # llama.cpp, enum llama_token_type
# What SentencePiece writes for a space.
SPACE = "\N{LOWER ONE EIGHTH BLOCK}"

# The splitting that llama.cpp applies for each `tokenizer.ggml.pre` (llama-vocab.cpp) and its makers' tokenizer.json.
_WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}%s| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SPLITS = ("smollm", "llama-bpe", "qwen2", "gpt-2")


def tokenizer_of(fields: Any) -> PreTrainedTokenizerFast:
    """The tokenizer that the fields of a GGUF describe.

    Args:
        fields: ``get(name, default)`` of the key-value pairs, and the ``file`` for messages.

    Raises:
        BundleError: For other kinds of tokenizer, by name.
    """
    kind, split = fields.get("tokenizer.ggml.model"), fields.get("tokenizer.ggml.pre", "gpt-2")
    tokens: list[str] = fields.get("tokenizer.ggml.tokens")
    if kind == "llama":
        raw = _sentencepiece(fields, tokens)
    elif kind == "gpt2" and split in SPLITS:
        raw = _byte_level(fields, tokens, split)
    else:
        raise BundleError(
            f"{fields.file}: its tokenizer is {kind}/{split}; only llama (SentencePiece) and gpt2 with "
            f"{', '.join(SPLITS)} can be rebuilt. Get the model's own checkpoint."
        )
    for token, what in zip(tokens, fields.get("tokenizer.ggml.token_type"), strict=True):
        if what in (CONTROL, USER_DEFINED):
            added = AddedToken(token, special=what == CONTROL, normalized=False)
            (raw.add_special_tokens if what == CONTROL else raw.add_tokens)([added])
    named = {
        f"{name}_token": tokens[number]
        for name, field in (("bos", "bos"), ("eos", "eos"), ("unk", "unknown"), ("pad", "padding"))
        if (number := fields.get(f"tokenizer.ggml.{field}_token_id")) is not None
    }
    # llama.cpp's own defaults for each kind.
    begins = fields.get("tokenizer.ggml.add_bos_token", kind == "llama" or split == "llama-bpe")
    if begins and "bos_token" in named:
        bos = named["bos_token"]
        raw.post_processor = processors.TemplateProcessing(
            single=f"{bos} $A", pair=f"{bos} $A {bos} $B", special_tokens=[(bos, tokens.index(bos))]
        )
    wrapped = cast(Any, PreTrainedTokenizerFast)(tokenizer_object=raw, clean_up_tokenization_spaces=False, **named)
    wrapped.chat_template = fields.get("tokenizer.chat_template")
    return cast(PreTrainedTokenizerFast, wrapped)


def _byte_level(fields: Any, tokens: Sequence[str], split: str) -> Tokenizer:
    merges = [tuple(merge.split(" ", 1)) for merge in fields.get("tokenizer.ggml.merges", [])]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    raw = Tokenizer(models.BPE(vocab=vocabulary, merges=cast(Any, merges), ignore_merges=split == "llama-bpe"))
    raw.pre_tokenizer = _splitter(split)
    raw.decoder = decoders.ByteLevel()
    if split == "qwen2":
        raw.normalizer = normalizers.NFC()
    return raw


def _splitter(split: str) -> Any:
    if split == "gpt-2":
        return pre_tokenizers.ByteLevel(add_prefix_space=False)
    if split == "smollm":
        digits = pre_tokenizers.Digits(individual_digits=True)
        return pre_tokenizers.Sequence([digits, pre_tokenizers.ByteLevel(add_prefix_space=False)])
    words = Regex(_WORDS % ("{1,3}" if split == "llama-bpe" else ""))
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(words, behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )


def _sentencepiece(fields: Any, tokens: Sequence[str]) -> Tokenizer:
    """SentencePiece BPE as llama.cpp computes it: of all neighbours, those whose whole has the best score merge first.

    A character that is no piece becomes its bytes. A space is put before each stretch of text between special tokens.
    """
    vocabulary = {token: number for number, token in enumerate(tokens)}
    missing = next((f"<0x{byte:02X}>" for byte in range(256) if f"<0x{byte:02X}>" not in vocabulary), None)
    if missing:
        raise BundleError(
            f"{fields.file}: its SentencePiece vocabulary lacks the byte {missing}, so not every text can be written "
            "in it. Get the model's own checkpoint."
        )
    scores: Sequence[float] = fields.get("tokenizer.ggml.scores")
    unknown = fields.get("tokenizer.ggml.unknown_token_id")
    raw = Tokenizer(
        models.BPE(
            vocab=vocabulary,
            merges=merges_of(dict(zip(tokens, scores, strict=True)), vocabulary),
            unk_token=None if unknown is None else tokens[unknown],
            fuse_unk=True,
            byte_fallback=True,
        )
    )
    spaces = normalizers.Replace(" ", SPACE)
    prefixed = fields.get("tokenizer.ggml.add_space_prefix", True)
    raw.normalizer = normalizers.Sequence([normalizers.Prepend(SPACE), spaces]) if prefixed else spaces
    steps = [decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse()]
    raw.decoder = decoders.Sequence([*steps, decoders.Strip(" ", 1, 0)] if prefixed else steps)
    return raw


def merges_of(scores: Mapping[str, float], ids: Mapping[str, int]) -> list[tuple[str, str]]:
    """Every way to put a piece together from two, best score first; of the ways to one piece, lower ids first."""
    ways = [
        (-scores[piece], ids[piece], ids[piece[:cut]], ids[piece[cut:]], (piece[:cut], piece[cut:]))
        for piece in scores
        for cut in range(1, len(piece))
        if piece[:cut] in ids and piece[cut:] in ids
    ]
    return [pair for *_, pair in sorted(ways)]
