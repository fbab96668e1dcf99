"""The configuration file: defaults that work, and every mistake named with its line."""

import dataclasses
import socket
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from edgegen import config as config_module
from edgegen.cli import cli
from edgegen.config import load_config, load_with_sources
from edgegen.config_keys import KEYS, NODE_ID, SECTIONS
from edgegen.config_lines import find_lines
from edgegen.config_text import commented_file, effective_text, keys_markdown
from edgegen.errors import ConfigError


@pytest.fixture(autouse=True)
def no_system_file(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config_module, "SYSTEM_FILE", tmp_path_factory.mktemp("etc") / "edgegen.toml")


def write(folder: Path, text: str) -> Path:
    path = folder / "edgegen.toml"
    path.write_text(text)
    return path


def problems_of(path: Path | None, *overrides: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_config(path, overrides)
    return caught.value.problems


def test_three_mistakes_are_three_problems_each_with_its_line_key_and_value(tmp_path: Path) -> None:
    """One run of `config check` is enough to correct a file."""
    path = write(tmp_path, '# gateway 7\n[mqtt]\nprt = 1883\nport = 99999\n\n[limits]\nqueue = "many"\n')

    unknown, out_of_range, wrong_type = problems_of(path)

    assert unknown == f"{path}:3: mqtt.prt = 1883: unknown key; did you mean port?"
    assert out_of_range == f"{path}:4: mqtt.port = 99999: must be from 1 to 65535."
    assert wrong_type.startswith(f'{path}:7: limits.queue = "many": must be a whole number')


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('node.id = "pool"', "reserved"),
        ('node.id = "a/b"', "1 to 64 of the characters"),
        ('node.id = ""', "1 to 64 of the characters"),
        (f'node.id = "{"x" * 65}"', "1 to 64 of the characters"),
        ('node.id = "a\\n"', "1 to 64 of the characters"),
        ("node.id = 7", "must be text in quotes"),
        ('mqtt.host = "mqtt://broker"', "leave out the scheme"),
        ('mqtt.host = "broker:1883"', "mqtt.port"),
        ('mqtt.host = ""', "must be a host name"),
        ("mqtt.port = 0", "from 1 to 65535"),
        ("mqtt.port = true", "must be a whole number"),
        ("mqtt.port = 1883.0", "must be a whole number"),
        ('mqtt.port = "1883"', "without quotes"),
        ("mqtt.port = [1883]", "must be a whole number"),
        ("mqtt.protocol = 4", "5 (MQTT 5) or 311"),
        ('mqtt.username = ""', "remove the line"),
        ('mqtt.base_topic = "/edgegen"', "must not be empty, begin"),
        ('mqtt.base_topic = "edgegen/"', "must not be empty, begin"),
        ('mqtt.base_topic = "edgegen/#"', "wildcards"),
        ('mqtt.base_topic = "+"', "wildcards"),
        ('mqtt.base_topic = "$SYS"', "must not start with $"),
        ('mqtt.tls_ca_file = "missing.pem"', "does not exist"),
        ('mqtt.tls_ca_file = "."', "is not a file"),
        ('mqtt.tls_ca_file = ""', "must be a path"),
        ('model.bundle = "missing.gguf"', "does not exist"),
        ('model.bundle = ""', "must not be empty"),
        ("model.n_ctx = 16", "from 256"),
        ("model.slots = 0", "from 1"),
        ("model.n_threads = -1", "from 0"),
        ("limits.deadline_s = nan", "from 1"),
        ("limits.deadline_s = inf", "from 1"),
        ("limits.deadline_s = false", "must be a number"),
        ("limits.payload_bytes = 1_000_000_000", "from 256"),
        ("telemetry.retention_days = 1.5", "must be a whole number"),
        ("telemetry.interval_s = -1", "from 1"),
    ],
)
def test_a_bad_value_is_named_with_its_key_place_and_remedy(tmp_path: Path, line: str, expected: str) -> None:
    path = write(tmp_path, f"# first line\n\n{line}\n")

    (problem,) = problems_of(path)

    assert problem.startswith(f"{path}:3: {line.split(' ', maxsplit=1)[0]} = ")
    assert expected in problem


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("[mqqt]\nport = 1\n", 1, "[mqqt]: unknown section; did you mean [mqtt]?"),
        ("\n[zigbee]\n", 2, "the sections are: node, mqtt, model, limits, telemetry"),
        ("[mqtt]\nn_ctx = 1\n", 2, "it belongs in [model]"),
        ("[mqtt]\ncolour = 1\n", 2, "the keys of [mqtt] are: host, port"),
        ("port = 1883\n", 1, "move it under [mqtt]"),
        ("\nmqtt = 7\n", 2, "write it as [mqtt]"),
        ("[[mqtt]]\nport = 1\n", 1, "write it as [mqtt]"),
        ("[mqtt]\nport = \n", 2, "not valid TOML"),
        ('[mqtt]\nhost = "a\n\n[node]\n', 2, "not valid TOML"),
        ('[mqtt]\nhost = "a"\nhost = "b"\n', 3, "not valid TOML"),
        ("[mqtt]\nhost = [1,\n", 2, "not valid TOML"),
    ],
)
def test_a_misplaced_or_misspelt_line_is_named(tmp_path: Path, text: str, line: str, expected: str) -> None:
    path = write(tmp_path, text)

    problems = problems_of(path)

    assert problems[0].startswith(f"{path}:{line}: ")
    assert expected in problems[0]


def test_bytes_that_are_not_utf8_are_named_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "edgegen.toml"
    path.write_bytes(b'[node]\nid = "K\xfcche"\n')

    (problem,) = problems_of(path)

    assert problem == f"{path}:2: byte 0xfc is not UTF-8. Save the file as UTF-8."


def test_a_missing_file_says_how_to_write_one(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path / "gone.toml")

    assert "does not exist" in problem
    assert "edgegen config init" in problem


def test_a_file_from_a_windows_editor_is_read(tmp_path: Path) -> None:
    path = tmp_path / "edgegen.toml"
    path.write_bytes(b'\xef\xbb\xbf[mqtt]\r\nhost = "broker"\r\nport = 0\r\n')

    (problem,) = problems_of(path)

    assert problem.startswith(f"{path}:3: mqtt.port")


def test_values_that_are_wrong_only_together_are_named(tmp_path: Path) -> None:
    for name in ("client.pem", "secret"):
        (tmp_path / name).write_text("x")
        (tmp_path / name).chmod(0o600)
    path = write(
        tmp_path,
        '[mqtt]\ntls_cert_file = "client.pem"\npassword_file = "secret"\n[model]\nn_ctx = 1024\n'
        "[limits]\nprompt_tokens = 2048\nmax_tokens = 1024\n",
    )

    problems = problems_of(path)

    assert [problem.partition(": ")[0].rpartition(":")[2] for problem in problems] == ["2", "3", "7", "8"]
    assert "needs mqtt.tls_key_file too" in problems[0]
    assert "needs mqtt.username too" in problems[1]
    assert "less than model.n_ctx = 1024" in problems[2]
    assert "less than model.n_ctx = 1024" in problems[3]


@pytest.mark.parametrize("mode", [0o604, 0o644, 0o602, 0o777])
def test_a_password_file_that_others_can_use_is_refused(tmp_path: Path, mode: int) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x")
    path = write(tmp_path, '[mqtt]\nusername = "gw"\npassword_file = "secret"\n')
    secret.chmod(mode)

    (problem,) = problems_of(path)

    assert f"{path}:3: mqtt.password_file" in problem
    assert f"mode {mode:04o}" in problem
    assert "chmod 640" in problem
    secret.chmod(0o640)
    assert load_config(path).mqtt.password_file == secret


def test_files_of_another_machine_are_not_looked_for(tmp_path: Path) -> None:
    path = write(tmp_path, '[mqtt]\nusername = "gw"\npassword_file = "/etc/elsewhere/secret"\n')

    assert load_config(path, check_files=False).mqtt.password_file == Path("/etc/elsewhere/secret")


def test_an_override_wins_over_the_file_and_the_file_over_the_default(tmp_path: Path) -> None:
    path = write(tmp_path, '[mqtt]\nhost = "from-file"\nport = 1884\n')

    config, sources = load_with_sources(path, ["mqtt.port=1885", "node.id=gw-7", "limits.deadline_s=30"])

    assert (config.mqtt.host, config.mqtt.port, config.node.id, config.limits.deadline_s) == (
        "from-file",
        1885,
        "gw-7",
        30,
    )
    assert isinstance(config.limits.deadline_s, float)
    assert sources["mqtt.host"] == f"{path}:2"
    assert sources["mqtt.port"] == "--set"
    assert sources["mqtt.protocol"] == "default"


def test_a_bad_file_value_that_is_overridden_does_no_harm(tmp_path: Path) -> None:
    assert load_config(write(tmp_path, "[mqtt]\nport = 0\n"), ["mqtt.port=1"]).mqtt.port == 1


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("mqtt.port", "must read section.key=value"),
        ("port=1", "must read section.key=value"),
        ("mqqt.port=1", "did you mean [mqtt]?"),
        ("mqtt.prot=1", "did you mean protocol?"),
        ("mqtt.port=many", "must be a whole number"),
        ("mqtt.port=", "must be a whole number"),
        ("mqtt.port=1\nhost = 2", "must be a whole number"),
    ],
)
def test_a_bad_override_is_named(override: str, expected: str) -> None:
    (problem,) = problems_of(None, override)

    assert problem.startswith("--set")
    assert expected in problem


def test_relative_paths_start_at_the_file_they_stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service's working directory is /; what matters is where the file lies."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "ca.pem").write_text("x")
    (tmp_path / "model.gguf").write_text("x")
    path = write(tmp_path / "etc", '[node]\ndata_dir = "data"\n[mqtt]\ntls_ca_file = "ca.pem"\n')
    monkeypatch.chdir(tmp_path)

    config = load_config(Path("etc/edgegen.toml"), ["model.bundle=model.gguf"])

    assert config.node.data_dir == path.parent / "data"
    assert config.mqtt.tls_ca_file == path.parent / "ca.pem"
    assert config.model.bundle == str(tmp_path / "model.gguf")
    assert config.mqtt.port == 8883


@pytest.mark.parametrize("name", ["gw-7.site.example", "Küche", "pool", "", "..", "x" * 300, "-a-"])
def test_any_host_name_gives_a_usable_node_id(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: name)

    node_id = load_config(None).node.id

    assert NODE_ID.fullmatch(node_id)
    assert node_id != "pool"


def test_the_data_directory_follows_systemd_then_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr("os.access", lambda _path, _mode: False)
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    assert load_config(None).node.data_dir == Path("/home/ada/.local/share/edgegen")

    monkeypatch.setenv("XDG_DATA_HOME", "/data/ada")
    assert load_config(None).node.data_dir == Path("/data/ada/edgegen")

    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/edgegen:/var/lib/other")
    assert load_config(None).node.data_dir == Path("/var/lib/edgegen")


def test_the_token_limits_follow_a_small_context() -> None:
    limits = load_config(None, ["model.n_ctx=1024"]).limits

    assert (limits.prompt_tokens, limits.max_tokens) == (768, 128)


def test_the_keys_described_are_the_fields_of_the_dataclasses() -> None:
    fields = {f"{section}.{field}" for section in SECTIONS for field in section_fields(section)}

    assert [key.dotted for key in KEYS] == list(dict.fromkeys(key.dotted for key in KEYS))
    assert {key.dotted for key in KEYS} == fields


def section_fields(section: str) -> list[str]:
    return [field.name for field in dataclasses.fields(getattr(load_config(None), section))]


def test_the_commented_file_changes_nothing(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, commented_file()))

    assert dataclasses.replace(config, path=None) == load_config(None)


def test_every_key_of_the_commented_file_can_be_uncommented(tmp_path: Path) -> None:
    """The examples are values that pass, and the defaults shown are those used."""
    keys = [f"# {key.name} = " for key in KEYS]
    lines = [
        line.removeprefix("# ") if line.startswith(tuple(keys)) else line for line in commented_file().splitlines()
    ]
    path = write(tmp_path, "\n".join(lines))

    config, sources = load_with_sources(path, check_files=False)

    assert "default" not in sources.values()
    defaults = load_config(None)
    assert config.model == dataclasses.replace(defaults.model, base=config.model.base)
    assert (config.limits, config.telemetry) == (defaults.limits, defaults.telemetry)
    assert (config.mqtt.port, config.mqtt.host, config.mqtt.protocol) == (1883, "localhost", 5)


def test_the_documentation_names_every_key() -> None:
    text = keys_markdown()

    for key in KEYS:
        assert f"| `{key.name}` |" in text
        assert key.reason in text


def test_the_effective_configuration_is_a_file_that_gives_the_same(tmp_path: Path) -> None:
    (tmp_path / 'ca "1".pem').write_text("x")
    config, sources = load_with_sources(None, [f'mqtt.tls_ca_file={tmp_path}/ca "1".pem', "limits.deadline_s=0.1e1"])

    again = load_config(write(tmp_path, effective_text(config, sources)))

    assert dataclasses.replace(again, path=None) == config


def test_init_writes_a_file_that_check_accepts_and_never_overwrites_one(tmp_path: Path) -> None:
    path = tmp_path / "edgegen.toml"
    run = CliRunner()

    assert run.invoke(cli, ["config", "init", str(path)]).exit_code == 0
    checked = run.invoke(cli, ["config", "check", str(path), "--set", "mqtt.host=10.0.0.5"])
    again = run.invoke(cli, ["config", "init", str(path)])
    forced = run.invoke(cli, ["config", "init", "--force", str(path)])

    assert checked.exit_code == 0
    assert 'host = "10.0.0.5"' in checked.output
    assert "# --set" in checked.output
    assert isinstance(again.exception, ConfigError)
    assert "--force" in str(again.exception)
    assert forced.exit_code == 0
    assert run.invoke(cli, ["config", "init", "-"]).output == path.read_text()


def test_check_ends_with_all_problems(tmp_path: Path) -> None:
    path = write(tmp_path, "[mqtt]\nport = 0\nprotocol = 6\n[nodes]\n")

    result = CliRunner().invoke(cli, ["config", "check", str(path)])

    assert isinstance(result.exception, ConfigError)
    assert result.exception.exit_code == 2
    assert len(result.exception.problems) == 3


# Lines of keys. A document is made of statements whose paths are known; each is written in one of TOML's spellings.

words = st.from_regex(r"[a-z]{1,6}", fullmatch=True)
values = st.sampled_from(
    [
        "1", "true", '"a # b"', "'c = d'", '"\\" = 1"', '"""x\n[y]\nz = 1"""', "'''\nq = 2\n'''", '"""a""b"""""',
        "[1, # c\n 2]", '[\n"]",\n]', "1979-05-27T07:32:00Z", '{ k = 1, "l.m" = [{n = "}"}] }', "[[1], ['#']]", '""',
    ]
)  # fmt: skip
spellings = st.sampled_from(["{}", '"{}"', "'{}'", " {} ", '"{}" '])


@given(
    st.lists(
        st.tuples(words, st.lists(st.tuples(words, values, spellings), unique_by=lambda item: item[0])),
        unique_by=lambda item: item[0],
    ),
    st.sampled_from(["", "# note [x]\n", "\n\n", "  \t\n"]),
)
def test_the_line_of_every_key_is_found_in_every_spelling(tables: list[Any], gap: str) -> None:
    """Whatever stands between two keys, strings and comments included, moves no line."""
    text, expected = "", {}
    for table, pairs in tables:
        text += gap
        expected[table,] = text.count("\n") + 1
        text += f"[ {table} ] # a = 1\n"
        for name, value, spelling in pairs:
            text += gap
            expected[table, name] = text.count("\n") + 1
            text += f"{spelling.format(name)}= {value} # = [{table}]\n"

    lines = find_lines(text)

    document = tomllib.loads(text)
    assert {path: lines[path] for path in expected} == expected
    assert all(lookup(document, path) for path in lines)


def lookup(document: Any, path: tuple[str, ...]) -> bool:
    for part in path:
        if isinstance(document, list):
            document = next(item for item in document if isinstance(item, dict))
        document = document[part]
    return True


def test_dotted_keys_inline_tables_and_escapes_have_lines() -> None:
    text = 'mqtt.port = 1\nmodel = { n_ctx = 2, "slots" = 3 }\n"n\\u006Fde"."i\\"d" = """\nx\n"""\n'
    text += "[a.b]\nc = 1\n[[d]]\ne = 1\n"

    assert find_lines(text) == {
        ("mqtt",): 1, ("mqtt", "port"): 1, ("model",): 2, ("model", "n_ctx"): 2, ("model", "slots"): 2,
        ("node",): 3, ("node", 'i"d'): 3, ("a",): 6, ("a", "b"): 6, ("a", "b", "c"): 7, ("d",): 8, ("d", "e"): 9,
    }  # fmt: skip


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_content_of_a_file_causes_anything_but_a_list_of_problems(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "edgegen.toml"
    path.write_bytes(content)

    problems = []
    try:
        load_config(path)
    except ConfigError as error:
        problems = error.problems

    assert all(problem.startswith(str(path)) for problem in problems)


@pytest.mark.parametrize("text", [f"a = {'9' * 5000}", f"a = {'[' * 5000}"])
def test_a_number_too_long_and_a_nesting_too_deep_are_problems(tmp_path: Path, text: str) -> None:
    (problem,) = problems_of(write(tmp_path, text))

    assert "not valid TOML" in problem
