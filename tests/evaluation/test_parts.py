"""Parts of an evaluation, put together, are the whole; what is none of its parts is named."""

import hashlib
import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from edgegen.commands.evaluate import command
from edgegen.part import WHOLE, Part
from finetune.evaluation import ecinstruct, parts
from finetune.evaluation.errors import EvaluationDataError
from finetune.evaluation.outcome import asked
from finetune.evaluation.run import TASKS, Request
from tests.evaluation.test_ecinstruct import record, triple
from tests.evaluation.test_tasks import GSM8K, HELLASWAG, Parrot, written

SAID = {
    "gsm8k": ("3 + 4 = 7\n#### 7", "It is 7", "#### 400", ""),
    "humaneval": ("    return 1\n", "    return 2\n"),
    "rouge": ("a pump stands still", "still", ""),
    "ecinstruct": ("yes", "no", "A", "B,A", "", json.dumps([triple("size", "M")])),
}


class Moody(Parrot):
    """What it says depends on the question, and on its draws where it samples, not on what else is asked."""

    def generate(self, prompts, settings):
        draws = [settings.random(place).bytes(4) if settings.temperature else b"" for place in range(len(prompts))]
        moods = [hashlib.sha256(bytes(p) + draw).digest()[0] for p, draw in zip(prompts, draws, strict=True)]
        return [self.said[mood % len(self.said)] for mood in moods]


@pytest.fixture
def data(tmp_path):
    """Data of every evaluation that needs some, in the published layouts."""
    for part, rows in (("dev", 5), ("test", 7)):
        (tmp_path / part).mkdir()
        lines = [f"Question {part} {i}?,one,two,three,four,{'ABCD'[i % 4]}" for i in range(rows)]
        (tmp_path / part / f"astronomy_{part}.csv").write_text("\n".join(lines) + "\n")
    hellaswag = [HELLASWAG[i % 2] | {"ind": i, "activity_label": f"Task {i}", "label": i % 4} for i in range(8)]
    gsm8k = [{"question": f"{GSM8K[i % 2]['question']} ({i})", "answer": GSM8K[i % 2]["answer"]} for i in range(8)]
    code = {"entry_point": "f", "canonical_solution": "    return 1\n"}
    code |= {"test": "def check(candidate):\n    assert candidate() == 1\n"}
    problems = [code | {"task_id": f"T/{i}", "prompt": f"# {i}\ndef f():\n"} for i in range(4)]
    shop = []
    for i in range(8):
        outputs = dict.fromkeys(ecinstruct.TASKS, "AB"[i % 2])
        outputs |= {task: ("yes", "no")[i % 2] for task, one in ecinstruct.TASKS.items() if one[2] is ecinstruct.yes_no}
        outputs["Attribute_Value_Extraction"] = json.dumps([triple("size", "M")] * (i % 3))
        shop += [record(task, output=output) | {"input": f"{task} {i}"} for task, output in outputs.items()]
    (tmp_path / "label.json").write_text(json.dumps([["E", "S"], ["I", "C"]] * 4))
    rouge = [{"prompt": f"How is pump {i}?", "reference": "The pump stands still"} for i in range(7)]
    return {
        "hellaswag": Request(written(tmp_path / "h.jsonl", hellaswag)),
        "mmlu": Request(tmp_path, shots=2),
        "gsm8k": Request(written(tmp_path / "g.jsonl", gsm8k), shots=1, examples=tmp_path / "g.jsonl"),
        "humaneval": Request(written(tmp_path / "c.jsonl", problems), samples=10),
        "ecinstruct": Request(written(tmp_path / "e.jsonl", shop), labels=tmp_path / "label.json"),
        "rouge": Request(written(tmp_path / "r.jsonl", rouge)),
        "sums": Request(None, limit=9),
        "sequences": Request(None, limit=9, answers=False),
    }


def measured(task, request, part):
    outcomes = [one.as_json() for one in TASKS[task].run(Moody(*SAID.get(task, ("",))), replace(request, part=part))]
    document = {"model": "m", "identity": "ab", "part": f"{part.number}/{part.of}", "truncated": 0}
    return json.loads(json.dumps(document | {"outcomes": outcomes}))


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize(
    "task", ["hellaswag", "mmlu", "gsm8k", "humaneval", "ecinstruct", "rouge", "sums", "sequences"]
)
def test_joined_parts_are_the_whole(task, count, data, monkeypatch):
    """Bit by bit, whatever the order in which the files are named; names of examples are those of the whole."""
    similarity = (lambda found, wanted: [len(f) / (len(f) + len(w)) for f, w in zip(found, wanted, strict=True)], "e")
    monkeypatch.setattr("finetune.evaluation.run._similarity", lambda _: similarity)
    request = data[task]

    whole = measured(task, request, WHOLE)
    cut = {f"{number}.json": measured(task, request, Part(number, count)) for number in range(count, 0, -1)}

    assert json.loads(json.dumps(parts.joined(cut))) == whole
    for outcome in whole["outcomes"]:
        names = [item["id"] for item in outcome["items"]]
        assert len(set(names)) == len(names) > count
    figures = [value for outcome in whole["outcomes"] for value in outcome["metrics"].values()]
    assert task == "sums" or any(0 < value < 1 for value in figures)


@pytest.fixture
def sums(data):
    return {f"{number}.json": measured("sums", data["sums"], Part(number, 3)) for number in (1, 2, 3)}


WRONG = {
    "missing": (lambda cut: cut.pop("2.json"), "part 2/3: is missing"),
    "twice": (lambda cut: cut.update({"4.json": cut["2.json"]}), "4.json: is part 2/3, as 2.json is"),
    "of another number": (lambda cut: cut["2.json"].update(part="2/4"), "2.json: is part 2 of 4"),
    "whole": (lambda cut: cut["2.json"].update(part="1/1"), "2.json: is a whole result"),
    "of nothing": (lambda cut: cut["2.json"].update(part="4/3"), "2.json: does not say which part"),
    "from before": (lambda cut: cut["2.json"].pop("part"), "2.json: does not say which part"),
    "another model": (lambda cut: cut["2.json"].update(identity="cd"), "2.json: is of another model than 1.json: cd"),
    "another adapter": (lambda cut: cut["2.json"].update(adapter="x"), "2.json: is of the adapter 'x'"),
    "another file": (lambda cut: cut["2.json"].update(fingerprint="x"), "2.json: has another adapter's file"),
    "options": (lambda cut: cut["2.json"].update(settings={"limit": 8}), "--limit 8, there None"),
    "no outcomes": (lambda cut: cut["2.json"].update(outcomes=[]), "2.json: holds no task"),
    "cut off": (lambda cut: cut["2.json"]["outcomes"][0]["items"].pop(), r"sums: parts of \[3, 2, 3\] things"),
    "damaged": (lambda cut: cut["2.json"]["outcomes"][0].pop("main"), "2.json: is damaged: KeyError: 'main'"),
    "other figures": (
        lambda cut: cut["2.json"]["outcomes"][0]["metrics"].update(acc=0.5),
        "2.json: is damaged: .*give",
    ),
    "no figures": (lambda cut: cut["2.json"]["outcomes"][0]["items"][0].pop("counted"), "2.json: is damaged: .*give"),
    "no hash": (lambda cut: cut["2.json"]["outcomes"][0].update(asked="?"), "2.json: is damaged: ValueError"),
    "too large": (lambda cut: cut["2.json"]["outcomes"][0]["items"][0].update(right=10**400), "2.json: is damaged"),
    "no count": (lambda cut: cut["2.json"].update(truncated="?"), "2.json: is damaged: TypeError"),
    "no number": (lambda cut: cut["2.json"]["outcomes"][0]["items"][0].update(right=float("nan")), "2.json: is damag"),
    "no settings": (lambda cut: cut["2.json"].update(settings="?"), "2.json: was asked with other options"),
    "other data": (lambda cut: cut["2.json"]["outcomes"][0].update(whole="0"), "sums: its parts were taken of other"),
    "no data": (lambda cut: [one["outcomes"][0].update(whole="") for one in cut.values()], "sums: its parts were tak"),
    "other questions": (lambda cut: cut["2.json"]["outcomes"][0].update(asked="1"), "sums: what its parts were asked"),
    "another way": (lambda cut: cut["2.json"]["outcomes"][0].update(notes={"shots": 1}), "several ways: shots None, 1"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_part_is_named(name, sums):
    change, words = WRONG[name]
    parts.joined(sums)
    change(sums)

    with pytest.raises(EvaluationDataError, match=words):
        parts.joined(sums)


@pytest.fixture
def drifts():
    """Two parts of a drift over three blocks of two positions each, and over no chat."""
    blocks = [[1, 2], [3, 4], [5, 6]]
    cut = {}
    for number in (1, 2):
        mine = Part(number, 2).mine(blocks)
        read = {"own.txt": {"asked": asked(mine), "whole": asked(blocks)}}
        read["chats"] = {"asked": asked([]), "whole": asked([])}
        figures = {"kind": "own.txt", "sums": [[0.3, 2, 3.0, 3.1, 2, 1]] * len(mine), "kl": [0.1, 0.2] * len(mine)}
        cut[f"{number}.json"] = {"identity": "ab", "part": f"{number}/2", "read": read, "compared": {"a": [figures]}}
    return json.loads(json.dumps(cut))


DAMAGED = {
    "no hash": lambda one: one["read"]["chats"].update(whole="?"),
    "no text": lambda one: one["read"].update(chats=None),
    "nothing read": lambda one: one.update(read=[]),
    "cut off": lambda one: one["compared"]["a"][0]["kl"].pop(),
    "other figures": lambda one: one["compared"]["a"][0]["kl"].append(one["compared"]["a"][0]["kl"].pop() + 1),
    "no number": lambda one: one["compared"]["a"][0]["sums"][0].__setitem__(2, float("nan")),
    "too large": lambda one: one["compared"]["a"][0]["sums"][0].__setitem__(2, 10**400),
    "another form": lambda one: one["compared"]["a"][0].update(sums=[[]]),
    "no kind": lambda one: one["compared"]["a"][0].update(kind=None),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_part_of_a_drift_is_named(name, drifts):
    [figures] = parts.joined_drift(drifts)["a"]
    assert (figures["blocks"], figures["tokens"], figures["kl"]) == (3, 6, pytest.approx(0.15))
    DAMAGED[name](drifts["2.json"])

    with pytest.raises(EvaluationDataError, match=r"2\.json: is damaged: .*Measure that part anew"):
        parts.joined_drift(drifts)


def test_parts_of_several_machines_say_what_each_could_do(data):
    cut = {str(number): measured("humaneval", data["humaneval"], Part(number, 2)) for number in (1, 2)}
    cut["1"]["outcomes"][0]["notes"]["network"] = "not isolated"
    cut["2"]["outcomes"][0]["notes"]["network"] = "none"

    assert parts.joined(cut)["outcomes"][0]["notes"]["network"] == "none or not isolated"


def joined(*words):
    return CliRunner().invoke(command, ["join", *map(str, words)])


def test_files_of_another_kind_are_named(tmp_path, sums):
    for name, text in {"a": "[]", "b": "{", "c": '{"tuned": []}', "d": '{"compared": {}}'}.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "e").write_text(json.dumps(sums["1.json"]))

    assert "is no JSON object" in str(joined(tmp_path / "a").exception)
    assert "is no JSON:" in str(joined(tmp_path / "b").exception)
    assert "was not written by `edgegen evaluate run` or `drift`" in str(joined(tmp_path / "c").exception)
    assert "e: is of `evaluate run`" in str(joined(tmp_path / "d", tmp_path / "e").exception)
    assert "cannot be read: No such file" in str(joined(tmp_path / "f").exception)
    assert "is named twice" in joined(tmp_path / "e", tmp_path / "e").stderr
    assert "d: does not say which part" in str(joined(tmp_path / "d").exception)


@pytest.mark.model
def test_a_real_model_in_parts_is_the_whole(tiny, tmp_path):
    """Through the commands; batches of another size are rounded in another way, and nothing else differs."""

    def run(name, *words):
        file = tmp_path / f"{name}.json"
        done = CliRunner().invoke(command, [str(word) for word in (*words, "--out", file)], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return SimpleNamespace(file=file, document=json.loads(file.read_text()), lines=done.stdout)

    words = ["run", tiny.gguf, "--adapter", f"a={tiny.gguf_adapter}", "--use", "a", "--threads", 1]
    words += ["--task", "sums", "--task", "humaneval", "--limit", 7, "--no-answers"]
    whole = run("whole", *words)
    cut = [run(f"part{number}", *words, "--part", f"{number}/3") for number in (1, 2, 3)]
    other = run("other", *words[:4], *words[6:], "--part", "2/3")
    together = run("joined", "join", *(one.file for one in cut))
    base = joined(cut[0].file, other.file, cut[2].file)

    rounded = {"items", "metrics"}
    for one, mine in zip(whole.document.pop("outcomes"), together.document.pop("outcomes"), strict=True):
        assert {key: mine[key] for key in mine.keys() - rounded} == {key: one[key] for key in one.keys() - rounded}
        assert [item["id"] for item in mine["items"]] == [item["id"] for item in one["items"]]
        assert mine["metrics"] == pytest.approx(one["metrics"], rel=0.01)
        for item, expected in zip(mine["items"], one["items"], strict=True):
            assert item["reference_nll"] == pytest.approx(expected["reference_nll"], rel=0.01)
    assert together.document == whole.document
    assert together.lines.split()[:6] == whole.lines.split()[:6] == ["TASK", "METRIC", "VALUE", "N", "NO", "ANSWER"]
    assert "is of the adapter None" in str(base.exception)


@pytest.mark.model
def test_a_drift_in_parts_is_the_whole(tiny, tmp_path):
    """Blocks of texts and chats of several parts are those of the whole; other texts and other adapters are refused."""
    own = tmp_path / "own.txt"
    own.write_text("The pump runs at 23 degrees, and the valve of tank 7 is shut. " * 120)

    def run(name, *words, chats=3, fail=False):
        file = tmp_path / f"{name}.json"
        words = ["drift", tiny.gguf, "--adapter", *words, "--text", own, "--only-own", "--chats", chats, "--chunks", 2]
        words += ["--threads", 1, "--cache", tmp_path / "cache", "--out", file]
        done = CliRunner().invoke(command, [str(word) for word in words], catch_exceptions=fail)
        assert done.exit_code == 0, done.output
        return file

    tuned = f"a={tiny.gguf_adapter}"
    whole = json.loads(run("whole", tuned).read_text())
    cut = [run(f"part{number}", tuned, "--part", f"{number}/4") for number in (1, 2, 3, 4)]
    half = run("half", f"{tuned}@0.5", "--part", "2/4")
    fewer = run("fewer", tuned, "--part", "2/4", chats=2)
    own.write_text(own.read_text().replace("7", "8"))
    changed = run("changed", tuned, "--part", "2/4")

    done = joined(*cut[::-1], "--out", tmp_path / "joined.json")
    together = json.loads((tmp_path / "joined.json").read_text())

    assert done.exit_code == 0, done.output
    assert [one["kind"] for one in together["a"]] == [one["kind"] for one in whole["a"]] == ["own.txt", "chats"]
    for one, mine in zip(whole["a"], together["a"], strict=True):
        assert (one["blocks"], one["tokens"]) == (mine["blocks"], mine["tokens"])
        assert mine["kl"] == pytest.approx(one["kl"], rel=0.02)
    for wrong, words in (
        (half, "half.json: has another adapter's file or scale"),
        (fewer, "--chats 2, there 3"),
        (changed, "own.txt: what its parts read is not what the whole reads"),
    ):
        assert words in str(joined(cut[0], wrong, *cut[2:]).exception)
    assert "part 2/4: is missing" in str(joined(cut[0], *cut[2:]).exception)


def test_two_things_of_one_name_are_refused(tmp_path):
    """Their figures could not be told apart."""
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.txt").write_text("x")
    texts = [word for folder in ("a", "b") for word in ("--text", str(tmp_path / folder / "x.txt"))]

    drift = CliRunner().invoke(command, ["drift", "m.gguf", *texts])
    run = CliRunner().invoke(command, ["run", "m.gguf", "--task", "sums", "--task", "sums"])

    assert "two texts are called x.txt" in drift.stderr
    assert "sums: is given twice" in run.stderr
