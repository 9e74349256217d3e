"""A PostgreSQL server of the distribution's, on loopback, in a directory of its own."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from codeb.settings import Database, Secret

_AS_POSTGRES = ("runuser", "-u", "postgres", "--")


@dataclass(frozen=True, slots=True)
class PostgresProcess:
    directory: Path
    port: int
    superuser: str = "codeb"

    @property
    def settings(self) -> Database:
        return Database("127.0.0.1", self.port, "codeb", "codeb", Secret(""), "disable", "")

    def create(self) -> None:
        """Make the cluster, start it, and make an empty database."""
        self.create_bare()
        create = ["createdb", "-h", str(self.directory), "-p", str(self.port), "-U", "codeb", "codeb"]
        subprocess.run([*_AS_POSTGRES, *create], check=True)

    def create_bare(self) -> None:
        shutil.chown(self.directory, "postgres")
        self._run("initdb", "-D", str(self._data), "-A", "trust", "-U", self.superuser)
        self.start()

    def start(self) -> None:
        """Returns when it answers; a server that runs already is let be."""
        if self.running:
            return
        options = f"-c listen_addresses=127.0.0.1 -p {self.port} -k {self.directory} -c fsync=off"
        self._run("pg_ctl", "-D", str(self._data), "-w", "-l", str(self.directory / "log"), "-o", options, "start")

    def speaks_tls(self, certificate: Path) -> None:
        """From now on, with ``key.pem`` beside the certificate."""
        lines = f"ssl = on\nssl_cert_file = '{certificate}'\nssl_key_file = '{certificate.with_name('key.pem')}'\n"
        with (self._data / "postgresql.conf").open("a") as file:
            file.write(lines)
        self.reload()

    def reload(self) -> None:
        self._run("pg_ctl", "-D", str(self._data), "reload")

    def stop(self) -> None:
        """At once, whatever is connected."""
        self._run("pg_ctl", "-D", str(self._data), "-m", "immediate", "stop")

    @property
    def running(self) -> bool:
        return (self._data / "postmaster.pid").exists()

    @property
    def _data(self) -> Path:
        return self.directory / "db"

    def _run(self, name: str, *arguments: str) -> None:
        binaries = max(Path("/usr/lib/postgresql").glob("*/bin"))
        subprocess.run([*_AS_POSTGRES, str(binaries / name), *arguments], check=True, capture_output=True)
