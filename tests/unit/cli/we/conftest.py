"""The we command against a real server with a house behind it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import structlog
from click.testing import CliRunner, Result

from codeb.cli.we.main import main
from codeb.services.actor import Actor
from tests.doors import House
from tests.served import served

SETTINGS = ("CODEB_API_URL", "CODEB_API_KEY", "CODEB_CA", "CODEB_ALLOW_HTTP", "CODEB_PROJECT")


@dataclass
class Desk:
    """A person's machine: their home, their environment, and the command."""

    house: House
    url: str
    home: Path
    environ: dict[str, str] = field(default_factory=dict)

    def we(self, *arguments: str, given: str = "") -> Result:
        """Without a terminal, as in CI."""
        return CliRunner().invoke(main, list(arguments), input=given, env=self.environ, catch_exceptions=False)

    def answer(self, *arguments: str, code: int = 0) -> dict[str, Any]:
        """The record that a program reads."""
        done = self.we(*arguments, "--json")
        assert done.exit_code == code, done.output
        record: dict[str, Any] = json.loads(done.stdout)
        return record

    def told(self, *arguments: str, code: int = 0) -> str:
        """What a person reads on stdout."""
        done = self.we(*arguments)
        assert done.exit_code == code, done.output
        return done.stdout


@pytest.fixture(autouse=True)
def _server_log() -> Iterator[None]:
    """The server is in this process, and its log is not the command's output."""
    with structlog.testing.capture_logs():
        yield


@pytest.fixture
def house(tmp_path: Path) -> House:
    (tmp_path / "host").mkdir()
    house = House(tmp_path / "host")
    house.world.init_project("blog", Actor("key_0", "api", "team-a"))
    return house


@pytest.fixture
def desk(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """With a member's key in the environment."""
    home = tmp_path / "home"
    home.mkdir()
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(home)
    with served(house) as url:
        yield Desk(house, url, home, {"CODEB_API_URL": url, "CODEB_API_KEY": house.key("member")})


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody sits at the desk, and what is given to the command is what they type."""
    monkeypatch.setattr("codeb.cli.we.session.Session.asks", property(lambda self: not self.as_json))
