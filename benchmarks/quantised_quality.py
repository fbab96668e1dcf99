"""What does each type of file cost, in nats and in right answers, with the shipped adapters on top?

    .venv/bin/python benchmarks/quantised_quality.py --save

makes the model at each level, measures, prints the table and writes docs/results/quantised/. About an hour on 2 cores;
it can be broken off and repeated, and what does not depend on the bundle is not measured again for another bundle.

The 16-bit reference is the shipped Q4_1, dequantised: there are no other weights offline. So Q4_1 loses nothing here
but the rounding of activations, and all others are rounded a second time: the table says what it costs to make another
file of the one that there is, not what each type would cost weights that were never rounded.
"""

import argparse
from collections.abc import Mapping
from contextlib import ExitStack, closing
from functools import cached_property
from pathlib import Path
from typing import Any

from lib import levels, quality, quality_report
from lib.kept import Kept
from lib.setting import RESULTS, ROOT, Parser, Setting, run
from lib.tables import progress

from edgegen.bundle import ResolvedModel, resolve_model
from edgegen.bundle_verify import read_manifest
from edgegen.config import load_config
from edgegen.shipped import shipped_bundle
from finetune.evaluation import drift
from finetune.evaluation.gguf import GgufScorer

STEPS = ("drift", "skills", "answers", "merged", "speed")


class Bench:
    """One model, one bundle of adapters over it, the files made of them and what was measured so far."""

    def __init__(self, setting: Setting) -> None:
        self.setting, self.options = setting, setting.options
        self.out: Path = self.options.out.absolute()
        self.kept = Kept(self.out / "steps")
        self.files = levels.Files(setting.model, self.out / "files")
        chosen = {*self.options.levels, levels.SHIPPED.name}  # all are compared with what is shipped
        self.levels = [level for level in levels.LEVELS if level.name in chosen]
        self.pairs = [level for level in levels.MERGED if level.name in chosen]
        bundle = (self.options.bundle or shipped_bundle()).absolute()
        keys = [f"model.bundle={bundle}", f"model.base={setting.model}", f"node.data_dir={self.out / 'data'}"]
        self.bundle: ResolvedModel = resolve_model(load_config(None, keys))
        self.manifest = read_manifest(bundle)

    @cached_property
    def paths(self) -> dict[str, Path]:
        """The file of each level."""
        return {level.name: self.files.at(level) for level in self.levels}

    @cached_property
    def reference(self) -> quality.Held:
        """The model in 16 bits, as it reads general text; opened when something is measured against it."""
        return quality.Held(self.scorer(self.files.f16))

    def scorer(self, path: Path, adapters: ResolvedModel | None = None) -> GgufScorer:
        """A file, with a bundle's adapters, prompt and template or alone."""
        if adapters is None:
            return GgufScorer(path, threads=self.setting.threads)
        refs = {adapter.name: (adapter.path, adapter.scale) for adapter in adapters.adapters}
        options = {"system_prompt": adapters.system_prompt, "chat_template": adapters.chat_template}
        return GgufScorer(path, refs, threads=self.setting.threads, **options)

    def drift(self) -> dict[str, Any]:
        """KL and perplexity of each level on general text."""

        def measure(path: Path) -> dict[str, Any]:
            blocks = quality.general_blocks(self.reference.scorer, self.options.chunks)
            with closing(self.scorer(path)) as scorer:
                return drift.measure("general text", self.reference, [drift.View(scorer)], blocks)[0].drift().as_json()

        inputs = {"model": self.files.sha256, "chunks": self.options.chunks}
        return self._each("drift", inputs, measure)

    def skills(self) -> dict[str, Any]:
        """Choices that no adapter is asked for."""
        count = self.options.choices

        def measure(path: Path) -> dict[str, Any]:
            with closing(self.scorer(path)) as scorer:
                return {name: quality.skill(scorer, name, count) for name in quality.SKILLS}

        return self._each("skills", {"model": self.files.sha256, "count": count}, measure)

    def answers(self) -> dict[str, Any]:
        """What the adapters answer over each level."""
        suites = [quality.task_suite(task, getattr(self.options, task)) for task in quality.TASKS]

        def measure(path: Path) -> dict[str, Any]:
            return quality.answers(quality.over(self.bundle, path), suites, self.out / "data", self.setting.threads)

        return self._each("answers", {"bundle": self.bundle.sha256, "asked": quality.digest(suites)}, measure)

    def merged(self) -> dict[str, Any]:
        """One adapter merged before quantising: its answers, and how near it stays to 16 bits where it answers."""
        adapter = next(one for one in self.bundle.adapters if one.name == quality.MERGED_TASK)
        source = self.files.merged(adapter)
        made = {level.name: self.files.at(level, source) for level in self.pairs}
        suite = quality.task_suite(quality.MERGED_TASK, getattr(self.options, quality.MERGED_TASK))
        asked = {"bundle": self.bundle.sha256, "asked": quality.digest([suite])}
        files = {"F16": source, **made}
        found: dict[str, Any] = {"facts": {name: levels.facts(path) for name, path in files.items()}, "answers": {}}
        found["surviving"] = self.kept.result(
            "merged-surviving",
            {"bundle": self.bundle.sha256, "levels": list(made)},
            lambda: {
                name: levels.surviving(self.files.f16, source, self.paths[name], path) for name, path in made.items()
            },
        )
        for name, path in made.items():
            model = quality.over(self.bundle, path, adapters=False)
            found["answers"][name] = self.kept.result(
                f"merged-{name}",
                asked,
                lambda model=model: quality.answers(model, [suite], self.out / "data", self.setting.threads),
            )
        prompts = [item.prompt for item in suite.limited(self.options.own).items]
        inputs = {**asked, "prompts": prompts, "levels": list(made)}
        found["own"] = self.kept.result("merged-own", inputs, lambda: self._own(files, prompts))
        return found

    def _own(self, made: Mapping[str, Path], prompts: list[str]) -> dict[str, Any]:
        """KL to 16 bits with the adapter swapped in, over its own answers: of files with it swapped in, and merged."""
        with ExitStack() as stack:

            def view(path: Path, name: str | None) -> drift.View:
                return drift.View(stack.enter_context(closing(self.scorer(path, self.bundle))), name)

            base = view(self.files.f16, quality.MERGED_TASK)
            blocks = quality.own_answers(base, prompts, self.out / "data", self.files.sha256 + self.bundle.sha256)
            views = {f"{one.name}, swapped": view(self.paths[one.name], quality.MERGED_TASK) for one in self.pairs}
            views |= {f"{name}, merged": view(path, None) for name, path in made.items()}
            found = drift.measure("own answers", base, list(views.values()), blocks)
            return {name: one.drift().as_json() for name, one in zip(views, found, strict=True)}

    def speed(self) -> list[dict[str, Any]]:
        """Tokens a second of all levels, round by round."""
        inputs = {"model": self.files.sha256, "levels": list(self.paths), "threads": self.setting.threads,
                  "tokens": quality.TG_TOKENS}  # fmt: skip
        return [
            self.kept.result(
                f"speed-{number}", inputs, lambda number=number: quality.speeds(self.setting, self.paths, number)
            )
            for number in range(self.setting.rounds)
        ]

    def _each(self, step: str, inputs: Mapping[str, Any], measure: Any) -> dict[str, Any]:
        return {
            name: self.kept.result(f"{step}-{name}", inputs, lambda path=path: measure(path))
            for name, path in self.paths.items()
        }


def measure(setting: Setting) -> None:
    """All steps, or some; the table where all are there."""
    bench = Bench(setting)
    steps = setting.options.only or STEPS
    found = {step: getattr(bench, step)() for step in steps}
    if {*STEPS} - {*steps, "speed"}:
        progress(f"measured: {', '.join(steps)}; without --only the rest is measured, and the table made")
        return
    facts = {name: levels.facts(path) for name, path in bench.paths.items()}
    about = {
        "model": {"file": setting.model.name, "sha256": bench.files.sha256},
        "bundle": {"name": bench.manifest.folder_name, "sha256": bench.bundle.sha256},
    }
    folders = [bench.out / "report", *([RESULTS / "quantised"] if setting.options.save else [])]
    quality_report.report(setting, found, facts, about, folders)


def _options() -> Parser:
    quick = {"numbers": 6, "commands": 4, "alerts": 4, "choices": 10, "chunks": 1, "own": 2}
    parser = Parser(str(__doc__), rounds=3, quick=quick)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--bundle", type=Path, help="adapters over the model; the shipped ones unless given")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "quantised", help="files and steps, 2 GB")
    parser.add_argument("--levels", nargs="+", choices=[one.name for one in levels.LEVELS], metavar="LEVEL",
                        default=[one.name for one in levels.LEVELS], help="some of them")  # fmt: skip
    parser.add_argument("--only", nargs="+", choices=STEPS, metavar="STEP",
                        help=f"some of {', '.join(STEPS)}; a table is made without speed, too")  # fmt: skip
    parser.add_argument("--numbers", type=int, default=200, help="questions of number comparison")
    parser.add_argument("--commands", type=int, default=120, help="commands")
    parser.add_argument("--alerts", type=int, default=80, help="alerts")
    parser.add_argument("--choices", type=int, default=200, help="questions of facts and of code")
    parser.add_argument("--chunks", type=int, default=8, help="of 512 tokens, of each of three general texts")
    parser.add_argument("--own", type=int, default=60, help="questions whose answers are compared token by token")
    return parser


if __name__ == "__main__":
    run(_options(), measure)
