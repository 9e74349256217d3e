"""Whoever calls ``codeb`` on a host, user codeb does the work. Design section 1."""

import os
import pwd
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

USER = "codeb"
ENV_FILE = "/etc/codeb/codeb.env"
_UMASK = 0o027


def caller(environ: Mapping[str, str]) -> str:
    """The person's login, for the records; ask before :func:`become_codeb`."""
    login = environ.get("SUDO_USER") or environ.get("LOGNAME") or environ.get("USER")
    return login or str(os.getuid())


def become_codeb() -> None:
    """As root: groups, group and user of codeb, for good. No file may be touched before, or root would own it."""
    os.umask(_UMASK)
    if os.geteuid() != 0:
        return
    try:
        user = pwd.getpwnam(USER)
    except KeyError:
        return
    os.initgroups(user.pw_name, user.pw_gid)
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    os.environ.update(HOME=user.pw_dir, USER=user.pw_name, LOGNAME=user.pw_name)


def host_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """The host's settings file where it is readable, overridden by the process's own environment."""
    path = Path(environ.get("CODEB_ENV_FILE", ENV_FILE))
    if not os.access(path, os.R_OK):
        return dict(environ)
    found = {key: value or "" for key, value in dotenv_values(path, interpolate=False).items()}
    return found | dict(environ)
