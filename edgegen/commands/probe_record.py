"""``edgegen probe record``: the scores of its gate, written into a bundle before it is signed."""

import dataclasses
import json
from contextlib import closing
from pathlib import Path

import click

from edge.probes.gate import gate_suites
from edge.probes.run import run_suites
from edge.probes.sealed import sealed_log
from edge.probes.selection import load_suites
from edge.probes.target import EngineTarget
from edgegen.bundle import resolve_model
from edgegen.bundle_verify import read_manifest
from edgegen.commands.probe_options import configured, read_config
from edgegen.commands.probe_output import print_run, progress_bar
from edgegen.errors import BundleError
from edgegen.manifest import MANIFEST_NAME, SIGNATURE_NAME


@click.command("record")
@click.argument("bundle", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--suite", "names", multiple=True, metavar="NAME|FILE", help="Repeatable. Default: the bundle's gate.")
@configured
def record(
    *, bundle: Path, names: tuple[str, ...], path: Path | None, overrides: tuple[str, ...], data_dir: Path | None
) -> None:
    """Ask a bundle its gate and write the scores into its manifest, before it is signed.

    Gateways compare their own gate with them: see docs/probes.md.

    \b
    Example:
        edgegen probe record pump-assistant-1.4.0
        edgegen bundle sign pump-assistant-1.4.0 --key maker
    """  # noqa: D301 (click reads the \b)
    if (bundle / SIGNATURE_NAME).exists():
        raise BundleError(
            f"{bundle}: is signed, and a record changes what was signed. Record the scores before signing."
        )
    manifest = read_manifest(bundle)
    config = read_config("bundle", path, (*overrides, f"model.bundle={json.dumps(str(bundle.absolute()))}"), data_dir)
    suites = load_suites(names, bundle) if names else gate_suites(bundle)
    log = sealed_log(config.node.data_dir, suites)
    with (
        closing(EngineTarget(resolve_model(config), config)) as target,
        progress_bar(manifest.folder_name, sum(len(suite.items) for suite in suites)) as progress,
    ):
        result = run_suites(target, suites, None, progress, log=log)
    scores = {suite.suite.name: {"passed": suite.score.passed, "total": suite.score.total} for suite in result.suites}
    probes = {**manifest.measured.get("probes", {}), **scores}
    measured = dataclasses.replace(manifest, measured={**manifest.measured, "probes": probes})
    part = bundle / f"{MANIFEST_NAME}.part"
    part.write_bytes(measured.to_bytes())
    part.replace(bundle / MANIFEST_NAME)
    print_run(result, as_json=False, show=None)
    click.echo(f"Wrote the scores of {', '.join(scores)} into {bundle / MANIFEST_NAME}")
