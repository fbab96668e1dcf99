"""What a person sees of a run: its line while it goes on, what it leaves, and talking to it."""

import json
import shutil
from importlib.metadata import version

import pytest
from click.testing import CliRunner

from edgegen.commands.finetune import command
from finetune.errors import TrainingError
from finetune.generation import Sampling
from finetune.progress import Passing, Screen, step_line
from finetune.run import start
from finetune.samples import asked
from finetune.trial import Trial, side_by_side
from tests.finetune.test_data import recipe_for
from tests.finetune.tiny import sums, tiny_tokenizer, write_jsonl

OPTIONS = (
    "base.load=float32", "data.max_tokens=64", "method.rank=4", "train.steps=8", "train.batch=4", "train.lr=0.05",
    "train.accumulate=1", "data.validation_share=0.2", "run.evaluate_every=4",
)  # fmt: skip


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    write_jsonl(folder / "train.jsonl", [*sums(40, task="red"), *sums(40, task="blue")])
    seen = []
    start(recipe_for(folder, *OPTIONS, "run.samples=2"), say=seen.append)
    return folder, seen


def test_the_report_shows_held_out_answers_before_and_after(finished):
    folder, _ = finished
    samples = json.loads((folder / "run/samples.json").read_text())
    report = (folder / "run/REPORT.md").read_text()

    assert len(samples) == 2
    assert samples[0]["prompt"].endswith("+1")  # the question, without what the template puts around it
    assert samples[0]["expected"].isdigit()
    assert samples[0]["before"] != samples[0]["after"]
    assert "| prompt | expected | before | after |" in report
    assert samples[0]["expected"] in report


def test_the_run_leaves_a_card_and_its_held_out_text(finished):
    folder, _ = finished
    card = (folder / "run/MODEL_CARD.md").read_text()
    text = (folder / "run/heldout.txt").read_text()
    held_out = json.loads((folder / "run/run.json").read_text())["examples"]["held_out"]

    assert "train.jsonl" in card
    assert "Held-out loss" in card
    assert text.count("assistant") == held_out
    assert "<|im_start|>" not in text


def test_the_run_says_with_which_versions_it_can_be_repeated(finished):
    folder, _ = finished
    versions = json.loads((folder / "run/run.json").read_text())["versions"]
    report = (folder / "run/REPORT.md").read_text()

    for package in ("edgegen", "torch", "peft"):
        assert versions[package] == version(package)
        assert f"- {package} {version(package)}" in report
    assert {"unsloth", "unsloth_zoo", "triton"} <= versions.keys()  # None where they are not installed
    assert "None" not in report.partition("## To repeat it")[2]


def test_every_step_says_loss_speed_memory_and_time_left(finished):
    _, seen = finished
    steps = [line for line in seen if isinstance(line, Passing)]

    assert len(steps) == 8
    assert steps[-1].share == 1
    for word in ("loss", "tokens/s", "GiB", "left"):
        assert word in steps[3]


def test_on_a_terminal_one_line_moves_and_lasting_ones_stay():
    written = []
    screen = Screen(written.append, 50)

    for step in (1, 2):
        screen(step_line({"step": step, "loss": 1.5, "step_s": 2.0, "tokens": 100}, 4, 2.0))
    screen("held-out loss 1.2")

    assert written[1].startswith("\r\033[K[############------------] step 2/4")
    assert all(len(text) < 50 + 4 for text in written[:2])
    assert "\n" not in "".join(written[:2])
    assert written[2] == "\r\033[Kheld-out loss 1.2\n"


def test_in_a_log_there_is_a_line_a_minute_and_the_last():
    written, clock = [], [0.0]
    screen = Screen(written.append, None, lambda: clock[0])

    for step in range(1, 101):
        clock[0] += 10
        screen(step_line({"step": step, "loss": 1.0, "step_s": 10.0, "tokens": 100}, 100, 10.0))
        if step == 50:
            screen("held-out loss 1.2")

    assert [line.split("/")[0] for line in written[:3]] == ["step 1", "step 7", "step 13"]
    assert written[-1].startswith("step 100/100")
    assert "held-out loss 1.2\n" in written
    assert len(written) == 17 + 1 + 1


def test_base_and_adapter_answer_side_by_side(finished):
    folder, _ = finished
    trial = Trial(folder / "run")
    greedy = Sampling(max_tokens=12, temperature=0.0)
    question = "7+1"

    base, adapted = trial.ask(question, greedy)
    again = Trial(folder / "run").ask(question, greedy)
    trial.ask("8+1", greedy)

    assert base != adapted
    assert again == (base, adapted)
    assert [m["role"] for m in trial.histories[0]] == ["user", "assistant"] * 2
    assert trial.histories[0][1] != trial.histories[1][1]


@pytest.mark.parametrize("name", ["dora", "ir-qlora", "mtlora", "qlora"])
def test_a_run_without_a_plain_adapter_or_with_several_can_be_tried(tmp_path, name):
    """The answers of the trial are those that the report shows."""
    write_jsonl(tmp_path / "train.jsonl", [*sums(20, task="red"), *sums(20, task="blue")])
    load = "nf4" if name == "qlora" else "float32"
    start(recipe_for(tmp_path, *OPTIONS, f"method.name={name}", f"base.load={load}", "run.samples=1"))
    (sample,) = json.loads((tmp_path / "run/samples.json").read_text())
    asked = sample["prompt"]
    if name == "mtlora":
        with pytest.raises(TrainingError, match=r"one adapter for each of the tasks blue, red. .* --task blue"):
            Trial(tmp_path / "run")
    tasks = ["red", "blue"] if name == "mtlora" else [None]

    answers = [Trial(tmp_path / "run", task).ask(asked, Sampling(64, temperature=0.0)) for task in tasks]

    assert all(base == sample["before"] for base, _ in answers)
    assert any(adapted == sample["after"] for _, adapted in answers)


def test_the_command_talks_until_an_empty_line(finished):
    folder, _ = finished

    one = CliRunner().invoke(command, ["try", str(folder / "run"), "1+1", "--json", "--max-tokens", "5"])
    two = CliRunner().invoke(command, ["try", str(folder / "run"), "--max-tokens", "5"], input="1+1\n2+1\n\n")

    assert json.loads(one.output)["prompt"] == "1+1"
    assert two.exit_code == 0, two.output
    assert two.output.count("ADAPTER") == 2


def test_the_command_ends_with_its_input(finished):
    """Prompts piped into it; the lines of --json are all that standard output gets."""
    folder, _ = finished

    piped = CliRunner().invoke(command, ["try", str(folder / "run"), "--json", "--max-tokens", "5"], input="1+1\n2+1\n")

    assert piped.exit_code == 0, piped.output
    assert [json.loads(line)["prompt"] for line in piped.stdout.splitlines()] == ["1+1", "2+1"]


@pytest.mark.parametrize(
    ("messages", "shown"),
    [
        ([{"role": "user", "content": "7+1"}], "7+1"),
        ([{"role": "system", "content": "Count."}, {"role": "user", "content": "7+1"}], "7+1"),
        ([{"role": "user", "content": "7"}, {"role": "user", "content": "+1"}], "user\n7\nuser\n+1\nassistant"),
    ],
)
def test_a_sample_shows_the_question_and_not_the_template(messages, shown):
    tokenizer = tiny_tokenizer()
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)

    assert asked(tokenizer(text)["input_ids"], tokenizer) == shown
    assert asked(tokenizer("plain ")["input_ids"], tokenizer) == "plain"


def test_only_a_finished_run_can_be_tried(tmp_path):
    with pytest.raises(TrainingError, match="is no run"):
        Trial(tmp_path)
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(TrainingError, match="is not finished"):
        Trial(tmp_path)


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("run.json", b"{", r"run.json: cannot be read: .* Copy the run again"),
        ("run.json", b"[]", r"run: is not finished"),
        ("run.json", b'{"fold": {"adapters": 5}}', r"run.json: cannot be read: .* Copy the run again"),
        ("adapter/adapter_model.safetensors", None, r"adapter: holds no adapter_model.safetensors"),
        ("adapter/adapter_model.safetensors", b"half", r"adapter: the adapter cannot be loaded: .* copy the run again"),
        ("adapter/adapter_config.json", b"{}", r"adapter: the adapter cannot be loaded: .* copy the run again"),
    ],
)
def test_a_damaged_run_is_named(finished, tmp_path, file, content, says):
    shutil.copytree(finished[0] / "run", tmp_path / "run")
    path = tmp_path / "run" / file
    path.unlink() if content is None else path.write_bytes(content)

    with pytest.raises(TrainingError, match=says):
        Trial(tmp_path / "run")


def test_a_prompt_that_is_not_utf_8_is_named(finished):
    trial = Trial(finished[0] / "run")

    with pytest.raises(TrainingError, match=r"'a.udcff': the prompt is not UTF-8"):
        trial.ask("a\udcff", Sampling(max_tokens=1))


def test_a_run_on_a_base_of_its_own_without_what_was_trained_is_named(tmp_path):
    write_jsonl(tmp_path / "train.jsonl", sums(20))
    start(recipe_for(tmp_path, *OPTIONS, "method.name=ir-qlora", "train.steps=1"))
    (tmp_path / "run/trained.safetensors").unlink()

    with pytest.raises(TrainingError, match=r"trained.safetensors: cannot be read: .* Copy the run again"):
        Trial(tmp_path / "run")


def test_two_texts_stand_in_two_columns():
    lines = side_by_side("one two three four", "five", 23)

    assert lines == ["one two    | five", "three four |"]
