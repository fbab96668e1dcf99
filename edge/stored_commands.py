"""The table of operators' commands, so that a repeat gets the answer of the first arrival."""

from dataclasses import dataclass

from edge.database import Database


@dataclass(frozen=True)
class StoredCommand:
    """A command of an operator; ``answer`` is None while it runs."""

    operator: str
    id: str
    hash: bytes
    command: str
    answer: bytes | None


class Commands:
    """The commands of one node's operators."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def find(self, operator: str, command_id: str) -> StoredCommand | None:
        """What an operator sent under this id."""
        rows = self._db.query(
            "SELECT operator, id, hash, command, answer FROM commands WHERE operator = ? AND id = ?",
            (operator, command_id),
        )
        return StoredCommand(*rows[0]) if rows else None

    def add(self, command: StoredCommand, utc: float) -> None:
        """Keep a command, before it is carried out."""
        self._db.insert("commands", {**vars(command), "utc": utc})

    def answer(self, operator: str, command_id: str, answer: bytes) -> None:
        """A command has ended."""
        self._db.write("UPDATE commands SET answer = ? WHERE operator = ? AND id = ?", (answer, operator, command_id))

    def running(self) -> list[StoredCommand]:
        """Commands that have not ended; at the start, those that the last process did not bring to an end."""
        rows = self._db.query(
            "SELECT operator, id, hash, command, answer FROM commands WHERE answer IS NULL ORDER BY utc"
        )
        return [StoredCommand(*row) for row in rows]
