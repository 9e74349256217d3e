"""Finds and reads the operator's infra.toml, for provisioning and for ``codeb hosts``."""

import os
import tomllib
from pathlib import Path

from codeb.domain.infra import Infra, Ssh
from codeb.errors import ConfigError


def path() -> Path:
    """``CODEB_INFRA``, else infra.toml in the working directory."""
    return Path(os.environ.get("CODEB_INFRA") or "infra.toml").absolute()


def load() -> Infra:
    """The file's content; raises ConfigError with what to write when there is none."""
    where = path()
    if not where.is_file():
        raise ConfigError(
            f"{where} does not exist: copy infra.example.toml to it and write your hosts' addresses into it,"
            " or name another file in CODEB_INFRA"
        )
    try:
        data = tomllib.loads(where.read_text())
    except OSError as error:
        raise ConfigError(f"{where} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ConfigError(f"{where} is not TOML: {error}") from None
    return Infra.parse(data)


def beside(text: str) -> Path:
    """A path written in the file, relative to the file."""
    return path().parent / Path(text).expanduser()


def ssh_of(infra: Infra, name: str) -> Ssh:
    """How to reach a host, with the paths as they are on this machine."""
    ssh = infra.ssh_of(name)
    found = {field: str(beside(text)) for field in ("key", "known_hosts") if (text := getattr(ssh, field))}
    return ssh.model_copy(update=found)
