"""PostgreSQL: who is connected, what it does, how large it grows."""

from deploys.dashboards.panels import Dashboard, Variable, graph, stat

_HERE = '{datname=~"$datname"}'
_BY = "{{datname}}"


def _rate(counter: str) -> str:
    return f"sum by (datname) (rate({counter}{_HERE}[5m]))"


_FROM_MEMORY = (
    f"{_rate('pg_stat_database_blks_hit')}"
    f" / ({_rate('pg_stat_database_blks_hit')} + {_rate('pg_stat_database_blks_read')} > 0)"
)

POSTGRES = Dashboard(
    "codeb-postgres",
    "CodeB: PostgreSQL",
    (
        stat("Answers", "min(pg_up)", about="1 while it answers its exporter."),
        stat("Connections used", "max(postgres:connections_used:share)", "percentunit", red_from=0.8),
        stat("Databases", "count(pg_database_size_bytes)"),
        stat("Size of all", "sum(pg_database_size_bytes)", "bytes"),
        stat("Longest transaction", "max(pg_stat_activity_max_tx_duration)", "s", red_from=3600),
        stat("Archive failures, 24 h", "sum(increase(pg_stat_archiver_failed_count[24h]))", red_from=1),
        graph("Connections", (f"sum by (datname, state) (pg_stat_activity_count{_HERE}) > 0", "{{datname}} {{state}}")),
        graph("Transactions per second", (_rate("pg_stat_database_xact_commit"), _BY)),
        graph("Rolled back per second", (_rate("pg_stat_database_xact_rollback"), _BY)),
        graph(
            "Rows written per second",
            *((_rate(f"pg_stat_database_tup_{what}"), f"{_BY} {what}") for what in ("inserted", "updated", "deleted")),
        ),
        graph("Rows read per second", (_rate("pg_stat_database_tup_fetched"), _BY)),
        graph(
            "Reads that memory answered",
            (_FROM_MEMORY, _BY),
            unit="percentunit",
        ),
        graph("Size", (f"pg_database_size_bytes{_HERE}", _BY), unit="bytes"),
        graph("Locks", (f"sum by (datname, mode) (pg_locks_count{_HERE}) > 0", "{{datname}} {{mode}}")),
        graph("Deadlocks per hour", (f"sum by (datname) (increase(pg_stat_database_deadlocks{_HERE}[1h]))", _BY)),
        graph(
            "Checkpoints per hour",
            ("increase(pg_stat_bgwriter_checkpoints_timed_total[1h])", "by time"),
            ("increase(pg_stat_bgwriter_checkpoints_req_total[1h])", "asked for"),
        ),
        graph("Temporary files", (_rate("pg_stat_database_temp_bytes"), _BY), unit="Bps"),
    ),
    variables=(Variable("datname", "pg_database_size_bytes"),),
)
