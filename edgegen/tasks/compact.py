"""JSON as a gateway writes it under a schema: without a space.

The engine's constrained decoding (``edge.engine.constrain``) leaves no white space free, so a model that learned
documents with spaces would meet tokens there that it never saw.
"""

import json
from typing import Any


def compact(document: Any) -> str:
    """The text of a JSON value, keys in their order, nothing between the tokens."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
