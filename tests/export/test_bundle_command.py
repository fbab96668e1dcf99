"""``edgegen bundle`` as a person uses it."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.store import Store
from edgegen.bundle import BaseModel, create_bundle, current_folder
from edgegen.commands.bundle import command
from edgegen.errors import BundleError
from tests.export.bundles import make_bundle, make_tar


def run(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments], catch_exceptions=True)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    assert run("keygen", tmp_path / "maker").exit_code == 0
    return tmp_path / "maker"


def test_sign_verify_show_and_diff(tmp_path: Path, key: Path) -> None:
    old, new = make_bundle(tmp_path / "out"), make_bundle(tmp_path / "out", "1.5.0", measured={"kl": 0.02})
    unsigned = run("verify", new, "--key", f"{key}.pub")
    assert isinstance(unsigned.exception, BundleError)
    assert "all 4 files are as manifest.json says" in unsigned.output

    assert "Signed pump-1.5.0" in run("sign", new, "--key", key).output

    archive = make_tar(new, tmp_path / "new.tar")
    assert "Signed by maker" in run("verify", archive, "--key", f"{key}.pub").output
    assert "measured.kl" in run("show", archive).output
    assert run("show", new, "--json").stdout_bytes == (new / "manifest.json").read_bytes()
    assert run("diff", old, archive).output == "version\n  - 1.4.0\n  + 1.5.0\nmeasured.kl\n  - 0.01\n  + 0.02\n"


def test_a_damaged_bundle_is_neither_signed_nor_verified(tmp_path: Path, key: Path) -> None:
    bundle = make_bundle(tmp_path / "out")
    run("sign", bundle, "--key", key)
    data = (bundle / "model.gguf").read_bytes()
    (bundle / "model.gguf").write_bytes(data[:-1] + b"?")

    assert "model.gguf: has sha256" in str(run("sign", bundle, "--key", key).exception)
    assert "model.gguf: has sha256" in str(run("verify", bundle, "--key", f"{key}.pub").exception)


GATE = """
name = "gate"
summary = "One question."
[sampling]
temperature = 0
max_tokens = 24
[[probe]]
id = "speaks"
category = "alive"
prompts = ["What is the capital of France?"]
check = { kind = "%s", texts = ["Atlantis"] }
must_pass = true
"""


@pytest.mark.model
def test_a_real_model_is_installed_when_it_passes_its_gate_and_not_when_it_fails(
    tmp_path: Path, key: Path, smollm2: Path
) -> None:
    """The whole way: copied, verified, loaded in a child, probed, switched, recorded; and back again."""
    data_dir = tmp_path / "data"
    (data_dir / "keys").mkdir(parents=True)
    shutil.copy(f"{key}.pub", data_dir / "keys")
    for version, rule in (("1.0.0", "absent"), ("1.1.0", "absent"), ("1.2.0", "contains")):
        contents: dict[str, Path | bytes] = {"model.gguf": smollm2, "probes/gate.toml": (GATE % rule).encode()}
        bundle = create_bundle(
            tmp_path / "out", contents, name="small", version=version, base=BaseModel("SmolLM2", "0" * 64)
        )
        assert run("sign", bundle, "--key", key).exit_code == 0

    first = run("install", tmp_path / "out" / "small-1.0.0", "--data-dir", data_dir)
    second = run("install", tmp_path / "out" / "small-1.1.0", "--data-dir", data_dir)
    third = run("install", tmp_path / "out" / "small-1.2.0", "--data-dir", data_dir)

    assert "small-1.0.0 is current. No node runs here" in first.output, first.exception
    assert "small-1.1.0 is current" in second.output, second.exception
    assert "does not pass its gate" in str(third.exception)
    assert current_folder(data_dir) == data_dir / "bundles" / "small-1.1.0"
    assert not (data_dir / "bundles" / "small-1.2.0").exists()
    assert run("rollback", "--data-dir", data_dir, "--reason", "test").exit_code == 0
    lines = run("list", "--data-dir", data_dir).output.splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [["*", "small-1.0.0"], ["-", "small-1.1.0"]]
    assert all(line.endswith("maker") for line in lines[1:])
    store = Store(data_dir / "edgegen.db")
    events = [row["detail"] for row in store.query("SELECT detail FROM events WHERE kind = 'bundle' ORDER BY rowid")]
    store.close()
    assert events[-1] == "rolled back, test: current is small-1.0.0, was small-1.1.0"


@pytest.mark.model
def test_a_model_that_llama_cpp_cannot_load_is_not_installed(tmp_path: Path, smollm2: Path) -> None:
    """A GGUF that is whole and signed may still be nonsense, or abort whoever loads it."""
    data = bytearray(smollm2.read_bytes()[: 3 * 1024 * 1024])
    (tmp_path / "cut.gguf").write_bytes(data)
    bundle = create_bundle(
        tmp_path / "out",
        {"model.gguf": tmp_path / "cut.gguf"},
        name="cut",
        version="1.0.0",
        base=BaseModel("x", "0" * 64),
    )

    done = run("install", bundle, "--data-dir", tmp_path / "data", "--allow-unsigned")

    assert "llama.cpp cannot load this model" in str(done.exception)
    assert current_folder(tmp_path / "data") is None
    assert not (tmp_path / "data" / "bundles" / "cut-1.0.0").exists()
