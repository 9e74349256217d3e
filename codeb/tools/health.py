"""health_check: the platform as one key may see it. Spec section 6."""

import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import codeb
from codeb.domain.access import Role
from codeb.domain.slots import Slot, SlotPair
from codeb.errors import CodebError
from codeb.tools.call import Call
from codeb.tools.params import Params
from codeb.tools.release_view import version_of
from codeb.tools.results import Record
from codeb.tools.slot_view import both, health
from codeb.tools.tool import Tool

_STARTED = time.monotonic()
_ALMOST_FULL = 0.9


class CheckParams(Params):
    pass


def uptime() -> float:
    """Seconds since this process began."""
    return round(time.monotonic() - _STARTED, 3)


def check(call: Call, params: CheckParams) -> Record:  # noqa: ARG001
    """The API, its parts, the host's resources, and the slots and containers of the projects that the key may see."""
    warnings: list[str] = []
    errors: list[str] = []
    pairs = call.pairs()
    containers = _containers(call, pairs, errors)
    database = call.services.database.available()
    if not database:
        warnings.append(
            "the database is away: history waits on this host, changes to projects and variables do not work"
        )
    resources = _resources(call.services.settings.root, warnings)
    components = {
        "api": {"healthy": True, "status": "running", "details": f"version {codeb.__version__}"},
        "database": {"healthy": database, "status": "available" if database else "away", "details": ""},
        "containers": {
            "healthy": not errors,
            "status": "ok" if not errors else "trouble",
            "details": "; ".join(errors),
        },
    }
    return {
        "status": "healthy" if database and not errors else "degraded",
        "components": components,
        "resources": resources,
        "services": {"api": {"running": True, "status": "running"}},
        "warnings": warnings,
        "errors": errors,
        "data": {
            "api": {"status": "healthy", "version": codeb.__version__, "uptime": uptime()},
            "containers": containers,
            "slots": [_slots(pair) for pair in pairs],
            "images": sorted({slot.release.image for pair in pairs for slot in both(pair) if slot.release}),
            "ports": [
                {"port": slot.port, "process": pair.environment.container(slot.name)}
                for pair in pairs
                for slot in both(pair)
                if slot.release
            ],
        },
    }


def _containers(call: Call, pairs: Sequence[SlotPair], errors: list[str]) -> list[Record]:
    found: list[Record] = []
    for pair in pairs:
        for slot in (each for each in both(pair) if each.release):
            name = pair.environment.container(slot.name)
            try:
                seen = call.services.runtime.observe(name)
            except CodebError as error:
                errors.append(str(error))
                return found
            state = "running" if seen.running else "stopped"
            if not seen.running and slot is pair.active:
                errors.append(f"{name} has the traffic and is not running")
            found.append(
                {"name": name, "image": seen.image, "status": state, "ports": [slot.port], "health": health(slot, seen)}
            )
    return found


def _slots(pair: SlotPair) -> Record:
    return {
        "project": pair.environment.key,
        "activeSlot": pair.active and str(pair.active.name),
        **{str(slot.name): _slot(slot) for slot in both(pair)},
    }


def _slot(slot: Slot) -> Record:
    return {"state": str(slot.state), "port": slot.port, "version": version_of(slot)}


def _resources(root: Path, warnings: list[str]) -> Record:
    disk = shutil.disk_usage(root if root.exists() else "/")
    if disk.used / disk.total > _ALMOST_FULL:
        warnings.append(f"the disk of {root} is {disk.used / disk.total:.0%} full")
    memory = dict(_memory())
    total, free = memory.get("MemTotal", 0), memory.get("MemAvailable", 0)
    return {
        "cpu": {"usage": round(os.getloadavg()[0] / (os.cpu_count() or 1) * 100, 1)},
        "memory": {
            "usage": round((total - free) / total * 100, 1) if total else None,
            "used": total - free,
            "total": total,
        },
        "disk": {"usage": round(disk.used / disk.total * 100, 1), "used": disk.used, "total": disk.total},
    }


def _memory() -> list[tuple[str, int]]:
    """/proc/meminfo in bytes."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    return [(name, int(rest.split()[0]) * 1024) for name, _, rest in (line.partition(":") for line in lines)]


TOOLS: tuple[Tool[Any], ...] = (
    Tool("health_check", "project.view", Role.VIEWER, CheckParams, check, aliases=("full_health_check",)),
)
