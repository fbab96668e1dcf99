"""The database's schema, as steps that are appended and never edited."""

from sqlite_utils import Database, Migrations

migration = Migrations("edgegen")


@migration()
def first_light(db: Database) -> None:
    """Requests with their answers; measurements; events; probe results.

    A request's row lives as long as the dedup window and holds its terminal frame: answer and state are
    one row, so they are one transaction. Its measurements go to ``answers``, which lives longer.
    """
    db.table("requests").create(
        {
            "key": int,
            "device": str,
            "id": str,
            "verb": str,
            "plain": int,
            "pool": int,
            "response_topic": str,
            "correlation": bytes,
            "hash": bytes,
            "payload": bytes,
            "priority": str,
            "adapter": str,
            "samples": int,
            "stream": int,
            "received_at": float,
            "received_utc": float,
            "boot": str,
            "uptime_s": float,
            "deadline_s": float,
            "state": str,
            "starts": int,
            "deaths": int,
            "accepted": bytes,
            "terminal": bytes,
            "status": str,
        },
        pk="key",
        not_null={"device", "id", "verb", "hash", "payload", "state"},
        defaults={"starts": 0, "deaths": 0},
    )
    db.table("requests").create_index(["device", "id"], unique=True)
    db.table("requests").create_index(["state", "key"])
    db.table("answers").create(
        {
            "key": int,
            "utc": float,
            "device": str,
            "verb": str,
            "status": str,
            "adapter": str,
            "model": str,
            "runs": int,
            "queue_s": float,
            "ttft_s": float,
            "total_s": float,
            "prompt_tokens": int,
            "cached_tokens": int,
            "completion_tokens": int,
            "pp_tokens_per_s": float,
            "tg_tokens_per_s": float,
        },
    )
    db.table("answers").create_index(["utc"])
    db.table("telemetry").create(
        {
            "utc": float,
            "uptime_s": float,
            "daemon_rss_bytes": int,
            "daemon_pss_bytes": int,
            "engine_rss_bytes": int,
            "engine_pss_bytes": int,
            "cpu_percent": float,
            "daemon_cpu_percent": float,
            "engine_cpu_percent": float,
            "temperature_c": float,
            "memory_available_bytes": int,
            "disk_free_bytes": int,
            "queue_waiting": int,
            "queue_running": int,
            "kv_used": int,
            "kv_total": int,
        },
    )
    db.table("telemetry").create_index(["utc"])
    db.table("events").create({"utc": float, "kind": str, "detail": str})
    db.table("events").create_index(["utc"])
    db.table("probe_results").create(
        {
            "utc": float,
            "run": str,
            "suite": str,
            "probe": str,
            "category": str,
            "model": str,
            "model_sha256": str,
            "adapter": str,
            "prompt": str,
            "answer": str,
            "passed": int,
            "reason": str,
            "seconds": float,
        },
    )
    db.table("probe_results").create_index(["run"])
    db.table("meta").create({"name": str, "value": str}, pk="name")


@migration()
def operators_commands(db: Database) -> None:
    """Commands of operators, with their answers: a repeat gets the same one, also after a restart.

    ``answer`` is null while a command runs; the next start ends what an earlier process left so.
    """
    db.table("commands").create(
        {
            "operator": str,
            "id": str,
            "hash": bytes,
            "command": str,
            "utc": float,
            "answer": bytes,
        },
        pk=("operator", "id"),
        not_null={"hash", "command", "utc"},
    )
    db.table("commands").create_index(["utc"])


@migration()
def probe_scores(db: Database) -> None:
    """Scores of probe runs with their 95% intervals; ``category`` is empty for a whole suite."""
    db.table("probe_scores").create(
        {
            "utc": float,
            "run": str,
            "suite": str,
            "category": str,
            "model": str,
            "model_sha256": str,
            "passed": int,
            "total": int,
            "share": float,
            "low": float,
            "high": float,
            "method": str,
            "worst_template": str,
            "worst_share": float,
        },
    )
    db.table("probe_scores").create_index(["utc"])


@migration()
def probe_confidence(db: Database) -> None:
    """How sure the model was of each probe's answer, from 0 to 1; null where it was not measured."""
    for column in ("confidence_mean", "confidence_least", "agreement"):
        db.table("probe_results").add_column(column, float)
