"""The pipe between the daemon and its engine."""

import socket
import threading

from edge.engine.wire import Channel


def test_two_threads_may_send_while_one_of_them_flushes():
    """The MQTT thread cancels while the main thread asks for figures; every line arrives whole."""
    ours, theirs = socket.socketpair()
    sender, receiver = Channel(ours), Channel(theirs)
    arrived: list[dict] = []
    failures: list[Exception] = []

    def send(name: str) -> None:
        try:
            for i in range(5000):
                sender.send({"from": name, "i": i, "pad": "x" * 50})
                sender.flush()
        except Exception as error:  # noqa: BLE001 - the assertion below shows it
            failures.append(error)

    threads = [threading.Thread(target=send, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads) or sender.wants_write:
        receiver.wait(0.01)
        arrived += receiver.receive()
        sender.flush()
    receiver.wait(0.05)
    arrived += receiver.receive()

    assert not failures
    for name in "ab":
        assert [m["i"] for m in arrived if m["from"] == name] == list(range(5000))
