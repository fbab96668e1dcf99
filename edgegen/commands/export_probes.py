"""Probe suites over the GGUFs of an export: the one place where the export plane meets the engine.

An export is repeated until it is good enough, with other recipes and quantisations: that is tuning, so it asks the dev
questions of a suite that has as many of them as sealed ones. Of the others the sealed ones are asked, on the record.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from edge.probes.run import Run, SuiteRun, run_suites
from edge.probes.sealed import sealed_log
from edge.probes.selection import load_suites
from edge.probes.suite import Suite
from edge.probes.target import EngineTarget
from edgegen.bundle import AdapterRef, ResolvedModel
from edgegen.bundle_verify import sha256_file
from edgegen.config import load_config
from edgegen.errors import ConfigError
from edgegen.split import DEV, SEALED

# Suite -> {"passed", "total", "share"}, and "split" where its questions have one; of a model with an adapter over it or
# without.
Prober = Callable[[Path, Path | None], Mapping[str, Mapping[str, Any]]]


def prober(names: Sequence[str], system_prompt: str | None, log_folder: Path) -> Prober:
    """What asks the suites.

    Args:
        names: Of shipped suites, or files.
        system_prompt: As the bundle will have it.
        log_folder: Gets ``sealed-runs.jsonl`` when sealed questions are asked.

    Raises:
        ConfigError: If one of them cannot be read, or the log not be written, before any work is done.
    """
    suites = [_of_dev(suite, name) for name, suite in zip(names, load_suites(tuple(names)), strict=True)]
    log = sealed_log(log_folder, (suite for suite, _ in suites))

    def probe(model: Path, adapter: Path | None) -> Mapping[str, Mapping[str, Any]]:
        return _ask(model, adapter, suites, system_prompt, log)

    return probe


def _of_dev(suite: Suite, name: str) -> tuple[Suite, str | None]:
    """The suite as an export asks it, and the split of its questions."""
    if not suite.sealed:
        return suite, None
    try:
        (dev,) = load_suites((name,), split=DEV)
    except ConfigError:  # it has none, or too few
        return suite, SEALED
    return (dev, DEV) if len(dev.items) == len(suite.items) else (suite, SEALED)


def _ask(
    model: Path,
    adapter: Path | None,
    suites: Sequence[tuple[Suite, str | None]],
    system_prompt: str | None,
    log: Callable[[Run, SuiteRun], None],
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
    asked = [replace(suite, items=tuple(replace(item, adapter=name) for item in suite.items)) for suite, _ in suites]
    with TemporaryDirectory(prefix="edgegen-") as folder:
        target = EngineTarget(resolved, load_config(None, [f"node.data_dir={folder}"]))
        try:
            run = run_suites(target, asked, None, log=log)
        finally:
            target.close()
    return {
        done.suite.name: {
            "passed": done.score.passed,
            "total": done.score.total,
            "share": round(done.score.share, 4),
            **({"split": split} if split else {}),
        }
        for done, (_, split) in zip(run.suites, suites, strict=True)
    }
