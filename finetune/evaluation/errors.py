"""What can go wrong in an evaluation through no fault of the code."""

from edgegen.errors import EdgegenError


class EvaluationError(EdgegenError):
    """An evaluation that cannot start or go on: the model, the memory, the text."""


class EvaluationDataError(EdgegenError):
    """A data file with lines that cannot be evaluated; ``problems`` lists them, each with its file and line."""

    exit_code = 2

    def __init__(self, problems: list[str]) -> None:
        shown = problems[:20]
        if len(problems) > len(shown):
            shown = [*shown, f"... and {len(problems) - len(shown)} more"]
        super().__init__("\n".join(shown))
        self.problems = problems
