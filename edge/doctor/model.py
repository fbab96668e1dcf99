"""Findings on the model: which one, whole, and does llama.cpp load it."""

from collections.abc import Iterator

from edge.doctor import machine
from edge.doctor.finding import Finding, ok, problem
from edge.engine.inspect import inspect_gguf
from edgegen.bundle import resolve_model, verify_bundle
from edgegen.config import Config
from edgegen.errors import EdgegenError


def model(config: Config, *, deep: bool, running: bool) -> Iterator[Finding]:
    """What `[model] bundle` names.

    Args:
        deep: Read every file and compare its SHA-256, instead of names and sizes.
        running: The node runs already.
    """
    try:
        found = resolve_model(config)
        if deep and found.folder is not None:
            verify_bundle(found.folder)
    except EdgegenError as error:
        yield problem("bundle", str(error), "`edgegen model list` shows what is installed.")
        return
    what = "every byte as its manifest says" if deep else "names and sizes as its manifest says"
    if found.folder is None:
        what = "a bare .gguf without a manifest, so nothing to compare it with"
    yield ok("bundle", f"{found.name}-{found.version}: {what}; adapters: {_names(found.adapters)}")
    yield from machine.memory(found.model_path, config.model.n_ctx, running=running)
    try:
        facts = inspect_gguf(found.model_path)
    except EdgegenError as error:
        yield problem("model", str(error), "`edgegen model add smollm2-135m` fetches one that works.")
        return
    yield ok(
        "model",
        f"llama.cpp loads it: {facts['name']}, {facts['architecture']}, {facts['n_params'] / 1e6:,.0f} M parameters, "
        f"{facts['quantisation']}, trained for {facts['n_ctx_train']} tokens",
    )


def _names(adapters: tuple[object, ...]) -> str:
    return ", ".join(str(getattr(adapter, "name", adapter)) for adapter in adapters) or "none"
