"""llama.cpp's own programs beside us: llama-server, llama-batched-bench, llama-bench."""

import http.client
import json
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from lib.children import Child, free_port, run_output

HOW_TO_GET = """\
No peers: measuring edgegen alone. To measure llama.cpp's programs beside it, build them from the sdist of the
installed llama-cpp-python, so that the kernels are the same (~15 min on 2 cores), and name their folder:
  .venv/bin/pip download --no-deps --no-binary :all: -d build/sdist llama-cpp-python==0.3.36
  tar -xzf build/sdist/llama_cpp_python-0.3.36.tar.gz -C build/sdist
  cmake -S build/sdist/llama_cpp_python-0.3.36/vendor/llama.cpp -B build/peers -DCMAKE_BUILD_TYPE=Release \\
    -DLLAMA_CURL=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF
  cmake --build build/peers -j --target llama-server llama-batched-bench llama-bench
  EDGEGEN_LLAMA_BIN=build/peers/bin make bench
"""
PROGRAMS = "build/peers/bin"

HOW_TO_GET_PYTHON_SERVER = """\
No llama-cpp-python server. To measure it too, install it into an environment of its own (pip reuses the wheel it built)
and name that environment's Python:
  python3 -m venv build/lcp && build/lcp/bin/pip install 'llama-cpp-python[server]==0.3.36'
  EDGEGEN_LCP_PYTHON=build/lcp/bin/python make bench
"""
SERVER_PYTHON = "build/lcp/bin/python"

START_S = 180.0


@dataclass(frozen=True)
class Answer:
    """One answer as a client saw it; times in seconds since the client sent the request.

    Attributes:
        stamps: ``time.perf_counter()`` of each arriving piece of text.
    """

    text: str
    prompt_tokens: int
    completion_tokens: int
    ttft_s: float
    total_s: float
    stamps: tuple[float, ...] = ()
    accepted_s: float | None = None
    cached_tokens: int = 0


class LlamaServer(Child):
    """One llama-server; a context that starts it and waits for its first 200 on /health."""

    def __init__(self, program: Path, log: Path, model: Path, *, n_ctx: int, slots: int, threads: int) -> None:
        self.port = free_port()
        settings = ["-c", n_ctx, "-np", slots, "-t", threads, "-tb", threads, "--port", self.port]
        super().__init__(
            [str(program), "-m", str(model), "--host", "127.0.0.1", *map(str, settings)],
            log,
            env={"LD_LIBRARY_PATH": str(program.parent)},
        )

    def with_options(self, *options: str) -> "LlamaServer":
        """The same with more command-line options."""
        self.command += options
        return self

    def healthy(self) -> bool:
        """Whether /health says 200."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == http.HTTPStatus.OK
        except OSError:
            return False
        finally:
            connection.close()

    def __enter__(self) -> Self:
        """Start and wait for health."""
        self.start()
        try:
            self.wait_until(self.healthy, START_S)
        except BaseException:
            self.stop()
            raise
        return self


class LlamaCppPythonServer(LlamaServer):
    """llama-cpp-python's own server; one request at a time, the others wait."""

    def __init__(self, python: Path, log: Path, model: Path, *, n_ctx: int, threads: int) -> None:
        self.port = free_port()
        # By default a new request ends the answer that runs; a device would get half of one.
        settings = {"n_ctx": n_ctx, "n_threads": threads, "n_threads_batch": threads, "interrupt_requests": False}
        settings["port"] = self.port
        options = [part for name, value in settings.items() for part in (f"--{name}", str(value))]
        Child.__init__(
            self, [str(python), "-m", "llama_cpp.server", "--model", str(model), "--host", "127.0.0.1", *options], log
        )

    def healthy(self) -> bool:
        """Whether it lists its model; it has no /health."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/v1/models")
            return connection.getresponse().status == http.HTTPStatus.OK
        except OSError:
            return False
        finally:
            connection.close()


class HttpClient:
    """One client of a server with llama.cpp's or OpenAI's HTTP API.

    Each request has a connection of its own, which costs 0.1 ms here: llama-server hangs up on idle ones after 5 s.
    """

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)

    def __enter__(self) -> Self:
        """Nothing to do yet."""
        return self

    def __exit__(self, *error: object) -> None:
        """Hang up."""
        self._connection.close()

    def complete(self, prompt: str, max_tokens: int) -> Answer:
        """llama-server's /completion, greedy, streamed."""
        body = {"prompt": prompt, "n_predict": max_tokens, "temperature": 0, "stream": True}
        return self._ask("/completion", body, _completion_piece)

    def complete_openai(self, prompt: str, max_tokens: int) -> Answer:
        """/v1/completions, greedy, streamed; every piece is one token."""
        body = {"prompt": prompt, "max_tokens": max_tokens, "temperature": 0, "stream": True}
        return self._ask("/v1/completions", body, lambda event: event["choices"][0]["text"])

    def chat(self, messages: Sequence[Mapping[str, str]], max_tokens: int, **fields: Any) -> Answer:
        """/v1/chat/completions, greedy, streamed."""
        body = {
            "messages": list(messages),
            "max_tokens": max_tokens,
            "temperature": 0,
            "stream": True,
            "stream_options": {"include_usage": True},
            **fields,
        }
        return self._ask("/v1/chat/completions", body, _chat_piece)

    def _ask(self, path: str, body: Mapping[str, Any], piece_of: Any) -> Answer:
        started = time.perf_counter()
        self._connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        response = self._connection.getresponse()
        if response.status != http.HTTPStatus.OK:
            raise RuntimeError(f"{path}: {response.status} {response.read()[:500]!r}")
        text, stamps, usage = [], [], dict[str, Any]()
        for event in _events(response):
            piece = piece_of(event)
            if piece:
                text.append(piece)
                stamps.append(time.perf_counter())
            usage.update(_usage(event))
        ended = time.perf_counter()
        self._connection.close()
        return Answer(
            text="".join(text),
            prompt_tokens=usage.get("prompt_tokens", 0),
            completion_tokens=usage.get("completion_tokens", len(text)),
            ttft_s=stamps[0] - started if stamps else ended - started,
            total_s=ended - started,
            stamps=tuple(stamps),
            cached_tokens=usage.get("cached_tokens", 0),
        )


def _events(response: http.client.HTTPResponse) -> Iterator[dict[str, Any]]:
    for line in response:
        if line.startswith(b"data: ") and line.strip() != b"data: [DONE]":
            yield json.loads(line[6:])


def _completion_piece(event: Mapping[str, Any]) -> str:
    return str(event.get("content") or "")


def _chat_piece(event: Mapping[str, Any]) -> str:
    choices = event.get("choices")
    return str(choices[0]["delta"].get("content") or "") if choices else ""


def _usage(event: Mapping[str, Any]) -> dict[str, Any]:
    """Token counts, wherever this event has them."""
    timings, usage = event.get("timings"), event.get("usage")
    if timings:
        cached = timings.get("cache_n", 0)
        return {
            "prompt_tokens": timings["prompt_n"] + cached,
            "completion_tokens": timings["predicted_n"],
            "cached_tokens": cached,
        }
    if usage:
        return {"prompt_tokens": usage["prompt_tokens"], "completion_tokens": usage["completion_tokens"]}
    return {}


@dataclass(frozen=True)
class Peers:
    """The folder of llama.cpp's programs."""

    folder: Path

    def server(
        self, folder: Path, model: Path, *, n_ctx: int, slots: int, threads: int, name: str = "peer"
    ) -> LlamaServer:
        """A llama-server, not started yet."""
        log = folder / f"llama-server-{name}.log"
        return LlamaServer(self._program("llama-server"), log, model, n_ctx=n_ctx, slots=slots, threads=threads)

    def batched_bench(self, folder: Path, model: Path, *options: object) -> list[dict[str, Any]]:
        """Rows of llama-batched-bench."""
        return self._rows("llama-batched-bench", folder, "-m", model, *options, "--output-format", "jsonl")

    def bench(self, folder: Path, model: Path, *options: object) -> list[dict[str, Any]]:
        """Rows of llama-bench."""
        return self._rows("llama-bench", folder, "-m", model, *options, "-o", "jsonl")

    def _rows(self, name: str, folder: Path, *options: object) -> list[dict[str, Any]]:
        program = self._program(name)
        with (folder / f"{name}.log").open("ab") as errors:
            text = run_output(
                [str(program), *map(str, options)], env={"LD_LIBRARY_PATH": str(self.folder)}, errors=errors
            )
        return [json.loads(line) for line in text.splitlines() if line.startswith("{")]

    def _program(self, name: str) -> Path:
        return (self.folder / name).resolve()


def find(folder: Path | None, programs: Sequence[str]) -> Peers | None:
    """The peers, where all of these programs are there; says how to get them where not."""
    missing = [name for name in programs if folder is not None and not (folder / name).is_file()]
    if folder is not None and not missing:
        return Peers(folder)
    if missing:
        print(f"{folder} holds no {', no '.join(missing)}.")
    print(HOW_TO_GET)
    return None


def find_server_python(python: Path | None) -> Path | None:
    """The Python that has llama-cpp-python's server, where one is given; says how to get it where not."""
    if python is not None:
        check = [str(python), "-c", "import llama_cpp.server"]
        try:
            subprocess.run(check, check=True, capture_output=True, text=True)
        except OSError as error:
            print(f"{python}: {error.strerror}.")
        except subprocess.CalledProcessError as error:
            print(f"{python}: {error.stderr.strip().splitlines()[-1]}")
        else:
            return python
    print(HOW_TO_GET_PYTHON_SERVER)
    return None
