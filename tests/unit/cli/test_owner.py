"""codeb migrate and codeb audit prune run as the role that owns the database, and as nobody else. Security 17."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from codeb import settings
from codeb.cli.host import session
from codeb.cli.host.identity import owner_environ
from codeb.cli.host.main import main


@pytest.fixture
def became(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Who the command became; on a host whose API has a role of its own."""
    api, became = tmp_path / "codeb.env", list[str]()
    api.write_text("CODEB_DB_HOST=127.0.0.1\nCODEB_DB_PORT=1\nCODEB_DB_USER=codeb\nCODEB_DB_OWNER=codeb_owner\n")
    monkeypatch.setenv("CODEB_ENV_FILE", str(api))
    monkeypatch.setenv("CODEB_OWNER_ENV_FILE", str(tmp_path / "owner.env"))
    monkeypatch.setattr(session, "become_codeb", became.append)
    return became


@pytest.mark.parametrize("command", [["migrate"], ["audit", "prune"], ["audit", "prune", "--dry-run"]])
def test_the_apis_own_user_is_told_whose_it_is(became: list[str], command: list[str]) -> None:
    done = CliRunner().invoke(main, command, catch_exceptions=False)
    assert done.exit_code == 1
    assert "codeb_owner's: run this with sudo" in done.stderr
    assert became == ["codeb"]


def test_whoever_reads_the_owners_file_acts_as_the_owner(became: list[str], tmp_path: Path) -> None:
    (tmp_path / "owner.env").write_text("CODEB_DB_USER=codeb_owner\nCODEB_DB_RUNTIME=codeb\nCODEB_DB_PASSWORD=pw-1\n")
    environ, has_file = owner_environ({"CODEB_OWNER_ENV_FILE": str(tmp_path / "owner.env"), "CODEB_DB_HOST": "db.test"})
    owner = settings.database_of(environ)
    assert (has_file, owner.user, owner.runtime, owner.host) == (True, "codeb_owner", "codeb", "db.test")
    done = CliRunner().invoke(main, ["migrate"], catch_exceptions=False)
    assert became == ["codeb-owner"]
    assert done.exit_code == 4, "the owner asks the database, which is away"
    assert "pw-1" not in done.output


def test_one_role_alone_owns_what_it_made(became: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEB_DB_OWNER", "")
    assert CliRunner().invoke(main, ["migrate"], catch_exceptions=False).exit_code == 4
    assert became == ["codeb"]
