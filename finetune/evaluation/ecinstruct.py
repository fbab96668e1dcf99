"""The ten tasks of ECInstruct, each in the published form and in a strict one.

B. Peng et al., "eCeLLM: Generalizing Large Language Models for E-commerce from Large-scale, High-quality Instruction
Data", ICML 2024 (arXiv 2402.08831). The published form follows the authors' ``evaluate.py``, which leaves answers out
that it cannot read. In the strict form such an answer is wrong.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from finetune.evaluation.classes import accuracy, f1, macro_f1
from finetune.evaluation.errors import EvaluationDataError
from finetune.evaluation.outcome import Item, Outcome
from finetune.evaluation.records import Record, read_json
from finetune.evaluation.scorer import Generation, Scorer, answers

MAX_TOKENS = 100  # as the authors generate
EPSILON = 1e-6  # as the authors divide
LETTERS = "ABCDEFGHIJKLMNOPQRST"
# Letters of the options of a ranking, which the authors count up from A without a last one.
OPTIONS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# Gains of exact, substitute, complement and irrelevant products.
GAINS = {"E": 1.0, "S": 0.1, "C": 0.01, "I": 0.0}

# The frame around an instruction that the published models were trained and asked in.
FRAME = (
    "Below is an instruction that describes a task, paired with an input that provides further context. "
    "Write a response that appropriately completes the request.\n\n"
    "### Instruction:\n{instruction}\n\n### Input:\n{input}\n\n{options}### Response:\n"
)


@dataclass(frozen=True)
class Form:
    """A figure in both forms; ``right`` is each answer's own share of it, ``parsed`` whether it could be read."""

    published: float
    strict: float
    right: tuple[float, ...]
    parsed: tuple[bool, ...]


# Answers, references, setting, and for ranking the labels of the options.
Metric = Callable[[Sequence[str], Sequence[str], str, Sequence[Sequence[str]]], Form]


def _classes(
    found: Sequence[str | None],
    wanted: Sequence[str],
    score: Callable[[Sequence[str], Sequence[str]], float],
    wrong: Callable[[str], str],
) -> Form:
    """Both forms of a figure of classes; ``wrong`` is what an unreadable answer counts as, given the right one."""
    readable = [(w, f) for w, f in zip(wanted, found, strict=True) if f is not None]
    published = score([w for w, _ in readable], [f for _, f in readable]) if readable else 0.0
    strict = score(wanted, [wrong(w) if f is None else f for w, f in zip(wanted, found, strict=True)])
    right = tuple(float(w == f) for w, f in zip(wanted, found, strict=True))
    return Form(published, strict, right, tuple(f is not None for f in found))


def yes_no(found: Sequence[str], wanted: Sequence[str], _: str, __: Sequence[Sequence[str]]) -> Form:
    """F1 of "yes" (product matching, product substitutes, answerability)."""
    read = [text if (text := answer.lower().strip()) in ("yes", "no") else None for answer in found]
    labels = [label.lower().strip() for label in wanted]
    return _classes(read, labels, lambda w, f_: f1(w, f_, "yes"), lambda label: "no" if label == "yes" else "yes")


def _letters(found: Sequence[str]) -> list[str | None]:
    return [text[0] if (text := answer.strip()) and text[0] in "ABCDE" else None for answer in found]


def classes_macro(found: Sequence[str], wanted: Sequence[str], _: str, __: Sequence[Sequence[str]]) -> Form:
    """Macro F1 over the letters (product relations, sentiment); strict: over those of the references."""
    labels = [label.strip()[:1] for label in wanted]
    form = _classes(_letters(found), labels, macro_f1, lambda _label: "")
    filled = [letter or "" for letter in _letters(found)]
    return Form(form.published, macro_f1(labels, filled, sorted(set(labels))), form.right, form.parsed)


def classes_accuracy(found: Sequence[str], wanted: Sequence[str], _: str, __: Sequence[Sequence[str]]) -> Form:
    """Accuracy over the letters (multi-class product classification)."""
    return _classes(_letters(found), [label.strip()[:1] for label in wanted], accuracy, lambda _label: "")


def hit_at_1(found: Sequence[str], wanted: Sequence[str], _: str, __: Sequence[Sequence[str]]) -> Form:
    """HR@1: the one letter of the next product (sequential recommendation)."""
    read = [text if len(text := answer.strip()) == 1 and text in LETTERS else None for answer in found]
    return _classes(read, [label.strip() for label in wanted], accuracy, lambda _label: "")


def attribute_values(found: Sequence[str], wanted: Sequence[str], setting: str, _: Sequence[Sequence[str]]) -> Form:
    """F1* of attribute, value and source; out of domain a part of the value and of the source is enough.

    Strict: an unreadable answer is one wrong triple, and no reference is hit twice.
    """
    loose = setting.startswith("OOD")
    hits = strict_hits = predicted = strict_predicted = total = 0
    right, parsed = [], []
    for answer, reference in zip(found, wanted, strict=True):
        triples, labels = _triples(answer), _triples(reference)
        if labels is None:
            raise EvaluationDataError([f"a reference of attribute value extraction is no JSON list: {reference[:80]}"])
        mine = triples or []
        matrix = [[_same_triple(triple, label, loose=loose) for label in labels] for triple in mine]
        once = _matched(matrix)
        hits += sum(map(sum, matrix))
        strict_hits += once
        predicted += sum("attribute" in triple for triple in mine)
        strict_predicted += len(mine) if triples is not None else 1
        total += len(labels)
        right.append(2 * once / (len(mine) + len(labels)) if mine or labels else float(triples is not None))
        parsed.append(triples is not None)
    return Form(
        _f1_star(hits, predicted, total), _f1_star(strict_hits, strict_predicted, total), tuple(right), tuple(parsed)
    )


def ranking(found: Sequence[str], wanted: Sequence[str], _: str, labels: Sequence[Sequence[str]]) -> Form:
    """NDCG of the ranked options.

    Published: the ideal order of what the answer names. Strict: the ideal order of all options, each counted once.
    """
    if len(labels) != len(wanted):
        raise EvaluationDataError(
            [
                (
                    f"query-product ranking: {len(wanted)} examples and labels for {len(labels)}. "
                    "Give the published label.json."
                )
            ]
        )
    published, strict, parsed = [], [], []
    for answer, options in zip(found, labels, strict=True):
        gains = {OPTIONS[i]: GAINS[label] for i, label in enumerate(options)}
        named = [part[:1] for part in answer.strip().split(",")]
        known = [letter for letter in named if letter in gains]
        scores = [gains[letter] for letter in known]
        published.append(dcg(scores) / (dcg(sorted(scores, reverse=True)) + EPSILON))
        ideal = dcg(sorted(gains.values(), reverse=True))
        # Where all options are irrelevant every order is right, but no order is none.
        strict.append(dcg([gains[letter] for letter in dict.fromkeys(known)]) / ideal if ideal else float(bool(known)))
        parsed.append(bool(known))
    return Form(float(np.mean(published)), float(np.mean(strict)), tuple(strict), tuple(parsed))


def dcg(gains: Sequence[float]) -> float:
    """Discounted cumulative gain with exponential gains."""
    return float(sum((2**gain - 1) / np.log2(place + 2) for place, gain in enumerate(gains)))


# The data set's names, two of them as misspelled there, with the paper's abbreviation and the name of the figure.
TASKS: Mapping[str, tuple[str, str, Metric | None]] = {
    "Attribute_Value_Extraction": ("AVE", "F1*", attribute_values),
    "Product_Relation_Prediction": ("PRP", "macro F1", classes_macro),
    "Product_Matching": ("PM", "F1", yes_no),
    "Sentiment_Analysis": ("SA", "macro F1", classes_macro),
    "Sequential_Recommendation": ("SR", "HR@1", hit_at_1),
    "Multiclass_Product_Classification": ("MPC", "accuracy", classes_accuracy),
    "Product_Substitute_Identification": ("PSI", "F1", yes_no),
    "Query_Product_Ranking": ("QPR", "NDCG", ranking),
    "Answerability_Prediction": ("AP", "F1", yes_no),
    "Answer_Generation": ("AG", "BERTScore F1", None),  # needs an encoder
}
# What the names of outcomes begin with.
PREFIX = "ecinstruct/"
_SPELLINGS = {
    "Product_Relation_Predicition": "Product_Relation_Prediction",
    "Product_Substitue_Identification": "Product_Substitute_Identification",
}

# From answers and references to an F1 each, and the encoder's name.
Similarity = tuple[Callable[[Sequence[str], Sequence[str]], Sequence[float]], str]


def load(path: Path, limit: int | None = None) -> dict[tuple[str, str], list[Record]]:
    """Test examples of the published file, by task and setting; ``limit`` is for each of these."""
    fields = {"task": str, "setting": str, "instruction": str, "input": str, "output": str}
    groups: dict[tuple[str, str], list[Record]] = {}
    unknown = set()
    for record in read_json(path, fields, check=_problem):
        if record.get("split", "test") != "test":
            continue
        task: str = _SPELLINGS.get(record["task"]) or record["task"]
        if task not in TASKS:
            unknown.add(task)
            continue
        group = groups.setdefault((task, record["setting"]), [])
        if limit is None or len(group) < limit:
            group.append(record)
    if unknown:
        raise EvaluationDataError(
            [f"{path}: unknown task {task!r}; there are {', '.join(TASKS)}" for task in sorted(unknown)]
        )
    if not groups:
        raise EvaluationDataError([f"{path}: holds no example of the split test"])
    return groups


def _problem(record: Record) -> str | None:
    """What no answer could be compared with; examples that are not asked may be anything."""
    task = _SPELLINGS.get(record["task"]) or record["task"]
    if record.get("split", "test") != "test" or task not in TASKS:
        return None
    output, metric = record["output"].strip(), TASKS[task][2]
    if metric is attribute_values:
        triples = _triples(output)
        whole = triples is not None and len(triples) == len(json.loads(output))
        if whole and all({"attribute", "value", "source"} <= one.keys() for one in triples or ()):
            return None
        return f"'output' has to be a JSON list of objects with attribute, value and source, and is {output[:60]!r}"
    wanted: Mapping[Metric | None, tuple[bool, str]] = {
        yes_no: (output.lower() in ("yes", "no"), "yes or no"),
        classes_macro: (output[:1] in tuple("ABCDE"), "a letter from A to E"),
        classes_accuracy: (output[:1] in tuple("ABCDE"), "a letter from A to E"),
        hit_at_1: (output in tuple(LETTERS), "a letter from A to T"),
        ranking: (True, ""),  # the labels say what is right
        None: (bool(output), "a text"),
    }
    fine, what = wanted[metric]
    return None if fine else f"'output' has to be {what}, and is {output[:60]!r}"


def load_labels(path: Path) -> list[list[str]]:
    """The published ``label.json``: for each ranking example the label of each option, E, S, C or I."""
    try:
        labels = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EvaluationDataError([f"{path}: cannot be read as JSON: {error}"]) from None
    if not isinstance(labels, list):
        raise EvaluationDataError([f"{path}: has to be a list with a list of labels for each ranking example"])
    problems = [
        f"{path}: record {number}: {row!r} is no list of 1 to {len(OPTIONS)} of {', '.join(GAINS)}"
        for number, row in enumerate(labels, 1)
        if not isinstance(row, list)
        or not 1 <= len(row) <= len(OPTIONS)
        or any(not isinstance(label, str) or label not in GAINS for label in row)
    ]
    if problems:
        raise EvaluationDataError(problems)
    found: list[list[str]] = labels
    return found


def prompt(record: Record) -> str:
    """What the model is asked."""
    options = f"### Options:\n{record['options']}\n\n" if record.get("options") else ""
    return FRAME.format(instruction=record["instruction"], input=record["input"], options=options)


def evaluate(
    scorer: Scorer,
    task: str,
    setting: str,
    records: Sequence[Record],
    *,
    labels: Sequence[Sequence[str]] = (),
    similarity: Similarity | None = None,
    numbers: Sequence[int] | None = None,
) -> Outcome | None:
    """One task in one setting; None for answer generation without an encoder.

    Args:
        numbers: Of the records among those of their task and setting, where they are a part of them.
    """
    short, figure, metric = TASKS[task]
    if metric is None and similarity is None:
        return None
    settings = Generation(max_tokens=MAX_TOKENS, stop=("### Instruction",))
    said = answers(scorer, [prompt(record) for record in records], settings)
    wanted = [record["output"] for record in records]
    notes: dict[str, Any] = {
        "domain": "out" if setting.startswith("OOD") else "in",
        "instructions": "unseen" if "Unseen" in setting else "seen",
    }
    if metric is not None:
        form = metric(said, wanted, setting, labels)
    else:
        assert similarity is not None
        form = _similar(similarity[0], said, wanted)
        notes["encoder"] = similarity[1]
    places = range(len(records)) if numbers is None else numbers
    counted: list[dict[str, Any]] = [{"reference": one} for one in wanted]
    if metric is ranking:
        counted = [one | {"labels": list(mine)} for one, mine in zip(counted, labels, strict=True)]
    items = tuple(
        Item(f"{short}/{setting}/{number}", right, answer, parsed=parsed, counted=mine)
        for number, right, answer, parsed, mine in zip(places, form.right, said, form.parsed, counted, strict=True)
    )
    name = f"{PREFIX}{short}/{setting}"
    return Outcome(name, _metrics(figure, form), f"{figure}, strict", items, notes)


def metrics_of(name: str, items: Sequence[Item]) -> dict[str, float]:
    """Both forms of the figure of the task called ``name`` over all of these items.

    Raises:
        KeyError: There is no such task, or the items do not say what was right.
    """
    short, _, setting = name.removeprefix(PREFIX).partition("/")
    figure, metric = {one: (figure, metric) for one, figure, metric in TASKS.values()}[short]
    if metric is None:
        return _metrics(figure, _graded([item.right for item in items], [item.parsed for item in items]))
    labels = [item.counted["labels"] for item in items] if metric is ranking else ()
    said, wanted = [item.answer for item in items], [item.counted["reference"] for item in items]
    return _metrics(figure, metric(said, wanted, setting, labels))


def _metrics(figure: str, form: Form) -> dict[str, float]:
    return {f"{figure}, published": form.published, f"{figure}, strict": form.strict}


def _similar(
    score: Callable[[Sequence[str], Sequence[str]], Sequence[float]], said: Sequence[str], wanted: Sequence[str]
) -> Form:
    """BERTScore: an empty answer has no tokens to match; published, it is left out, strict it is 0."""
    parsed = tuple(bool(answer.strip()) for answer in said)
    found = iter(score([a for a in said if a.strip()], [w for w, there in zip(wanted, parsed, strict=True) if there]))
    return _graded([float(next(found)) if there else 0.0 for there in parsed], parsed)


def _graded(right: Sequence[float], parsed: Sequence[bool]) -> Form:
    return Form(sum(right) / max(1, sum(parsed)), sum(right) / len(right), tuple(right), tuple(parsed))


def _triples(text: str) -> list[dict[str, Any]] | None:
    """The objects of a JSON list; None where there is no list."""
    try:
        found = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        return None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else None


def _same_triple(triple: Mapping[str, Any], label: Mapping[str, Any], *, loose: bool) -> bool:
    if not {"attribute", "value", "source"} <= triple.keys() or triple["attribute"] != label["attribute"]:
        return False
    if all(triple[name] == label[name] for name in ("value", "source")):
        return True
    if not loose or triple["value"] is None or triple["source"] is None:
        return False
    return all(
        str(triple[name]) in str(label[name]) or str(label[name]) in str(triple[name]) for name in ("value", "source")
    )


def _matched(matrix: Sequence[Sequence[bool]]) -> int:
    """Size of the largest matching in which nothing is used twice (augmenting paths: H. W. Kuhn, 1955)."""
    taken: dict[int, int] = {}

    def place(row: int, tried: set[int]) -> bool:
        for column, same in enumerate(matrix[row]):
            if same and column not in tried:
                tried.add(column)
                if column not in taken or place(taken[column], tried):
                    taken[column] = row
                    return True
        return False

    return sum(place(row, set()) for row in range(len(matrix)))


def _f1_star(hits: int, predicted: int, total: int) -> float:
    recall, precision = hits / max(1, total), hits / (predicted + EPSILON)
    return 2 * recall * precision / (recall + precision + EPSILON)
