"""Everything that a finished run leaves for people and for the export, once the adapter is there."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from finetune.backends.peft_backend import save_tokenizer
from finetune.card import card
from finetune.data import Dataset
from finetune.methods.base import Implementation
from finetune.recipe import Recipe
from finetune.report import write_memory_plot, write_plot, write_report
from finetune.samples import before_and_after
from finetune.tokens import Sample

# The export measures on a few thousand tokens; more would only make the folder larger.
HELD_OUT_SAMPLES = 256


def write_results(
    recipe: Recipe,
    facts: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]],
    dataset: Dataset,
    *,
    model: Any,
    method: Implementation,
    tokenizer: Any,
) -> Path:
    """Plots, samples, held-out text, template, model card and, last, the report, whose path is returned.

    Args:
        facts: What ``run.json`` says.
        rows: The lines of ``metrics.jsonl``.
    """
    folder = recipe.run.folder
    write_plot(rows, folder / "loss.png")
    memory = write_memory_plot(rows, folder / "memory.png")
    samples = before_and_after(model, method, tokenizer, dataset.validation, recipe.run.samples)
    (folder / "samples.json").write_text(json.dumps(samples, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if dataset.validation:
        text = held_out_text(dataset.validation, tokenizer)
        (folder / "heldout.txt").write_text(text, encoding="utf-8")
    if recipe.data.template:  # not the base's own: the export takes it from beside the adapter
        for adapter in facts["fold"]["adapters"].values():
            save_tokenizer(recipe, folder / adapter["folder"])
    (folder / "MODEL_CARD.md").write_text(card(recipe, facts, rows, samples), encoding="utf-8")
    return write_report(recipe, facts, rows, folder / "REPORT.md", samples=samples, memory_plot=memory)


def held_out_text(samples: Sequence[Sample], tokenizer: Any) -> str:
    """Held-out examples as text, without the marks of the template, for the export to measure on."""
    chosen = samples[:HELD_OUT_SAMPLES]
    return "\n\n".join(tokenizer.decode(sample.tokens, skip_special_tokens=True).strip() for sample in chosen) + "\n"
