"""S3 servers that take their settings from the environment and their users from mcli: from a name to what is run.

VersityGW is none of them: it has a file of users (versitygw.py).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from deploys.components import backup_bucket
from deploys.components.artifacts import Artifact

DATA = "/var/lib/object-storage"
HOME = "/etc/codeb/object-storage"
UNIT = "codeb-object-storage.service"
USER = "object-storage"
ROOT_USER = "codeb"
BUCKETS = ("docker-cache", "registry", "backups")
"""Each bucket has a user of its name that may use this bucket alone."""

_CERTIFICATES = f"{HOME}/certs"
_CONSOLE = "127.0.0.1:9001"
_GITHUB = "https://github.com"


@dataclass(frozen=True, slots=True)
class Engine:
    """One server. ``{address}`` in arguments and settings is where it listens; its keys are never among either."""

    name: str
    title: str
    artifact: Artifact
    data: str
    root: tuple[str, str]
    """The variables of the root user's name and secret."""
    certificate: tuple[str, str]
    """What certificate and key are called in the first of these directories."""
    certificate_directories: tuple[str, ...]
    health: str
    """Answers with a success when it is ready, not when it has merely started."""
    settings: Mapping[str, str]
    arguments: tuple[str, ...] = ()
    metrics: str = ""
    """Empty: it has none that Prometheus can read."""

    @property
    def program(self) -> str:
        return f"/usr/local/bin/{self.name}"

    def command(self, address: str) -> list[str]:
        return [self.program, *(word.format(address=address) for word in self.arguments)]

    def environment(self, address: str, secret: str) -> dict[str, str]:
        settings = {name: value.format(address=address) for name, value in self.settings.items()}
        return settings | dict(zip(self.root, (ROOT_USER, secret), strict=True))

    @property
    def certificate_files(self) -> tuple[str, str]:
        certificate, key = self.certificate
        return f"{_CERTIFICATES}/{certificate}", f"{_CERTIFICATES}/{key}"


def _minio(name: str, title: str, artifact: Artifact, settings: Mapping[str, str]) -> Engine:
    """MinIO and its fork: the same options, routes and files on the disk, so one may take the other's place."""
    data = f"{DATA}/minio"
    return Engine(
        name=name,
        title=title,
        artifact=artifact,
        data=data,
        root=("MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD"),
        certificate=("public.crt", "private.key"),
        # It would make the second by itself, and may not.
        certificate_directories=(_CERTIFICATES, f"{_CERTIFICATES}/CAs"),
        # .../live and .../ready succeed before there is anything to serve.
        health="/minio/health/cluster",
        settings=settings,
        arguments=(
            *("server", "--address", "{address}", "--console-address", _CONSOLE),
            *("--certs-dir", _CERTIFICATES, data),
        ),
        metrics="/minio/metrics/v3",
    )


# The firewall says who reaches the port, and with it the metrics.
_OPEN_METRICS = {"MINIO_PROMETHEUS_AUTH_TYPE": "public"}

ENGINES = {
    engine.name: engine
    for engine in (
        _minio(
            "silo",
            "Silo",
            Artifact(
                "object_storage",
                "2026-09-16T00-00-00Z",
                f"{_GITHUB}/pgsty/silo/releases/download/RELEASE.{{version}}/silo_{{digits}}.0.0_linux_amd64.tar.gz",
                "silo_{digits}.0.0_checksums.txt",
                "silo",
            ),
            # Unset, Silo believes what anybody says about forwarding.
            {**_OPEN_METRICS, "MINIO_API_TRUSTED_PROXIES": "none"},
        ),
        _minio(
            "minio",
            "MinIO",
            Artifact(
                "object_storage",
                "RELEASE.2025-09-07T16-13-09Z",
                f"{_GITHUB}/minio/minio/releases/download/{{version}}/minio.linux-amd64.{{version}}",
                "minio.linux-amd64.{version}.sha256sum",
                "minio",
            ),
            _OPEN_METRICS,
        ),
        Engine(
            name="rustfs",
            title="RustFS",
            artifact=Artifact(
                "object_storage",
                "1.0.1",
                f"{_GITHUB}/rustfs/rustfs/releases/download/{{version}}/rustfs-linux-x86_64-musl-v{{version}}.zip",
                "SHA256SUMS",
                "rustfs",
            ),
            data=f"{DATA}/rustfs",
            root=("RUSTFS_ACCESS_KEY", "RUSTFS_SECRET_KEY"),
            certificate=("rustfs_cert.pem", "rustfs_key.pem"),
            certificate_directories=(_CERTIFICATES,),
            health="/health/ready",
            settings={
                "RUSTFS_VOLUMES": f"{DATA}/rustfs",
                "RUSTFS_ADDRESS": "{address}",
                "RUSTFS_CONSOLE_ADDRESS": _CONSOLE,
                "RUSTFS_TLS_PATH": _CERTIFICATES,
                # Empty: to the journal, not to files of its own.
                "RUSTFS_OBS_LOG_DIRECTORY": "",
            },
        ),
    )
}


def policies() -> dict[str, str]:
    """What each user may do: a bucket's own everything in it and nothing outside, who sends backups adds to them."""
    rights: dict[str, dict[str, object]] = {
        bucket: {
            "Effect": "Allow",
            "Action": ["s3:*"],
            "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        }
        for bucket in BUCKETS
    }
    rights |= {backup_bucket.uploader(role): backup_bucket.statement(role) for role in backup_bucket.SENDERS}
    return {
        user: json.dumps({"Version": "2012-10-17", "Statement": [statement]}, sort_keys=True)
        for user, statement in rights.items()
    }
