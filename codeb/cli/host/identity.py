"""Whoever calls ``codeb`` on a host, user codeb does the work. Design section 1."""

import os
import pwd
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

from codeb.errors import ConfigError

USER = "codeb"
OWNER = "codeb-owner"
ENV_FILE = "/etc/codeb/codeb.env"
OWNER_FILE = "/etc/codeb/owner.env"
_UMASK = 0o027
SOURCES = ("host", "pyinfra", "ci")


def caller(environ: Mapping[str, str]) -> str:
    """The person's login, for the records; ask before :func:`become_codeb`."""
    login = environ.get("SUDO_USER") or environ.get("LOGNAME") or environ.get("USER")
    return login or str(os.getuid())


def source(environ: Mapping[str, str]) -> str:
    """By what the command was called, for the records: CODEB_SOURCE, else the host itself. Raises ConfigError."""
    given = environ.get("CODEB_SOURCE") or SOURCES[0]
    if given not in SOURCES:
        raise ConfigError(f"CODEB_SOURCE: {given!r} is not one of {', '.join(SOURCES)}")
    return given


def become_codeb(name: str = USER) -> None:
    """As root: groups, group and user of codeb, for good. No file may be made before, or root would own it."""
    os.umask(_UMASK)
    if os.geteuid() != 0:
        return
    try:
        user = pwd.getpwnam(name)
    except KeyError:
        return
    os.initgroups(user.pw_name, user.pw_gid)
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    os.environ.update(HOME=user.pw_dir, USER=user.pw_name, LOGNAME=user.pw_name)


def host_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """The host's settings file where it is readable, overridden by the process's own environment."""
    return _file(Path(environ.get("CODEB_ENV_FILE", ENV_FILE))) | dict(environ)


def owner_environ(environ: Mapping[str, str]) -> tuple[dict[str, str], bool]:
    """As ``host_environ``, as the role that owns the database; the second: whether its file, root's alone, was read.

    The owner's units are given the file's content by systemd and read no file.
    """
    found = _file(Path(environ.get("CODEB_OWNER_ENV_FILE", OWNER_FILE)))
    return host_environ(environ) | found | dict(environ), bool(found)


def _file(path: Path) -> dict[str, str]:
    if not os.access(path, os.R_OK):
        return {}
    return {key: value or "" for key, value in dotenv_values(path, interpolate=False).items()}
