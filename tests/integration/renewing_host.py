"""A directory as bootstrap leaves it on a host, and the program there that renews the host's certificate."""

import grp
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from deploys.certificates import CertificateAuthority, Pair
from deploys.rendering import TEMPLATES

NAMES = ["127.0.0.1", "10.0.0.3", "2001:db8::3", "db.example.org", "localhost", "storage"]
PROGRAM = TEMPLATES / "certificates" / "renew.py"
SYSTEMCTL = """#!/bin/sh
echo "$*" >> {log}
[ ! -e {log}.refused ] || [ "$1" = is-active ]
"""


@dataclass(frozen=True, slots=True)
class Host:
    """A directory as bootstrap leaves it, and a systemctl that writes down what it is asked."""

    home: Path
    log: Path

    @property
    def certificate(self) -> Path:
        return self.home / "cert.pem"

    def run(self, *options: str) -> "subprocess.CompletedProcess[str]":
        path = f"{self.log.parent}:{os.environ['PATH']}"
        command = [shutil.which("python3") or "python3", "-B", str(PROGRAM), str(self.home), *options]
        environment = {**os.environ, "PATH": path}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)

    def renewed(self) -> str:
        done = self.run()
        assert done.returncode == 0, done.stderr
        return done.stdout

    def told(self) -> list[str]:
        """What services were told since the last look."""
        words = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return [line for line in words if not line.startswith("is-active")]

    def leaf(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.certificate.read_bytes())


def bootstrapped(directory: Path, ca: CertificateAuthority, authority: Pair) -> Host:
    home, programs = directory / "tls", directory / "bin"
    for place in (home / "issuing", home / "reload.d", programs):
        place.mkdir(parents=True)
    (home / "ca.pem").write_text(ca.root_pem)
    (home / "issuing" / "ca.pem").write_text(authority.certificate)
    (home / "issuing" / "ca.key").write_text(authority.key)
    (home / "reload.d" / "codeb-registry.service").write_text("restart\n")
    (home / "reload.d" / "postgresql.service").write_text("reload\n")
    log = programs / "log"
    (programs / "systemctl").write_text(SYSTEMCTL.format(log=log))
    (programs / "systemctl").chmod(0o755)
    host = Host(home, log)
    configure(host, NAMES)
    return host


def configure(host: Host, names: list[str], days: int = 90) -> None:
    group, metrics = grp.getgrgid(os.getgid()).gr_name, str(host.home / "metrics" / "codeb.prom")
    settings = {"host": "storage", "names": names, "group": group, "days": days, "metrics": metrics}
    (host.home / "issuing" / "settings.json").write_text(json.dumps(settings))


def signed(authority: Pair, host: Host, begin: timedelta, end: timedelta) -> None:
    """Put a certificate of the host's at its place which lived from ``begin`` to ``end``, seen from now."""
    issuer = x509.load_pem_x509_certificate(authority.certificate.encode())
    signer = serialization.load_pem_private_key(authority.key.encode(), None)
    key = serialization.load_pem_private_key((host.home / "key.pem").read_bytes(), None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey) and isinstance(key, ec.EllipticCurvePrivateKey)
    now, leaf = datetime.now(UTC), host.leaf()
    builder = (
        x509.CertificateBuilder(extensions=list(leaf.extensions))
        .subject_name(leaf.subject)
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + begin)
        .not_valid_after(now + end)
    )
    pem = builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
    host.certificate.write_text(pem + authority.certificate)
