"""Damage a real database file: whole pages of one table become noise."""

import random
import sqlite3
from pathlib import Path


def damage(path: Path, table: str, *, leaf: bool = False) -> None:
    """Overwrite the root page of a table, or one leaf in its middle; nobody may have the file open.

    Leaves are found through SQLite's own `dbstat`.
    """
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = connection.execute("PRAGMA page_size").fetchone()[0]
    page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
    if leaf:
        pages = connection.execute(
            "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY path", (table,)
        ).fetchall()
        assert len(pages) >= 3, f"{table} is too small to have a middle"
        page = pages[len(pages) // 2][0]
    connection.close()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(random.Random(page).randbytes(size))
