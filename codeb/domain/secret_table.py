"""Every secret of the platform's operator: how it is rotated, what that interrupts, what ends the old one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fnmatch import fnmatchcase

from codeb.domain.infra import Role

PREVIOUS = "_previous"


class Making(StrEnum):
    """Where the new value comes from."""

    STORE = "store"
    NEXT_RUN = "next_run"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Row:
    """``name`` may hold a ``*`` for a host. ``runs``: the roles to provision, in their order.

    ``parts`` are the ends of the names in the store that make up this secret; ``along`` are other secrets' names that
    are worth nothing without it. ``keeps``: the platform takes the old and the new one until ``codeb secrets forget``.
    ``encrypts``: what is stored under the old one is lost with it, so it is forgotten by its own name only.
    """

    name: str
    purpose: str
    runs: tuple[Role, ...]
    interrupts: str
    ends: str
    making: Making = Making.STORE
    keeps: bool = False
    encrypts: bool = False
    parts: tuple[str, ...] = ("",)
    along: tuple[str, ...] = ()
    then: tuple[str, ...] = ()

    def entries(self, name: str) -> tuple[str, ...]:
        return tuple(f"{name}{part}" for part in self.parts)


STORAGE, STREAMING, APP, BACKUP = (Role.STORAGE,), (Role.STREAMING,), (Role.APP,), (Role.BACKUP,)
ALL = (Role.STORAGE, Role.STREAMING, Role.APP, Role.BACKUP)

_NOTHING = "nothing"
_API = "the API for some seconds while it starts anew; sites go on"
_NEXT_STORAGE = "the storage run"
_THERE = "the operator, there"
_FORGET = "`codeb secrets forget` and the same runs once more"
_REDIS = "Redis for a moment while it starts anew; projects' users come back when the API has seen that"
_CACHE_USERS = "builds in CI lose their cache, and their users' secrets are new"
_NEW_CACHE = "Give CI its new MINIO_SECRET_KEY of each project: GET /api/setup/secrets has it."
_MISMATCH = "from the storage run to the end of the app run the API gets no new connection of this role"


def _postgres(role: str, purpose: str, interrupts: str) -> Row:
    name = f"postgres_{role}"
    return Row(f"{name}_password", purpose, STORAGE + APP, interrupts, _NEXT_STORAGE, along=(f"{name}_verifier",))


def _redis(user: str, purpose: str, runs: tuple[Role, ...] = STORAGE, interrupts: str = _REDIS) -> Row:
    return Row(f"redis_{user}_password", purpose, runs, interrupts, _FORGET, keeps=True)


TABLE = (
    _postgres("codeb", "the API's own role", f"{_MISMATCH}, and is degraded; sites go on. Run both without a pause"),
    _postgres("owner", "what migrates the database and prunes the audit", "nothing, unless an app run is going on"),
    _postgres("provisioner", "the role that makes projects' databases", f"{_MISMATCH}: workflow_init waits"),
    _redis("codeb", "a user that nobody logs in as today"),
    _redis("centrifugo", "a user that nobody logs in as today"),
    _redis("exporter", "the user that measures Redis"),
    _redis("backup", "the user that takes a snapshot of Redis for its backup"),
    _redis("provisioner", "the user with which the API makes projects' users", STORAGE + APP, f"{_REDIS}, and {_API}"),
    Row("registry_http_secret", "the registry's own; it signs uploads", STORAGE, "pushes that run", _NEXT_STORAGE),
    Row(
        "registry_token_key",
        "signs the registry's tokens",
        STORAGE + APP,
        f"the registry for a moment while it starts anew, and {_API}",
        _FORGET,
        Making.NEXT_RUN,
        keeps=True,
    ),
    Row("s3_root_password", "the object storage's root", STORAGE, "object storage for a moment", _NEXT_STORAGE),
    Row(
        "s3_docker_cache_secret",
        "the build cache's one user, where the engine is not VersityGW",
        STORAGE + APP,
        "builds in CI lose their cache until they have the new one",
        _NEXT_STORAGE,
        then=(_NEW_CACHE,),
    ),
    Row(
        "s3_docker_cache_access_key",
        "the name of that user, of an S3 of the operator's own",
        APP,
        _API,
        _THERE,
        Making.OPERATOR,
    ),
    Row("s3_docker_cache_admin_secret", "a user of the whole build cache", STORAGE, _NOTHING, _NEXT_STORAGE),
    Row("s3_registry_secret", "the user of the bucket registry", STORAGE, "who writes there", _NEXT_STORAGE),
    Row("s3_backups_secret", "lists and removes copies of backups", STORAGE + BACKUP, _NOTHING, _NEXT_STORAGE),
    Row("s3_backups_storage_secret", "adds the storage host's copies of backups", STORAGE, _NOTHING, _NEXT_STORAGE),
    Row("s3_backups_app_secret", "adds the app host's copies of backups", STORAGE + APP, _NOTHING, _NEXT_STORAGE),
    *(
        Row(
            f"s3_{user}_access_key",
            "the name of that user, of an S3 of the operator's own",
            (role,),
            _NOTHING,
            _THERE,
            Making.OPERATOR,
        )
        for user, role in {"backups": Role.BACKUP, "backups_storage": Role.STORAGE, "backups_app": Role.APP}.items()
    ),
    Row(
        "s3_projects_key",
        "makes the projects' users of the build cache",
        STORAGE + APP,
        _CACHE_USERS,
        _NEXT_STORAGE,
        then=(_NEW_CACHE,),
    ),
    Row(
        "backup_identity",
        "decrypts the copies of backups; it never leaves the store",
        STORAGE + APP,
        _NOTHING,
        "`codeb secrets forget`, once no copy of before is wanted: who keeps the old one decrypts those",
        Making.NEXT_RUN,
        keeps=True,
        encrypts=True,
    ),
    Row(
        "probe_secret",
        "opens the probe of a switch; preview links are made of it",
        APP,
        f"links to protected previews, which are new, and {_API}",
        "the app run",
        then=(
            "The API writes the sites' files anew as it starts; `codeb doctor` on the app host says which are left.",
            "Give out the previews' links again.",
        ),
    ),
    Row(
        "env_key",
        "encrypts the variables; webhooks' secrets are made of it",
        APP,
        f"webhooks' receivers, which need their new secret, and {_API}",
        "`codeb env rotate-key` and `codeb secrets forget`, then the app run",
        keeps=True,
        encrypts=True,
        then=(
            "On the app host: `codeb env rotate-key`, until it says that nothing is left. What is forgotten before"
            " that cannot be decrypted any more.",
            "Tell the receivers of webhooks their new secret: project_update and team_settings show it.",
        ),
    ),
    Row(
        "centrifugo_api_key",
        "with which the API publishes",
        STREAMING + APP,
        f"from the streaming run to the end of the app run nobody sees live events, and {_API}",
        "the streaming run",
    ),
    Row(
        "centrifugo_token_secret",
        "signs browsers' tokens",
        STREAMING + APP,
        f"live connections, which come back by themselves, and {_API}",
        _FORGET,
        keeps=True,
    ),
    Row(
        "grafana_admin_password",
        "Grafana's login",
        BACKUP,
        "Grafana for some seconds",
        "the command on the backup host",
        then=(
            "On the backup host: `sudo grafana cli --homepath /usr/share/grafana admin reset-admin-password"
            " --password-from-stdin < /etc/grafana/admin_password`. Grafana reads that file at its first start only.",
        ),
    ),
    Row(
        "grafana_secret_key",
        "encrypts what Grafana stores",
        BACKUP,
        "passwords of datasources that somebody added by hand: enter them again",
        "the backup run",
    ),
    Row("alerts_webhook", "where alerts go", BACKUP, _NOTHING, "the operator, there", Making.OPERATOR),
    Row("alerts_webhook_token", "the token for it", BACKUP, _NOTHING, "the operator, there", Making.OPERATOR),
    Row("alerts_smtp_password", "the mail server's", BACKUP, _NOTHING, "the operator, there", Making.OPERATOR),
    Row(
        "ca_key",
        "the platform's own CA, and all that it signed",
        ALL,
        "everything between hosts until the run has been on all of them, and browsers and CI that trust the old root",
        "the run, on all hosts; elsewhere whoever trusted it",
        Making.NEXT_RUN,
        along=("ca_certificate", "certificate_*", "intermediate_*"),
        then=("Give browsers and CI that trusted the old root the new one: /etc/codeb/tls/ca.pem on any host.",),
    ),
    Row(
        "certificate_*",
        "a host's authority, which signs its own names, and its key",
        ALL,
        "the host's services for a moment",
        "its end, within three years: nothing revokes it. Rotate ca_key if the key was seen",
        Making.NEXT_RUN,
        parts=("_key", "_pem", "_names"),
    ),
    Row(
        "intermediate_*",
        "the CA of a host's Caddy for its own names",
        ALL,
        _NOTHING,
        "its end, within 1095 days: nothing revokes it. Rotate ca_key if the key was seen",
        Making.NEXT_RUN,
        parts=("_key", "_pem", "_names"),
    ),
)


def row_of(name: str, *, external_s3: bool = False) -> Row | None:
    """The row of a secret. Keys of somebody else's S3 are never made up."""
    found = next((row for row in TABLE if fnmatchcase(name, row.name)), None)
    if found and external_s3 and name.startswith("s3_docker_cache_"):
        return replace(found, making=Making.OPERATOR, ends="the operator, there")
    return found


def secret_of(entry: str) -> str | None:
    """The secret that a name in the store belongs to; None: not the platform's."""
    name = entry.removesuffix(PREVIOUS)
    for row in TABLE:
        for part in row.parts:
            if name.endswith(part) and fnmatchcase(short := name[: len(name) - len(part)], row.name):
                return short
        if name in row.along:
            return row.name
    return None


def secrets_of(entries: Sequence[str]) -> list[str]:
    """The secrets that a store has, in the table's order."""
    found = {secret_of(entry) for entry in entries} - {None}
    order = [row.name for row in TABLE]
    return sorted((each for each in found if each), key=lambda name: (order.index(_row(name).name), name))


def _row(name: str) -> Row:
    return next(row for row in TABLE if fnmatchcase(name, row.name))
