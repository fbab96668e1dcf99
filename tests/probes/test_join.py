"""Parts of a run, cut and put together: the document of the whole, and what is none of its parts."""

import functools
import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from edge.probes.part_document import part_document, whole_run
from edge.probes.report import document
from edge.probes.run import Run, run_suites
from edge.probes.suite import Item, Suite, find_suite, load_suite
from edgegen.commands.probe import command
from edgegen.errors import ConfigError
from edgegen.part import Part
from tests.probes.scripted import Scripted

ADAPTERS = frozenset({"numbers"})
OPTIONS = {"--target": "bundle", "--split": None, "--count": None}
SUITE = """
name = "small"
summary = "Templates, weights, classes, thresholds."
threshold = 0.99
[[probe]]
id = "sums"
category = "arithmetic"
prompts = ["What is {a} + {b}?", "{a} + {b} =", "Add {a} and {b}."]
values = [{ a = 1, b = 2, c = 3 }, { a = 2, b = 2, c = 4 }, { a = 3, b = 5, c = 8 }]
check = { kind = "number", expect = "{c}" }
weight = 2.5
threshold = 0.9
[[probe]]
id = "colour"
category = "words"
prompts = ["Name a colour of the flag of France.", "Which colour is grass?"]
check = { kind = "contains", texts = ["green"] }
must_pass = true
[[probe]]
id = "class"
category = "documents"
prompts = ["Answer with a JSON object whose key severity is info.", "Is smoke critical? Answer in JSON."]
check = { kind = "json", expect = { severity = "info" }, keys = ["severity"], label = "severity" }
schema = "severity"
[schemas.severity]
type = "object"
required = ["severity"]
properties = { severity = { enum = ["info", "critical"] } }
"""


def drawn(item: Item) -> str:
    """Right in seven of ten, the same for the same question."""
    right = random.Random(item.id).random() < 0.7
    return json.dumps(item.check["expect"]) if right and "expect" in item.check else "{}"


@functools.cache
def suites() -> list[Suite]:
    names = ("number-comparison", "alert-triage", "famous")
    return [load_suite(find_suite(name)).limited(41) for name in names]


def cut(of: int, found: Sequence[Suite], *, options: dict[str, Any] = OPTIONS) -> dict[str, Any]:
    """The documents of all parts, as they are read from their files."""
    parts = {}
    for number in range(1, of + 1):
        part = Part(number, of)
        mine = [one for suite in found if (one := suite.part(part)).items]
        run = run_suites(Scripted(drawn, ADAPTERS), mine, None)
        parts[f"{number}.json"] = json.loads(json.dumps(part_document(run, part, found, options, ADAPTERS)))
    return parts


def timeless(found: dict[str, Any]) -> dict[str, Any]:
    """A document without what a clock or chance decides."""
    return {**found, "run": "", "suites": [{**one, "seconds": 0, "tokens_per_s": 0} for one in found["suites"]]}


@pytest.mark.parametrize("of", [2, 3, 50])
def test_the_whole_of_the_parts_is_the_document_of_the_whole(of: int) -> None:
    """Also where a suite has fewer questions than there are parts, and in any order."""
    found = suites()
    whole = run_suites(Scripted(drawn, ADAPTERS), found, None)
    parts = cut(of, found)
    shuffled = random.Random(1).sample(sorted(parts), of)

    joined = whole_run({name: parts[name] for name in shuffled})

    assert timeless(document(joined)) == timeless(document(whole))
    assert joined.absent_adapters == whole.absent_adapters == {"alert-triage"}
    assert joined.shortfalls


def other_model(parts: dict[str, Any]) -> None:
    run = Run("m-2.0.0", "cd" * 32)
    parts["2.json"] = json.loads(json.dumps(part_document(run, Part(2, 3), suites(), OPTIONS, ADAPTERS)))


def other_options(parts: dict[str, Any]) -> None:
    parts["2.json"] = cut(3, suites(), options={**OPTIONS, "--split": "dev", "base (sha256)": "ab"})["2.json"]


def other_count(parts: dict[str, Any]) -> None:
    parts["2.json"] = cut(3, [suites()[0].limited(30), *suites()[1:]])["2.json"]


def other_suites(parts: dict[str, Any]) -> None:
    parts["2.json"] = cut(3, suites()[:2])["2.json"]


def other_number(parts: dict[str, Any]) -> None:
    parts["2.json"] = cut(4, suites())["2.json"]


def damaged(parts: dict[str, Any]) -> None:
    parts["2.json"]["suites"][0]["items"][3]["passed"] ^= True


def whole(parts: dict[str, Any]) -> None:
    parts["2.json"] = document(run_suites(Scripted(drawn), suites(), None))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (other_model, "2.json: is of m-2.0.0 (cdcdcdcdcdcd), 1.json of m-1.0.0 (abababababab)"),
        (
            other_options,
            "2.json: was asked otherwise than 1.json: --split dev, there none; base (sha256) ab, there none",
        ),
        (other_count, "2.json: asks other questions of number-comparison than 1.json: the suite was changed"),
        (other_suites, "2.json: asks number-comparison, alert-triage; 1.json asks number-comparison, alert-triage, fa"),
        (other_number, "2.json: is part 2 of 4, 1.json is one of 3"),
        (damaged, "2.json: is damaged: it is not what was written any more. Run part 2/3 again."),
        (whole, "2.json: is of a whole run, or of an edgegen that wrote no parts to join"),
        (lambda parts: parts.pop("2.json"), "part 2/3: is missing; give the files of all 3"),
        (lambda parts: parts.update({"4.json": parts["2.json"]}), "4.json: is part 2/3, as 2.json is"),
        (lambda parts: parts.update({"2.json": []}), "2.json: is not the output of `edgegen probe run --json --part"),
    ],
)
def test_what_is_no_part_of_the_whole_is_named(change: Callable[[dict[str, Any]], Any], said: str) -> None:
    parts = cut(3, suites())
    change(parts)

    with pytest.raises(ConfigError) as caught:
        whole_run(parts)

    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].startswith(said)


def test_files_that_cannot_be_read_are_all_named(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"\xff{")
    (tmp_path / "b.json").write_text('{"run": "')
    (tmp_path / "c.json").write_text("[" * 100_000)

    outcome = invoke("join", *(str(tmp_path / name) for name in ("a.json", "b.json", "c.json", "d.json")))
    twice = invoke("join", "x.json", "x.json")

    named = [problem.partition(": ")[0] for problem in outcome.exception.problems]  # type: ignore[union-attr]
    assert named == [str(tmp_path / name) for name in ("a.json", "b.json", "c.json", "d.json")]
    assert (twice.exit_code, "x.json: is named twice" in twice.output) == (2, True)


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


@pytest.mark.model
def test_parts_of_the_real_model_are_its_whole(smollm2: Path, tmp_path: Path) -> None:
    """What compare and calibrate read, too; nothing of the options is said again."""
    suite = tmp_path / "small.toml"
    suite.write_text(SUITE)
    # One slot: beside other prompts a probability is rounded otherwise.
    common = ["--suite", str(suite), "--target", str(smollm2), "--data-dir", str(tmp_path), "--set", "model.slots=1"]
    common += ["--set", "model.n_ctx=512", "--set", "limits.max_tokens=24", "--temperature", "0", "--json"]
    files = {name: tmp_path / f"{name}.json" for name in ("whole", "first", "second", "joined")}
    for name, more in {"whole": [], "first": ["--part", "1/2"], "second": ["--part", "2/2"]}.items():
        done = invoke("run", *common, *more)
        assert done.exit_code == 0, done.output
        files[name].write_text(done.stdout)

    suite.unlink()
    joined = invoke("join", str(files["second"]), str(files["first"]), "--out", str(files["joined"]), "--gate")
    compared = invoke("compare", str(files["whole"]), str(files["joined"]), "--json")
    calibrated = [invoke("calibrate", str(files[name]), "--by", "mean", "--json") for name in ("whole", "joined")]

    once, again = (json.loads(files[name].read_text()) for name in ("whole", "joined"))
    assert joined.exit_code == 1  # the suite asks for more than this model knows
    assert "below the gate: small: sums" in joined.stdout
    assert unclocked(again) == unclocked(once)
    assert once["suites"][0]["method"] == "bootstrap by template"
    assert 0 < once["suites"][0]["passed"] < once["suites"][0]["total"] == 13
    assert [(row["items"], row["only_first"], row["only_second"]) for row in json.loads(compared.stdout)] == [
        (13, 0, 0)
    ]
    assert calibrated[0].stdout == calibrated[1].stdout


def unclocked(found: dict[str, Any]) -> dict[str, Any]:
    """Without times; the confidences to four digits."""
    found = timeless(found)
    for suite in found["suites"]:
        for item in suite["items"]:
            item |= {"seconds": 0, "sure": {name: round(value, 4) for name, value in item["sure"].items()}}
    return found
