"""Probe suites: what is asked, and what counts as right. A suite is one TOML file.

    name = "sequences"                 # the file's name without .toml
    summary = "..."
    [sampling]                         # of all its probes; a request's own fields (edgegen.protocol.SAMPLING)
    [schemas.command]                  # JSON Schemas that probes refer to by name

    [[probe]]
    id = "fibonacci"
    category = "sequences"
    prompts = ["What comes next? {sequence}"]
    generator = { name = "sequences", seed = 1, count = 32, family = "fibonacci" }
    check = { kind = "number", expect = "{next}" }

A generator that asks (``edgegen.tasks.generators``) brings whole questions, so its probe has no ``prompts``; it asks
the sealed split, or dev where a run says so. Otherwise a probe's questions are its ``prompts``, which are templates,
filled with its rows of values: those under ``values`` or those of a ``generator``. ``combine`` says how: ``every``
template with every row, or ``cycle``: each row once, with the templates in turn. ``{key}`` in a prompt or a check
stands for the row's value (``{{key}}`` for the text itself); a string in a check that is nothing else takes the value
with its type.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from edge.probes.checks import check_problems, schema_problems
from edgegen.errors import ConfigError
from edgegen.part import Part
from edgegen.protocol import FIELDS, SAMPLING, field_problems, is_name
from edgegen.split import SEALED
from edgegen.tasks.generators import Row, generator_of, generator_problems, rows, split_asked

SHIPPED = Path(__file__).parent / "suites"

# Larger than any suite one would wait for; a slip of the keyboard in `count` should not fill the memory.
MAX_ITEMS = 100_000


@dataclass(frozen=True)
class Item:
    """One question with its check.

    ``id`` is ``probe/template/row`` and stays the same from run to run, so that runs can be compared item by item.
    ``template`` is ``probe/template``: items that share one are not independent.
    """

    id: str
    probe: str
    category: str
    template: str
    prompt: str
    check: Mapping[str, Any]
    adapter: str | None = None
    schema: Mapping[str, Any] | None = None
    sampling: Mapping[str, Any] = field(default_factory=dict)
    weight: float = 1.0


@dataclass(frozen=True)
class Probe:
    """A group of items that test one thing.

    ``threshold`` is the share of right answers it needs, None for a probe that is only reported; ``must_pass`` needs
    every answer right.
    """

    id: str
    category: str
    threshold: float | None
    must_pass: bool


@dataclass(frozen=True)
class Suite:
    """A checked suite with all its questions.

    ``threshold`` is the weighted share of right answers over all items that the suite needs, None for no such bound;
    ``sealed`` says that some of its questions are of the sealed split, so that a run of it is logged.
    """

    name: str
    summary: str
    path: Path
    threshold: float | None
    probes: tuple[Probe, ...]
    items: tuple[Item, ...]
    sealed: bool = False

    def limited(self, limit: int) -> "Suite":
        """At most ``limit`` items, spread evenly over the suite, always the same ones."""
        count = len(self.items)
        if count <= limit:
            return self
        return self._with(self.items[i * count // limit] for i in range(limit))

    def part(self, part: Part) -> "Suite":
        """Every Nth item: those of one of several parts, which ``edge.probes.parts`` puts together again."""
        return self if part.of == 1 else self._with(part.mine(self.items))

    def _with(self, items: Iterable[Item]) -> "Suite":
        kept = tuple(items)
        asked = {item.probe for item in kept}
        return replace(self, probes=tuple(probe for probe in self.probes if probe.id in asked), items=kept)


def shipped_suites() -> dict[str, Path]:
    """The suites that come with edgegen, by name."""
    return {path.stem: path for path in sorted(SHIPPED.glob("*.toml"))}


def find_suite(name_or_file: str) -> Path:
    """A shipped suite by its name, or a file.

    Raises:
        ConfigError: If there is neither.
    """
    shipped = shipped_suites()
    if name_or_file in shipped:
        return shipped[name_or_file]
    path = Path(name_or_file)
    if path.is_file():
        return path
    raise ConfigError([f"--suite {name_or_file}: no such file, and no shipped suite; those are: {', '.join(shipped)}."])


def load_suite(path: Path, *, split: str | None = None, count: int | None = None) -> Suite:
    """Read and check a suite and write out its questions.

    Args:
        split: Ask this split, and only what has splits, as many questions as the suite says or else as there are; None:
            whatever the suite asks.
        count: Draw about so many questions in all from generators that ask; None: as many as the suite says.

    Raises:
        ConfigError: Naming every mistake at once, with file, probe and value.
    """
    try:
        document = tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror}. Correct the path or its permissions."]) from None
    except (ValueError, RecursionError) as error:  # also UnicodeDecodeError and TOMLDecodeError
        raise ConfigError([f"{path}: not valid TOML in UTF-8: {error}"]) from None
    reader = _Reader(_chosen(document, split, count), chosen=split is not None)
    suite = reader.read(path)
    if reader.problems:
        raise ConfigError([f"{path}: {problem}" for problem in reader.problems])
    return suite


def _chosen(document: dict[str, Any], split: str | None, count: int | None) -> dict[str, Any]:
    """The document with its questions drawn from another split, or more or fewer of them; mistakes stay in it."""
    found = document.get("probe")
    if (split is None and count is None) or not isinstance(found, list):
        return document
    tables = [dict(table) for table in found if isinstance(table, dict)]
    asking = [table for table in tables if isinstance(table.get("generator"), dict) and split_asked(table["generator"])]
    if split is not None:
        asking = [table for table in asking if split in _splits(table["generator"])]
        for table in asking:
            if "split" in _options(table["generator"]):
                table["generator"] = {**table["generator"], "split": split}
        tables = asking
    if count is not None:
        drawn = [table["generator"] for table in asking if isinstance(table["generator"].get("count"), int)]
        total = sum(generator["count"] for generator in drawn if len(_splits(generator)) > 1)
        before = 0  # each takes its part of what is rounded as a whole, so that the parts sum up to `count`
        for table in asking:
            generator = table["generator"]
            if generator in drawn and len(_splits(generator)) > 1:
                upto = before + generator["count"]
                mine = round(upto * count / max(1, total)) - round(before * count / max(1, total))
                table["generator"], before = {**generator, "count": max(1, mine)}, upto
    return {**document, "probe": tables}


def has_split(path: Path, split: str) -> bool:
    """Whether a suite draws questions of a split; a file that cannot be read has it, so that loading it says why."""
    try:
        probes = tomllib.loads(path.read_text("utf-8-sig")).get("probe", ())
    except (OSError, ValueError, RecursionError):
        return True
    generators = (table.get("generator") for table in probes if isinstance(table, dict))
    return any(isinstance(generator, dict) and split in _splits(generator) for generator in generators)


def _splits(spec: Mapping[str, Any]) -> tuple[str, ...]:
    generator = generator_of(spec)
    return () if generator is None else generator.splits


def _options(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    generator = generator_of(spec)
    return {} if generator is None else generator.options


_SHARE = {"type": "number", "minimum": 0, "maximum": 1}
_TEXT = {"type": "string", "minLength": 1}
_NAME = {"type": "string", "pattern": "name"}  # field_problems reads any pattern as that of names
_TABLE = {"type": "object"}

_SUITE_KEYS: Mapping[str, Mapping[str, Any]] = {
    "name": _NAME,
    "summary": _TEXT,
    "threshold": _SHARE,
    "adapter": _TEXT,
    "sampling": _TABLE,
    "schemas": _TABLE,
    "probe": {"type": "array", "minItems": 1, "items": _TABLE},
}
_PROBE_KEYS: Mapping[str, Mapping[str, Any]] = {
    "id": _NAME,
    "category": _NAME,
    "prompts": {"type": "array", "minItems": 1, "items": _TEXT},
    "values": {"type": "array", "minItems": 1, "items": _TABLE},
    "generator": _TABLE,
    "combine": {"enum": ["every", "cycle"]},
    "adapter": _TEXT,
    "schema": _TEXT,
    "sampling": _TABLE,
    "check": _TABLE,
    "weight": {"type": "number", "exclusiveMinimum": 0, "maximum": 1_000_000},
    "threshold": _SHARE,
    "must_pass": {"type": "boolean"},
}
_PROBE_NEEDS = ("id", "category", "check")

_PLACEHOLDER = re.compile(r"\{\{([a-z][a-z0-9_]*)\}\}|\{([a-z][a-z0-9_]*)\}")


class _Reader:
    """Turns a document into a suite and collects what is wrong with it.

    Args:
        chosen: The document holds one split's questions. A generator that cannot draw its ``count`` of them draws all
            there are: splits differ in size.
    """

    def __init__(self, document: Mapping[str, Any], *, chosen: bool = False) -> None:
        self._document = document
        self._chosen = chosen
        self._schemas: Mapping[str, Any] = {}
        self._where = ""
        self._sealed = False
        self.problems: list[str] = []

    def read(self, path: Path) -> Suite:
        """The suite; only good when ``problems`` is empty."""
        document = self._document
        if self._chosen and document.get("probe") == []:
            self._add("has no questions of this split; run it without --split")
            return Suite(str(document.get("name")), "", path, None, (), ())
        self._keys(document, _SUITE_KEYS, ("name", "summary", "probe"))
        if document.get("name") != path.stem and is_name(document.get("name")):
            self._add(f"name = {document['name']!r}: must be the file's name, {path.stem!r}; rename one of them")
        self._sampling(document)
        schemas = document.get("schemas")
        if isinstance(schemas, dict):
            self._schemas = schemas
            for name, schema in schemas.items():
                self._schema(f"schemas.{name}", schema)
        probes: list[Probe] = []
        items: list[Item] = []
        found = document.get("probe")
        for index, table in enumerate(found if isinstance(found, list) else ()):
            if isinstance(table, dict):
                self._where = f"probe {table['id']!r}: " if "id" in table else f"probe number {index + 1}: "
                self._probe(table, probes, items)
        self._where = ""
        if len(items) > MAX_ITEMS:
            self._add(f"has {len(items)} items; at most {MAX_ITEMS}")
        return Suite(
            str(document.get("name")),
            str(document.get("summary")),
            path,
            document.get("threshold"),
            tuple(probes),
            tuple(items),
            self._sealed,
        )

    def _add(self, *problems: str) -> None:
        self.problems += [self._where + problem for problem in problems]

    def _keys(self, table: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]], required: Sequence[str]) -> None:
        for key, value in table.items():
            if key in known:
                self._add(*field_problems(key, value, known[key]))
            else:
                self._add(f"{key} = {value!r}: unknown key; known: {', '.join(known)}")
        self._add(*(f"lacks {key}" for key in required if key not in table))

    def _sampling(self, table: Mapping[str, Any]) -> Mapping[str, Any]:
        given = table.get("sampling", {})
        if not isinstance(given, dict):
            return {}
        for key, value in given.items():
            if key in SAMPLING:
                self._add(*field_problems(f"sampling.{key}", value, FIELDS[key].schema))
            else:
                self._add(f"sampling.{key} = {value!r}: unknown key; known: {', '.join(SAMPLING)}")
        return given

    def _schema(self, place: str, schema: Any) -> None:
        if isinstance(schema, dict):
            self._add(*schema_problems(place, schema))
        else:
            self._add(f"{place} = {schema!r}: must be a JSON Schema, as a table")

    def _named_schema(self, place: str, name: Any) -> Mapping[str, Any] | None:
        schema = self._schemas.get(name) if isinstance(name, str) else None
        if schema is None:
            known = ", ".join(self._schemas) or "none"
            self._add(f"{place} = {name!r}: there is no [schemas.{name}]; there: {known}")
        return schema

    def _probe(self, table: Mapping[str, Any], probes: list[Probe], items: list[Item]) -> None:
        before = len(self.problems)
        self._keys(table, _PROBE_KEYS, _PROBE_NEEDS)
        if any(probe.id == table.get("id") for probe in probes):
            self._add("this id stands there twice; ids must differ")
        self._sampling(table)
        schema = self._named_schema("schema", table["schema"]) if "schema" in table else None
        check = dict(table["check"]) if isinstance(table.get("check"), dict) else {}
        if "schema" in check and not isinstance(check["schema"], dict):
            check["schema"] = self._named_schema("check.schema", check["schema"])
        found = self._rows(table)
        if len(self.problems) > before:
            return
        probe = Probe(table["id"], table["category"], table.get("threshold"), table.get("must_pass", False))
        probes.append(probe)
        document = self._document
        sampling = {**document.get("sampling", {}), **table.get("sampling", {})}
        self._sealed = self._sealed or split_asked(table.get("generator", {})) == SEALED
        for template, row, prompt, filled in self._questions(table, found, check):
            items.append(
                Item(
                    id=f"{probe.id}/{template}/{row}",
                    probe=probe.id,
                    category=probe.category,
                    template=f"{probe.id}/{template}",
                    prompt=prompt,
                    check=filled,
                    adapter=table.get("adapter", document.get("adapter")),
                    schema=schema,
                    sampling=sampling,
                    weight=float(table.get("weight", 1.0)),
                )
            )

    def _rows(self, table: Mapping[str, Any]) -> list[Row]:
        """The values that fill the templates; one empty row for prompts that need none."""
        generator, values = table.get("generator"), table.get("values")
        known = generator_of(generator) if isinstance(generator, dict) else None
        asks = known is not None and known.asks
        if asks and "prompts" in table:
            self._add(f"generator {table['generator']['name']} asks its own questions; remove prompts")
        elif not asks and "prompts" not in table:
            self._add("lacks prompts")
        if generator is not None and values is not None:
            self._add("has both values and generator; keep one")
        elif isinstance(generator, dict):
            problems = generator_problems(generator)
            self._add(*problems)
            if not problems:
                try:
                    return _all_there_are(generator) if self._chosen else rows(generator)
                except ValueError as error:
                    self._add(str(error))
        elif isinstance(values, list):
            return values
        return [{}]

    def _questions(
        self, table: Mapping[str, Any], found: list[Row], check: Mapping[str, Any]
    ) -> Iterator[tuple[int | str, int, str, Mapping[str, Any]]]:
        """Template, number of the row, prompt and check of each item; stops at the first mistake."""
        if "prompts" not in table:
            yield from self._asked(found, check)
            return
        prompts = table["prompts"]
        combine = table.get("combine", "cycle" if "generator" in table else "every")
        if combine == "cycle" and len(found) < len(prompts):
            self._add(f'has {len(prompts)} prompts for {len(found)} rows; with combine = "cycle" some are never asked')
        for index, row in enumerate(found):
            asked = range(len(prompts)) if combine == "every" else (index % len(prompts),)
            try:
                texts = [(number, str(_text(prompts[number], row))) for number in asked]
            except KeyError as error:
                self._add_missing(error.args[0], index, row)
                return
            filled = self._filled(check, index, row)
            if filled is None:
                return
            yield from ((number, index, text, filled) for number, text in texts)

    def _asked(
        self, found: list[Row], check: Mapping[str, Any]
    ) -> Iterator[tuple[int | str, int, str, Mapping[str, Any]]]:
        for index, row in enumerate(found):
            filled = self._filled(check, index, row)
            if filled is None:
                return
            yield row["template"], index, row["prompt"], filled

    def _filled(self, check: Mapping[str, Any], index: int, row: Row) -> Mapping[str, Any] | None:
        """The check of a row; None after a mistake."""
        try:
            filled: Mapping[str, Any] = fill(check, row)
        except KeyError as error:
            self._add_missing(error.args[0], index, row)
            return None
        problems = check_problems(filled)
        self._add(*problems)
        return None if problems else filled

    def _add_missing(self, key: str, index: int, row: Row) -> None:
        self._add(f"{{{key}}}: no such value in row {index + 1}, which has: {', '.join(row) or 'none'}")


def _all_there_are(generator: Mapping[str, Any]) -> list[Row]:
    """The rows of a generator, up to its ``count``.

    Raises:
        ValueError: There is not even one.
    """
    enough, too_many = 1, generator["count"] + 1
    found = rows({**generator, "count": 1})
    # A generator says only that there are too few, and more rows begin with fewer.
    tried = generator["count"]
    while enough < tried < too_many:
        try:
            found, enough = rows({**generator, "count": tried}), tried
        except ValueError:
            too_many = tried
        tried = (enough + too_many) // 2
    return found


def fill(value: Any, row: Row) -> Any:
    """Put a row's values in place of ``{key}``, all through a check.

    Raises:
        KeyError: If the row has no such value.
    """
    if isinstance(value, dict):
        return {key: fill(item, row) for key, item in value.items()}
    if isinstance(value, list):
        return [fill(item, row) for item in value]
    return _text(value, row) if isinstance(value, str) else value


def _text(template: str, row: Row) -> Any:
    whole = _PLACEHOLDER.fullmatch(template)
    if whole is not None and whole[2] is not None:
        return row[whole[2]]
    return _PLACEHOLDER.sub(lambda match: f"{{{match[1]}}}" if match[1] else str(row[match[2]]), template)
