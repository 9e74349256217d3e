"""For every alert: series by which it fires, and series that are close to it and leave it quiet.

Values are promtool's: ``0+0x20`` is 0 at every minute for 20 minutes, ``0+30x20`` grows by 30 a minute. Where a case
takes more than a day, its values are hours apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

Series = Mapping[str, str]
HOUR = 60
DAY = 24 * HOUR
FAR = 100_000_000


def flat(value: float, steps: int = 120) -> str:
    return f"{value}+0x{steps}"


@dataclass(frozen=True, slots=True)
class Case:
    """``at`` is the minute at which the alert fires, with ``labels``, and at which the quiet series leave it quiet."""

    fires: Series
    quiet: Series
    at: int
    labels: Mapping[str, str] = field(default_factory=dict)


_SLOT = 'project="blog",environment="production",slot="blue"'
_SLOT_LABELS = {"project": "blog", "environment": "production", "slot": "blue"}
_WHERE = {"project": "blog", "environment": "production"}
_DISK = 'host="app",mountpoint="/",fstype="ext4"'
_DISK_LABELS = {"host": "app", "mountpoint": "/", "fstype": "ext4"}


def _up(job: str, host: str, at: int) -> Case:
    series = f'up{{job="{job}",host="{host}"}}'
    return Case({series: flat(0)}, {series: flat(1)}, at, {"job": job, "host": host})


def _level(series: str, bad: float, good: float, at: int, **labels: str) -> Case:
    inside = ",".join(f'{name}="{value}"' for name, value in labels.items())
    name = f"{series}{{{inside}}}"
    minutes = at + 60
    return Case({name: flat(bad, minutes)}, {name: flat(good, minutes)}, at, labels)


def _disk(available: str) -> Series:
    return {f"node_filesystem_avail_bytes{{{_DISK}}}": available, f"node_filesystem_size_bytes{{{_DISK}}}": flat(100)}


def _first(counter: str) -> Case:
    """It fires for the first one already, which is no increase, and is over after ten minutes."""
    series = f'{counter}{{project="blog",environment="production",host="app"}}'
    return Case({series: "_x9 1+0x30"}, {series: flat(1)}, 12, {**_WHERE, "host": "app"})


def _health(status: int, at: int) -> Case:
    healthy, state = f'codeb_slot_healthy{{{_SLOT},host="app"}}', f'codeb_slot_status{{{_SLOT},host="app"}}'
    return Case(
        {healthy: flat(0), state: flat(status)},
        {healthy: flat(0), state: flat(1)},
        at,
        {**_SLOT_LABELS, "host": "app"},
    )


def _answers(site: str, good: str, bad: str) -> Series:
    name = "caddy_http_request_duration_seconds_count"
    return {
        f'{name}{{handler="subroute",code="{code}",exported_host="{site}",host="app"}}': values
        for code, values in (("200", good), ("502", bad))
    }


def _promoted(values: str, project: str = "blog", environment: str = "production") -> Series:
    return {f'codeb_promotions_total{{project="{project}",environment="{environment}",host="app"}}': values}


def _connections(number: int) -> Series:
    return {
        'pg_stat_activity_count{host="storage",datname="a",state="idle"}': flat(number),
        'pg_stat_activity_count{host="storage",datname="b",state="active"}': flat(1),
        'pg_settings_max_connections{host="storage"}': flat(100),
    }


def _redis(used: int, limit: int) -> Series:
    return {
        'redis_memory_used_bytes{host="storage"}': flat(used),
        'redis_memory_max_bytes{host="storage"}': flat(limit),
    }


def _cpu(seconds: int) -> Series:
    return {
        f'codeb_container_cpu_seconds_total{{{_SLOT},host="app"}}': f"0+{seconds}x120",
        f'codeb_container_cpu_limit_cores{{{_SLOT},host="app"}}': flat(1),
    }


def _requests(errors: int) -> Series:
    return {
        'codeb_http_requests_total{status_code="200",host="app"}': "0+90x120",
        'codeb_http_requests_total{status_code="500",host="app"}': f"0+{errors}x120",
    }


def _memory(available: int) -> Series:
    return {
        'node_memory_MemAvailable_bytes{host="app"}': flat(available),
        'node_memory_MemTotal_bytes{host="app"}': flat(100),
    }


def _failed(values: str) -> Series:
    return {'codeb_deployments_total{project="blog",environment="production",status="failed"}': values}


_BACKUP = 'codeb_backup_last_success_timestamp_seconds{database="codeb",target="backup",host="storage"}'
_LOCAL = 'codeb_backup_last_success_timestamp_seconds{database="codeb",target="local",host="storage"}'


def _seen(copy: str, target: str = "object-storage") -> str:
    return f'codeb_backup_copy_seen_timestamp_seconds{{copy="{copy}",target="{target}",host="backup"}}'


_DECRYPTED = 'codeb_backup_decryption_last_success_timestamp_seconds{database="codeb",host="backup"}'
_DRILL = 'codeb_restore_drill_last_success_timestamp_seconds{database="codeb",host="storage"}'
_BASE = 'codeb_base_backup_last_success_timestamp_seconds{stanza="main",host="storage"}'
_NOT_SENT = 'alertmanager_notifications_failed_total{host="backup",integration="webhook"}'
_ARCHIVE = 'pg_stat_archiver_failed_count{host="storage"}'
_DEATHS = 'codeb_container_deaths_total{project="blog",environment="production",host="app"}'
_API = 'instance="https://api.lab.test/health"'

CASES: dict[str, Case] = {
    "HostDown": _up("node", "app", 3),
    "TargetDown": _up("postgres", "storage", 3),
    "ApiDown": _up("api", "app", 2),
    "RegistryDown": _up("registry", "storage", 3),
    "ObjectStorageDown": _up("object_storage", "storage", 3),
    "PublicSiteDown": _level(
        "probe_success", 0, 1, 3, job="public_sites", host="app", instance="https://api.lab.test/health"
    ),
    "CertificateExpiring": _level(
        "probe_ssl_earliest_cert_expiry",
        *(604_800, 604_800 + 3600),
        20,
        job="public_sites",
        host="app",
        instance="https://api.lab.test/health",
    ),
    "HostCertificateExpiring": _level(
        "probe_ssl_earliest_cert_expiry",
        *(14 * 86_400, 15 * 86_400),
        20,
        job="host_certificates",
        host="storage",
        instance="10.0.0.3:9999",
    ),
    "HostAuthorityExpiring": _level(
        "codeb_host_authority_end_timestamp_seconds", *(90 * 86_400, 91 * 86_400), 20, host="storage"
    ),
    "HostCertificateNotRenewed": Case(
        {'codeb_host_certificate_checked_timestamp_seconds{host="storage"}': f"0+0x{4 * 24}"},
        {'codeb_host_certificate_checked_timestamp_seconds{host="storage"}': f"0+86400x3 259200+0x{24}"},
        4 * DAY,
        {"host": "storage"},
    ),
    "CaddyReloadFailed": _level("caddy_config_last_reload_successful", 0, 1, 2, host="app"),
    "PrometheusReloadFailed": _level("prometheus_config_last_reload_successful", 0, 1, 2, host="backup"),
    "AlertmanagerReloadFailed": _level("alertmanager_config_last_reload_successful", 0, 1, 2, host="backup"),
    "AlertsNotDelivered": Case(
        {_NOT_SENT: "0+1x60"}, {_NOT_SENT: flat(7)}, 20, {"host": "backup", "integration": "webhook"}
    ),
    "DiskFilling": Case(_disk("100-1x120"), _disk("100-0.2x120"), 110, _DISK_LABELS),
    "DiskAlmostFull": Case(_disk(flat(4)), _disk(flat(6)), 6, _DISK_LABELS),
    "MemoryLow": Case(_memory(4), _memory(6), 12, {"host": "app"}),
    "ClockOff": _level("node_timex_offset_seconds", -0.6, -0.4, 12, host="app"),
    "ContainerCpuSustained": Case(_cpu(57), _cpu(50), 70, {**_SLOT_LABELS, "host": "app"}),
    "TextfileUnreadable": _level("node_textfile_scrape_error", 1, 0, 12, host="storage"),
    "PostgresDown": _level("pg_up", 0, 1, 2, host="storage"),
    "PostgresConnections": Case(_connections(80), _connections(79), 6, {"host": "storage"}),
    "WalArchiveFailing": Case({_ARCHIVE: "0+1x60"}, {_ARCHIVE: flat(9)}, 20, {"host": "storage"}),
    "WalMissing": _level("codeb_wal_missing_segments", 1, 0, 17, host="storage", stanza="main"),
    "BaseBackupOld": Case(
        {_BASE: flat(0, 40)}, {_BASE: flat(4 * 3600, 40)}, 33 * HOUR, {"stanza": "main", "host": "storage"}
    ),
    "BaseBackupNeverMade": Case({}, {_BASE: flat(FAR, 40)}, 27 * HOUR),
    "ReplicationSlotUnused": _level("pg_replication_slots_active", 0, 1, 32, host="storage", slot_name="standby"),
    "RedisDown": _level("redis_up", 0, 1, 2, host="storage"),
    "RedisMemory": Case(_redis(91, 100), _redis(91, 0), 6, {"host": "storage"}),
    "BackupOld": Case(
        {_BACKUP: flat(0, 40), _LOCAL: flat(FAR, 40)},
        {_BACKUP: flat(4 * 3600, 40), _LOCAL: flat(8 * 3600, 40)},
        33 * HOUR,
        {"database": "codeb", "target": "backup", "host": "storage"},
    ),
    "BackupNeverMade": Case({_BACKUP: flat(FAR, 40)}, {_LOCAL: flat(FAR, 40)}, 27 * HOUR, {"target": "local"}),
    "BackupCopyNeverMade": Case({_LOCAL: flat(FAR, 40)}, {_BACKUP: flat(FAR, 40)}, 33 * HOUR, {"target": "backup"}),
    "BackupCopyNotSeen": Case(
        {_seen("app/state"): flat(1, 40), _BACKUP: flat(FAR, 40)},
        {_seen("app/state"): flat(4 * 3600, 40), _seen("storage/database-gone"): flat(1, 40)},
        33 * HOUR,
        {"copy": "app/state", "target": "object-storage", "host": "backup"},
    ),
    "BackupCopyNeverSeen": Case(
        {_seen("storage/redis"): flat(0, 40), _seen("app/state", "backup"): flat(FAR, 40)},
        {_seen("storage/redis"): "0 0 0 3600+0x40", _seen("app/state", "backup"): flat(FAR, 40)},
        33 * HOUR,
        {"copy": "storage/redis", "target": "object-storage", "host": "backup"},
    ),
    "ProjectCopyNotSeen": Case(
        {_seen("storage/database-blog"): flat(1, 40)},
        {_seen("storage/database-blog"): flat(4 * 3600, 40), _seen("storage/database-codeb"): flat(1, 40)},
        33 * HOUR,
        {"copy": "storage/database-blog", "target": "object-storage", "host": "backup"},
    ),
    "BackupDecryptionOld": Case(
        {_DECRYPTED: flat(0, 1000)},
        {_DECRYPTED: flat(2 * 86_400, 1000)},
        36 * DAY,
        {"database": "codeb", "host": "backup"},
    ),
    "BackupDecryptionNeverTried": Case({}, {_DECRYPTED: flat(FAR, 400)}, 15 * DAY),
    "RestoreDrillOld": Case(
        {_DRILL: flat(0, 240)},
        {_DRILL: flat(2 * 86_400, 240)},
        9 * DAY,
        {"database": "codeb", "host": "storage"},
    ),
    "RestoreDrillNeverMade": Case({}, {_DRILL: flat(FAR, 240)}, 9 * DAY),
    "PointerLost": _first("codeb_pointers_lost_total"),
    "WatchFlippedBack": _first("codeb_watch_flips_total"),
    "ErrorsAfterPromote": Case(
        {**_answers("blog.lab.test", "0+90x60", "0+10x60"), **_promoted("_x20 1+0x60")},
        {**_answers("blog.lab.test", "0+90x60", "0+10x60"), **_promoted(flat(1))},
        25,
        _WHERE,
    ),
    "SiteErrors": Case(
        _answers("www.myapp.test", "0+80x60", "0+20x60"),
        _answers("www.myapp.test", "0+91x60", "0+9x60"),
        12,
        {"site": "www.myapp.test"},
    ),
    "ContainerDiesAgainAndAgain": Case({_DEATHS: "0+1x60"}, {_DEATHS: "0 1 2 3 3+0x60"}, 16, {**_WHERE, "host": "app"}),
    "ActiveSlotUnhealthy": _health(2, 2),
    "GraceSlotUnhealthy": _health(3, 12),
    "GraceEnding": Case(
        {f'codeb_slot_grace_expires_timestamp_seconds{{{_SLOT},host="app"}}': flat(7200)},
        {f'codeb_slot_grace_expires_timestamp_seconds{{{_SLOT},host="app"}}': flat(7800)},
        2,
        {**_SLOT_LABELS, "host": "app"},
    ),
    "DeploymentsFailing": Case(_failed("0 1 2 3 4+0x60"), _failed("0 1 2 2+0x60"), 10, _WHERE),
    "CodebDegraded": _level("codeb_degraded", 1, 0, 6, host="app"),
    "ApiErrors": Case(_requests(10), _requests(4), 12),
    "AuditSpoolGrowing": _level("codeb_audit_spool_size", 1001, 1000, 12, host="app"),
}

ENVIRONMENTS = {
    "blog.lab.test": ("blog", "production"),
    "blog-staging.lab.test": ("blog", "staging"),
    "my-preview-app-preview.lab.test": ("my-preview-app", "preview"),
}
"""Which environment's errors those of a public name are."""
ELSEWHERE = ("api.lab.test", "blog-blue.preview.lab.test", "www.myapp.test", "_other")
"""Names whose errors are no environment's."""


def errors_of(site: str) -> Series:
    return _answers(site, "0+50x60", "0+50x60")
