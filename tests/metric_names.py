"""The metrics that alerts and dashboards rely on, by the job that has them: a misspelt one is in none of these lists.

The lab compares the lists with what its Prometheus has. ``RARE`` are those that a healthy platform may never show.
"""

EXPORTED: dict[str, frozenset[str]] = {
    job: frozenset(names.split())
    for job, names in {
        "node": """
            node_boot_time_seconds node_cpu_seconds_total node_disk_read_bytes_total node_disk_written_bytes_total
            node_filesystem_avail_bytes node_filesystem_size_bytes node_load5 node_memory_MemAvailable_bytes
            node_memory_MemTotal_bytes node_netstat_Tcp_CurrEstab node_network_receive_bytes_total
            node_network_transmit_bytes_total node_textfile_scrape_error node_timex_offset_seconds node_vmstat_oom_kill
        """,
        "caddy": "caddy_config_last_reload_successful caddy_http_request_duration_seconds_count",
        "postgres": """
            pg_database_size_bytes pg_locks_count pg_settings_max_connections pg_stat_activity_count
            pg_stat_activity_max_tx_duration pg_stat_archiver_failed_count pg_stat_bgwriter_checkpoints_req_total
            pg_stat_bgwriter_checkpoints_timed_total pg_stat_database_blks_hit pg_stat_database_blks_read
            pg_stat_database_deadlocks pg_stat_database_temp_bytes pg_stat_database_tup_deleted
            pg_stat_database_tup_fetched pg_stat_database_tup_inserted pg_stat_database_tup_updated
            pg_stat_database_xact_commit pg_stat_database_xact_rollback pg_up
        """,
        "redis": "redis_memory_max_bytes redis_memory_used_bytes redis_up",
        "registry": "registry_http_requests_total",
        "centrifugo": "centrifugo_node_num_channels centrifugo_node_num_clients",
        "docker": "engine_daemon_container_states_containers",
        "containers": """
            codeb_container_cpu_limit_cores codeb_container_cpu_seconds_total codeb_container_memory_bytes
            codeb_container_memory_limit_bytes
        """,
        "api": """
            codeb_audit_spool_size codeb_auth_failures_total codeb_caddy_reloads_total
            codeb_db_query_duration_seconds_bucket codeb_degraded codeb_deployment_duration_seconds_bucket
            codeb_deployments_total codeb_http_active_requests codeb_http_request_duration_seconds_bucket
            codeb_http_requests_total codeb_promotions_total codeb_slot_healthy codeb_slot_status
            codeb_switch_duration_seconds_bucket codeb_tool_call_duration_seconds_bucket codeb_tool_calls_total
        """,
        "prometheus": "prometheus_config_last_reload_successful",
        "alertmanager": "alertmanager_config_last_reload_successful alertmanager_notifications_failed_total",
        "public_sites": "probe_duration_seconds probe_ssl_earliest_cert_expiry probe_success",
        "host_certificates": "probe_ssl_earliest_cert_expiry",
    }.items()
}

RARE: dict[str, frozenset[str]] = {
    "api": frozenset(
        {
            "codeb_container_deaths_total",
            "codeb_pointers_lost_total",
            "codeb_rate_limit_exceeded_total",
            "codeb_rollbacks_total",
            "codeb_slot_grace_expires_timestamp_seconds",
            "codeb_watch_flips_total",
        }
    ),
    "node": frozenset(
        {
            "codeb_backup_copy_seen_timestamp_seconds",
            "codeb_backup_decryption_last_success_timestamp_seconds",
            "codeb_backup_last_success_timestamp_seconds",
            "codeb_base_backup_last_success_timestamp_seconds",
            "codeb_host_authority_end_timestamp_seconds",
            "codeb_host_certificate_checked_timestamp_seconds",
            "codeb_restore_drill_last_success_timestamp_seconds",
            "codeb_wal_missing_segments",
        }
    ),
    "postgres": frozenset({"pg_replication_slots_active"}),
}

PROMETHEUS_OWN = frozenset({"up", "ALERTS"})
