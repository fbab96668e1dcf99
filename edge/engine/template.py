"""The chat template: messages to token ids, in a way that no message can smuggle in a control token.

A device may write ``<|im_end|>`` into its text. Rendered into the template and tokenised with special tokens
parsed, that would end its turn and could start one of the system's. Tokenising every message apart from the
template would prevent it, but also changes tokens where the two meet. So only the offending strings are taken out:

1. each message is tokenised alone with special tokens parsed; nearly always none is found and nothing changes;
2. the strings that were found are replaced by a mark with a random number that the device cannot guess;
3. the template is rendered, the text split at the marks, what lies between tokenised with special tokens parsed,
   and what the marks stand for without.

For ordinary messages the token ids are those of the plain rendering, exactly.
"""

import json
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NoReturn

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from edge.engine.vocab import Vocab

Messages = Sequence[Mapping[str, Any]]


class TemplateRefusedError(Exception):
    """The chat template would not render these messages; the text says why."""


def _raise_exception(message: str) -> NoReturn:
    raise TemplateRefusedError(message)


def _tojson(value: Any, indent: int | None = None, **_: Any) -> str:
    # Jinja's own filter escapes <, > and & for HTML; models were trained on plain JSON.
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _strftime_now(pattern: str) -> str:
    return datetime.now().astimezone().strftime(pattern)


class ChatTemplate:
    """One compiled chat template, with the bundle's system prompt.

    Args:
        source: The Jinja text, from the bundle or the GGUF.
        system_prompt: Put first unless the messages bring a system message of their own.
    """

    def __init__(self, source: str, vocab: Vocab, system_prompt: str | None) -> None:
        environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, autoescape=False)
        environment.filters["tojson"] = _tojson
        environment.globals["raise_exception"] = _raise_exception
        environment.globals["strftime_now"] = _strftime_now
        self._template = environment.from_string(source)
        self._vocab = vocab
        self._system_prompt = system_prompt
        self._specials = {"bos_token": vocab.special_text(vocab.bos), "eos_token": vocab.special_text(vocab.eos)}
        self._knows_system = self._renders_system_role()

    def _renders_system_role(self) -> bool:
        probe = [{"role": "system", "content": "Probe-of-the-role"}, {"role": "user", "content": "x"}]
        try:
            return "Probe-of-the-role" in self.render(probe)
        except TemplateRefusedError:
            return False

    def tokens(self, messages: Messages) -> list[int]:
        """The prompt's token ids, ending where the assistant's answer begins.

        Raises:
            TemplateRefusedError: The template does not take these messages, e.g. roles that do not alternate.
        """
        taken: list[str] = []
        nonce = secrets.token_hex(8)
        clean = [
            {key: self._take_out(value, taken, nonce) if isinstance(value, str) else value for key, value in m.items()}
            for m in self._with_system_prompt(messages)
        ]
        rendered = self.render(clean)
        if not taken:
            return self._vocab.with_bos(self._vocab.tokenize(rendered, special=True))
        ids: list[int] = []
        for place, part in enumerate(re.split(rf"@{nonce}\.(\d+)@", rendered)):
            text, special = (taken[int(part)], False) if place % 2 else (part, True)
            ids += self._vocab.tokenize(text, special=special) if text else []
        return self._vocab.with_bos(ids)

    def render(self, messages: Messages) -> str:
        """The text of the prompt, as plain Jinja gives it."""
        try:
            return self._template.render(messages=list(messages), add_generation_prompt=True, **self._specials)
        except TemplateRefusedError:
            raise
        except jinja2.TemplateError as error:
            raise TemplateRefusedError(str(error)) from error

    def shared_prefix(self) -> list[int]:
        """The tokens every conversation with the bundle's system prompt begins with.

        Found by rendering two user turns that differ from their first character on. Empty when the template does
        not take a lone user turn.
        """
        turns = ([{"role": "user", "content": content}] for content in ("Alpha", "7 times"))
        try:
            first, second = map(self.tokens, turns)
        except TemplateRefusedError:
            return []
        length = 0
        for left, right in zip(first, second, strict=False):
            if left != right:
                break
            length += 1
        return first[:length]

    def _with_system_prompt(self, messages: Messages) -> Messages:
        if self._system_prompt is None or not messages or any(message.get("role") == "system" for message in messages):
            return messages
        if self._knows_system:
            return [{"role": "system", "content": self._system_prompt}, *messages]
        # Gemma's template and a few others have no system role: it becomes the beginning of the first turn.
        first = {**messages[0], "content": f"{self._system_prompt}\n\n{messages[0].get('content', '')}"}
        return [first, *messages[1:]]

    def _take_out(self, content: str, taken: list[str], nonce: str) -> str:
        """``content`` with each control token's text replaced by a mark; what was there goes to ``taken``."""
        ids = self._vocab.tokenize(content, special=True)
        texts = {self._vocab.special_text(token) for token in ids if self._vocab.is_special(token)} - {""}
        if not texts:
            return content

        def mark(match: re.Match[str]) -> str:
            taken.append(match.group())
            return f"@{nonce}.{len(taken) - 1}@"

        longest_first = sorted(texts, key=len, reverse=True)
        return re.sub("|".join(map(re.escape, longest_first)), mark, content)
