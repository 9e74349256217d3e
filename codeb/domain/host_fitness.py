"""Is a host fit for its roles? From what was found to sentences that say what to do; nothing here looks by itself."""

from collections.abc import Iterator

from codeb.domain.host_facts import Finding, HostFacts, Level, Unreached
from codeb.domain.host_names import judge_names_there
from codeb.domain.host_ports import judge_ports
from codeb.domain.host_reach import unreached
from codeb.domain.infra import Host, Infra, Role, Ssh

SYSTEMS = {"debian": ("12", "13"), "ubuntu": ("22.04", "24.04")}
PYTHON = (3, 11)
_GIB = 1 << 30
_DISK_ENOUGH, _DISK_LEAST = 10 * _GIB, 3 * _GIB
_MEMORY_ENOUGH, _MEMORY_LEAST = 900 << 20, 400 << 20
_CLOCK_GOOD, _CLOCK_WORST = 2.0, 60.0

Said = tuple[str, Level, str]


def judge(infra: Infra, name: str, facts: HostFacts | Unreached) -> Iterator[Finding]:
    """Everything about one host but its public names as others see them."""
    host, ssh = infra.hosts[name], infra.ssh_of(name)
    if isinstance(facts, Unreached):
        yield Finding(name, "SSH", Level.PROBLEM, unreached(host, ssh, facts))
        return
    for check, level, message in _said(host, ssh, facts):
        yield Finding(name, check, level, message)
    yield from judge_ports(name, host.roles, facts, infra.s3_engine)
    yield from judge_names_there(infra, name, facts.names)


def _said(host: Host, ssh: Ssh, facts: HostFacts) -> Iterator[Said]:
    yield _host_key(ssh, facts)
    yield _privilege(ssh, facts)
    yield _system(facts)
    yield _architecture(facts)
    yield _systemd(facts)
    yield from _disk(facts)
    yield _memory(facts)
    yield _clock(facts)
    yield _address(host, facts)
    if Role.APP in host.roles:
        yield _python(facts)


def _host_key(ssh: Ssh, facts: HostFacts) -> Said:
    if facts.host_key_known:
        return "SSH", Level.OK, f"reached as {ssh.user}; its host key is known"
    message = f"reached as {ssh.user}; its host key {facts.fingerprint} is new and will be accepted: compare it first"
    return "SSH", Level.WARNING, message


def _privilege(ssh: Ssh, facts: HostFacts) -> Said:
    if facts.root:
        return "root", Level.OK, "root" if ssh.user == "root" else f"{ssh.user} becomes root by sudo"
    rule = f"{ssh.user} ALL=(ALL) NOPASSWD: ALL"
    message = f"{ssh.user} cannot become root without a password: write '{rule}' into /etc/sudoers.d/codeb there"
    return "root", Level.PROBLEM, message


def _system(facts: HostFacts) -> Said:
    if facts.system_version in SYSTEMS.get(facts.system, ()):
        return "system", Level.OK, f"{facts.system} {facts.system_version}"
    found = f"{facts.system or 'the system'} {facts.system_version}".strip()
    return "system", Level.PROBLEM, f"{found} is not known here: install Debian 12 or 13, or Ubuntu 22.04 or 24.04"


def _architecture(facts: HostFacts) -> Said:
    if facts.architecture == "x86_64":
        return "architecture", Level.OK, facts.architecture
    if facts.architecture == "aarch64":
        message = "aarch64: our own URLs are of amd64 programs; set url and sha256 of each in infra.toml's components"
        return "architecture", Level.WARNING, message
    return "architecture", Level.PROBLEM, f"{facts.architecture} cannot run our programs: take an x86_64 host"


def _systemd(facts: HostFacts) -> Said:
    if facts.systemd in ("running", "starting", "initializing"):
        return "systemd", Level.OK, facts.systemd
    if facts.systemd == "degraded":
        units = ", ".join(facts.failed_units) or "some unit"
        return "systemd", Level.WARNING, f"failed: {units}; `systemctl status` there says why"
    message = f"systemd does not run ({facts.systemd or 'it is not there'}): services cannot be kept up on this host"
    return "systemd", Level.PROBLEM, message


def _disk(facts: HostFacts) -> Iterator[Said]:
    for path, free in facts.free.items():
        level = Level.OK if free >= _DISK_ENOUGH else Level.WARNING if free >= _DISK_LEAST else Level.PROBLEM
        advice = "" if level is Level.OK else ": images, databases and logs want 10 GiB or more; free or add space"
        yield "disk", level, f"{free / _GIB:.1f} GiB free in {path}{advice}"


def _memory(facts: HostFacts) -> Said:
    size = f"{facts.memory / _GIB:.1f} GiB"
    if facts.memory >= _MEMORY_ENOUGH:
        return "memory", Level.OK, size
    level = Level.WARNING if facts.memory >= _MEMORY_LEAST else Level.PROBLEM
    return "memory", level, f"{size}: a role needs 1 GiB, and the app host what its projects use on top; add memory"


def _clock(facts: HostFacts) -> Said:
    apart = abs(facts.clock_ahead)
    if apart <= _CLOCK_GOOD:
        return "clock", Level.OK, f"within {_CLOCK_GOOD:.0f} s of this machine's"
    level = Level.WARNING if apart <= _CLOCK_WORST else Level.PROBLEM
    side = "ahead of" if facts.clock_ahead > 0 else "behind"
    message = f"{apart:.0f} s {side} this machine's: tokens and certificates go by it; `timedatectl set-ntp true` there"
    return "clock", level, f"{message}, and look at this machine's own clock"


def _address(host: Host, facts: HostFacts) -> Said:
    if host.private in facts.addresses:
        return "address", Level.OK, f"{host.private} is its own"
    message = f"{host.private} is no address of this host, and services could not listen on it: set private_address to"
    return "address", Level.PROBLEM, f"{message} one of {', '.join(facts.addresses) or 'its own'}"


def _python(facts: HostFacts) -> Said:
    if facts.python is not None:
        if facts.python >= PYTHON:
            return "Python", Level.OK, _version(facts.python)
        return "Python", Level.PROBLEM, f"python3 is {_version(facts.python)}: the app host needs 3.11; see its system"
    if facts.python_available is None:
        return "Python", Level.WARNING, "no python3, and apt knows none: run `apt-get update` there and check again"
    if facts.python_available >= PYTHON:
        return "Python", Level.OK, f"{_version(facts.python_available)} is installed by the bootstrap"
    message = f"python3 would be {_version(facts.python_available)}: the app host needs 3.11; see its system"
    return "Python", Level.PROBLEM, message


def _version(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
