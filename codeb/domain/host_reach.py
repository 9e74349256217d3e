"""Why a host cannot be reached over SSH, and what to do."""

from codeb.domain.host_facts import Trouble, Unreached
from codeb.domain.infra import Host, Ssh


def unreached(host: Host, ssh: Ssh, found: Unreached) -> str:
    """The sentence for a host that could not be looked at."""
    where, detail = f"{host.address} port {ssh.port}", found.detail
    sentences = {
        Trouble.NO_NAME: f"{host.address} has no address: check hosts.*.address in infra.toml, or your DNS",
        Trouble.NO_ROUTE: f"no way leads to {where} ({detail}): check the address and this machine's network",
        Trouble.NO_ANSWER: f"{where} does not answer in time: check that the host is up, the address is right and"
        " its provider's firewall lets SSH in",
        Trouble.REFUSED: f"{where} refuses connections: check that sshd runs there, and ssh.port in infra.toml",
        Trouble.KEY_FILE: f"the key {ssh.key or detail} cannot be read: check ssh.key in infra.toml",
        Trouble.KEY_LOCKED: f"the key {ssh.key or detail} has a passphrase: load it into your agent (`ssh-add`) first",
        Trouble.HOST_KEY_UNKNOWN: f"{where} shows the host key {detail}, which is not in {_known(ssh)}, and"
        " ssh.strict_host_key_checking is yes: compare it on the host's console, then add it with ssh-keyscan",
        Trouble.HOST_KEY_CHANGED: f"{where} shows the host key {detail}, another than {_known(ssh)} holds: if the host"
        f" was made anew, remove the old one (`ssh-keygen -R {_marked(host, ssh)} -f {_known(ssh)}`);"
        " if not, somebody may stand between",
        Trouble.LOGIN: f"{where} does not let user {ssh.user} in ({detail}): put your public key into"
        f" ~{ssh.user}/.ssh/authorized_keys there, or set ssh.user and ssh.key in infra.toml",
        Trouble.OTHER: f"the SSH connection to {where} failed: {detail}; `ssh -v {ssh.user}@{host.address}` tells more",
    }
    return sentences[found.trouble]


def _known(ssh: Ssh) -> str:
    return ssh.known_hosts or "~/.ssh/known_hosts"


def _marked(host: Host, ssh: Ssh) -> str:
    return host.address if ssh.port == 22 else f"'[{host.address}]:{ssh.port}'"  # noqa: PLR2004 - SSH's own port
