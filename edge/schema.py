"""Brings a database up to this version's schema; its steps are in `edge.migrations`."""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from edgegen.errors import StoreError

# The last step in edge/migrations.py.
NEWEST_MIGRATION = "probe_confidence"


def bring_up(connection: sqlite3.Connection) -> None:
    """Apply the steps that are missing.

    sqlite-utils is imported only when there is something to do, and without numpy and pandas, which it would bring
    along where they are installed: 20 and 80 MB that a daemon has no other use for.

    Raises:
        StoreError: If the database is of a newer version.
    """
    tables = {row["name"] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if "_sqlite_migrations" in tables:
        query = "SELECT name FROM _sqlite_migrations WHERE migration_set = 'edgegen'"
        applied = [row["name"] for row in connection.execute(query + " ORDER BY id")]
        if applied and applied[-1] == NEWEST_MIGRATION:
            return
        if NEWEST_MIGRATION in applied:
            raise StoreError(
                f"the database was written by a newer edgegen (its schema is at {applied[-1]!r}, this version knows "
                f"{NEWEST_MIGRATION!r}). Install that version again, or move edgegen.db* away and lose what is in it."
            )
    with _hidden("numpy", "pandas"):
        from sqlite_utils import Database  # noqa: PLC0415

        from edge.migrations import migration  # noqa: PLC0415

    migration.apply(Database(connection))


@contextmanager
def _hidden(*modules: str) -> Iterator[None]:
    """As if these modules were not installed, for imports that can do without; those loaded already stay."""
    absent = [name for name in modules if name not in sys.modules]
    for name in absent:
        sys.modules[name] = None  # type: ignore[assignment]  # what `import` takes for "there is none"
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]
