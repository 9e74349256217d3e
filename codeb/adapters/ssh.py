"""A look at a host over SSH, by the same files and settings that pyinfra goes by. Nothing is written anywhere."""

import contextlib
import errno
import logging
import shlex
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import paramiko

from codeb.adapters import host_script
from codeb.domain.host_facts import HostFacts, Trouble, Unreached
from codeb.domain.infra import Host, Ssh

_CONNECT = 10.0
_ANSWER = 30.0
_CONFIG = Path("~/.ssh/config")
_KNOWN_HOSTS = "~/.ssh/known_hosts"
_CHUNK = 1 << 16
_FROM = "sh -c 'echo client=${SSH_CONNECTION%% *}'; "
"""By which address this machine is seen there; asked before sudo, which forgets it."""
_Answer = TypeVar("_Answer")


class _Failed(Exception):
    def __init__(self, trouble: Trouble, detail: str = "") -> None:
        self.found = Unreached(trouble, detail)
        super().__init__(detail)


class _HostKeys(paramiko.MissingHostKeyPolicy):
    """Keeps the fingerprint of a key that is not known; accepts it where the operator's settings do."""

    def __init__(self, *, accept: bool) -> None:
        self.accept, self.unknown = accept, ""

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:  # noqa: ARG002
        self.unknown = key.fingerprint
        if not self.accept:
            raise _Failed(Trouble.HOST_KEY_UNKNOWN, key.fingerprint)


class SshLook:
    """Looks at one host at a time; safe to use from several threads."""

    def look(self, host: Host, ssh: Ssh, names: Sequence[str]) -> HostFacts | Unreached:
        """``names`` are looked up on the host."""
        return reached(host, ssh, lambda client, policy: _look(client, policy, names))

    def ask(self, host: Host, ssh: Ssh, script: str) -> str | Unreached:
        """What a shell script prints there, run as root where that is possible."""
        return reached(host, ssh, lambda client, _: _run(client, _FROM + host_script.SHELL, script))


def reached(host: Host, ssh: Ssh, act: Callable[[paramiko.SSHClient, _HostKeys], _Answer]) -> _Answer | Unreached:
    """What ``act`` answers with a connection, or why there is none."""
    logging.getLogger("paramiko").setLevel(logging.CRITICAL)
    try:
        with _connected(host, ssh) as (client, policy):
            return act(client, policy)
    except _Failed as failed:
        return failed.found
    except paramiko.BadHostKeyException as error:
        return Unreached(Trouble.HOST_KEY_CHANGED, error.key.fingerprint)
    except paramiko.PasswordRequiredException:
        return Unreached(Trouble.KEY_LOCKED)
    except paramiko.AuthenticationException as error:
        return Unreached(Trouble.LOGIN, str(error).rstrip(".").lower())
    except (OSError, EOFError, paramiko.SSHException) as error:
        return _network(error)


def _look(client: paramiko.SSHClient, policy: _HostKeys, names: Sequence[str]) -> HostFacts:
    before = time.time()
    there = _run(client, "date +%s.%N").strip()
    now = (before + time.time()) / 2
    answer = _run(client, host_script.SHELL, host_script.script(names))
    if "architecture=" not in answer:
        raise _Failed(Trouble.OTHER, "the login works, but it does not run commands by a shell")
    transport = client.get_transport()
    fingerprint = policy.unknown or (transport.get_remote_server_key().fingerprint if transport else "")
    return host_script.parse(
        answer,
        fingerprint=fingerprint,
        host_key_known=not policy.unknown,
        clock_ahead=_seconds(there, now) - now,
    )


def _seconds(text: str, default: float) -> float:
    with contextlib.suppress(ValueError):
        return float(text)
    return default


@contextlib.contextmanager
def _connected(host: Host, ssh: Ssh) -> Iterator[tuple[paramiko.SSHClient, _HostKeys]]:
    config = _configuration(host.address)
    policy = _HostKeys(accept=ssh.strict_host_key_checking == "accept-new")
    with paramiko.SSHClient() as client:
        for path in _known_hosts(ssh, config):
            if path.is_file():
                client.load_host_keys(str(path))
        client.set_missing_host_key_policy(policy)
        client.connect(
            config.get("hostname", host.address),
            ssh.port,
            ssh.user,
            key_filename=_keys(ssh, config),
            sock=_proxy(host, ssh, config),
            look_for_keys=not ssh.key,
            timeout=_CONNECT,
            banner_timeout=_CONNECT,
            auth_timeout=_CONNECT,
            channel_timeout=_CONNECT,
        )
        yield client, policy


def _configuration(address: str) -> Mapping[str, Any]:
    path = _CONFIG.expanduser()
    return paramiko.SSHConfig.from_path(str(path)).lookup(address) if path.is_file() else {}


def _known_hosts(ssh: Ssh, config: Mapping[str, Any]) -> list[Path]:
    named = [ssh.known_hosts] if ssh.known_hosts else config.get("userknownhostsfile", _KNOWN_HOSTS).split()
    return [Path(path).expanduser() for path in named]


def _keys(ssh: Ssh, config: Mapping[str, Any]) -> Any:
    """The key that infra.toml names must be there; those of the SSH configuration may be."""
    if ssh.key:
        try:
            Path(ssh.key).read_bytes()
        except OSError as error:
            raise _Failed(Trouble.KEY_FILE, error.strerror or "") from None
        return [ssh.key]
    return [path for path in config.get("identityfile", ()) if Path(path).is_file()] or None


def _proxy(host: Host, ssh: Ssh, config: Mapping[str, Any]) -> paramiko.ProxyCommand | None:
    command = config.get("proxycommand")
    if command is None and (jump := config.get("proxyjump")):
        target = f"{config.get('hostname', host.address)}:{ssh.port}"
        command = f"ssh -W {shlex.quote(target)} {shlex.quote(jump)}"
    return paramiko.ProxyCommand(command) if command and command != "none" else None


def _run(client: paramiko.SSHClient, command: str, text: str = "") -> str:
    """What ``command`` prints; it gets ``text`` by standard input and has to end in time."""
    deadline, parts = time.monotonic() + _ANSWER, []
    entry, output, _ = client.exec_command(command, timeout=_ANSWER)
    entry.write(text)
    entry.close()
    channel = output.channel
    while part := channel.recv(_CHUNK):
        parts.append(part)
        channel.settimeout(max(0.1, deadline - time.monotonic()))
    return b"".join(parts).decode(errors="replace")


def _network(error: Exception) -> Unreached:
    if isinstance(error, paramiko.ssh_exception.NoValidConnectionsError):
        error = next(iter(error.errors.values()))
    if isinstance(error, socket.gaierror):
        return Unreached(Trouble.NO_NAME)
    if isinstance(error, TimeoutError):
        return Unreached(Trouble.NO_ANSWER)
    if isinstance(error, ConnectionRefusedError):
        return Unreached(Trouble.REFUSED)
    if isinstance(error, OSError) and error.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH):
        return Unreached(Trouble.NO_ROUTE, error.strerror or "")
    return Unreached(Trouble.OTHER, str(error) or type(error).__name__)
