"""The platform's own CA and what it signs. The root's key stays in the operator's store. Security 11."""

import contextlib
import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from codeb.errors import ConfigError
from codeb.secret_store import SecretStore

_ROOT_LIFE = timedelta(days=3650)
_INTERMEDIATE_LIFE = timedelta(days=1095)
_RENEW_BEFORE = timedelta(days=365)
"""Whoever runs the bootstrap once a year never meets the end of an authority."""

Key = ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate (with its chain below the root) and its key, both PEM."""

    certificate: str
    key: str


@dataclass(frozen=True, slots=True)
class CertificateAuthority:
    """What it signs is kept in the store, and made anew when its names change or its end comes within a year."""

    store: SecretStore
    domain: str

    @property
    def root_pem(self) -> str:
        return self._root().certificate

    def authority(self, host: str, names: Sequence[str]) -> Pair:
        """For the host itself: a CA that may sign ``names``, names and addresses, for its own services."""
        wanted = sorted(names)
        return self._kept(f"certificate_{host}", ["authority", *wanted], lambda: self._issue_authority(host, wanted))

    def intermediate(self, host: str) -> Pair:
        """For the host's Caddy: a CA that may sign names under the domain and nothing else."""
        return self._kept(f"intermediate_{host}", [self.domain], lambda: self._issue_sites(host))

    def _root(self) -> Pair:
        kept = self.store.get_or_make_all(("ca_certificate", "ca_key"), self._make_root)
        return Pair(kept["ca_certificate"], kept["ca_key"])

    def _kept(self, name: str, marks: list[str], issue: Callable[[], Pair]) -> Pair:
        certificate, key, kept = (self.store.get(f"{name}_{part}") for part in ("pem", "key", "names"))
        if certificate and key and kept == ",".join(marks) and not _ends_soon(certificate):
            return Pair(certificate, key)
        made = issue()
        self.store.put({f"{name}_pem": made.certificate, f"{name}_key": made.key, f"{name}_names": ",".join(marks)})
        return made

    def _make_root(self) -> dict[str, str]:
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name(f"CodeB platform CA ({self.domain})")
        builder = _builder(name, name, key, _ROOT_LIFE)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
        certificate = builder.add_extension(_CA_USAGE, critical=True).sign(key, hashes.SHA256())
        return {"ca_certificate": _pem(certificate), "ca_key": _key_pem(key)}

    def _issue_authority(self, host: str, names: Sequence[str]) -> Pair:
        permitted: list[x509.GeneralName] = [x509.DNSName(name) for name in names if not _is_address(name)]
        networks = [x509.IPAddress(ipaddress.ip_network(name)) for name in names if _is_address(name)]
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
        constraints = x509.NameConstraints([*permitted, *networks], None)
        return self._issue_intermediate(f"CodeB host {host}", constraints, usage)

    def _issue_sites(self, host: str) -> Pair:
        everything = [ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0")]
        constraints = x509.NameConstraints(
            permitted_subtrees=[x509.DNSName(self.domain)],
            excluded_subtrees=[x509.IPAddress(network) for network in everything],
        )
        return self._issue_intermediate(f"CodeB sites on {host}", constraints)

    def _issue_intermediate(self, subject: str, constraints: x509.NameConstraints, *more: x509.ExtensionType) -> Pair:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._signed_by_root(_name(subject), key, _INTERMEDIATE_LIFE)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(_CA_USAGE, critical=True).add_extension(constraints, critical=True)
        for extension in more:
            builder = builder.add_extension(extension, critical=False)
        return Pair(_pem(builder.sign(_root_key(self._root()), hashes.SHA256())), _key_pem(key))

    def _signed_by_root(self, subject: x509.Name, key: Key, life: timedelta) -> x509.CertificateBuilder:
        issuer = x509.load_pem_x509_certificate(self._root().certificate.encode())
        builder = _builder(subject, issuer.subject, key, life)
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(_root_key(self._root()).public_key())
        return builder.add_extension(authority, critical=False)


_CA_USAGE = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def _builder(subject: x509.Name, issuer: x509.Name, key: Key, life: timedelta) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _ends_soon(certificate: str) -> bool:
    end = x509.load_pem_x509_certificate(certificate.encode()).not_valid_after_utc
    return end - datetime.now(UTC) < _RENEW_BEFORE


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _is_address(name: str) -> bool:
    with contextlib.suppress(ValueError):
        return bool(ipaddress.ip_address(name))
    return False


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _key_pem(key: Key) -> str:
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, serialization.NoEncryption()).decode()


def _root_key(root: Pair) -> Key:
    with contextlib.suppress(ValueError):
        key = serialization.load_pem_private_key(root.key.encode(), None)
        certified = x509.load_pem_x509_certificate(root.certificate.encode()).public_key()
        if isinstance(key, ec.EllipticCurvePrivateKey) and key.public_key() == certified:
            return key
    raise ConfigError("ca_key and ca_certificate in the secret store do not belong together: restore the store")
