"""What passes while nobody looks: the copies of a night, and a day."""

from collections.abc import Mapping
from typing import Any


def copied(machines: Mapping[str, Any]) -> None:
    """What the nights do."""
    for role, unit in (("storage", "codeb-backup"), ("storage", "codeb-backup-copy"), ("app", "codeb-state-copy")):
        machines[role].check_output(f"systemctl start {unit}.service")


def another_day(machines: Mapping[str, Any]) -> None:
    """The copies so far are of yesterday: the backup host takes six versions of an item in a day."""
    machines["backup"].check_output(
        "find /var/backups/codeb-copies -name '*.age' -mmin -1440 -exec touch -d '25 hours ago' {} +"
    )
