"""The recipes that come with edgegen: the papers' set-ups, to be copied out and edited."""

from pathlib import Path

FOLDER = Path(__file__).parent / "recipes"


def recipe_files() -> dict[str, Path]:
    """Each recipe's file, by name."""
    return {path.stem: path for path in sorted(FOLDER.glob("*.toml"))}


def title(path: Path) -> str:
    """What a recipe is for: its first line, a comment."""
    with path.open(encoding="utf-8") as file:
        return file.readline().removeprefix("#").strip()
