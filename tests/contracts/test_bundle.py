"""The bundle: what is written is what is read, and nothing else is let through."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgegen.bundle import (
    Adapter,
    BaseModel,
    BundleBuilder,
    activate,
    create_bundle,
    current_folder,
    installed_bundles,
    read_manifest,
    resolve_model,
    verify_bundle,
    version_key,
)
from edgegen.config import load_config
from edgegen.errors import BundleError
from edgegen.manifest import parse_manifest, path_collisions, path_problem

# The header of a GGUF without tensors or metadata (gguf.md: magic, version 3, two counts).
GGUF = b"GGUF\x03\x00\x00\x00" + bytes(16)
SHIPPED = Path(__file__).parent.parent / "data" / "bundles"


def make(folder: Path, contents: dict[str, bytes] | None = None, **fields: Any) -> Path:
    contents = contents or {
        "model.gguf": GGUF,
        "adapters/pump.gguf": GGUF + b"pump",
        "chat_template.jinja": b"{{ messages }}",
        "probes/numbers.toml": b"",
    }
    given_fields: dict[str, Any] = {
        "name": "pump-assistant",
        "version": "1.4.0",
        "base": BaseModel("tiny", "0" * 64),
        "adapters": (Adapter("pump", "adapters/pump.gguf", "pumps", 8, 0.5),),
        "system_prompt": "Be brief. Grüße.",
        "sampling": {"temperature": 0.2},
        "n_ctx": 8192,
    }
    return create_bundle(folder, contents, **{**given_fields, **fields})


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return make(tmp_path / "bundles")


def refusal_of(action: Callable[..., object], *arguments: Any, **options: Any) -> str:
    with pytest.raises(BundleError) as caught:
        action(*arguments, **options)
    return str(caught.value)


def edit(bundle: Path, change: Callable[[dict[str, Any]], None]) -> None:
    manifest = json.loads((bundle / "manifest.json").read_text())
    change(manifest)
    (bundle / "manifest.json").write_text(json.dumps(manifest))


# Writing and reading


def test_a_manifest_reads_back_to_the_same_bytes(bundle: Path) -> None:
    data = (bundle / "manifest.json").read_bytes()

    manifest = parse_manifest(data, "x")

    assert manifest == read_manifest(bundle) == verify_bundle(bundle)
    assert manifest.to_bytes() == data
    assert manifest.system_prompt == "Be brief. Grüße."
    assert [entry.path for entry in manifest.files] == sorted(entry.path for entry in manifest.files)


def test_the_same_parts_give_the_same_bytes_in_any_order(tmp_path: Path) -> None:
    contents = {"model.gguf": GGUF, "b/c": b"1", "a": b"2"}
    backwards = dict(reversed(contents.items()))

    one = make(tmp_path / "one", contents, adapters=())
    two = make(tmp_path / "two", backwards, adapters=())

    assert (one / "manifest.json").read_bytes() == (two / "manifest.json").read_bytes()


def test_a_builder_that_fails_leaves_nothing_and_the_next_one_works(tmp_path: Path) -> None:
    def interrupted() -> None:
        with BundleBuilder(tmp_path) as build:
            build.add("model.gguf", GGUF)
            build.scratch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert [path.name for path in tmp_path.iterdir()] == [".lock"]
    assert verify_bundle(make(tmp_path)).name == "pump-assistant"


def test_what_a_power_cut_left_behind_is_removed(tmp_path: Path) -> None:
    (tmp_path / ".tmp-abc").mkdir()
    (tmp_path / ".tmp-abc" / "model.gguf").write_bytes(GGUF)

    make(tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "pump-assistant-1.4.0"]


def test_two_processes_do_not_add_at_once(tmp_path: Path) -> None:
    with BundleBuilder(tmp_path):
        assert "another edgegen is adding" in refusal_of(make, tmp_path)


def test_building_the_same_bundle_again_changes_nothing(tmp_path: Path) -> None:
    first = make(tmp_path)
    before = (first / "model.gguf").stat().st_ino

    assert make(tmp_path) == first
    assert (first / "model.gguf").stat().st_ino == before


def test_a_damaged_bundle_is_replaced_and_a_different_one_is_not(tmp_path: Path) -> None:
    first = make(tmp_path)
    (first / "model.gguf").write_bytes(b"GGUF")

    assert verify_bundle(make(tmp_path))
    assert "another bundle of this name and version" in refusal_of(make, tmp_path, system_prompt="Other.")
    assert read_manifest(first).system_prompt == "Be brief. Grüße."
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "pump-assistant-1.4.0"]


def test_a_bundle_can_be_read_by_the_service_when_root_made_it(bundle: Path) -> None:
    assert bundle.stat().st_mode & 0o777 == 0o755
    assert (bundle / "adapters").stat().st_mode & 0o777 == 0o755
    assert (bundle / "model.gguf").stat().st_mode & 0o777 == 0o644


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "bundles").write_text("a file")

    assert f"{tmp_path / 'bundles'}: cannot be written" in refusal_of(make, tmp_path / "bundles")


# Verification


@pytest.mark.parametrize("path", ["model.gguf", "adapters/pump.gguf", "chat_template.jinja"])
def test_every_single_altered_byte_is_found_by_name(bundle: Path, path: str) -> None:
    data = (bundle / path).read_bytes()

    for place in range(len(data)):
        (bundle / path).write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        assert f"  {path}: has sha256" in refusal_of(verify_bundle, bundle)


@pytest.mark.parametrize("path", ["model.gguf", "adapters/pump.gguf", "chat_template.jinja"])
def test_every_truncation_is_found_by_its_size_without_reading(bundle: Path, path: str) -> None:
    data = (bundle / path).read_bytes()

    for size in range(len(data)):
        (bundle / path).write_bytes(data[:size])
        expected = f"  {path}: has {size} bytes, manifest.json says {len(data)}"
        assert expected in refusal_of(verify_bundle, bundle, hashes=False)


def test_every_change_of_a_byte_of_the_manifest_is_refused_or_changes_what_it_says(bundle: Path) -> None:
    """Without a signature an edit of the prompt goes through; an edit of the files or of the form does not."""
    good = read_manifest(bundle)
    data = (bundle / "manifest.json").read_bytes()
    accepted = 0

    for place in range(len(data)):
        (bundle / "manifest.json").write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        try:
            changed = verify_bundle(bundle)
        except BundleError as error:
            assert bundle.name in str(error)  # noqa: PT017 (both outcomes are checked)
        else:
            accepted += 1
            assert changed != good
            assert changed.files == good.files

    assert 0 < accepted < len(data) / 2


def test_extra_missing_and_altered_files_are_named_at_once(bundle: Path) -> None:
    (bundle / "model.gguf").write_bytes(b"GGUX" + GGUF[4:])
    (bundle / "chat_template.jinja").unlink()
    (bundle / "run.py").write_text("")
    (bundle / "hooks").mkdir()
    (bundle / "probes" / "more.toml").write_text("")

    message = refusal_of(verify_bundle, bundle)

    assert "  model.gguf: has sha256" in message
    assert "  chat_template.jinja: missing" in message
    assert "  run.py: a file that is not in manifest.json" in message
    assert "  hooks: a folder that is not in manifest.json" in message
    assert "  probes/more.toml: a file that is not in manifest.json" in message


@pytest.mark.parametrize("path", ["model.gguf", "manifest.json", "extra", "probes", "bundle.sig"])
def test_symbolic_links_are_refused_even_to_the_right_bytes(bundle: Path, tmp_path: Path, path: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    if (bundle / path).exists():
        (bundle / path).rename(elsewhere)
    else:
        elsewhere.write_text("")
    (bundle / path).symlink_to(elsewhere)

    message = refusal_of(verify_bundle, bundle)

    assert path in message
    assert "link" in message or "cannot be read" in message


def test_a_manifest_is_never_read_through_a_link(bundle: Path, tmp_path: Path) -> None:
    (bundle / "manifest.json").rename(tmp_path / "elsewhere")
    (bundle / "manifest.json").symlink_to(tmp_path / "elsewhere")

    assert "manifest.json: cannot be read" in refusal_of(read_manifest, bundle)


def test_a_pipe_is_refused_without_waiting_for_it(bundle: Path) -> None:
    (bundle / "model.gguf").unlink()
    os.mkfifo(bundle / "model.gguf")
    os.mkfifo(bundle / "adapters" / "extra")

    message = refusal_of(verify_bundle, bundle)

    assert "  model.gguf: a device, pipe or socket; must be a plain file" in message
    assert "  adapters/extra: a device, pipe or socket" in message


def test_a_folder_in_place_of_a_file_is_refused(bundle: Path) -> None:
    (bundle / "model.gguf").unlink()
    (bundle / "model.gguf").mkdir()

    assert "  model.gguf: a folder; must be a plain file" in refusal_of(verify_bundle, bundle)


def test_names_that_are_not_text_do_not_garble_the_message(bundle: Path) -> None:
    (bundle / "a\nb\x1b[31m").write_text("")
    os.close(os.open(os.fsencode(bundle) + b"/\xff", os.O_CREAT))

    message = refusal_of(verify_bundle, bundle)

    assert "  a\\nb\\x1b[31m: a file that is not" in message
    assert "\\udcff: a file that is not" in message


def test_a_signature_may_stand_beside_the_manifest(bundle: Path) -> None:
    (bundle / "bundle.sig").write_bytes(b"signature")

    assert verify_bundle(bundle)


def test_progress_adds_up_to_the_size(bundle: Path) -> None:
    seen: list[int] = []

    manifest = verify_bundle(bundle, progress=seen.append)

    assert sum(seen) == manifest.size_bytes


def test_a_bundle_works_wherever_it_is_moved_and_through_a_link(bundle: Path, tmp_path: Path) -> None:
    moved = shutil.move(bundle, tmp_path / "stick")
    (tmp_path / "link").symlink_to(moved)

    assert verify_bundle(tmp_path / "link").name == "pump-assistant"


# The manifest


def test_a_newer_schema_is_refused_with_that_reason_alone(bundle: Path) -> None:
    edit(bundle, lambda manifest: manifest.update(schema_version=2, new_field=1))

    message = refusal_of(read_manifest, bundle)

    assert "schema_version 2" in message
    assert "Update edgegen" in message
    assert "new_field" not in message


def test_a_bundle_for_a_newer_edgegen_is_refused(bundle: Path) -> None:
    edit(bundle, lambda manifest: manifest.update(min_edgegen_version="99.0.0"))

    assert "min_edgegen_version = '99.0.0'" in refusal_of(read_manifest, bundle)


def test_all_mistakes_of_a_manifest_are_named_at_once(bundle: Path) -> None:
    def spoil(manifest: dict[str, Any]) -> None:
        manifest.update(version="1.4", compatible="other", n_ctx=True, extra=1)
        del manifest["name"]

    edit(bundle, spoil)

    message = refusal_of(read_manifest, bundle)

    for expected in ("version = ", "compatible = ", "n_ctx = true", "extra: unknown field", "name: missing"):
        assert f"\n  {expected}" in message


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("name", "../x", "name ="),
        ("name", "a/b", "name ="),
        ("version", "1.0.0/..", "version ="),
        ("version", 1, "version ="),
        ("schema_version", True, "schema_version ="),
        ("schema_version", 0, "schema_version ="),
        ("base", {"name": "x"}, "base.sha256: missing"),
        ("base", {"name": "x", "sha256": "A" * 64, "licence": None, "source": None}, "base.sha256 ="),
        ("base", [], "base ="),
        ("sampling", {"temprature": 1}, "sampling.temprature: unknown field"),
        ("sampling", {"temperature": "hot"}, "sampling.temperature ="),
        ("sampling", {"stop": [1]}, "sampling.stop ="),
        ("adapters", [7], "adapters[0] = 7"),
        ("adapters", {}, "adapters ="),
        ("model", "other.gguf", "model: 'other.gguf' is not among the files"),
        ("model", "", "model: empty"),
        ("files", [{"path": "a", "size_bytes": -1, "sha256": "0" * 64}], "files[0].size_bytes ="),
        ("files", [{"path": "a", "size_bytes": 1.0, "sha256": "0" * 64}], "files[0].size_bytes ="),
        ("system_prompt", "\ud800", "system_prompt ="),
    ],
)
def test_a_manifest_that_lies_about_its_form_is_refused(bundle: Path, field: str, value: Any, expected: str) -> None:
    edit(bundle, lambda manifest: manifest.update({field: value}))

    assert expected in refusal_of(read_manifest, bundle)


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd", "../x", "a/../../x", "a/..", "..", ".", "./a", "a//b", "a/", "", "a\\b", "C:\\x", "C:x", "a\0b",
        "a\nb", ".hidden", "-rf", "a.", "a ", "käse", "ﬁ", "a/.git/b", "x" * 200, "a/" * 300 + "b", "con*", "~/x",
    ],
)  # fmt: skip
def test_a_path_that_is_not_plain_is_refused_by_name(bundle: Path, path: str) -> None:
    def add(manifest: dict[str, Any]) -> None:
        manifest["files"].append({"path": path, "size_bytes": 0, "sha256": "0" * 64})

    edit(bundle, add)

    assert path_problem(path)
    assert f"files: {path!r} " in refusal_of(verify_bundle, bundle)


@pytest.mark.parametrize(
    "paths",
    [["a", "a"], ["A.txt", "a.TXT"], ["a", "a/b"], ["a/b", "a"], ["D/x", "d/y"], ["MANIFEST.json"], ["Bundle.SIG"]],
)
def test_paths_that_are_one_file_elsewhere_are_refused(paths: list[str]) -> None:
    assert len(path_collisions(paths)) == 1


def test_files_in_one_folder_do_not_collide() -> None:
    assert path_collisions(["a/b", "a/c", "a/d/e", "a/d/f", "ab", "b"]) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "manifest.json"),
        ("[]", "is not a JSON object"),
        ("{", "manifest.json"),
        ('{"name": "a", "name": "b"}', "the field 'name' twice"),
        ('{"n_ctx": NaN}', "NaN"),
        ("[" * 100_000, "nested too deeply"),
        (" " * 5_000_000, "longer than"),
    ],
)
def test_a_manifest_that_is_no_object_is_refused(bundle: Path, text: str, expected: str) -> None:
    (bundle / "manifest.json").write_text(text)

    assert expected in refusal_of(read_manifest, bundle)


def test_a_folder_without_manifest_is_not_a_bundle(tmp_path: Path) -> None:
    assert "there is no manifest.json" in refusal_of(verify_bundle, tmp_path)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.data())
def test_no_value_anywhere_in_a_manifest_causes_anything_but_a_refusal(data: st.DataObject) -> None:
    """Whatever stands in a field: a manifest comes out, or a BundleError."""
    shipped = json.loads((SHIPPED / "schema-1" / "manifest.json").read_text())
    place = data.draw(st.sampled_from([(shipped, key) for key in shipped] + [(shipped["files"][0], "path")]))
    place[0][place[1]] = data.draw(json_values)

    try:
        manifest = parse_manifest(json.dumps(shipped).encode(), "fuzzed")
    except BundleError as error:
        manifest = None
        assert "fuzzed: manifest.json" in str(error)  # noqa: PT017 (both outcomes are checked)

    assert manifest is None or parse_manifest(manifest.to_bytes(), "again") == manifest


def test_versions_are_ordered_as_semver_orders_them() -> None:
    """The example of semver.org, item 11, and a few around it."""
    ordered = [
        "0.9.10", "1.0.0-0", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2",
        "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1-0", "1.2.0", "1.10.0", "2.0.0",
    ]  # fmt: skip

    assert sorted(sorted(ordered), key=version_key) == ordered
    assert version_key("1.0.0+build.5") == version_key("1.0.0")


@pytest.mark.parametrize(
    "version", ["1", "1.0", "01.0.0", "1.0.0-", "1.0.0-01", "v1.0.0", "1.0.0\n", "1.0.0 ", "\uff11.0.0", "9" * 99]
)
def test_what_is_not_a_semantic_version_is_refused(version: str) -> None:
    with pytest.raises(ValueError, match="not a semantic version"):
        version_key(version)


# On a gateway


def config_for(data_dir: Path, *overrides: str) -> Any:
    return load_config(None, [f"node.data_dir={data_dir}", *overrides])


def test_activating_keeps_the_one_before_as_previous(tmp_path: Path) -> None:
    first, second = make(tmp_path / "bundles"), make(tmp_path / "bundles", version="1.5.0")

    activate(tmp_path, first)
    activate(tmp_path, second)
    activate(tmp_path, second)

    assert current_folder(tmp_path) == second
    assert (tmp_path / "previous").resolve() == first
    assert (tmp_path / "current").readlink() == Path("bundles/pump-assistant-1.5.0")


def test_the_data_directory_can_be_moved_as_a_whole(tmp_path: Path) -> None:
    activate(tmp_path / "old", make(tmp_path / "old" / "bundles"))

    (tmp_path / "old").rename(tmp_path / "new")

    assert resolve_model(config_for(tmp_path / "new")).folder == tmp_path / "new/bundles/pump-assistant-1.4.0"


def test_a_folder_in_place_of_the_link_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "current").mkdir()
    (tmp_path / "current" / "mine").write_text("")

    assert "cannot switch `current`" in refusal_of(activate, tmp_path, make(tmp_path / "bundles"))
    assert (tmp_path / "current" / "mine").exists()


def test_the_current_bundle_resolves_to_what_the_engine_loads(tmp_path: Path) -> None:
    folder = make(tmp_path / "bundles")
    activate(tmp_path, folder)

    model = resolve_model(config_for(tmp_path))

    assert (model.name, model.version, model.n_ctx, model.folder) == ("pump-assistant", "1.4.0", 8192, folder)
    assert model.model_path == folder / "model.gguf"
    assert [(item.name, item.path, item.scale, item.task) for item in model.adapters] == [
        ("pump", folder / "adapters/pump.gguf", 0.5, "pumps")
    ]
    assert model.chat_template == "{{ messages }}"
    assert model.defaults == {"temperature": 0.2}
    assert len(model.sha256) == 64


def test_without_a_model_the_message_says_how_to_add_one(tmp_path: Path) -> None:
    assert "edgegen model add smollm2-135m" in refusal_of(resolve_model, config_for(tmp_path))

    (tmp_path / "current").symlink_to("bundles/gone")
    assert "bundles/gone, which is gone" in refusal_of(resolve_model, config_for(tmp_path))


def test_an_incomplete_bundle_is_not_served(tmp_path: Path) -> None:
    folder = make(tmp_path / "bundles")
    activate(tmp_path, folder)
    (folder / "adapters" / "pump.gguf").unlink()

    assert "adapters/pump.gguf: missing" in refusal_of(resolve_model, config_for(tmp_path))


def test_a_bare_gguf_is_known_by_its_hash_which_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "My Model.gguf"
    path.write_bytes(GGUF)
    config = config_for(tmp_path / "data", f"model.bundle={path}")
    first = resolve_model(config)
    with monkeypatch.context() as patch:
        patch.setattr("edgegen.bundle.sha256_file", lambda _: pytest.fail("read again"))
        again = resolve_model(config)
    path.write_bytes(GGUF[:-1] + b"x")  # of the same size

    changed = resolve_model(config)

    assert first == again
    assert (first.name, first.folder, first.adapters) == ("My-Model", None, ())
    assert changed.sha256 != first.sha256


@pytest.mark.parametrize("text", ["", "GGU", "PK\x03\x04", "<html>"])
def test_a_file_that_is_no_gguf_is_refused_by_its_first_bytes(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.gguf").write_text(text)

    message = refusal_of(resolve_model, config_for(tmp_path, f"model.bundle={tmp_path}/x.gguf"))

    assert f"starts with {text[:4].encode()!r}" in message


def adapter_only(tmp_path: Path, base: Path) -> Path:
    base_sha256 = next(entry.sha256 for entry in read_manifest(base).files if entry.path == "model.gguf")
    contents = {"adapters/pump.gguf": GGUF + b"pump"}
    return make(tmp_path, contents, name="pump-adapter", model=None, base=BaseModel("tiny", base_sha256))


def test_the_base_of_an_adapter_is_found_among_the_installed_bundles(tmp_path: Path) -> None:
    base = make(tmp_path / "bundles")
    activate(tmp_path, adapter_only(tmp_path / "bundles", base))

    assert resolve_model(config_for(tmp_path)).model_path == base / "model.gguf"


def test_the_base_of_an_adapter_is_found_in_the_cache_or_where_the_configuration_says(tmp_path: Path) -> None:
    base = make(tmp_path / "elsewhere")
    folder = adapter_only(tmp_path / "data" / "bundles", base)
    activate(tmp_path / "data", folder)
    assert "holds adapters for tiny" in refusal_of(resolve_model, config_for(tmp_path / "data"))

    named = resolve_model(config_for(tmp_path / "data", f"model.base={base}/model.gguf"))
    assert named.model_path == base / "model.gguf"

    (tmp_path / "other.gguf").write_bytes(GGUF + b"other")
    wrong = config_for(tmp_path / "data", f"model.base={tmp_path}/other.gguf")
    assert "pump-adapter-1.4.0 needs tiny with sha256" in refusal_of(resolve_model, wrong)

    cached = tmp_path / "data" / "cache" / f"{read_manifest(folder).base.sha256}.gguf"
    shutil.copy(base / "model.gguf", cached)
    assert resolve_model(config_for(tmp_path / "data")).model_path == cached


def test_installed_bundles_are_listed_in_order_and_broken_ones_left_out(tmp_path: Path) -> None:
    for version in ("1.10.0", "1.9.0"):
        make(tmp_path / "bundles", version=version)
    (tmp_path / "bundles" / "broken").mkdir()

    assert [manifest.version for manifest in installed_bundles(tmp_path).values()] == ["1.9.0", "1.10.0"]
    assert installed_bundles(tmp_path / "nowhere") == {}


def test_every_schema_ever_shipped_still_loads() -> None:
    """A gateway keeps its bundle for years: these folders are never edited."""
    shipped = sorted(SHIPPED.glob("schema-*"))

    assert [folder.name for folder in shipped] == ["schema-1"]
    for folder in shipped:
        manifest = verify_bundle(folder)
        model = resolve_model(config_for(folder.parent / "nowhere", f"model.bundle={folder}"))
        assert (manifest.name, manifest.version, model.model_path.name) == ("pump-assistant", "1.4.0", "model.gguf")
        assert [item.name for item in model.adapters] == ["pump"]
