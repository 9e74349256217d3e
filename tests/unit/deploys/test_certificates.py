"""The platform's CA: what it signs is accepted by those who check, and nothing else is."""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from codeb.errors import ConfigError
from codeb.secret_store import SecretStore
from deploys import certificates
from deploys.certificates import CertificateAuthority, Pair
from deploys.components import base, caddy
from deploys.platform import Platform
from tests.unit.deploys.conftest import MakePlatform


@pytest.fixture
def ca(tmp_path: Path) -> CertificateAuthority:
    return CertificateAuthority(SecretStore(tmp_path / "secrets.json"), "example.org")


def loaded(pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem.encode())


def accepted(ca: CertificateAuthority, leaf: x509.Certificate, name: str, between: list[x509.Certificate]) -> bool:
    """As a TLS client would decide."""
    subject: x509.GeneralName = x509.DNSName(name)
    if name[0].isdigit():
        subject = x509.IPAddress(ipaddress.ip_address(name))
    builder = PolicyBuilder().store(Store([loaded(ca.root_pem)]))
    try:
        builder.build_server_verifier(subject).verify(leaf, between)  # type: ignore[arg-type]
    except VerificationError:
        return False
    return True


def site(intermediate: Pair, name: str) -> x509.Certificate:
    """What a Caddy that holds the intermediate signs, or somebody who has stolen it."""
    issuer = loaded(intermediate.certificate)
    signer = serialization.load_pem_private_key(intermediate.key.encode(), None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    general: x509.GeneralName = x509.DNSName(name)
    if name[0].isdigit():
        general = x509.IPAddress(ipaddress.ip_address(name))
    now, key = datetime.now(UTC), ec.generate_private_key(ec.SECP256R1())
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=12))
        .add_extension(x509.SubjectAlternativeName([general]), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )


@pytest.mark.parametrize("name", ["db.example.org", "10.0.0.3", "203.0.113.3", "localhost", "127.0.0.1", "storage"])
def test_a_host_is_believed_under_each_of_its_names(platform: Platform, name: str) -> None:
    leaf = loaded(platform.certificate(platform.host("storage")).certificate)
    assert accepted(platform.ca, leaf, name, [])


@pytest.mark.parametrize("name", ["api.example.org", "10.0.0.1", "db.example.org.evil.test"])
def test_a_host_is_not_believed_under_another_name(platform: Platform, name: str) -> None:
    leaf = loaded(platform.certificate(platform.host("storage")).certificate)
    assert not accepted(platform.ca, leaf, name, [])


def test_a_hosts_certificate_can_sign_nothing(ca: CertificateAuthority) -> None:
    leaf = loaded(ca.host_certificate("app", []).certificate)
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


@pytest.mark.parametrize("name", ["blog.example.org", "blog-blue.preview.example.org"])
def test_the_hosts_caddy_can_sign_names_under_the_domain(ca: CertificateAuthority, name: str) -> None:
    pair = ca.intermediate("app")
    assert accepted(ca, site(pair, name), name, [loaded(pair.certificate)])


@pytest.mark.parametrize("name", ["bank.test", "notexample.org", "example.org.evil.test", "10.0.0.3", "2001:db8::1"])
def test_a_stolen_intermediate_is_worth_nothing_outside_the_domain(ca: CertificateAuthority, name: str) -> None:
    pair = ca.intermediate("app")
    assert not accepted(ca, site(pair, name), name, [loaded(pair.certificate)])


def test_an_intermediate_cannot_make_another(ca: CertificateAuthority) -> None:
    found = loaded(ca.intermediate("app").certificate).extensions.get_extension_for_class(x509.BasicConstraints)
    assert (found.critical, found.value.path_length) == (True, 0)


def test_a_second_run_has_the_same_certificates(ca: CertificateAuthority) -> None:
    again = CertificateAuthority(ca.store, ca.domain)
    assert ca.root_pem == again.root_pem
    assert ca.host_certificate("app", ["a.example.org"]) == again.host_certificate("app", ["a.example.org"])
    assert ca.intermediate("app") == again.intermediate("app")


def test_a_name_more_is_a_new_certificate(ca: CertificateAuthority) -> None:
    before = ca.host_certificate("app", ["a.example.org"])
    after = ca.host_certificate("app", ["a.example.org", "b.example.org"])
    assert before != after
    assert accepted(ca, loaded(after.certificate), "b.example.org", [])


def test_the_order_of_names_does_not_matter(ca: CertificateAuthority) -> None:
    assert ca.host_certificate("app", ["a.test", "b.test"]) == ca.host_certificate("app", ["b.test", "a.test"])


@pytest.mark.parametrize(("left", "renewed"), [(59, True), (61, False)])
def test_a_certificate_is_renewed_two_months_before_its_end(
    ca: CertificateAuthority, monkeypatch: pytest.MonkeyPatch, left: int, renewed: bool
) -> None:
    monkeypatch.setattr(certificates, "_HOST_LIFE", timedelta(days=left))
    old = ca.host_certificate("app", [])
    monkeypatch.undo()
    assert (ca.host_certificate("app", []) != old) == renewed


def test_hosts_and_their_roles_are_told_apart(ca: CertificateAuthority) -> None:
    assert ca.host_certificate("app", []).key != ca.host_certificate("storage", []).key
    assert ca.intermediate("app").key != ca.intermediate("backup").key


@pytest.mark.parametrize("another", [True, False])
def test_a_key_that_is_not_the_cas_is_a_sentence(ca: CertificateAuthority, another: bool) -> None:
    key = ca.host_certificate("app", []).key
    ca.store.put({"ca_key": key if another else "not a key"})
    with pytest.raises(ConfigError, match="ca_key and ca_certificate in the secret store do not belong together"):
        ca.host_certificate("storage", [])


def test_the_roots_key_is_in_nothing_that_a_host_gets(make_platform: MakePlatform) -> None:
    platform = make_platform(tls="internal")
    for spec in platform.hosts():
        pair, inner = platform.certificate(spec), platform.ca.intermediate(spec.name)
        assert platform.secrets["ca_key"] not in {pair.key, inner.key}
        assert platform.secrets["ca_key"] not in pair.certificate + inner.certificate + platform.ca.root_pem
    sources = "".join(Path(str(module.__file__)).read_text() for module in (base, caddy))
    assert "ca_key" not in sources
