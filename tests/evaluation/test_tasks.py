"""The evaluations, from files in their published layouts to figures, on a tiny random model."""

import gzip
import json
from typing import ClassVar

import numpy as np
import pytest
from click.testing import CliRunner

from edgegen.commands.evaluate import command
from finetune.evaluation import choices, gsm8k, humaneval, summaries
from finetune.evaluation.choices import Choice, evaluate_choices
from finetune.evaluation.errors import EvaluationDataError, EvaluationError
from finetune.evaluation.records import read_csv, read_json
from finetune.evaluation.run import TASKS, Request, request_of
from finetune.evaluation.scorer import encode_pair, loglikelihoods
from finetune.evaluation.target import find

HELLASWAG = [
    {
        "ind": 24,
        "activity_label": "Roof shingle removal",
        "ctx_a": "A man is sitting on a roof.",
        "ctx_b": "he",
        "endings": [
            "is using wrap.",
            "is ripping [step] tiles off.",
            "is holding a cube.",
            "starts [title] pulling up.",
        ],
        "label": 3,
    },
    {
        "ind": 92,
        "activity_label": "Clean and jerk",
        "ctx_a": "A lady walks to a barbell. She bends down.",
        "ctx_b": "the lady",
        "endings": ["swings.", "pulls the barbell.", "lifts it over her head.", "stops."],
        "label": "1",
    },
]
GSM8K = [
    {"question": "Ann has 3 pens and buys 4. How many?", "answer": "3 + 4 = <<3+4=7>>7\n#### 7"},
    {"question": "A box of 1,200 nails weighs 3 kg. What do 400 weigh?", "answer": "400 is a third.\n#### 1"},
]


def written(path, records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


class Parrot:
    """Says what it is told to, and finds likely what comes first in the alphabet."""

    start, n_ctx, truncated, adapters, name = 0, 4096, 0, (), "parrot"

    def __init__(self, *said):
        self.said = said
        self.prompts = []

    def use(self, adapter):
        pass

    def encode(self, text):
        return list(text.encode())

    def score(self, requests):
        from finetune.evaluation.scorer import Score

        return [
            Score(-float(sum(continuation)) / 100, greedy=False, tokens=len(continuation))
            for _, continuation in requests
        ]

    def generate(self, prompts, settings):  # noqa: ARG002
        self.prompts = [bytes(prompt).decode() for prompt in prompts]
        return [self.said[i % len(self.said)] for i in range(len(prompts))]

    def render(self, messages):
        return messages[0]["content"]


def test_hellaswag_reads_as_the_harness_reads_it(tmp_path):
    questions = choices.hellaswag(written(tmp_path / "hellaswag_val.jsonl", HELLASWAG))

    assert questions[0].context == "Roof shingle removal: A man is sitting on a roof. He"
    assert questions[0].choices[1] == "is ripping tiles off."
    assert questions[0].choices[3] == "starts.  pulling up.".replace("  ", " ")
    assert [question.gold for question in questions] == [3, 1]


def test_spaces_at_the_end_of_a_context_belong_to_the_continuation():
    """As in the harness (lm_eval.api.model.TemplateLM): most vocabularies have the space at a word's beginning."""
    assert encode_pair(Parrot(""), "ab  ", "c") == (list(b"ab"), list(b"  c"))
    assert encode_pair(Parrot(""), "ab", " c") == (list(b"ab"), list(b" c"))


def test_several_samples_are_drawn_each_with_its_seed_and_one_is_greedy():
    class Drawing(Parrot):
        drawn: ClassVar[list[tuple[float, int]]] = []

        def generate(self, prompts, settings):
            self.drawn.append((settings.temperature, settings.seed))
            return super().generate(prompts, settings)

    problems = humaneval.load(humaneval.packaged(), 1)
    for samples in (1, 3):
        humaneval.evaluate(Drawing("    pass\n"), problems, samples=samples)

    assert Drawing.drawn == [(0.0, 0), (0.8, 0), (0.8, 1), (0.8, 2)]


def test_other_worked_examples_are_other_questions(tmp_path):
    data = written(tmp_path / "test.jsonl", GSM8K)
    trains = [written(tmp_path / f"{number}.jsonl", [GSM8K[number]]) for number in (0, 1)]

    said = [
        next(TASKS["gsm8k"].run(Parrot("#### 7"), Request(data, shots=1, examples=train))).asked
        for train in (*trains, trains[0])
    ]

    assert said[0] == said[2] != said[1]


def test_two_questions_of_one_number_have_two_names(tmp_path):
    path = written(tmp_path / "val.jsonl", [HELLASWAG[0], HELLASWAG[1] | {"ind": 24}])

    assert [question.id for question in choices.hellaswag(path)] == ["hellaswag/24", "hellaswag/24/1"]


def test_the_norm_is_by_characters_without_the_space():
    question = Choice("x", "c", ("aaaa", "b"), 0)

    outcome = evaluate_choices("t", Parrot(), [question], main="acc_norm")

    # Sums: " aaaa" -4.2, " b" -1.3; by character -1.05 and -1.3.
    assert outcome.metrics == {"acc": 0.0, "acc_norm": 1.0}
    assert outcome.items[0].right == 1
    assert outcome.items[0].reference_nll == pytest.approx(4.2)


@pytest.fixture
def mmlu_folder(tmp_path):
    for part, rows in (("dev", 5), ("test", 3)):
        (tmp_path / part).mkdir()
        lines = [f'"Question {part} {i}, with a comma?",one,two,three,four,{"ABCD"[i % 4]}' for i in range(rows)]
        (tmp_path / part / f"high_school_computer_science_{part}.csv").write_text("\n".join(lines) + "\n")
    return tmp_path


@pytest.mark.parametrize("shots", [0, 2, 5])
def test_mmlu_shows_its_examples_before_the_question(mmlu_folder, shots):
    (subject,) = choices.mmlu_subjects(mmlu_folder)

    questions = choices.mmlu(mmlu_folder, subject, shots=shots)

    head = "The following are multiple choice questions (with answers) about high school computer science.\n\n"
    assert questions[1].context.startswith(head)
    assert questions[1].context.endswith("Question test 1, with a comma?\nA. one\nB. two\nC. three\nD. four\nAnswer:")
    assert questions[1].context.count("Answer: ") == shots
    assert questions[1].gold == 1


def test_gsm8k_counts_strictly_and_flexibly(tmp_path):
    problems = gsm8k.load(written(tmp_path / "test.jsonl", GSM8K))
    model = Parrot("I think it is 7.", "A third, so #### 1")

    outcome = gsm8k.evaluate(model, problems, problems[:1])

    assert outcome.metrics == {"exact_match,strict-match": 0.5, "exact_match,flexible-extract": 1.0}
    assert model.prompts[1].startswith("Question: Ann has 3 pens and buys 4. How many?\nAnswer: 3 + 4")
    assert model.prompts[1].endswith("\n\nQuestion: A box of 1,200 nails weighs 3 kg. What do 400 weigh?\nAnswer:")


def test_empty_answers_are_wrong_and_counted_as_no_answer(tmp_path):
    problems = gsm8k.load(written(tmp_path / "test.jsonl", GSM8K))

    arithmetic = gsm8k.evaluate(Parrot(""), problems, [])
    texts = summaries.evaluate(Parrot(""), [{"prompt": "Hello", "reference": "Good morning"}])

    assert set(arithmetic.metrics.values()) == {0.0}
    assert [item.parsed for item in arithmetic.items] == [False, False]
    assert set(texts.metrics.values()) == {0.0}


def test_humaneval_runs_what_the_model_wrote(tmp_path):
    one = {"task_id": "T/0", "prompt": "def one():\n", "entry_point": "one", "canonical_solution": "    return 1\n"}
    one["test"] = "def check(candidate):\n    assert candidate() == 1\n"
    two = one | {"task_id": "T/1", "prompt": "def two():\n", "entry_point": "two"}
    file = written(tmp_path / "problems.jsonl", [one, two, two | {"task_id": "T/2"}])

    (greedy,) = TASKS["humaneval"].run(
        Parrot("    return 1\n", "    return 2\n", "    while True: pass\n"), Request(file)
    )
    (sampled,) = TASKS["humaneval"].run(Parrot("    return 1\n", ""), Request(file, samples=10))

    assert greedy.metrics == {"pass@1": pytest.approx(1 / 3)}
    assert [item.right for item in greedy.items] == [1, 0, 0]
    assert [bool(item.reason) for item in greedy.items] == [False, True, True]
    assert any("not finished" in item.reason or "XCPU" in item.reason for item in greedy.items)
    assert set(sampled.metrics) == {"pass@1", "pass@10"}
    assert sampled.metrics["pass@10"] == pytest.approx(2 / 3)


@pytest.mark.model
def test_every_task_runs_on_a_real_model(tiny, tmp_path, mmlu_folder):
    scorer = find(tiny.gguf).open(threads=1)
    paths = {
        "hellaswag": written(tmp_path / "h.jsonl", HELLASWAG),
        "mmlu": mmlu_folder,
        "gsm8k": written(tmp_path / "g.jsonl", GSM8K),
        "rouge": written(tmp_path / "r.jsonl", [{"prompt": "Say hello", "reference": "Hello."}]),
    }
    requests = {name: Request(path, shots=1, examples=paths["gsm8k"]) for name, path in paths.items()}

    outcomes = {name: list(TASKS[name].run(scorer, request)) for name, request in requests.items()}

    for found in outcomes.values():
        (outcome,) = found
        assert outcome.main in outcome.metrics
        assert all(0 <= value <= 1 for value in outcome.metrics.values())
        assert all(item.reference_nll > 0 for item in outcome.items)
        assert outcome.metrics[outcome.main] == pytest.approx(np.mean([item.right for item in outcome.items]))
    pairs = [("Clean and jerk: A lady walks to a barbell. She bends down. The lady", " swings.")]
    assert loglikelihoods(scorer, pairs)[0].logprob < 0


def test_what_is_missing_is_named_with_file_and_line(tmp_path):
    file = written(tmp_path / "bad.jsonl", [GSM8K[0], {"question": "x"}, {"question": 3, "answer": "#### 3"}, ["x"]])
    with file.open("a") as out:
        out.write("\n")
    with pytest.raises(EvaluationDataError) as caught:
        gsm8k.load(file)
    assert caught.value.problems == [
        f"{file}:2: lacks 'answer'; it has question",
        f"{file}:3: 'question' has to be a text, and is 3",
        f"{file}:4: is no JSON object: ['x']",
    ]

    file.write_text('{"question": "x", "answer": "y"}\n{"question": \n')
    with pytest.raises(EvaluationDataError, match=r"bad\.jsonl:2: is no JSON"):
        gsm8k.load(file)
    file.write_text('[{"question": "x"}]')
    with pytest.raises(EvaluationDataError, match="record 1: lacks 'answer'"):
        gsm8k.load(file)
    file.write_text("")
    with pytest.raises(EvaluationDataError, match="holds no example"):
        gsm8k.load(file)
    with pytest.raises(EvaluationDataError, match="No such file"):
        read_json(tmp_path / "nowhere.jsonl", {})


@pytest.mark.parametrize(
    ("task", "record", "problem"),
    [
        ("hellaswag", HELLASWAG[0] | {"label": 4}, "'label' has to name one of the 4 endings, 0 to 3, and is '4'"),
        ("hellaswag", HELLASWAG[0] | {"label": "x"}, "'label' has to name one of the 4 endings"),
        ("hellaswag", HELLASWAG[0] | {"label": "²"}, "'label' has to name one of the 4 endings"),
        ("hellaswag", HELLASWAG[0] | {"endings": []}, "'endings' has to be a list of at least two texts"),
        ("hellaswag", HELLASWAG[0] | {"endings": ["a", 4]}, "'endings' has to be a list of at least two texts"),
        ("gsm8k", GSM8K[0] | {"answer": "It is 7."}, "'answer' has no #### with a number"),
        ("gsm8k", GSM8K[0] | {"question": " "}, "'question' is empty"),
        ("rouge", {"prompt": "Hello", "reference": " "}, "'reference' is empty"),
        ("rouge", {"prompt": "Hello", "reference": "漢字"}, "'reference' has no letters a to z and no digits"),
        (
            "humaneval",
            dict.fromkeys(("task_id", "prompt", "canonical_solution", "test"), "x") | {"entry_point": ""},
            "'entry_point' is empty",
        ),
    ],
)
def test_a_record_that_cannot_be_judged_is_named(tmp_path, task, record, problem):
    """Counting it would make every model wrong, or right."""
    path = written(tmp_path / "data.jsonl", [record])
    name, request = request_of(f"{task}={path}", shots=0)

    with pytest.raises(EvaluationDataError) as error:
        list(TASKS[name].run(Parrot(""), request))

    assert error.value.problems[0].startswith(f"{path}:1: {problem}")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('{"prompt": "é", "reference": "a"}\n'.encode("latin-1"), r"data\.jsonl:1: is not UTF-8: byte 0xe9"),
        (b"[" * 100_000, "is no JSON: maximum recursion depth"),
        (b'{"prompt": ' + b"[" * 100_000, r"data\.jsonl:1: is no JSON: maximum recursion depth"),
        (b'{"prompt": "a", "reference": ' + b"9" * 5000 + b"}", r"data\.jsonl:1: is no JSON: Exceeds the limit"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path, content, problem):
    """A letter that is replaced in silence would be another question."""
    path = tmp_path / "data.jsonl"
    path.write_bytes(content)

    with pytest.raises(EvaluationDataError, match=problem):
        summaries.load(path)


def test_a_damaged_archive_is_named(tmp_path):
    path = tmp_path / "data.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"a": 1}\n' * 1000)[:12] + b"\xff" * 40)

    with pytest.raises(EvaluationDataError, match="cannot be read"):
        summaries.load(path)


def test_a_file_of_a_windows_editor_is_read(tmp_path):
    path = tmp_path / "data.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"prompt": "a", "reference": "b"}\r\n')

    assert summaries.load(path) == [{"prompt": "a", "reference": "b"}]


def test_problems_of_one_name_are_named(tmp_path):
    """Two models are compared by it."""
    one = dict.fromkeys(("task_id", "prompt", "canonical_solution", "test", "entry_point"), "x")

    with pytest.raises(EvaluationDataError, match=r":2: 'task_id' 'x' stands there twice"):
        humaneval.load(written(tmp_path / "he.jsonl", [one, one]))


def test_an_mmlu_answer_that_is_no_letter_is_named(mmlu_folder):
    path = next((mmlu_folder / "test").iterdir())
    path.write_text("Question,one,two,three,four,E\n")

    with pytest.raises(EvaluationDataError, match="question 1: the answer has to be A, B, C or D, and is 'E'"):
        choices.mmlu(mmlu_folder, "high_school_computer_science", shots=0)


def test_a_row_too_short_is_named_with_its_line(tmp_path):
    file = tmp_path / "x_test.csv"
    file.write_text('"a, b",1,2,3,4,A\nbroken,1\n')

    with pytest.raises(EvaluationDataError, match=r"x_test\.csv:2: has 2 columns, and 6 are needed"):
        read_csv(file, 6)


def test_a_cell_may_hold_any_character_and_must_have_an_end(tmp_path):
    whole, endless = tmp_path / "whole.csv", tmp_path / "endless.csv"
    whole.write_text("a\u2028b,c\x0cd,e\x85f\r\n")
    endless.write_text('1,2,3\n"' + "x\n" * 100_000)

    assert read_csv(whole, 3) == [["a\u2028b", "c\x0cd", "e\x85f"]]
    with pytest.raises(EvaluationDataError, match=r"endless\.csv:\d+: is no CSV: field larger .* quotation mark"):
        read_csv(endless, 3)


def test_an_unknown_evaluation_and_missing_data_are_refused(tmp_path):
    with pytest.raises(EvaluationError, match="there are gsm8k, hellaswag"):
        request_of("gms8k=x")
    with pytest.raises(EvaluationError, match="needs its data"):
        list(TASKS["rouge"].run(Parrot(""), Request(None)))
    with pytest.raises(EvaluationError, match="sums is made up from a seed and takes no data: leave =x out"):
        request_of("sums=x")
    with pytest.raises(EvaluationError, match="--shots 0"):
        list(TASKS["gsm8k"].run(Parrot(""), Request(tmp_path)))
    with pytest.raises(EvaluationDataError, match="SUBJECT_test"):
        list(TASKS["mmlu"].run(Parrot(""), Request(tmp_path)))


@pytest.mark.model
def test_the_command_keeps_every_item_and_a_model_is_equal_to_itself(tiny, tmp_path):
    data, out = written(tmp_path / "hellaswag_val.jsonl", HELLASWAG), tmp_path / "base.json"
    words = ["run", tiny.gguf, "--adapter", f"a={tiny.gguf_adapter}", "--task", f"hellaswag={data}", "--out", out]

    done = CliRunner().invoke(command, [*map(str, words), "--use", "a"], catch_exceptions=False)
    compared = CliRunner().invoke(command, ["compare", str(out), str(out), "--json"], catch_exceptions=False)
    refused = CliRunner().invoke(command, [*map(str, words), "--use", "b"])

    assert done.exit_code == 0, done.output
    assert "acc_norm" in done.stdout
    document = json.loads(out.read_text())
    assert document["adapter"] == "a"
    assert [item["id"] for item in document["outcomes"][0]["items"]] == ["hellaswag/24", "hellaswag/92"]
    (task,) = json.loads(compared.stdout)["tasks"]
    assert task["change"]["value"] == 0
    assert document["outcomes"][0]["asked"]
    assert refused.exit_code == 2
    assert "there are: a" in refused.stderr
