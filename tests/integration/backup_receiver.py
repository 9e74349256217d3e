"""The backup host's door for copies on loopback, with certificates of the platform's own CA."""

import http.client
import json
import shutil
import socket
import ssl
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from codeb.secret_store import SecretStore
from deploys.certificates import CertificateAuthority, Pair
from deploys.rendering import TEMPLATES
from tests.integration.waiting import free_port, until

PROGRAMS = TEMPLATES / "backup"
SENDERS = ("storage", "app")


def issued(ca: CertificateAuthority, host: str) -> Pair:
    """As the host signs its own certificate, under its authority."""
    return signed(ca.authority(host, ["127.0.0.1", host]), host, [host, "127.0.0.1"])


def signed(authority: Pair, subject: str, names: Sequence[str]) -> Pair:
    """What whoever holds ``authority`` can sign, for a subject and names of his choice."""
    issuer = x509.load_pem_x509_certificate(authority.certificate.encode())
    signing = serialization.load_pem_private_key(authority.key.encode(), None)
    assert isinstance(signing, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    alternatives = [x509.IPAddress(ip_address(name)) if name[0].isdigit() else x509.DNSName(name) for name in names]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .sign(signing, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
    encoding = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return Pair(pem + authority.certificate, key.private_bytes(*encoding).decode())


@dataclass
class ReceiverProcess:
    """``root`` is where copies lie; ``tls(host)`` is what a host has in its directory of certificates."""

    directory: Path
    reserve_mb: int = 0
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.root = self.directory / "copies"
        self.root.mkdir()
        self.ca = CertificateAuthority(SecretStore(self.directory / "store", {}), "example.org")

    def tls(self, host: str, pair: Pair | None = None) -> Path:
        place = self.directory / "tls" / host
        if not place.exists():
            place.mkdir(parents=True)
            pair = pair or issued(self.ca, host)
            for name, text in {"ca": self.ca.root_pem, "cert": pair.certificate, "key": pair.key}.items():
                (place / f"{name}.pem").write_text(text)
        return place

    def start(self) -> None:
        arguments = [self.root, "127.0.0.1", self.port, self.tls("backup"), self.reserve_mb, *SENDERS]
        command = ["/usr/bin/python3", "-B", str(PROGRAMS / "receive.py"), *map(str, arguments)]
        with (self.directory / "receiver.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        until(self.listens, "the receiver listens")

    def listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()

    def ask(self, method: str, path: str, body: bytes = b"", *, tls: Path, **headers: str) -> tuple[int, object]:
        """As somebody with these certificates; what it answered."""
        context = ssl.create_default_context(cafile=str(tls / "ca.pem"))
        if (tls / "cert.pem").exists():
            context.load_cert_chain(tls / "cert.pem", tls / "key.pem")
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=20, context=context)
        try:
            connection.request(method, path, body, {name.replace("_", "-"): text for name, text in headers.items()})
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text.startswith(b"{") else text
        finally:
            connection.close()

    def copies(self) -> dict[str, bytes]:
        return {str(path.relative_to(self.root)): path.read_bytes() for path in self.root.rglob("*") if path.is_file()}


def programs(directory: Path) -> Path:
    """The backup's programs where any user of this machine reads them."""
    place = directory / "programs"
    shutil.copytree(PROGRAMS, place)
    return place
