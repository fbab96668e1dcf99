"""The tests of the fine-tuning plane, left out where its packages are not installed."""

import importlib.util

import pytest

if any(importlib.util.find_spec(name) is None for name in ("torch", "peft", "transformers", "polars", "gguf")):
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture
def batches():
    """Two batches of random tokens for a tiny random model."""
    from tests.finetune.tiny import make_batches

    return make_batches()
