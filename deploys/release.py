"""Releases as declared: every one of releases.toml, or the one that ``--data`` names. A second run changes nothing.

pyinfra inventory.py deploys/release.py
pyinfra inventory.py deploys/release.py --data project=shop --data version=abc1234
"""

from pathlib import Path

from pyinfra import host
from pyinfra.api.exceptions import DeployError

from codeb import infra_file
from codeb.domain.infra import Role
from codeb.errors import ConfigError
from deploys.operations import slot
from deploys.releases import FILE, KEYS, Release, from_data, read


def wanted() -> list[Release]:
    """What ``--data project=...`` says, else ``--data releases=FILE``, else releases.toml beside infra.toml.

    Raises ConfigError.
    """
    given = {key: host.data.get(key) for key in KEYS}
    if given["project"] is not None:
        return [from_data(given)]
    named = host.data.get("releases")
    return read(Path(named) if named else infra_file.beside(FILE))


def release(releases: list[Release]) -> None:
    for each in releases:
        declare = slot.active if each.state == "active" else slot.deployed
        declare(
            name=each.sentence,
            project=each.project,
            version=each.version,
            image=each.image,
            environment=str(each.environment),
            timeout=each.timeout,
        )


if __name__ == "builtins" and Role.APP in host.groups:
    try:
        release(wanted())
    except ConfigError as error:
        raise DeployError(str(error)) from None
