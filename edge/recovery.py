"""What an earlier process of the node has left: requests that are open, and frames that no broker has acknowledged."""

from edge.core.endings import terminal
from edge.core.messages import Outgoing
from edge.core.request import Job
from edge.storage import Storage
from edge.store import Store
from edgegen.errors import StoreError


def open_jobs(store: Store, storage: Storage, *, boot: str, now: float) -> list[Job]:
    """The open requests, with their deadlines; after a reboot the clock began anew, and so do they."""
    jobs = []
    for job, row in store.requests.open_requests():
        if row["boot"] != boot:
            job.received_at = now
            try:
                store.requests.rebase(job.key, received_at=now, boot=boot)
            except StoreError as error:
                storage.failed(error, now)  # the next start will give it its full time again
        if row["deadline_s"] is not None:
            job.deadline_at = job.received_at + row["deadline_s"]
        jobs.append(job)
    return jobs


def backlog(store: Store) -> list[Outgoing]:
    """What to publish at the first connection: unacknowledged terminals, and `accepted` of all that is open."""
    terminals = [
        terminal(entry.response_topic, entry.terminal, entry.correlation, entry.status, entry.key, plain=entry.plain)
        for entry in store.requests.outbox()
    ]
    accepted = [
        Outgoing(job.response_topic, row["accepted"], correlation=job.correlation)
        for job, row in store.requests.open_requests()
        if row["accepted"] is not None
    ]
    return terminals + accepted
