"""`edgegen doctor --tune`: measures with the real model, writes what the next start reads, and leaves a node alone."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from edge.doctor import tune
from edge.doctor.tune import Measurement
from edge.loading import load_message
from edge.tuned import Tuned, read_tuned, write_tuned
from edgegen.bundle import resolve_model
from edgegen.config import load_config
from tests.commands.conftest import Gateway, edgegen
from tests.engine.conftest import EngineClient

FAST = Tuned(n_threads=1, n_batch=64, kv_type="q8_0", flash_attn=True)


def measured(setting: Tuned, speed: float) -> Measurement:
    return Measurement(setting, pp=100 * speed, tg=50 * speed, tg_slots=80 * speed, slots=4, kv_bytes=2**20)


@pytest.mark.model
def test_a_setting_is_measured_with_the_real_model(smollm2: Path, tmp_path: Path) -> None:
    """Quantising the KV cache shows in its size, and the figures are those of a machine that computes."""
    config = load_config(None, [f"node.data_dir={tmp_path}", f"model.bundle={smollm2}", "model.n_ctx=1024"])
    load = load_message(resolve_model(config), config)

    plain = tune.measure(load, tune.START)
    small = tune.measure(load, FAST)

    assert plain.kv_bytes == 1024 * 30 * 2 * 3 * 64 * 2  # tokens, layers, K and V, heads, width, bytes
    assert small.kv_bytes == plain.kv_bytes * 34 // 64
    for found in (plain, small):
        assert found.slots == 8
        assert found.row()["kv_mib"] > 0
    # Of the better one each: something else may have used the machine just then.
    assert max(plain.pp, small.pp) > max(plain.tg, small.tg) > 0.1


def test_the_fastest_setting_is_found_one_step_after_another() -> None:
    """Fewer threads win here, then a larger batch; a quantised cache that is a little faster does not."""
    speeds = {"n_threads": {2: 1.0, 1: 1.2}, "n_batch": {64: 0.8, 128: 0.9, 256: 1.0, 512: 1.1}}
    tried = []

    def try_one(setting: Tuned) -> Measurement:
        tried.append(setting)
        speed = speeds["n_threads"][setting.n_threads] * speeds["n_batch"][setting.n_batch]
        return measured(setting, speed * (1.1 if setting.kv_type != "f16" else 1.0))

    best = tune.search(2, try_one)

    assert best is not None
    assert best.setting == replace(tune.START, n_threads=1, n_batch=512)
    assert tried[0] == tried[-1]
    assert len(tried) == 9


def test_a_setting_that_does_not_load_is_left_out() -> None:
    """And where none does there is nothing to choose."""

    def without_flash(setting: Tuned) -> Measurement | None:
        return None if setting.flash_attn else measured(setting, 1.0)

    best = tune.search(4, without_flash)

    assert best is not None
    assert best.setting.n_threads == 4
    assert tune.search(4, lambda _: None) is None


def test_figures_of_a_busy_machine_are_not_believed() -> None:
    rows = [measured(FAST, speed).row() for speed in (1.0, 1.1, 0.7)]

    assert not tune.steady(rows)
    assert tune.steady(rows[:2])


def test_the_next_start_reads_what_was_written_and_the_configuration_wins(smollm2: Path, tmp_path: Path) -> None:
    """For this model on this machine only."""
    settings = [f"node.data_dir={tmp_path}", f"model.bundle={smollm2}"]
    config = load_config(None, settings)
    model = resolve_model(config)
    write_tuned(tmp_path, model.sha256, FAST, [])

    def loaded(*more: str) -> tuple:
        load = load_message(model, load_config(None, [*settings, *more]))
        return tuple(load[name] for name in ("n_threads", "n_batch", "kv_type", "flash_attn"))

    assert loaded() == (1, 64, "q8_0", True)
    assert loaded("model.n_threads=2", "model.n_batch=128", "model.kv_type=f16") == (2, 128, "f16", True)
    assert loaded("model.flash_attn=off") == (1, 64, None, False), "q8_0 was tuned, off was said"
    assert read_tuned(tmp_path, "another model") == Tuned()
    (tmp_path / "tune.json").write_text("{")
    assert read_tuned(tmp_path, model.sha256) == Tuned()


@pytest.mark.model
@pytest.mark.parametrize("kv_type", ["q8_0", "q4_0"])
def test_an_engine_answers_with_a_quantised_cache(smollm2: Path, kv_type: str) -> None:
    """The real engine with the real options."""
    engine = EngineClient(smollm2, n_ctx=512, prompt_tokens=0, kv_type=kv_type, flash_attn=True, n_batch=32)
    assert engine.ready["ev"] == "ready", engine.ready

    answer = engine.ask("The capital of France is", raw=True)
    engine.close()

    assert "Paris" in answer["text"]


@pytest.mark.broker
@pytest.mark.model
def test_a_running_node_is_left_alone(gateway: Gateway) -> None:
    done = edgegen("doctor", "--tune", "--config", gateway.config)

    assert done.returncode == 1
    assert "a node runs on it" in done.stderr
    assert "systemctl stop edgegen" in done.stderr
    assert not (gateway.data_dir / "tune.json").exists()


@pytest.mark.model
def test_the_command_measures_and_says_what_it_found(smollm2: Path, tmp_path: Path) -> None:
    """The whole way. On a machine as busy as a test's it may find that out instead, and then writes nothing."""
    settings = [f"node.data_dir={tmp_path}", f"model.bundle={smollm2}", "model.n_ctx=512", "model.slots=2"]
    done = edgegen("doctor", "--tune", "--json", *(part for s in settings for part in ("--set", s)), timeout_s=280)

    if done.returncode == 0:
        document = json.loads(done.stdout)
        assert json.loads((tmp_path / "tune.json").read_text())["chosen"] == document["chosen"]
        assert len(document["measured"]) >= 8
    else:
        assert "something else uses the machine" in done.stderr
        assert not (tmp_path / "tune.json").exists()
