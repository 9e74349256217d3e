"""The hosts' base image: a minimal Debian with systemd and SSH, made by debootstrap, kept in the cache."""

import tempfile
from pathlib import Path

from tests.lab.paths import CACHE
from tests.lab.shell import run, succeeds

SUITE = "bookworm"
NAME = f"codeb-lab-{SUITE}:1"
_PACKAGES = [
    "systemd",
    "systemd-sysv",
    "dbus",
    "openssh-server",
    "python3-minimal",
    "sudo",
    "ca-certificates",
    "curl",
    "iproute2",
    "gnupg",
    "procps",
]
_APT = (
    "/etc/apt/sources.list",
    "/etc/apt/sources.list.d/debian.sources",
    "/etc/apt/apt.conf.d",
    "/usr/local/share/ca-certificates",
)


def ensure() -> None:
    """Build the image once per machine; afterwards it comes from the cache in seconds."""
    if succeeds(["docker", "image", "inspect", NAME]):
        return
    archive = CACHE / "images" / f"{NAME.replace(':', '-')}.tar"
    if not archive.exists():
        _build(archive)
    run(["docker", "import", archive, NAME])


def _build(archive: Path) -> None:
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="codeb-lab-") as directory:
        root = Path(directory) / "root"
        run(["debootstrap", "--variant=minbase", f"--include={','.join(_PACKAGES)}", SUITE, root])
        _take_over_package_sources(root)
        _prepare(root)
        part = archive.with_suffix(".part")
        run(["tar", "-C", root, "-c", "-f", part, "."])
        part.rename(archive)


def _take_over_package_sources(root: Path) -> None:
    """The hosts get packages from where this machine does, and trust what it trusts."""
    (root / "etc/apt/sources.list").unlink(missing_ok=True)
    for source in map(Path, _APT):
        if source.exists():
            run(["cp", "-aL", "--parents", source, root])
    run(["cp", "-aL", "/etc/ssl/certs/ca-certificates.crt", root / "etc/ssl/certs/ca-certificates.crt"])


def _prepare(root: Path) -> None:
    (root / "etc/systemd/journald.conf.d").mkdir(parents=True, exist_ok=True)
    (root / "etc/systemd/journald.conf.d/lab.conf").write_text("[Journal]\nSystemMaxUse=200M\n")
    for unit in ("systemd-timesyncd.service", "apt-daily.timer", "apt-daily-upgrade.timer"):
        (root / "etc/systemd/system" / unit).symlink_to("/dev/null")
    (root / "root/.ssh").mkdir(mode=0o700, exist_ok=True)
    for key in (root / "etc/ssh").glob("ssh_host_*"):
        key.unlink()
    (root / "etc/systemd/system/ssh-keys.service").write_text(
        "[Unit]\nBefore=ssh.service\nConditionPathExists=!/etc/ssh/ssh_host_ed25519_key\n"
        "[Service]\nType=oneshot\nExecStart=/usr/bin/ssh-keygen -A\n[Install]\nWantedBy=multi-user.target\n"
    )
    wants = root / "etc/systemd/system/multi-user.target.wants"
    (wants / "ssh-keys.service").symlink_to("/etc/systemd/system/ssh-keys.service")
