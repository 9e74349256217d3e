"""Every unit of ours, and every frame put around a package's unit, as systemd's own tools judge it."""

import subprocess
from pathlib import Path

import pytest
from jinja2 import Environment, meta

from deploys.components import base, units
from deploys.rendering import TEMPLATES, render

pytestmark = pytest.mark.integration

LIMIT = 4.0
"""The most exposure that a unit may have, of ten; systemd calls five and more medium."""
TEMPLATES_OF_UNITS = sorted(
    str(path.relative_to(TEMPLATES)) for kind in ("service", "timer") for path in TEMPLATES.rglob(f"*{kind}.j2")
)
VALUES: dict[str, object] = {
    "address": "10.0.0.3:9000",
    "arguments": "/var/backups/codeb 14 1024",
    "binary": "/bin/true",
    "calendar": "*-*-* 00:30:00",
    "command": ["/bin/true", "serve"],
    "config": "/etc/centrifugo/config.json",
    "data": "/var/lib/registry",
    "days": 30,
    "description": "A unit",
    "env_file": "/etc/codeb/codeb.env",
    "environment": "/etc/codeb/object-storage/engine.env",
    "group": "codeb-owner",
    "home": "/etc/codeb/registry",
    "metrics": "/var/lib/prometheus/node-exporter/codeb-backup.prom",
    "minutes": 5,
    "network": True,
    "migrates": True,
    "port": 9118,
    "program": "/bin/true",
    "reports": " base.json",
    "root": "/opt/codeb",
    "script": "/bin/true",
    "shutdown_seconds": 15,
    "title": "Silo",
    "tls": "/etc/codeb/tls",
    "tls_group": "codeb-tls",
    "user": "codeb-owner",
}
FRAMES = {
    "a plain exporter": units.framed(),
    "the node exporter": units.framed(needs=base.NODE_NEEDS),
    "Prometheus": units.framed(command=["/bin/true"], writable=["/var/lib/prometheus"], check=["/bin/true"]),
}
PACKAGED = "[Unit]\nDescription=As a package brings it\n[Service]\nUser=prometheus\nExecStart=/bin/true\n"
"""What Debian's units of exporters have: no frame at all."""


def rendered(template: str) -> str:
    names = meta.find_undeclared_variables(Environment(autoescape=True).parse((TEMPLATES / template).read_text()))
    return render(template, **{name: VALUES[name] for name in names})


def analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", "--no-pager", *map(str, arguments)], capture_output=True, text=True, check=False, timeout=60
    )


def exposed(unit: Path, limit: float = LIMIT) -> str:
    """Nothing, or what systemd holds against the unit."""
    done = analyze("security", "--offline=yes", f"--threshold={limit * 10:.0f}", unit)
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    return tmp_path / "codeb-probe.service"


@pytest.mark.parametrize("template", [name for name in TEMPLATES_OF_UNITS if "timer" not in name])
def test_a_service_of_ours_is_little_exposed(template: str, unit: Path) -> None:
    unit.write_text(rendered(template))
    assert exposed(unit) == ""


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_a_packages_service_is_little_exposed_with_our_frame(frame: str, unit: Path) -> None:
    unit.write_text(PACKAGED)
    assert "UNSAFE" in exposed(unit)
    drop_in = unit.with_name(f"{unit.name}.d")
    drop_in.mkdir()
    (drop_in / "codeb.conf").write_text(frame)
    assert exposed(unit) == ""


@pytest.mark.parametrize("template", TEMPLATES_OF_UNITS)
def test_systemd_knows_every_line(template: str, tmp_path: Path) -> None:
    unit = tmp_path / f"codeb-probe.{'timer' if 'timer' in template else 'service'}"
    unit.write_text(rendered(template))
    unit.with_suffix(".service").touch()
    assert ignored(unit) == []


@pytest.mark.parametrize("frame", [*FRAMES.values(), units.kept(restart="always", oom=-500)])
def test_systemd_knows_every_line_of_a_drop_in(frame: str, unit: Path) -> None:
    drop_in = unit.with_name(f"{unit.name}.d")
    drop_in.mkdir()
    (drop_in / "codeb.conf").write_text(frame)
    unit.write_text(PACKAGED)
    assert ignored(unit) == []


def test_a_misspelt_line_is_found(unit: Path) -> None:
    unit.write_text(f"{PACKAGED}ProtectHomes=yes\n")
    assert len(ignored(unit)) == 1


def ignored(unit: Path) -> list[str]:
    """What systemd would skip; programs that are not on this machine are another matter."""
    done = analyze("verify", "--man=no", "--generators=no", "--recursive-errors=no", unit)
    return [line for line in done.stderr.splitlines() if unit.stem in line and "is not executable" not in line]
