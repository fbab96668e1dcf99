"""What a reload says of the configuration it found."""

from dataclasses import replace

from edge.reloading import differences
from edgegen.config import load_config


def config(tmp_path, *overrides):
    path = tmp_path / "edgegen.toml"
    path.write_text("")
    return load_config(path, (f'node.data_dir="{tmp_path}"', *overrides))


def test_equal_configurations_differ_in_nothing(tmp_path):
    assert differences(config(tmp_path), config(tmp_path)) == []


def test_each_part_that_changed_is_named_and_what_takes_a_restart(tmp_path):
    before = config(tmp_path)
    after = config(tmp_path, "mqtt.host=10.0.0.2", "limits.queue=3", "telemetry.interval_s=7", "update.online_s=99")

    assert differences(before, after) == [
        "[node] and [mqtt] take effect at the next restart",
        "limits changed",
        "[telemetry] changed",
        "[update] changed",
    ]
    assert differences(before, replace(after, limits=before.limits, mqtt=before.mqtt)) == [
        "[telemetry] changed",
        "[update] changed",
    ]
