"""Whoever calls, user codeb does the work, with the host's settings. Design section 1."""

import os
import pwd
from pathlib import Path
from typing import Any

import pytest

from codeb.cli.host import identity
from codeb.errors import ConfigError


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    calls: list[tuple[Any, ...]] = []
    monkeypatch.setattr(os, "umask", lambda mask: calls.append(("umask", mask)))
    for name in ("initgroups", "setgid", "setuid"):
        monkeypatch.setattr(os, name, lambda *arguments, name=name: calls.append((name, *arguments)))
    monkeypatch.setattr(os.environ, "update", lambda **changes: calls.append(("environ", changes["HOME"])))
    return calls


def user(name: str) -> pwd.struct_passwd:
    return pwd.struct_passwd((name, "x", 990, 991, "", "/opt/codeb", "/bin/false"))


def test_root_becomes_codeb_groups_first(calls: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(pwd, "getpwnam", user)
    identity.become_codeb()
    assert calls == [
        ("umask", 0o027),
        ("initgroups", "codeb", 991),
        ("setgid", 991),
        ("setuid", 990),
        ("environ", "/opt/codeb"),
    ]


def test_anybody_else_stays_who_they_are(calls: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    identity.become_codeb()
    assert calls == [("umask", 0o027)]


def test_where_there_is_no_such_user_root_stays_root(
    calls: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(name: str) -> None:
        raise KeyError(name)

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(pwd, "getpwnam", unknown)
    identity.become_codeb()
    assert calls == [("umask", 0o027)]


def test_the_hosts_file_is_read_and_the_environment_wins(tmp_path: Path) -> None:
    file = tmp_path / "codeb.env"
    file.write_text('# comment\nCODEB_DOMAIN="codeb.test"\nCODEB_DB_PASSWORD="a$b\\"c\\\\d"\nCODEB_REGISTRY=r:5000\n')
    environ = identity.host_environ({"CODEB_ENV_FILE": str(file), "CODEB_REGISTRY": "other:5000"})
    assert environ["CODEB_DOMAIN"] == "codeb.test"
    assert environ["CODEB_DB_PASSWORD"] == 'a$b"c\\d'
    assert environ["CODEB_REGISTRY"] == "other:5000"


def test_without_a_file_the_environment_is_all(tmp_path: Path) -> None:
    environ = {"CODEB_ENV_FILE": str(tmp_path / "absent"), "A": "1"}
    assert identity.host_environ(environ) == environ


def test_the_caller_behind_sudo_is_who_asked() -> None:
    assert identity.caller({"SUDO_USER": "kim", "LOGNAME": "root"}) == "kim"
    assert identity.caller({"LOGNAME": "root"}) == "root"
    assert identity.caller({}) == str(os.getuid())


@pytest.mark.parametrize(
    ("environ", "source"),
    [({}, "host"), ({"CODEB_SOURCE": ""}, "host"), ({"CODEB_SOURCE": "pyinfra"}, "pyinfra")],
)
def test_the_records_say_by_what_the_command_was_called(environ: dict[str, str], source: str) -> None:
    assert identity.source(environ) == source


def test_nobody_poses_as_another_door() -> None:
    with pytest.raises(ConfigError, match="CODEB_SOURCE: 'browser' is not one of host, pyinfra, ci"):
        identity.source({"CODEB_SOURCE": "browser"})
