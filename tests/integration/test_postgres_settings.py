"""PostgreSQL starts with bootstrap's settings, and has taken each of them."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from deploys.components.postgres_memory import memory_for
from deploys.rendering import render
from tests.integration.postgres_process import PostgresProcess
from tests.integration.waiting import free_port

pytestmark = pytest.mark.integration

ELSEWHERE = ("ssl", "listen_addresses")
"""Of the host's certificate and address, which are not here."""


@pytest.fixture
def server() -> Iterator[PostgresProcess]:
    """Not below pytest's own directory, which is closed to PostgreSQL's user."""
    with tempfile.TemporaryDirectory(prefix="codeb-settings-") as name:
        directory = Path(name)
        directory.chmod(0o755)
        process = PostgresProcess(directory, free_port(), "postgres")
        process.create_bare()
        try:
            process.stop()
            text = render(
                "postgres/codeb.conf.j2", addresses="127.0.0.1", tls="/nonexistent", memory=memory_for(4 << 20)
            )
            lines = [line for line in text.splitlines() if not line.startswith(ELSEWHERE)]
            with (directory / "db" / "postgresql.conf").open("a") as file:
                file.write("\n".join([*lines, ""]))
            process.start()
            yield process
        finally:
            process.stop()


def test_it_starts_with_them_and_every_one_counts(server: PostgresProcess) -> None:
    with psycopg.connect(host="127.0.0.1", port=server.port, user="postgres", dbname="postgres") as connection:
        wrong = connection.execute("SELECT * FROM pg_file_settings WHERE error IS NOT NULL").fetchall()
        names = ("shared_buffers", "shared_preload_libraries", "log_lock_waits", "max_connections", "work_mem")
        shown = [connection.execute(f"SHOW {name}".encode()).fetchone() for name in names]
        connection.execute("CREATE EXTENSION pg_stat_statements")
        counted = connection.execute("SELECT count(*) > 0 FROM pg_stat_statements").fetchone()
    assert wrong == []
    assert shown == [("512MB",), ("pg_stat_statements",), ("on",), ("400",), ("4MB",)]
    assert counted == (True,)
