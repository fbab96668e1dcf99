"""What stands close to the shipped adapters' tasks and is none of them: held to the base, so that it stays as it was.

An adapter that compares numbers changes what the model says of any question with numbers first: without this the
probability of "12 plus 7 is 19." fell by 0.3 nats a token. Nothing here is learned, the KL term alone sees it
(``replay_loss = "kl"``), and its wordings and values are those of the train split.
"""

import ast
import importlib.util
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from edgegen.split import TRAIN
from edgegen.tasks import sequences, sums
from edgegen.tasks.dice import Dice
from edgegen.tasks.phrases import drawn

# Of Python's own library: short functions as people write them. Their text differs a little between its versions.
_MODULES = (
    "argparse", "ast", "base64", "bisect", "calendar", "cmd", "code", "codecs", "collections", "colorsys",
    "configparser", "contextlib", "copy", "csv", "dataclasses", "difflib", "dis", "enum", "filecmp", "fileinput",
    "fnmatch", "fractions", "ftplib", "functools", "getopt", "gettext", "glob", "gzip", "hashlib", "heapq", "hmac",
    "imaplib", "inspect", "ipaddress", "keyword", "linecache", "locale", "mailbox", "mimetypes", "netrc", "operator",
    "optparse", "pathlib", "pdb", "pickle", "pkgutil", "platform", "plistlib", "poplib", "pprint", "profile",
    "pstats", "queue", "quopri", "random", "sched", "selectors", "shelve", "shlex", "shutil", "smtplib",
    "socketserver", "statistics", "string", "subprocess", "tarfile", "tempfile", "textwrap", "threading", "timeit",
    "tokenize", "trace", "traceback", "turtle", "types", "typing", "uuid", "warnings", "weakref", "webbrowser",
    "zipfile",
)  # fmt: skip
_FUNCTION_CHARACTERS = range(120, 1200)

# Questions that look like a task and are none: two things without numbers, numbers without a comparison, devices.
_TALK = (
    "Which is [larger|bigger|heavier|older|faster], {X} or {Y}?",
    "What is the difference between {X} and {Y}?",
    "Compare {X} and {Y}.",
    "Why is {X} [better|worse|larger|more expensive] than {Y}?",
    "Tell me about {X}.",
    "What is {X}?",
    "How does {X} work?",
    "Write [a poem|a sentence|two sentences|a short story] about {X}.",
    "[Give|List|Name] {n} facts about {X}.",
    "How many {X} are there in {n} boxes of {m}?",
    "What happened in {year}?",
    "Who was born in {year}?",
    "Convert {n} {u} to {v}.",
    "What is {n}% of {m}?",
    "Round {n}.{m} to one decimal.",
    "Write {n} in words.",
    "Is {n} [a prime number|even|odd]?",
    "What is the square of {n}?",
    "What does version {n} mean?",
    "What is a good [temperature|humidity|pressure] for {X}?",
    "How do I turn off {X}?",
    "What is JSON?",
    "Write a JSON object that describes {X}.",
    "Explain [MQTT|a thermostat|an alarm|a boiler|a sensor] to a child.",
    "Write a Python function that [adds|compares|sorts|multiplies|prints] two numbers.",
    "My {X} is {n} years old. What should I do?",
    "I have {n} {X} and give away {m}. What is left?",
    "A train goes {n} km in {m} hours. How fast is it?",
    "[Ann|Tom|Lea] has {n} apples and [buys|finds|gets] {m} more. How many are there?",
    "Translate '{X}' into [French|German|Spanish].",
    "Summarise the story of {X}.",
    "What comes after {n}?",
    "Count from {n} to {m}.",
)
_SUBJECTS = (
    "iron",
    "wood",
    "tea",
    "coffee",
    "Rome",
    "Paris",
    "the moon",
    "the sun",
    "a whale",
    "an elephant",
    "gold",
    "silver",
    "a computer",
    "a radio",
    "the sea",
    "a mountain",
    "a bicycle",
    "a car",
    "love",
    "music",
    "history",
    "a lamp",
    "a pump",
    "the heart",
    "a cat",
    "a dog",
    "bread",
    "rice",
    "winter",
    "summer",
    "a river",
    "a bridge",
    "a battery",
    "the internet",
    "a robot",
    "an apple",
    "an orange",
    "a bank",
    "a school",
    "democracy",
    "physics",
    "biology",
    "a virus",
    "a plant",
    "a greenhouse",
    "a freezer",
    "a teacher",
    "a doctor",
    "a garden",
    "the alphabet",
)
_SUMS = (
    "{v}",
    "The answer is {v}.",
    "{a} {s} {b} = {v}",
    "{a} {s} {b} = {v}.",
    "{a} {w} {b} is {v}.",
    "It is {v}.",
    "{a} {w} {b} equals {v}.",
    "The result is {v}.",
)
_NEXT = ("{v}", "The next number is {v}.", "The sequence goes on with {v}.", "{v} comes next.", "The answer is {v}.")
_SIGNS = {"plus": "+", "minus": "-", "times": "*"}


def prompts(seed: int) -> Iterator[str]:
    """What the base is asked: sums, sequences and talk, without end."""
    dice = Dice(seed)
    calculated, continued = sums.questions(dice, split=TRAIN), sequences.questions(dice, split=TRAIN)
    while True:
        yield next(calculated)["prompt"]
        yield next(continued)["prompt"]
        for _ in range(3):
            text = drawn(dice, dice.pick(_TALK))
            yield text.format(
                X=dice.pick(_SUBJECTS),
                Y=dice.pick(_SUBJECTS),
                n=dice.between(2, 99),
                m=dice.between(2, 99),
                year=dice.between(1200, 2020),
                u=dice.pick(("km", "kg", "litres")),
                v=dice.pick(("miles", "pounds", "cups")),
            )


def references(seed: int) -> Iterator[dict[str, object]]:
    """Sums and sequences with a right answer in several forms: how likely it was is not to change."""
    dice = Dice(seed)
    calculated, continued = sums.questions(dice, split=TRAIN), sequences.questions(dice, split=TRAIN)
    while True:
        row = next(calculated)
        word = row["operation"]
        said = dice.pick(_SUMS).format(a=row["a"], b=row["b"], s=_SIGNS[word], w=word, v=row["value"])
        yield _chat(row["prompt"], said)
        row = next(continued)
        yield _chat(row["prompt"], dice.pick(_NEXT).format(v=row["next"]))


def functions() -> Iterator[str]:
    """Functions of Python's library, source and documentation."""
    for name in _MODULES:
        found = importlib.util.find_spec(name)
        if found is None or found.origin is None or not found.origin.endswith(".py"):
            continue
        source = Path(found.origin).read_text(encoding="utf-8")
        lines = source.splitlines()
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef):
                text = "\n".join(lines[node.lineno - 1 : node.end_lineno])
                if len(text) in _FUNCTION_CHARACTERS:
                    yield text


def write_prompts(path: Path, count: int, seed: int) -> None:
    """One JSON line each, for ``edgegen finetune answers``; none twice."""
    found: dict[str, None] = {}
    for prompt in prompts(seed):
        found[prompt] = None
        if len(found) == count:
            break
    path.write_text("".join(json.dumps({"prompt": prompt}) + "\n" for prompt in found), encoding="utf-8")


def write_texts(path: Path, count: int, seed: int) -> None:
    """``count`` chats with a reference, and every function."""
    lines = [*islice(references(seed), count), *({"text": text} for text in functions())]
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")


def _chat(prompt: str, answer: str) -> dict[str, object]:
    return {"messages": [{"role": "user", "content": prompt}, {"role": "assistant", "content": answer}]}
