"""Turning token bytes into text that may be shown: whole UTF-8 characters, nothing a stop string may still take."""

import codecs
from collections.abc import Sequence


def held_back(text: str, stops: Sequence[str]) -> int:
    """The length of the longest end of ``text`` that could still grow into one of ``stops``."""
    longest = 0
    for stop in stops:
        for size in range(min(len(stop) - 1, len(text)), longest, -1):
            if text.endswith(stop[:size]):
                longest = size
                break
    return longest


class TextStream:
    """The text of one answer while it grows.

    Feed it token bytes; ``text`` is what has been decoded so far, cut at the first stop string. ``take`` hands out
    what is new and safe to show.
    """

    def __init__(self, stops: Sequence[str] = ()) -> None:
        self._stops = [stop for stop in stops if stop]
        self._longest_stop = max(map(len, self._stops), default=0)
        # "replace" so that a model that emits broken UTF-8 gives U+FFFD and not an exception.
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._shown = 0
        self.text = ""
        self.stopped = False

    def feed(self, piece: bytes) -> bool:
        """Add the bytes of one token; True when a stop string is complete (the text then ends before it)."""
        if self.stopped:
            return True
        new = self._decoder.decode(piece)
        if not new:
            return False
        before = len(self.text)
        self.text += new
        if self._stops:
            # A stop string may have begun at most one character short of its length before the new text.
            start = max(0, before - self._longest_stop + 1)
            found = [at for at in (self.text.find(stop, start) for stop in self._stops) if at >= 0]
            if found:
                self.text = self.text[: min(found)]
                self.stopped = True
        return self.stopped

    def copy(self) -> "TextStream":
        """An independent stream in the same state."""
        twin = TextStream(self._stops)
        twin._decoder.setstate(self._decoder.getstate())
        twin._shown, twin.text, twin.stopped = self._shown, self.text, self.stopped
        return twin

    def finish(self) -> str:
        """The whole text; an unfinished character at the end becomes U+FFFD."""
        if not self.stopped:
            self.text += self._decoder.decode(b"", final=True)
        return self.text

    def take(self, *, last: bool = False) -> str:
        """New text that is safe to show; with ``last`` everything that is left."""
        end = len(self.text)
        if not last and not self.stopped:
            end -= held_back(self.text, self._stops)
        new = self.text[self._shown : end]
        self._shown = max(self._shown, end)
        return new
