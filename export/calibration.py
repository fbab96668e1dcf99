"""The text an importance matrix is measured on: half the run's own, half general, and none of it in the proof.

A run's held-out text is split in two, every other piece; what the proof reads, calibration never sees. The general text
is Python's own reference (``help()`` of topics), which is on every machine and needs no licence beside Python's: split
by topic in the same way. It is English about a programming language; a run in another language brings its own held-out
text, or a matrix with ``--imatrix``.
"""

from collections.abc import Iterable, Sequence
from itertools import zip_longest

# Where a text is cut: about one chunk of 512 tokens, so that every chunk of the mixture is about half of each kind.
PIECE_CHARACTERS = 1000
# Chunks of 512 tokens for a model that costs little to compute; the matrix moves little with more (decisions/0020).
CHUNKS = 64
_LEAST_CHUNKS = 8
# Positions times weights that the measurement may compute: about ten minutes on two cores.
_BUDGET = 1.8e13
_CHUNK_TOKENS = 512


def halves(text: str) -> tuple[str, str]:
    """A text's pieces in turn: for the proof, for calibration."""
    pieces = list(_pieces(text))
    return "\n\n".join(pieces[::2]), "\n\n".join(pieces[1::2])


def general_halves() -> tuple[str, str]:
    """Python's reference by topic, in turn: for the proof, for calibration."""
    from pydoc_data.topics import topics  # noqa: PLC0415 - 0.5 MB

    names = sorted(topics)
    proof, calibration = ("\n\n".join(topics[name] for name in names[start::2]) for start in (0, 1))
    return proof, calibration


def mixed(own: str, general: str) -> str:
    """Pieces of both in turn; what is left of the longer one stands at the end."""
    pairs = zip_longest(_pieces(own), _pieces(general))
    return "\n\n".join(piece for pair in pairs for piece in pair if piece)


def chunks_for(values: int) -> int:
    """Chunks to measure a model of so many weights on; it depends on the model alone, so that exports repeat."""
    return int(min(CHUNKS, max(_LEAST_CHUNKS, _BUDGET // (_CHUNK_TOKENS * max(1, values)))))


def tail(text: str, share: float = 1 / 3) -> str:
    """The end of a calibration text, for measurements that should not see what the matrix was fitted to."""
    return text[int(len(text) * (1 - share)) :]


def _pieces(text: str) -> Iterable[str]:
    """Paragraphs, joined until a piece is long enough; a paragraph without end is cut."""
    held: Sequence[str] = []
    for paragraph in text.split("\n\n"):
        for start in range(0, max(1, len(paragraph)), 4 * PIECE_CHARACTERS):
            held = [*held, paragraph[start : start + 4 * PIECE_CHARACTERS]]
            if sum(map(len, held)) >= PIECE_CHARACTERS:
                yield "\n\n".join(held)
                held = []
    if any(held):
        yield "\n\n".join(held)
