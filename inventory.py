"""The hosts of infra.toml, in one group a role. Without the file pyinfra stops with the sentence below."""

import sys
from typing import Any

from codeb import infra_file as _infra_file
from codeb.domain.infra import Infra, Role
from codeb.errors import CodebError


def _inventory() -> dict[Role, list[tuple[str, dict[str, Any]]]]:
    try:
        infra = _infra_file.load()
    except CodebError as error:
        sys.exit(str(error))
    return {role: [(name, _data(infra, name)) for name in infra.with_role(role)] for role in Role}


def _data(infra: Infra, name: str) -> dict[str, Any]:
    ssh = _infra_file.ssh_of(infra, name)
    data: dict[str, Any] = {
        "ssh_hostname": infra.hosts[name].address,
        "ssh_user": ssh.user,
        "ssh_port": ssh.port,
        "ssh_strict_host_key_checking": ssh.strict_host_key_checking,
        "_sudo": ssh.user != "root",
    }
    optional = {"ssh_key": ssh.key, "ssh_known_hosts_file": ssh.known_hosts}
    return data | {key: value for key, value in optional.items() if value}


_hosts = _inventory()
app = _hosts[Role.APP]
streaming = _hosts[Role.STREAMING]
storage = _hosts[Role.STORAGE]
backup = _hosts[Role.BACKUP]
