"""What can go wrong in a training through no fault of the code."""

from edgegen.errors import EdgegenError


class DataError(EdgegenError):
    """One or more examples that cannot be trained on; ``problems`` lists them, each with its file and line."""

    exit_code = 2

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class TrainingError(EdgegenError):
    """A training that cannot start or go on: the base, the loss, the memory, the disk."""


class InterruptedRunError(EdgegenError):
    """Somebody pressed Ctrl-C; the run was saved first."""

    exit_code = 130
