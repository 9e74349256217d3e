"""A host renews its own certificate: with the real openssl, judged by openssl and by Python's TLS as clients do."""

import socket
import ssl
import subprocess
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from codeb.secret_store import SecretStore
from deploys.certificates import CertificateAuthority, Pair
from tests.integration.renewing_host import NAMES, Host, bootstrapped, configure, signed

pytestmark = pytest.mark.integration


@pytest.fixture
def ca(tmp_path: Path) -> CertificateAuthority:
    return CertificateAuthority(SecretStore(tmp_path / "secrets.json"), "example.org")


@pytest.fixture
def authority(ca: CertificateAuthority) -> Pair:
    return ca.authority("storage", NAMES)


@pytest.fixture
def host(tmp_path: Path, ca: CertificateAuthority, authority: Pair) -> Host:
    return bootstrapped(tmp_path, ca, authority)


def shaken(host: Host, name: str) -> None:
    """A TLS handshake with a server that shows the host's certificate, by a client that trusts the root alone."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(host.certificate, host.home / "key.pem")
    mine, theirs = socket.socketpair()

    def serve() -> None:
        try:
            context.wrap_socket(theirs, server_side=True).close()
        except OSError:
            theirs.close()

    server = threading.Thread(target=serve)
    server.start()
    try:
        with ssl.create_default_context(cafile=str(host.home / "ca.pem")).wrap_socket(mine, server_hostname=name):
            pass
    finally:
        mine.close()
        server.join(10)


@pytest.mark.parametrize("name", NAMES)
def test_who_trusts_the_root_alone_believes_the_host_under_its_names(host: Host, name: str) -> None:
    host.renewed()
    shaken(host, name)
    flag = "-verify_ip" if name[0].isdigit() else "-verify_hostname"
    chain: list[str | Path] = ["-CAfile", host.home / "ca.pem", "-untrusted", host.certificate, "-x509_strict"]
    openssl("verify", *chain, flag, name, host.certificate)


def openssl(*words: str | Path) -> None:
    subprocess.run(["openssl", *words], check=True, capture_output=True, timeout=60)


@pytest.mark.parametrize(
    "name", ["api.example.org", "bank.test", "10.0.0.1", "2001:db8::4", "db.example.org.bank.test"]
)
def test_what_a_stolen_authority_signs_for_a_foreign_name_is_refused(host: Host, name: str) -> None:
    host.renewed()
    configure(host, [name])
    done = host.run()
    assert done.returncode == 1
    assert "permitted subtree violation" in done.stderr
    forge(host, name)
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        shaken(host, name)


def forge(host: Host, name: str) -> None:
    """As a thief would, who does not look whether it is good."""
    extensions = host.home / "forged.cnf"
    extensions.write_text(f"subjectAltName = {'IP' if name[0].isdigit() else 'DNS'}:{name}\n")
    issuing, request, leaf = host.home / "issuing", host.home / "forged.csr", host.home / "forged.pem"
    openssl("req", "-new", "-subj", "/CN=forged", "-key", host.home / "key.pem", "-out", request)
    by = ("-CA", issuing / "ca.pem", "-CAkey", issuing / "ca.key")
    openssl("x509", "-req", "-in", request, *by, "-extfile", extensions, "-out", leaf)
    host.certificate.write_text(leaf.read_text() + (issuing / "ca.pem").read_text())


def test_a_second_run_changes_nothing_and_tells_nobody(host: Host) -> None:
    assert "there is none yet" in host.renewed()
    before = (host.certificate.read_bytes(), (host.home / "key.pem").read_bytes())
    host.told()
    assert host.renewed() == ""
    assert host.run("--check").stdout == "good\n"
    assert (host.certificate.read_bytes(), (host.home / "key.pem").read_bytes()) == before
    assert host.told() == []


def test_a_look_changes_nothing(host: Host) -> None:
    assert host.run("--check").stdout == "there is none yet\n"
    assert not host.certificate.exists()


@pytest.mark.parametrize(("begin", "end", "late"), [(-61, 29, True), (-59, 31, False), (-91, -1, True)])
def test_two_thirds_of_a_life_are_enough(host: Host, authority: Pair, begin: int, end: int, late: bool) -> None:
    host.renewed()
    host.told()
    signed(authority, host, timedelta(days=begin), timedelta(days=end))
    before = host.leaf()
    host.renewed()
    assert (host.leaf() != before) == late
    assert host.told() == (["restart codeb-registry.service", "reload postgresql.service"] if late else [])
    assert host.renewed() == ""


def test_a_renewal_replaces_the_certificate_alone(host: Host, authority: Pair) -> None:
    host.renewed()
    key = (host.home / "key.pem").read_bytes()
    signed(authority, host, timedelta(days=-80), timedelta(days=10))
    host.renewed()
    assert (host.home / "key.pem").read_bytes() == key


def test_another_authority_comes_with_another_key(host: Host, ca: CertificateAuthority) -> None:
    host.renewed()
    key, other = (host.home / "key.pem").read_bytes(), ca.authority("storage", [*NAMES, "s3.example.org"])
    (host.home / "issuing" / "ca.pem").write_text(other.certificate)
    (host.home / "issuing" / "ca.key").write_text(other.key)
    assert "authority is another one" in host.renewed()
    assert (host.home / "key.pem").read_bytes() != key
    shaken(host, "db.example.org")


def test_another_name_is_another_certificate(host: Host) -> None:
    host.renewed()
    configure(host, NAMES[1:])
    assert "names are others" in host.renewed()
    assert host.renewed() == ""


def test_a_service_that_could_not_be_told_is_told_again(host: Host) -> None:
    (refused := host.log.with_name("log.refused")).touch()
    done = host.run()
    assert (done.returncode, "restart codeb-registry.service" in done.stderr) == (1, True)
    host.told()
    certificate = host.certificate.read_bytes()
    assert host.run("--check").stdout == "services are to be told\n"
    refused.unlink()
    host.renewed()
    assert host.told() == ["restart codeb-registry.service", "reload postgresql.service"]
    assert host.certificate.read_bytes() == certificate
    assert host.run("--check").stdout == "good\n"


def test_it_never_outlives_the_authority(host: Host, authority: Pair) -> None:
    configure(host, NAMES, days=5000)
    host.renewed()
    end = x509.load_pem_x509_certificate(authority.certificate.encode()).not_valid_after_utc
    assert host.leaf().not_valid_after_utc <= end


def test_an_authority_that_ended_is_a_sentence(
    host: Host, ca: CertificateAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deploys.certificates._INTERMEDIATE_LIFE", timedelta(hours=2))
    other = ca.authority("storage", NAMES[1:])
    (host.home / "issuing" / "ca.pem").write_text(other.certificate)
    done = host.run()
    assert (done.returncode, "run the bootstrap" in done.stderr) == (1, True)


def test_the_key_is_nobodys_but_the_groups(host: Host) -> None:
    host.renewed()
    assert (host.home / "key.pem").stat().st_mode & 0o777 == 0o640
    assert [path.name for path in (host.home / "issuing").glob(".new-*")] == []


def test_the_run_is_measured(host: Host) -> None:
    host.renewed()
    lines = (host.home / "metrics" / "codeb.prom").read_text().splitlines()
    found = {name: float(value) for name, value in (line.split() for line in lines if not line.startswith("#"))}
    now = datetime.now(UTC).timestamp()
    assert abs(found["codeb_host_certificate_checked_timestamp_seconds"] - now) < 60
    assert found["codeb_host_authority_end_timestamp_seconds"] - now > 1000 * 86400
