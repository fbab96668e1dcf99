"""All generators by name."""

from finetune.datasets import alert_triage, iot_command, numbers, refusal, sensor_log, sequences
from finetune.datasets.base import Generator

GENERATORS: dict[str, Generator] = {
    module.GENERATOR.task: module.GENERATOR
    for module in (numbers, iot_command, alert_triage, sequences, sensor_log, refusal)
}
