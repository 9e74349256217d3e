"""What the components of backups share: their programs, and units that run them at their times."""

from collections.abc import Sequence

from pyinfra.api.operation import OperationMeta

from deploys.operations import managed
from deploys.operations.managed import File
from deploys.rendering import TEMPLATES, render

PROGRAM = "/usr/local/lib/codeb/backup"
UNITS = "/etc/systemd/system"


def programs(names: Sequence[str]) -> list[File]:
    return [File(f"{PROGRAM}/{name}.py", (TEMPLATES / "backup" / f"{name}.py").read_bytes()) for name in names]


def of_postgres(
    name: str, script: str, *arguments: object, description: str, root: str, metrics: str, reports: Sequence[str] = ()
) -> File:
    """A unit of user postgres, which writes below ``root`` alone. Of the reports there, these are published, or all."""
    text = render(
        "backup/service.j2",
        description=description,
        program=PROGRAM,
        script=script,
        arguments=" ".join(map(str, arguments)),
        root=root,
        metrics=metrics,
        reports="".join(f" {report}" for report in reports),
    )
    return File(f"{UNITS}/{name}.service", text)


def timer(name: str, description: str, calendar: str, minutes: int = 30) -> File:
    """``minutes`` is by how much the start is put off at most, by chance."""
    text = render("backup/timer.j2", description=description, calendar=calendar, minutes=minutes)
    return File(f"{UNITS}/{name}.timer", text)


def run_timer(name: str, wanted: Sequence[File], written: OperationMeta) -> None:
    managed.service(
        name=f"Run {name} on a timer",
        service=f"{name}.timer",
        stamp=managed.stamp(*(file.data for file in wanted)),
        changed_by=[written],
    )
