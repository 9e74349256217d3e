"""Base backups and what is missing in their repository, with pgBackRest itself and a real PostgreSQL. Decision 0025."""

import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from deploys.components.backup_units import PROGRAM
from deploys.operations.stanza import Identifiers, lacking
from deploys.rendering import TEMPLATES, render
from tests.integration.debian_programs import debian_program
from tests.integration.postgres_process import PostgresProcess
from tests.integration.storage_host import psql
from tests.integration.waiting import free_port

pytestmark = pytest.mark.integration

AS_POSTGRES = ("runuser", "-u", "postgres", "--")


@dataclass(frozen=True, slots=True)
class Storage:
    """A server that archives into a repository, by the settings that a host gets."""

    directory: Path
    server: PostgresProcess

    @property
    def repository(self) -> Path:
        return self.directory / "repository"

    def run(self, *command: object) -> "subprocess.CompletedProcess[str]":
        """As user postgres, with pgBackRest where it looks for programs and its settings in the environment."""
        where = {
            "PATH": f"{self.directory}:{os.environ['PATH']}",
            "PGHOST": str(self.server.directory),
            "PGPORT": str(self.server.port),
            "PGBACKREST_CONFIG": str(self.directory / "pgbackrest.conf"),
        }
        words = [*AS_POSTGRES, *map(str, command)]
        return subprocess.run(words, env=os.environ | where, capture_output=True, text=True, timeout=120, check=False)

    def pgbackrest(self, *arguments: str) -> None:
        good(self.run("pgbackrest", "--stanza=main", *arguments))

    def program(self, name: str, *arguments: object) -> "subprocess.CompletedProcess[str]":
        script = self.directory / "programs" / f"{name}.py"
        return self.run("/usr/bin/python3", "-B", script, self.repository, *arguments)

    def lacking(self) -> str:
        """As the bootstrap sees it, who asks this server for its number."""
        command = (
            Identifiers()
            .command(str(self.repository), "main")
            .replace("psql ", f"psql -h {self.server.directory} -p {self.server.port} ")
        )
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
        return lacking(Identifiers().process(done.stdout.splitlines()))

    def metrics(self) -> dict[str, float]:
        file = self.directory / "codeb.prom"
        script = self.directory / "programs" / "publish.py"
        command: list[str | Path] = [
            "/usr/bin/python3",
            "-B",
            script,
            self.repository,
            file,
            "base.json",
            "missing.json",
        ]
        subprocess.run(command, check=True, timeout=60)
        families = text_string_to_metric_families(file.read_text())
        return {family.name: family.samples[0].value for family in families}

    def archived(self) -> list[Path]:
        """Oldest first, of what the server has written until now."""
        psql(self.server, "CREATE TABLE IF NOT EXISTS t (n int); INSERT INTO t VALUES (1);")
        self.pgbackrest("check")
        return sorted(self.repository.glob("archive/main/*/*/*.zst"))


def good(done: "subprocess.CompletedProcess[str]") -> None:
    assert done.returncode == 0, done.stdout + done.stderr


def serve(directory: Path, data: str) -> PostgresProcess:
    """A new cluster that archives, in a directory of its own."""
    (where := directory / data).mkdir()
    server = PostgresProcess(where, free_port(), "postgres")
    server.create_bare()
    server.stop()
    settings = (TEMPLATES / "postgres" / "codeb.conf.j2").read_text().splitlines()
    lines = [line for line in settings if line.startswith("archive_")]
    script = directory / "programs" / "pgbackrest-archive.sh"
    script.write_text(
        render(
            "point_in_time/pgbackrest-archive.sh.j2", repository=directory / "repository", stanza="main", reserve_mb=0
        ).replace("exec pgbackrest", f"exec {directory}/pgbackrest --config={directory}/pgbackrest.conf")
    )
    script.chmod(0o755)
    with (where / "db" / "postgresql.conf").open("a") as file:
        file.write("\n".join(line.replace(f"{PROGRAM}/pgbackrest-archive.sh", str(script)) for line in lines) + "\n")
    configuration = render(
        "point_in_time/pgbackrest.conf.j2",
        repository=directory / "repository",
        stanza="main",
        data=where / "db",
        queue_mb=2048,
    )
    socket = f"pg1-socket-path={where}\npg1-port={server.port}"
    (directory / "pgbackrest.conf").write_text(configuration.replace("pg1-socket-path=/run/postgresql", socket))
    server.start()
    return server


@pytest.fixture
def storage() -> Iterator[Storage]:
    """Whose repository is of the cluster that runs."""
    with tempfile.TemporaryDirectory(prefix="codeb-point-in-time-") as name:
        directory = Path(name)
        directory.chmod(0o755)
        shutil.copy(debian_program("pgbackrest", "pgbackrest"), directory / "pgbackrest")
        shutil.copytree(TEMPLATES / "backup", directory / "programs")
        (directory / "repository").mkdir(mode=0o750)
        shutil.chown(directory / "repository", "postgres", "postgres")
        found = Storage(directory, serve(directory, "first"))
        try:
            assert found.lacking() == "stanza-create"
            found.pgbackrest("stanza-create")
            yield found
        finally:
            found.server.stop()


def test_a_base_backup_is_full_first_and_then_of_what_is_different(storage: Storage) -> None:
    assert storage.lacking() == ""
    good(storage.program("base", 0))
    good(storage.program("base", 0))
    labels = sorted(path.name[-1] for path in storage.repository.glob("backup/main/2*") if not path.is_symlink())
    assert labels == ["D", "F"]
    assert stat.S_IMODE(storage.repository.stat().st_mode) == 0o750
    assert storage.metrics()["codeb_base_backup_last_success_timestamp_seconds"] > 1_700_000_000


def test_without_room_none_is_made_and_that_is_told(storage: Storage) -> None:
    done = storage.program("base", 10**9)
    assert done.returncode == 1
    assert "no base backup was made" in done.stderr
    assert "MB free" in done.stderr
    assert storage.metrics()["codeb_base_backup_last_success_timestamp_seconds"] == 0


def test_a_change_that_was_let_go_of_is_missed_until_the_next_base_backup(storage: Storage) -> None:
    good(storage.program("base", 0))
    for _ in range(2):
        storage.archived()
    good(storage.program("archived", 0))
    assert storage.metrics()["codeb_wal_missing_segments"] == 0
    storage.archived()[-2].unlink()
    good(storage.program("archived", 0))
    assert storage.metrics()["codeb_wal_missing_segments"] == 1
    good(storage.program("base", 0))
    good(storage.program("archived", 0))
    assert storage.metrics()["codeb_wal_missing_segments"] == 0


def test_where_the_disk_gets_short_only_the_newest_full_backup_stays(storage: Storage) -> None:
    for _ in range(2):
        storage.pgbackrest("--type=full", "backup")
    good(storage.program("archived", 0))
    assert len(list(storage.repository.glob("backup/main/2*F"))) == 2
    good(storage.program("archived", 10**9))
    assert len(list(storage.repository.glob("backup/main/2*F"))) == 1
    assert storage.metrics()["codeb_wal_missing_segments"] == 0


def test_a_cluster_that_was_made_anew_takes_the_repository_over(storage: Storage) -> None:
    """A storage host that came back from dumps has another cluster; what is left of the old one stays of use."""
    good(storage.program("base", 0))
    storage.server.stop()
    again = Storage(storage.directory, serve(storage.directory, "second"))
    try:
        assert again.lacking() == "stanza-upgrade"
        again.pgbackrest("stanza-upgrade")
        again.pgbackrest("check")
        assert again.lacking() == ""
        good(again.program("base", 0))
        good(again.program("archived", 0))
        assert again.metrics()["codeb_wal_missing_segments"] == 0
        assert len(list(again.repository.glob("backup/main/2*F"))) == 2
    finally:
        again.server.stop()
        storage.server.start()
