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
from deploys.components import caddy, host_certificate
from deploys.platform import Platform
from tests.unit.deploys.conftest import ONE_HOST, MakePlatform


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


def storage(platform: Platform) -> Pair:
    return platform.authority(platform.host("storage"))


@pytest.mark.parametrize("name", ["db.example.org", "10.0.0.3", "203.0.113.3", "localhost", "127.0.0.1", "storage"])
def test_a_host_may_sign_each_of_its_names(platform: Platform, name: str) -> None:
    pair = storage(platform)
    assert accepted(platform.ca, site(pair, name), name, [loaded(pair.certificate)])


@pytest.mark.parametrize("name", ["api.example.org", "example.org", "10.0.0.1", "bank.test", "2001:db8::1"])
def test_a_host_may_sign_nothing_else(platform: Platform, name: str) -> None:
    pair = storage(platform)
    assert not accepted(platform.ca, site(pair, name), name, [loaded(pair.certificate)])


def test_one_host_with_every_role_may_sign_every_platform_name(make_platform: MakePlatform) -> None:
    platform = make_platform(hosts=ONE_HOST)
    pair = platform.authority(platform.host("only"))
    for name in ("api.example.org", "ws.example.org", "db.example.org", "203.0.113.9"):
        assert accepted(platform.ca, site(pair, name), name, [loaded(pair.certificate)])


@pytest.mark.parametrize("name", ["blog.example.org", "blog-blue.preview.example.org"])
def test_the_hosts_caddy_can_sign_names_under_the_domain(ca: CertificateAuthority, name: str) -> None:
    pair = ca.intermediate("app")
    assert accepted(ca, site(pair, name), name, [loaded(pair.certificate)])


@pytest.mark.parametrize("name", ["bank.test", "notexample.org", "example.org.evil.test", "10.0.0.3", "2001:db8::1"])
def test_a_stolen_intermediate_is_worth_nothing_outside_the_domain(ca: CertificateAuthority, name: str) -> None:
    pair = ca.intermediate("app")
    assert not accepted(ca, site(pair, name), name, [loaded(pair.certificate)])


def test_no_intermediate_can_make_another(ca: CertificateAuthority) -> None:
    for pair in (ca.intermediate("app"), ca.authority("app", ["app"])):
        found = loaded(pair.certificate).extensions.get_extension_for_class(x509.BasicConstraints)
        assert (found.critical, found.value.path_length) == (True, 0)


def test_constraints_bind_who_does_not_know_them(ca: CertificateAuthority) -> None:
    for pair in (ca.intermediate("app"), ca.authority("app", ["app"])):
        assert loaded(pair.certificate).extensions.get_extension_for_class(x509.NameConstraints).critical


def test_a_second_run_has_the_same_certificates(ca: CertificateAuthority) -> None:
    again = CertificateAuthority(ca.store, ca.domain)
    assert ca.root_pem == again.root_pem
    assert ca.authority("app", ["a.example.org"]) == again.authority("app", ["a.example.org"])
    assert ca.intermediate("app") == again.intermediate("app")


def test_a_name_more_is_a_new_authority(ca: CertificateAuthority) -> None:
    before = ca.authority("app", ["a.example.org"])
    after = ca.authority("app", ["a.example.org", "b.example.org"])
    assert before != after
    assert accepted(ca, site(after, "b.example.org"), "b.example.org", [loaded(after.certificate)])


def test_the_order_of_names_does_not_matter(ca: CertificateAuthority) -> None:
    assert ca.authority("app", ["a.test", "b.test"]) == ca.authority("app", ["b.test", "a.test"])


@pytest.mark.parametrize(("left", "renewed"), [(364, True), (366, False)])
def test_an_authority_is_renewed_a_year_before_its_end(
    ca: CertificateAuthority, monkeypatch: pytest.MonkeyPatch, left: int, renewed: bool
) -> None:
    monkeypatch.setattr(certificates, "_INTERMEDIATE_LIFE", timedelta(days=left))
    old = ca.authority("app", ["app"])
    monkeypatch.undo()
    assert (ca.authority("app", ["app"]) != old) == renewed


def test_hosts_and_their_roles_are_told_apart(ca: CertificateAuthority) -> None:
    assert ca.authority("app", ["app"]).key != ca.authority("storage", ["storage"]).key
    assert ca.intermediate("app").key != ca.intermediate("backup").key


@pytest.mark.parametrize("another", [True, False])
def test_a_key_that_is_not_the_cas_is_a_sentence(ca: CertificateAuthority, another: bool) -> None:
    key = ca.authority("app", ["app"]).key
    ca.store.put({"ca_key": key if another else "not a key"})
    with pytest.raises(ConfigError, match="ca_key and ca_certificate in the secret store do not belong together"):
        ca.authority("storage", ["storage"])


def test_the_roots_key_is_in_nothing_that_a_host_gets(make_platform: MakePlatform) -> None:
    platform = make_platform(tls="internal")
    for spec in platform.hosts():
        pair, inner = platform.authority(spec), platform.ca.intermediate(spec.name)
        assert platform.secrets["ca_key"] not in {pair.key, inner.key}
        assert platform.secrets["ca_key"] not in pair.certificate + inner.certificate + platform.ca.root_pem
    sources = "".join(Path(str(module.__file__)).read_text() for module in (host_certificate, caddy))
    assert "ca_key" not in sources


def test_a_store_of_before_holds_no_authority(ca: CertificateAuthority) -> None:
    """Releases until 0.4 kept a host's certificate under the same name, which could sign nothing."""
    ca.store.put({f"certificate_app_{part}": "of before" for part in ("pem", "key")} | {"certificate_app_names": "app"})
    assert accepted(
        ca, site(ca.authority("app", ["app"]), "app"), "app", [loaded(ca.authority("app", ["app"]).certificate)]
    )
