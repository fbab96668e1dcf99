"""Chat templates of GGUFs, rendered as transformers renders those of checkpoints."""

import json
from datetime import datetime
from typing import Any, NoReturn

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from finetune.evaluation.errors import EvaluationError
from finetune.evaluation.scorer import Messages


def _refuse(message: str) -> NoReturn:
    raise jinja2.TemplateError(message)


def _tojson(value: Any, indent: int | None = None, **_: Any) -> str:
    # Jinja's own filter escapes <, > and & for HTML; models were trained on plain JSON.
    return json.dumps(value, ensure_ascii=False, indent=indent)


def render(template: str | None, messages: Messages, *, bos: str, eos: str, where: str) -> str:
    """The prompt of a chat, ready for the assistant's answer.

    Raises:
        EvaluationError: The model has no template, or its template refuses these messages.
    """
    if not template:
        raise EvaluationError(f"{where}: has no chat template, so it cannot be asked as in a chat. Use another model.")
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, autoescape=False)
    environment.filters["tojson"] = _tojson
    environment.globals["raise_exception"] = _refuse
    environment.globals["strftime_now"] = lambda pattern: datetime.now().astimezone().strftime(pattern)
    try:
        return environment.from_string(template).render(
            messages=[dict(message) for message in messages], add_generation_prompt=True, bos_token=bos, eos_token=eos
        )
    except jinja2.TemplateError as error:
        raise EvaluationError(f"{where}: its chat template does not take this chat: {error}") from error
