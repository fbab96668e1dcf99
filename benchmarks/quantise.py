"""What does quantising lose, at the same size as llama-imatrix and llama-quantize?

Take a model that was trained in float: SmolLM2's "16 bit" is a dequantised Q4_1. One is made by gpu_small_llama.py.

    EDGEGEN_LLAMA_BIN=build/peers/bin .venv/bin/python benchmarks/quantise.py FOLDER

FOLDER holds ``model/`` (a checkpoint), ``calibration.txt`` and ``heldout.txt``. It reports: our importance matrix
beside llama-imatrix's; our tensors beside llama-quantize's, for every type; KL to F16 on the held-out text of Q4_K_M
made by llama.cpp's programs and of ours chosen for the same size; and our scorer beside llama-perplexity's.
"""

import argparse
import json
import os
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from lib import machine
from lib.children import run_output
from lib.tables import AT_LEAST, AT_MOST, judged, print_table, progress

from export.calibration import chunks_for, tail
from export.convert import convert_model
from export.llama import ggml, importance
from export.quantize import TYPES, Recipe, plan, quantize
from export.shrink import measure_imatrix
from export.target import survey
from export.toolchain import toolchain
from export.verify import compare

RESULTS = Path(__file__).resolve().parents[1] / "docs" / "results" / "quantise.json"
PEER = "llama-imatrix + llama-quantize Q4_K_M"
TARGET = 0.95
# Sizes that count as equal: ours may be larger by no more.
EQUAL_SIZE = 0.005


class Bench:
    """One model, its texts, llama.cpp's programs and a folder for files."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self.options, self.folder, self.log = options, folder, folder / "log"
        self.programs = Path(options.llama_bin)
        self.heldout, self.calibration = options.folder / "heldout.txt", options.folder / "calibration.txt"
        self.f16 = convert_model(toolchain(), options.folder / "model", folder / "f16.gguf", name="bench", log=self.log)

    def program(self, name: str, *arguments: object) -> str:
        """Run one of llama.cpp's programs; what it said."""
        environment = {"LD_LIBRARY_PATH": str(self.programs)}
        with self.log.open("ab") as errors:
            return run_output([str(self.programs / name), *map(str, arguments)], env=environment, errors=errors)

    def matrices(self) -> tuple[Path, Path, dict[str, Any]]:
        """Ours and llama-imatrix's, and how they differ."""
        ours, theirs = self.folder / "ours.imatrix.gguf", self.folder / "theirs.imatrix.gguf"
        values = sum(info.rows * info.shape[0] for info in ggml.Gguf(self.f16).tensors.values())
        chunks = chunks_for(values)
        started = time.perf_counter()
        text = self.calibration.read_text(encoding="utf-8")
        measure_imatrix(self.f16, ours, text, dataset="calibration.txt", chunks=chunks, log=self.log)
        ours_s = time.perf_counter() - started
        started = time.perf_counter()
        options = ["--chunks", chunks, "-c", 512, "--no-ppl"]
        self.program("llama-imatrix", "-m", self.f16, "-f", self.calibration, "-o", theirs, *options)
        one, other = importance.read(ours), importance.read(theirs)
        difference = max(
            float(abs(one.entries[name].means() - entry.means()).max() / entry.means().max())
            for name, entry in other.entries.items()
        )
        row = {"chunks": chunks, "largest_difference": difference, "ours_s": ours_s}
        return ours, theirs, row | {"llama_imatrix_s": time.perf_counter() - started}

    def identical(self, imatrix: Path) -> list[dict[str, Any]]:
        """Every type by both quantisers from one matrix."""
        rows = []
        for ftype in [name for name in TYPES if name != "F16"]:
            ours, theirs = self.folder / "ours.gguf", self.folder / "theirs.gguf"
            quantize(self.f16, ours, Recipe(ftype, imatrix=imatrix), log=self.log)
            self.program("llama-quantize", "--imatrix", imatrix, self.f16, theirs, ftype)
            pairs = [(_bytes(ours, name), _bytes(theirs, name)) for name in ggml.Gguf(ours).tensors]
            rows.append({"type": ftype, "tensors": len(pairs), "identical": sum(a == b for a, b in pairs)})
            progress(f"{ftype}: {rows[-1]['identical']} of {len(pairs)} tensors identical")
        return rows

    def equal_size(self, ours: Path, theirs: Path) -> tuple[list[dict[str, Any]], Path]:
        """Q4_K_M by llama.cpp's programs, by us with its mixture, and chosen for its size."""
        text = self.heldout.read_text(encoding="utf-8")
        peer = self.folder / "peer.gguf"
        self.program("llama-quantize", "--imatrix", theirs, self.f16, peer, "Q4_K_M")
        usual = Recipe("Q4_K_M", imatrix=ours)
        # The dry run of the peer's own recipe: the size that ours has to keep.
        room = plan(self.f16, Recipe("Q4_K_M", imatrix=theirs), log=self.log).size_bytes
        started = time.perf_counter()
        calibration = tail(self.calibration.read_text(encoding="utf-8"))
        market = survey(self.f16, calibration, imatrix=ours, log=self.log, say=progress)
        choice = market.choose(room)
        progress(f"chosen in {time.perf_counter() - started:.0f} s:\n  " + "\n  ".join(choice.reasons))
        files = {
            PEER: peer,
            "ours, Q4_K_M": quantize(self.f16, self.folder / "usual.gguf", usual, log=self.log),
            "ours, chosen for that size": quantize(self.f16, self.folder / "best.gguf", choice.recipe, log=self.log),
        }
        rows = []
        for name, file in files.items():
            figures = compare(self.f16, file, text, log=self.log, chunks=self.options.chunks)
            rows.append({"file": name, "size_bytes": file.stat().st_size, **figures})
            progress(f"{name}: KL {figures['kl']:.5f}")
        return rows, peer

    def perplexity(self, model: Path) -> dict[str, float]:
        """What llama-perplexity says of a file."""
        base, options = self.folder / "base.kld", ["--chunks", self.options.chunks, "-c", 512, "-b", 512]
        self.program("llama-perplexity", "-m", self.f16, "-f", self.heldout, *options, "--kl-divergence-base", base)
        said = self.program("llama-perplexity", "-m", model, "--kl-divergence-base", base, "--kl-divergence")
        base.unlink()
        patterns = {
            "kl": r"Mean +KLD: +([-\d.]+)",
            "top_token_agreement": r"Same top p: +([\d.]+)",
            "perplexity": r"Mean PPL\(Q\) +: +([\d.]+)",
            "perplexity_reference": r"Mean PPL\(base\) +: +([\d.]+)",
        }
        found = {name: re.search(pattern, said) for name, pattern in patterns.items()}
        figures = {name: float(match[1]) for name, match in found.items() if match}
        return figures | {"top_token_agreement": figures["top_token_agreement"] / 100}


def _bytes(path: Path, name: str) -> tuple[str, bytes]:
    info = ggml.Gguf(path).tensors[name]
    with path.open("rb") as file:
        file.seek(info.start)
        return info.type, file.read(info.size_bytes)


def verdict_line(question: str, reference: str, ratio: float, sense: str, target: float) -> dict[str, Any]:
    """Of one measurement, in the form of those with many."""
    return {**judged(question, dict.fromkeys(("median", "min", "max"), ratio), sense, target), "reference": reference}


def main() -> None:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--llama-bin", default=os.environ.get("EDGEGEN_LLAMA_BIN"), help="also $EDGEGEN_LLAMA_BIN")
    parser.add_argument("--chunks", type=int, default=64, help="of 512 tokens of the held-out text")
    parser.add_argument("--skip-identical", action="store_true", help="leave out the comparison of every type")
    parser.add_argument("--save", action="store_true", help="write docs/results/quantise.json")
    options = parser.parse_args()
    if not options.llama_bin:
        sys.exit("name the folder of llama-imatrix, llama-quantize and llama-perplexity with --llama-bin.")
    with tempfile.TemporaryDirectory(prefix="edgegen-bench-") as folder:
        bench = Bench(options, Path(folder))
        ours, theirs, matrix = bench.matrices()
        progress(f"importance matrix: largest difference to llama-imatrix {matrix['largest_difference']:.2g}")
        identical = [] if options.skip_identical else bench.identical(theirs)
        rows, peer = bench.equal_size(ours, theirs)
        cross = [{"scorer": "llama-perplexity", **bench.perplexity(peer)}]
        cross.append({"scorer": "ours", **{name: rows[0][name] for name in cross[0] if name != "scorer"}})
    ratio = rows[-1]["kl"] / rows[0]["kl"]
    size = rows[-1]["size_bytes"] / rows[0]["size_bytes"]
    same = sum(row["identical"] for row in identical) / max(1, sum(row["tensors"] for row in identical))
    verdict = [
        verdict_line("KL to F16 at equal size", PEER, ratio, AT_MOST, TARGET),
        verdict_line("size of that file", PEER, size, AT_MOST, 1 + EQUAL_SIZE),
    ]
    if identical:
        question = "one importance matrix, every type: share of identical tensors"
        verdict.append(verdict_line(question, "llama-quantize", same, AT_LEAST, 1))
    print()
    for table in (rows, identical, [matrix], cross, verdict):
        print_table(table)
    if options.save:
        command = ".venv/bin/python benchmarks/quantise.py FOLDER --llama-bin build/peers/bin"
        command += f" --chunks {options.chunks}" + " --skip-identical" * options.skip_identical
        document = {
            "script": "quantise",
            "command": command,
            "machine": machine.facts(),
            "rows": rows,
            "identical": identical,
            "imatrix": matrix,
            "scorers": cross,
            "verdict": verdict,
        }
        RESULTS.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        print("written: docs/results/quantise.json")


if __name__ == "__main__":
    main()
