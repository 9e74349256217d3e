"""The hosts of infra.toml, in one group a role. Without the file pyinfra stops with the sentence below."""

import sys
from typing import Any

from codeb.domain.infra import Role
from codeb.errors import CodebError
from deploys import infra_file as _infra_file


def _inventory() -> dict[Role, list[tuple[str, dict[str, Any]]]]:
    try:
        infra = _infra_file.load()
    except CodebError as error:
        sys.exit(str(error))
    return {role: [(name, _ssh(infra, name)) for name in infra.with_role(role)] for role in Role}


def _ssh(infra: Any, name: str) -> dict[str, Any]:
    ssh = infra.ssh_of(name)
    data: dict[str, Any] = {
        "ssh_hostname": infra.hosts[name].address,
        "ssh_user": ssh.user,
        "ssh_port": ssh.port,
        "ssh_strict_host_key_checking": ssh.strict_host_key_checking,
        "_sudo": ssh.user != "root",
    }
    if ssh.key:
        data["ssh_key"] = str(_infra_file.beside(ssh.key))
    if ssh.known_hosts:
        data["ssh_known_hosts_file"] = str(_infra_file.beside(ssh.known_hosts))
    return data


_hosts = _inventory()
app = _hosts[Role.APP]
streaming = _hosts[Role.STREAMING]
storage = _hosts[Role.STORAGE]
backup = _hosts[Role.BACKUP]
