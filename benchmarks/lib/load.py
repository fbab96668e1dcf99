"""Several clients at once, each with its own thread and connection."""

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from lib.peers import Answer
from lib.tables import percentile


class Client(Protocol):
    """Something with a connection, which is a context."""

    def __enter__(self) -> Any:
        """Connect."""

    def __exit__(self, *error: object) -> None:
        """Hang up."""


ClientT = TypeVar("ClientT", bound=Client)


@dataclass(frozen=True)
class Wave:
    """What a number of clients saw who started together; ``answers`` in no order."""

    answers: tuple[Answer, ...]
    seconds: float

    @property
    def tokens_per_s(self) -> float:
        """Completion tokens a second, from the first request to the last answer."""
        return sum(answer.completion_tokens for answer in self.answers) / self.seconds

    def ttft(self, share: float) -> float:
        """A percentile of the time to the first token, in seconds."""
        return percentile((answer.ttft_s for answer in self.answers), share)

    def facts(self) -> dict[str, Any]:
        """For a table and for the JSON."""
        return {
            "tokens_per_s": self.tokens_per_s,
            "ttft_p50_s": self.ttft(0.5),
            "ttft_p95_s": self.ttft(0.95),
            "completion_tokens": sum(answer.completion_tokens for answer in self.answers),
            "prompt_tokens": sum(answer.prompt_tokens for answer in self.answers),
            "cached_tokens": sum(answer.cached_tokens for answer in self.answers),
            "seconds": self.seconds,
        }


class Crowd(Generic[ClientT]):
    """Clients that ask together."""

    def __init__(self, clients: Sequence[ClientT]) -> None:
        self.clients = list(clients)

    def wave(self, ask: Callable[[ClientT, int, int], Answer], *, clients: int, requests: int = 1) -> Wave:
        """``clients`` of them send ``requests`` each, one after another, all starting at once.

        Connections are made before the clock starts, and for each wave anew: nobody would keep idle ones alive.

        Args:
            ask: Gets the client, its number and the number of its request.
        """
        answers: list[Answer] = []
        errors: list[BaseException] = []
        barrier = threading.Barrier(clients + 1)

        def work(number: int) -> None:
            try:
                with self.clients[number] as client:
                    barrier.wait()
                    answers.extend([ask(client, number, request) for request in range(requests)])
            except BaseException as error:  # noqa: BLE001 - raised again in the main thread
                errors.append(error)
                barrier.abort()

        # Daemons: Ctrl-C must not wait for answers.
        threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(clients)]
        for thread in threads:
            thread.start()
        with contextlib.suppress(threading.BrokenBarrierError):
            barrier.wait()
        started = time.perf_counter()
        for thread in threads:
            thread.join()
        if errors:
            raise errors[0]
        return Wave(tuple(answers), time.perf_counter() - started)
