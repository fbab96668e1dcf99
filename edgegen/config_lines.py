"""On which line each key of a TOML document stands, which ``tomllib`` does not tell."""

import re
from collections.abc import Callable

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SPACE = re.compile(r"[ \t]*")
_SPACE_AND_COMMENTS = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
# Strings in the four spellings of TOML 1.0; the multi-line ones may end in up to two quotes of their own.
_BASIC = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
_LITERAL = re.compile(r"'([^'\n]*)'")
_MULTI_BASIC = re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}(?!")', re.DOTALL)
_MULTI_LITERAL = re.compile(r"'''.*?'{3,5}(?!')", re.DOTALL)
_SCALAR = re.compile(r"[^,\]}#\n]*")
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)")
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r"}

Path = tuple[str, ...]


def find_lines(text: str) -> dict[Path, int]:
    """The line, counted from 1, on which each key and table of a valid TOML document first stands.

    Paths are the parts of the full name: ``[mqtt]`` is ``("mqtt",)``, ``port`` in it ``("mqtt", "port")``, however
    it is written (dotted, quoted, in an inline table). The elements of an array share the array's path.

    Args:
        text: A document that ``tomllib`` accepts; of any other the result means nothing.
    """
    scanner = _Scanner(text)
    scanner.document()
    return scanner.lines


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.pos = 0
        self.lines: dict[Path, int] = {}

    def document(self) -> None:
        table: Path = ()
        self._skip(_SPACE_AND_COMMENTS)
        while self.pos < len(self.text):
            if self._peek("["):
                self.pos += 2 if self._peek("[[") else 1
                table = self._key(())
                self.pos += 2 if self._peek("]]") else 1
            else:
                self._pair(table)
            self._skip(_SPACE_AND_COMMENTS)

    def _pair(self, table: Path) -> None:
        key = self._key(table)
        self.pos += 1  # the equals sign
        self._skip(_SPACE)
        self._value(key)

    def _key(self, table: Path) -> Path:
        """Read a possibly dotted key and the space around it, and note the line of each of its prefixes."""
        line = self.text.count("\n", 0, self.pos) + 1
        while True:
            self._skip(_SPACE)
            table = (*table, self._key_part())
            self.lines.setdefault(table, line)
            self._skip(_SPACE)
            if not self._peek("."):
                return table
            self.pos += 1

    def _key_part(self) -> str:
        for pattern in (_BASIC, _LITERAL):
            if match := pattern.match(self.text, self.pos):
                self.pos = match.end()
                return _ESCAPE.sub(_unescape, match[1]) if pattern is _BASIC else match[1]
        match = _BARE_KEY.match(self.text, self.pos)
        assert match, f"no key at offset {self.pos}: the document was not valid TOML"
        self.pos = match.end()
        return match[0]

    def _value(self, key: Path) -> None:
        if self._peek("{"):
            self._group("}", lambda: self._pair(key))
        elif self._peek("["):
            self._group("]", lambda: self._value(key))
        else:
            for pattern in (_MULTI_BASIC, _MULTI_LITERAL, _BASIC, _LITERAL, _SCALAR):
                if match := pattern.match(self.text, self.pos):
                    self.pos = match.end()
                    return

    def _group(self, end: str, read_item: Callable[[], None]) -> None:
        self.pos += 1
        self._skip(_SPACE_AND_COMMENTS)
        while not self._peek(end):
            read_item()
            self._skip(_SPACE_AND_COMMENTS)
            if self._peek(","):
                self.pos += 1
                self._skip(_SPACE_AND_COMMENTS)
        self.pos += 1

    def _peek(self, token: str) -> bool:
        return self.text.startswith(token, self.pos)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.pos)
        if match:
            self.pos = match.end()


def _unescape(match: re.Match[str]) -> str:
    code = match[1]
    return chr(int(code[1:], 16)) if code[0] in "uU" and len(code) > 1 else _ESCAPES.get(code, code)
