"""From a ``submit`` message to a job: template, tokens, schema, limits; everything that can refuse a request."""

from dataclasses import dataclass
from typing import Any

from edge.engine.constrain import Compiler, Constraint, SchemaRefusedError, best_backend, make_compiler
from edge.engine.embed import EmbedJob
from edge.engine.model import Model, read_metadata
from edge.engine.sampling import Sampler, SamplingOptions
from edge.engine.sequence import PRIORITIES, Job, Seq
from edge.engine.template import ChatTemplate, TemplateRefusedError
from edge.engine.text import TextStream


class RefusedError(Exception):
    """A request that cannot run, with the protocol's code for it."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True)
class Limits:
    """What one request may take: ``prompt_tokens`` at most in its prompt, ``n_ctx`` with its answer."""

    prompt_tokens: int
    n_ctx: int


class Intake:
    """Turns requests into jobs.

    Args:
        system_prompt: The bundle's; None leaves the first word to the chat template.
        chat_template: Jinja text; None takes the GGUF's own.
        schema_backend: ``llguidance`` or ``gbnf``; None takes the best there is.
    """

    def __init__(
        self,
        model: Model,
        limits: Limits,
        defaults: SamplingOptions,
        *,
        system_prompt: str | None,
        chat_template: str | None,
        schema_backend: str | None = None,
    ) -> None:
        self._model = model
        self._limits = limits
        self._defaults = defaults
        source = chat_template or read_metadata(model.native, "tokenizer.chat_template")
        self._template = ChatTemplate(source, model.vocab, system_prompt) if source else None
        self._compiler: Compiler | None = None
        self.backend = schema_backend or best_backend()
        self.shared_prefix: list[int] = []
        if self._template is not None and model.can_share_prefixes:
            prefix = self._template.shared_prefix()
            # A longer one would leave no room for answers beside it; it is then computed with each request.
            self.shared_prefix = prefix if len(prefix) <= limits.n_ctx // 2 else []

    def job(self, message: dict[str, Any], arrival: int) -> Seq:
        """The first sequence of a new job.

        Raises:
            RefusedError: With the code and reason for the device.
        """
        adapter = self._adapter(message.get("adapter"))
        options = self._defaults.updated(message.get("sampling") or {})
        tokens = self._tokens(message)
        samples = int(message.get("samples") or 1)
        schema = message.get("schema")
        constraint = None if schema is None else self._constraint(schema)
        # Greedy samples would all be the same: one is computed and speaks for all.
        sequences = 1 if options.greedy else samples
        room = self._room(tokens, sequences)
        job = Job(
            key=int(message["key"]),
            arrival=arrival,
            adapter=adapter,
            owner=str(message.get("owner", "")),
            options=options,
            prompt_length=len(tokens),
            max_new=max(1, min(options.max_tokens, room)),
            priority=PRIORITIES.get(message.get("priority") or "normal", 1),
            samples=sequences,
            votes=samples,
            stream=bool(message.get("stream")),
            wants_logprobs=bool(message.get("logprobs")),
            wants_confidence=bool(message.get("confidence")),
            keeps_prefix=message.get("verb") == "chat" or bool(message.get("session")),
            shared_length=self._shared_length(tokens),
            constrained=constraint is not None,
        )
        seq = Seq(job, tokens, Sampler(options), TextStream(options.stop), constraint)
        job.sequences.append(seq)
        return seq

    def embedding(self, message: dict[str, Any], now: float) -> EmbedJob:
        """A text to embed: tokenised as it is, without the chat template.

        Raises:
            RefusedError: It is too long or empty.
        """
        self._adapter(message.get("adapter"))
        vocab = self._model.vocab
        tokens = vocab.with_bos(vocab.tokenize(self._text(message), special=False))
        if not tokens:
            raise RefusedError("unsupported", "the prompt is empty: there is nothing to embed")
        self._room(tokens, 1)
        return EmbedJob(int(message["key"]), tokens, now)

    def shared_prefix_job(self, adapter: str, arrival: int) -> Seq:
        """The engine's own job of computing the shared prefix under ``adapter``."""
        options = SamplingOptions(max_tokens=1)
        tokens = list(self.shared_prefix)
        job = Job(None, arrival, adapter, "", options, prompt_length=len(tokens), max_new=1, priority=0)
        seq = Seq(job, tokens, Sampler(options), TextStream())
        job.sequences.append(seq)
        return seq

    def _adapter(self, name: str | None) -> str:
        # "auto" is the daemon's question; until a router answers it, the base model does.
        name = "" if name in (None, "auto") else str(name)
        if not self._model.has_adapter(name):
            known = ", ".join(self._model.adapter_names) or "none"
            raise RefusedError("unknown_adapter", f"there is no adapter {name!r} here; loaded: {known}")
        return name

    def _text(self, message: dict[str, Any]) -> str:
        if message.get("prompt") is not None:
            return str(message["prompt"])
        return "\n".join(str(turn.get("content", "")) for turn in message.get("messages") or ())

    def _tokens(self, message: dict[str, Any]) -> list[int]:
        vocab = self._model.vocab
        messages = message.get("messages")
        if message.get("raw") or (self._template is None and messages is None):
            # Who asks for raw writes the whole prompt, control tokens included: there is no one else's text in it.
            tokens = vocab.with_bos(vocab.tokenize(self._text(message), special=True))
            if not tokens:
                raise RefusedError("unsupported", "the raw prompt is empty: there is nothing to continue")
            return tokens
        if self._template is None:
            raise RefusedError(
                "unsupported", "this model has no chat template: send `prompt` with `raw` true, or use another bundle"
            )
        try:
            return self._template.tokens(messages or [{"role": "user", "content": self._text(message)}])
        except TemplateRefusedError as error:
            raise RefusedError("unsupported", f"the model's chat template refused the messages: {error}") from error

    def _room(self, tokens: list[int], sequences: int) -> int:
        """Tokens each sequence may generate beside the prompt they share."""
        count, limits = len(tokens), self._limits
        if limits.prompt_tokens and count > limits.prompt_tokens:
            raise RefusedError(
                "context_overflow",
                f"the prompt has {count} tokens, this gateway takes at most {limits.prompt_tokens} "
                "([limits] prompt_tokens). Shorten it, or send fewer earlier messages.",
            )
        room = (limits.n_ctx - count) // sequences
        if room < 1:
            raise RefusedError(
                "context_overflow",
                f"the prompt has {count} tokens and the context {limits.n_ctx} ([model] n_ctx): no room is left for "
                f"{'an answer' if sequences == 1 else f'{sequences} answers'}. Shorten it, or send fewer messages.",
            )
        return room

    def _constraint(self, schema: dict[str, Any]) -> Constraint:
        if self._compiler is None:
            self._compiler = make_compiler(self.backend, self._model.vocab)
        try:
            return self._compiler.compile(schema)
        except (SchemaRefusedError, ValueError) as error:
            raise RefusedError("schema_invalid", f"the schema cannot be used: {error}") from error

    def _shared_length(self, tokens: list[int]) -> int:
        shared = self.shared_prefix
        return len(shared) if shared and tokens[: len(shared)] == shared and len(tokens) > len(shared) else 0
