"""``we`` as a process, against ``codeb serve`` as a process, with a real database behind it. Spec section 10."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from codeb.adapters.clock import SystemClock
from codeb.adapters.key_maker import KeyMaker
from codeb.adapters.postgres.database import Database
from codeb.adapters.postgres.projects import ProjectRows
from codeb.domain.access import KeyKind, Role
from codeb.domain.names import EnvironmentName
from codeb.domain.project import ProjectSettings
from codeb.settings import Database as DatabaseSettings
from tests.fakes.dns_server import DnsServer
from tests.integration.test_serve import Server
from tests.integration.waiting import until

pytestmark = pytest.mark.integration


@dataclass
class Person:
    """Somebody with a key, in a directory of their own."""

    url: str
    key: str
    directory: Path
    done: subprocess.CompletedProcess[str] | None = field(default=None, init=False)

    def we(self, *arguments: str, given: str = "", code: int = 0) -> str:
        environ = {"PATH": os.environ["PATH"], "HOME": str(self.directory), "LOGNAME": "kim"}
        done = subprocess.run(
            [sys.executable, "-m", "codeb.cli.we", *arguments],
            env={**environ, "CODEB_API_URL": self.url, "CODEB_API_KEY": self.key, "CODEB_PROJECT": "blog"},
            cwd=self.directory,
            input=given,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == code, f"{arguments}: {done.stdout}{done.stderr}"
        self.done = done
        return done.stdout

    def answer(self, *arguments: str, given: str = "", code: int = 0) -> dict[str, Any]:
        record: dict[str, Any] = json.loads(self.we(*arguments, "--json", given=given, code=code))
        return record


@pytest.fixture
def dns() -> Iterator[DnsServer]:
    """In which nothing is."""
    server = DnsServer()
    yield server
    server.close()


@pytest.fixture
def people(
    tmp_path: Path, database: Database, postgres_settings: DatabaseSettings, dns: DnsServer
) -> Iterator[dict[str, Person]]:
    """A member, a viewer, an admin and an assistant of the team that has the project blog."""
    root = tmp_path / "host"
    root.mkdir()
    ProjectRows(database, "codeb.test").create(
        "blog", team_id="team-a", type="nodejs", environments=tuple(EnvironmentName), settings=ProjectSettings()
    )
    server = Server(
        root,
        CODEB_DB_HOST=postgres_settings.host,
        CODEB_DB_PORT=str(postgres_settings.port),
        CODEB_DB_SSLMODE="disable",
        CODEB_TLS="off",
        CODEB_DNS_RESOLVER=f"{dns.address.host}:{dns.address.port}",
    )
    maker = KeyMaker(root / "registry", SystemClock())
    kinds = {"member": Role.MEMBER, "viewer": Role.VIEWER, "admin": Role.ADMIN, "assistant": Role.MEMBER}
    found = {}
    try:
        server.wait_ready()
        for name, role in kinds.items():
            kind = KeyKind.ASSISTANT if name == "assistant" else KeyKind.PERSON
            key = maker.create("team-a", role, name=name, by="me", kind=kind).text
            (tmp_path / name).mkdir()
            found[name] = Person(f"http://{server.public}", key, tmp_path / name)
        yield found
    finally:
        server.process.kill()
        server.process.communicate()


def test_variables_go_there_and_back_and_a_viewer_sees_names_only(people: dict[str, Person]) -> None:
    member, viewer = people["member"], people["viewer"]
    (member.directory / ".env").write_text("DATABASE_URL=postgres://u:hunter22@h/x\nA=1\n")
    assert "version 1: 2 new" in member.we("env", "set", "--file", ".env")
    assert viewer.we("env", "get") == "A\nDATABASE_URL\n"
    assert viewer.answer("env", "get", "blog")["variables"]["DATABASE_URL"] == "********"
    assert viewer.answer("env", "pull", code=1)["code"] == "only_names"
    assert "version 2: 0 new, 1 changed" in member.we("env", "set", "A=-", given="2\n")
    assert "A         ****       ****" in viewer.we("env", "diff")
    assert "+A +DATABASE_URL" in viewer.we("env", "history")
    assert viewer.answer("env", "restore", "--version", "1", code=1)["code"] == "forbidden"
    assert "version 3, which holds what version 1 does" in member.we("env", "restore", "--version", "1")
    assert member.we("env", "get", "A") == "A='1'\n"
    refused = member.we("env", "set", "A=hunter22", code=2)
    assert member.done is not None
    assert "hunter22" not in refused + member.done.stderr


def test_a_key_is_made_used_and_revoked(people: dict[str, Person]) -> None:
    member = people["member"]
    made = member.answer("token", "create", "ci", "--role", "viewer", "--kind", "ci", "-p", "blog")
    ci = Person(member.url, made["key"], member.directory)
    assert ci.answer("projects")["total"] == 1
    assert member.key not in member.we("token", "list")
    member.we("token", "revoke", made["tokenId"], code=2)
    assert "is revoked" in member.we("token", "revoke", made["tokenId"], "--yes")
    until(lambda: ci_is_out(ci), "the key opens nothing any more")


def ci_is_out(ci: Person) -> bool:
    try:
        ci.we("projects", code=2)
    except AssertionError:
        return False
    return True


def test_a_domain_is_claimed_and_looked_at(people: dict[str, Person], dns: DnsServer) -> None:
    member, admin = people["member"], people["admin"]
    assert "_codeb.www.example.org" in member.we("domain", "add", "www.example.org")
    assert "www.example.org" in member.we("domain", "list")
    asked = len(dns.asked)
    assert member.answer("domain", "check", "www.example.org", code=1)["dns"]["proven"] is False
    assert ("_codeb.www.example.org", "TXT") in dns.asked[asked:], "it is looked at anew"
    member.we("domain", "remove", "www.example.org", "--yes", code=1)
    assert admin.we("domain", "remove", "www.example.org", "--dry-run") == "would take www.example.org from the site\n"


def test_a_task_holds_its_files_until_it_is_done(people: dict[str, Person]) -> None:
    member = people["member"]
    task = member.answer("task", "create", "Fix", "-f", "src/a.py", "-b", "fix")["task"]
    assert task["author"] == "kim"
    assert member.answer("task", "check", "src/a.py", code=1)["hasConflicts"] is True
    assert "1 files released" in member.we("task", "done", str(task["id"]))
    assert member.we("task", "check", "src/a.py") == "nobody holds any of them\n"


def test_an_assistant_goes_on_with_the_code_of_a_person(people: dict[str, Person]) -> None:
    assistant = people["assistant"]
    assistant.we("env", "set", "B=-", given="1", code=1)
    assert assistant.done is not None
    code = people["member"].answer("confirm", assistant.done.stderr, "--yes")["confirmation"]
    assert "version 1" in assistant.we("env", "set", "B=-", "--confirmation", code, given="1")


def test_what_was_asked_stands_in_the_audit_without_its_secrets(people: dict[str, Person]) -> None:
    admin = people["admin"]
    people["member"].we("env", "set", given="SECRET=hunter22\n")
    people["viewer"].we("env", "set", given="SECRET=hunter22\n", code=1)

    def calls() -> list[tuple[str, bool]]:
        found = admin.answer("audit", "blog", "--tool", "env_sync", "--since", "1h")["entries"]
        return [(each["source"], each["success"]) for each in found]

    until(lambda: len(calls()) == 2, "both calls are in the audit")
    assert sorted(calls()) == [("cli", False), ("cli", True)]
    assert admin.we("audit", "--export", "rows.jsonl").startswith("rows.jsonl holds ")
    text = (admin.directory / "rows.jsonl").read_text()
    assert "env_sync" in text
    assert "hunter22" not in text
