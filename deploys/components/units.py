"""What is added to units that packages bring: our command line, a tighter frame, a longer patience."""

from collections.abc import Mapping, Sequence

from deploys.operations.managed import Directory, File
from deploys.rendering import render

UNITS = "/etc/systemd/system"


def framed(
    *,
    command: Sequence[str] = (),
    writable: Sequence[str] = (),
    check: Sequence[str] = (),
    needs: Mapping[str, object] | None = None,
) -> str:
    """A drop-in for a unit of the Prometheus family.

    ``command`` replaces the package's. ``check`` is run before a reload, which is refused when it fails. ``needs`` are
    the arguments of ``templates/units/frame.j2``: what the program wants of what the frame takes away.
    """
    return render("units/dropin.conf.j2", command=command, writable=writable, check=check, needs=needs or {})


def kept(*, restart: str, oom: int) -> str:
    """A drop-in for a database, whose package's frame stays: it comes back, and is among the last to be killed.

    ``restart`` is systemd's word; ``oom`` is the kernel's, from -1000 (never) to 1000 (first).
    """
    return render("units/kept.conf.j2", restart=restart, oom=oom)


def directory(unit: str) -> Directory:
    return Directory(f"{UNITS}/{unit}.d")


def file(unit: str, text: str) -> File:
    """The drop-in in :func:`directory`."""
    return File(f"{UNITS}/{unit}.d/codeb.conf", text)
