"""The converters come from the pinned source package, and from nothing else."""

import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from edgegen.errors import BundleError
from export.toolchain import Toolchain, toolchain

ROOT = "llama_cpp_python-9.9.9/vendor/llama.cpp/"


def package(folder: Path, extra: dict[str, bytes] | None = None) -> str:
    """A source package with converters that only speak; returns its hash."""
    files = {
        "convert_hf_to_gguf.py": b"import conversion, sys, os; print(sys.argv[1:], os.environ['HF_HUB_OFFLINE'])",
        "convert_lora_to_gguf.py": b"raise NotImplementedError('Model XForCausalLM is not supported')",
        "conversion/__init__.py": b"",
        "src/llama.cpp": b"int main() {}",
        **(extra or {}),
    }
    path = folder / "llama_cpp_python-9.9.9.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(ROOT + name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return hashlib.sha256(path.read_bytes()).hexdigest()


def make(tmp_path: Path, sha256: str) -> Toolchain:
    return toolchain(tmp_path / "cache", from_dir=tmp_path, version="9.9.9", sha256=sha256)


def test_the_scripts_are_unpacked_once_and_the_rest_is_not(tmp_path: Path) -> None:
    sha256 = package(tmp_path, {"../../evil.py": b"x", "conversion/../../../../evil.py": b"x"})

    tools = make(tmp_path, sha256)

    names = sorted(str(path.relative_to(tools.folder)) for path in tools.folder.rglob("*") if path.is_file())
    assert names == ["SHA256", "conversion/__init__.py", "convert_hf_to_gguf.py", "convert_lora_to_gguf.py"]
    assert not list(tmp_path.rglob("evil.py"))
    (tmp_path / "llama_cpp_python-9.9.9.tar.gz").unlink()
    assert make(tmp_path, sha256) == tools


def test_another_package_of_the_same_name_is_refused(tmp_path: Path) -> None:
    package(tmp_path)

    with pytest.raises(BundleError, match=r"has sha256 .*, expected 0000.* Nothing was unpacked"):
        make(tmp_path, "0" * 64)

    assert not list((tmp_path / "cache").iterdir())


def test_a_version_without_a_known_hash_needs_one(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"9\.9\.9: edgegen does not know the hash.*--sha256"):
        toolchain(tmp_path, version="9.9.9")


def test_a_missing_package_says_how_to_carry_it(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"there is no llama_cpp_python-9\.9\.9\.tar\.gz.*pip download"):
        make(tmp_path, "0" * 64)


def test_a_script_runs_offline_and_its_words_are_kept(tmp_path: Path) -> None:
    tools = make(tmp_path, package(tmp_path))

    tools.run("convert_hf_to_gguf.py", ["a b", "c"], tmp_path / "log")

    said = (tmp_path / "log").read_text()
    assert "$ convert_hf_to_gguf.py a b c" in said
    assert "['a b', 'c'] 1" in said


def test_a_failed_script_is_explained_and_the_log_is_named(tmp_path: Path) -> None:
    tools = make(tmp_path, package(tmp_path))

    with pytest.raises(BundleError) as caught:
        tools.run("convert_lora_to_gguf.py", [], tmp_path / "log")

    assert "XForCausalLM is not supported" in str(caught.value)
    assert "no converter for this architecture" in str(caught.value)
    assert str(tmp_path / "log") in str(caught.value)
