"""PostgreSQL with a host's own certificate: clients that trust the root alone, and a renewal without a restart."""

import shutil
import subprocess
import tempfile
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from codeb.secret_store import SecretStore
from deploys.certificates import CertificateAuthority
from tests.integration.postgres_process import PostgresProcess
from tests.integration.renewing_host import NAMES, Host, bootstrapped, signed
from tests.integration.waiting import free_port, until

pytestmark = pytest.mark.integration


def test_postgresql_shows_the_new_one_after_a_reload(tmp_path: Path) -> None:
    """As the API connects: verify-full, with the root alone. The connection of before goes on."""
    ca = CertificateAuthority(SecretStore(tmp_path / "secrets.json"), "example.org")
    authority = ca.authority("storage", NAMES)
    host = bootstrapped(tmp_path, ca, authority)
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        directory = Path(name)
        server = PostgresProcess(directory, free_port())
        host.renewed()
        server.create_bare()
        try:
            server.speaks_tls(readable(host, directory))
            with connected(server, host) as before:
                signed(authority, host, timedelta(days=-80), timedelta(days=10))
                old = first(readable(host, directory))
                server.reload()
                until(lambda: shown(server) == old, "the certificate that is nearly over is shown")
                host.renewed()
                new = first(readable(host, directory))
                server.reload()
                until(lambda: shown(server) == new != old, "the new certificate is shown")
                assert before.execute("SELECT 1").fetchone() == (1,)
            connected(server, host).close()
        finally:
            server.stop()


def readable(host: Host, directory: Path) -> Path:
    """The certificate and its key as user postgres may read them."""
    for name, mode in (("cert.pem", 0o644), ("key.pem", 0o640)):
        shutil.copy(host.home / name, directory / name)
        (directory / name).chmod(mode)
        shutil.chown(directory / name, "root", "postgres")
    return directory / "cert.pem"


def connected(server: PostgresProcess, host: Host) -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(
        host="127.0.0.1",
        port=server.port,
        user="codeb",
        dbname="postgres",
        sslmode="verify-full",
        sslrootcert=str(host.home / "ca.pem"),
        autocommit=True,
    )


def shown(server: PostgresProcess) -> str:
    """The certificate that PostgreSQL presents, without the authority's."""
    question = ["s_client", "-starttls", "postgres", "-connect", f"127.0.0.1:{server.port}"]
    done = subprocess.run(["openssl", *question], input="", capture_output=True, text=True, check=False, timeout=30)
    return first_pem(done.stdout)


def first(path: Path) -> str:
    return first_pem(path.read_text())


def first_pem(text: str) -> str:
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    return text.partition(begin)[2].partition(end)[0].strip()
