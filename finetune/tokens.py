"""Examples in tokens, with a mask of what is learned: the assistant's words and the mark that ends them.

Chat and Alpaca go through the base's chat template; plain text is used as it stands, a completion with an end-of-text
behind it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from finetune.examples import Example

# Examples that the tokenizer is given at once.
TOKENISED_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Sample:
    """An example in tokens.

    Args:
        learned: Whether each token counts in the loss.
        kl: Whether nothing of it is learned, but the model held to its base at every token.
    """

    tokens: tuple[int, ...]
    learned: tuple[bool, ...]
    task: str
    kl: bool = False


def tokenise(example: Example, tokenizer: Any) -> Sample:
    """The tokens of an example and which of them are learned.

    Raises:
        ValueError: When the template cannot render it, or nothing would be learned.
    """
    ((_, sample),) = tokenise_all([example], tokenizer)
    if isinstance(sample, ValueError):
        raise sample
    return sample


def tokenise_all(examples: Iterable[Example], tokenizer: Any) -> Iterator[tuple[Example, Sample | ValueError]]:
    """Each example with its sample, or with what keeps it from being one; a few hundred are held at once."""
    bos = begin_of(tokenizer)
    waiting = iter(examples)
    while several := list(islice(waiting, TOKENISED_AT_ONCE)):
        written = [_written(example, tokenizer) for example in several]
        encoded: dict[int, tuple[list[int], list[tuple[int, int]]]] = {}
        for plain in (True, False):
            places = [
                p for p, e in enumerate(several) if e.is_plain == plain and not isinstance(written[p], ValueError)
            ]
            if places:
                texts = [written[place][0] for place in places]  # type: ignore[index]
                found = tokenizer(texts, add_special_tokens=plain, return_offsets_mapping=True)
                for place, ids, offsets in zip(places, found["input_ids"], found["offset_mapping"], strict=True):
                    begun = begin_with(bos, ids)
                    encoded[place] = (begun, [(0, 0)] * (len(begun) - len(ids)) + offsets)
        for place, example in enumerate(several):
            whole = written[place]
            if isinstance(whole, ValueError):
                yield example, whole
            else:
                yield example, _sample(example, whole[1], *encoded[place], tokenizer.eos_token_id)


def begin_of(tokenizer: Any) -> int | None:
    """The BOS that the tokenizer puts before a plain text; None where it puts none."""
    bos: int | None = tokenizer.bos_token_id
    return bos if bos is not None and tokenizer("x")["input_ids"][:1] == [bos] else None


def begin_with(bos: int | None, ids: Sequence[int]) -> list[int]:
    """``ids`` with the tokenizer's BOS in front, unless the template has put it there.

    That is what llama.cpp does on the gateway (``tokenizer.ggml.add_bos_token``).
    """
    return list(ids) if bos is None or (ids and ids[0] == bos) else [bos, *ids]


def _sample(
    example: Example, spans: list[tuple[int, int]], ids: list[int], offsets: list[tuple[int, int]], eos: int
) -> Sample | ValueError:
    tokens = list(ids)
    learned = [any(start < end and start >= low and end <= high for low, high in spans) for start, end in offsets]
    ends = example.turns[-1][0] == "completion"  # a text may be a piece of a longer one
    if ends and (not tokens or tokens[-1] != eos):
        tokens.append(eos)
        learned.append(True)
    if not any(learned[1:]):  # the first token is never predicted
        return ValueError("nothing would be learned: the template leaves no assistant text. Check data.template.")
    return Sample(tuple(tokens), tuple(learned), example.task)


def _written(example: Example, tokenizer: Any) -> tuple[str, list[tuple[int, int]]] | ValueError:
    """The text of an example, and where in it the learned parts are."""
    if example.is_plain:
        text = "".join(content for _, content in example.turns)
        return text, [(len(text) - len(example.turns[-1][1]), len(text))]
    try:
        return _render(example, tokenizer)
    except ValueError as error:
        return error


def _render(example: Example, tokenizer: Any) -> tuple[str, list[tuple[int, int]]]:
    """The conversation as text, and where in it the assistant's turns are.

    A turn is what rendering one message more adds behind the generation prompt; white space after its end mark is the
    template's and not learned.
    """
    messages = [{"role": role, "content": content} for role, content in example.turns]

    def render(count: int, *, prompt: bool = False) -> str:
        try:
            return str(tokenizer.apply_chat_template(messages[:count], tokenize=False, add_generation_prompt=prompt))
        except Exception as error:  # noqa: BLE001  (a template raises what it likes)
            line = getattr(error, "lineno", None)  # where Jinja cannot read it
            place, said = f" (its line {line})" if line else "", str(error).rstrip(".")
            raise ValueError(f"the chat template{place} refuses it: {said}. Check data.template.") from None

    if tokenizer.chat_template is None:
        raise ValueError("the base's tokenizer has no chat template for it. Name one: data.template = FILE, or alpaca.")
    text = render(len(messages))
    spans = []
    for number, (role, _) in enumerate(example.turns):
        if role != "assistant":
            continue
        before = render(number, prompt=True) if number else ""
        until = render(number + 1) if number + 1 < len(messages) else text
        if not until.startswith(before):
            before = render(number) if number else ""
        end = len(until.rstrip())
        if not (text.startswith(until.rstrip()) and until.startswith(before)):
            raise ValueError(f"the chat template changes earlier turns, so turn {number + 1} cannot be found in it.")
        spans.append((len(before), end))
    return text, spans
