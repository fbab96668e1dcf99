"""The model's vocabulary: text to token ids and back."""

import ctypes
from typing import Any

import llama_cpp

# The longest piece of any vocabulary seen so far is far below this; a longer one is asked for again.
PIECE_BYTES = 256


class Vocab:
    """Tokenises, detokenises and answers questions about single tokens, remembering each answer.

    The vocabulary is never walked as a whole: 49,152 calls cost 20 ms of the start.
    """

    def __init__(self, model: Any) -> None:
        self.handle = llama_cpp.llama_model_get_vocab(model)
        self.n_tokens = int(llama_cpp.llama_vocab_n_tokens(self.handle))
        self.bos = int(llama_cpp.llama_vocab_bos(self.handle))
        self.eos = int(llama_cpp.llama_vocab_eos(self.handle))
        self.add_bos = bool(llama_cpp.llama_vocab_get_add_bos(self.handle))
        self._pieces: dict[int, bytes] = {}
        self._eog: dict[int, bool] = {}
        self._special: dict[int, bool] = {}

    def tokenize(self, text: str, *, special: bool) -> list[int]:
        """Token ids of ``text``, without BOS; with ``special`` the vocabulary's control tokens are recognised."""
        raw = text.encode("utf-8", "replace")
        capacity = len(raw) + 8
        while True:
            ids = (ctypes.c_int32 * capacity)()
            count = llama_cpp.llama_tokenize(self.handle, raw, len(raw), ids, capacity, False, special)
            if count >= 0:
                return ids[:count]
            capacity = -count

    def with_bos(self, tokens: list[int]) -> list[int]:
        """``tokens`` with BOS in front if the vocabulary asks for it and the template has not put it there."""
        if self.add_bos and self.bos >= 0 and tokens[:1] != [self.bos]:
            return [self.bos, *tokens]
        return tokens

    def piece(self, token: int) -> bytes:
        """The bytes a token stands for in an answer; control tokens stand for nothing."""
        piece = self._pieces.get(token)
        if piece is None:
            piece = self._pieces[token] = self._render(token, special=False)
        return piece

    def special_text(self, token: int) -> str:
        """How a control token is written, e.g. ``<|im_end|>``; empty for -1, the token that does not exist."""
        return self._render(token, special=True).decode("utf-8", "replace") if token >= 0 else ""

    def _render(self, token: int, *, special: bool) -> bytes:
        capacity = PIECE_BYTES
        while True:
            buffer = ctypes.create_string_buffer(capacity)
            count = llama_cpp.llama_token_to_piece(self.handle, token, buffer, capacity, 0, special)
            if count >= 0:
                return buffer.raw[:count]
            capacity = -count

    def is_eog(self, token: int) -> bool:
        """Whether the token ends a generation (EOS, end of turn ...)."""
        known = self._eog.get(token)
        if known is None:
            known = self._eog[token] = bool(llama_cpp.llama_vocab_is_eog(self.handle, token))
        return known

    def is_special(self, token: int) -> bool:
        """Whether llama.cpp finds this token in text only when it is asked to parse special tokens.

        Those are CONTROL and UNKNOWN tokens (llama-vocab.cpp, tokenizer_st_partition); USER_DEFINED ones are found
        in any text and steer nothing.
        """
        known = self._special.get(token)
        if known is None:
            mask = llama_cpp.LLAMA_TOKEN_ATTR_CONTROL | llama_cpp.LLAMA_TOKEN_ATTR_UNKNOWN
            attributes = int(llama_cpp.llama_vocab_get_attr(self.handle, token))
            known = self._special[token] = bool(attributes & mask)
        return known
