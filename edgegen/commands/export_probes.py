"""Probe suites over the GGUFs of an export: the one place where the export plane meets the engine."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from edge.probes.run import run_suites
from edge.probes.suite import Suite
from edge.probes.target import EngineTarget
from edgegen.bundle import AdapterRef, ResolvedModel
from edgegen.bundle_verify import sha256_file
from edgegen.commands.probe import load_suites
from edgegen.config import load_config

# Suite -> {"passed", "total", "share"}, of a model with an adapter over it or without.
Prober = Callable[[Path, Path | None], Mapping[str, Mapping[str, Any]]]


def prober(names: Sequence[str], system_prompt: str | None) -> Prober:
    """What asks the suites.

    Args:
        names: Of shipped suites, or files.
        system_prompt: As the bundle will have it.

    Raises:
        ConfigError: If one of them cannot be read, before any work is done.
    """
    suites = load_suites(tuple(names))

    def probe(model: Path, adapter: Path | None) -> Mapping[str, Mapping[str, Any]]:
        return _ask(model, adapter, suites, system_prompt)

    return probe


def _ask(
    model: Path, adapter: Path | None, suites: list[Suite], system_prompt: str | None
) -> dict[str, dict[str, Any]]:
    """Every item with the adapter, or with none: what a suite itself says of adapters is for a node."""
    name = None if adapter is None else "exported"
    resolved = ResolvedModel(
        name=model.stem,
        version="0.0.0",
        sha256=sha256_file(model.resolve()),
        model_path=model.resolve(),
        adapters=() if adapter is None else (AdapterRef("exported", adapter.resolve(), 1.0, None),),
        system_prompt=system_prompt,
        chat_template=None,
        defaults={},
        n_ctx=None,
        folder=None,
    )
    asked = [replace(suite, items=tuple(replace(item, adapter=name) for item in suite.items)) for suite in suites]
    with TemporaryDirectory(prefix="edgegen-") as folder:
        target = EngineTarget(resolved, load_config(None, [f"node.data_dir={folder}"]))
        try:
            run = run_suites(target, asked, None)
        finally:
            target.close()
    return {
        done.suite.name: {"passed": done.score.passed, "total": done.score.total, "share": round(done.score.share, 4)}
        for done in run.suites
    }
