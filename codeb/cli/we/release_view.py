"""What people read of a deploy, a promote and a rollback."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from codeb.cli.we import output

Record = dict[str, Any]


def deployed(record: Record, console: Console) -> None:
    """Where it is, how to look at it, and what comes next."""
    project, slot = record["projectName"], record["slot"]
    done = "is deployed in" if record["changed"] else "is there already, in"
    console.print(f"{project} {output.version(record['version'])} {done} {slot} ({record['environment']})")
    if link := record.get("previewLink"):
        console.print(f"preview: {link}")
    for warning in record["warnings"]:
        console.print(Text(f"warning: {warning}", "yellow"))
    if gone := record.get("graceDiscarded"):
        console.print(f"the grace period of {gone['version']} ({gone['deploymentId']}) ended with this")
    if then := record.get("autoPromote"):
        console.print(f"{'promoted' if then['promoted'] else 'not promoted'}: {then['reason']}")
    if promotion := record.get("promotion"):
        switched(promotion, console)
    elif not (then and then["promoted"]):
        console.print(f"next: `we promote {project}{_environment(record)}` sends the traffic to it")


def switched(record: Record, console: Console) -> None:
    """Who answers now, the receipt, and the way back."""
    project = record["projectName"]
    if not record["changed"]:
        console.print(
            f"{project}: {record['activeSlot']} ({output.version(record['newVersion'])}) has the traffic already"
        )
        return
    console.print(
        f"{project} {output.version(record['newVersion'])} answers at {record['url']} from {record['activeSlot']}"
    )
    if receipt := record.get("receipt"):
        by = receipt["answeredSlot"] or "the probe alone"
        console.print(f"switched in {output.duration(receipt['durationMs'])}, verified by {by}")
    for line in env_lines(record.get("envChanges")):
        console.print(line)
    if record.get("maintenance"):
        console.print(Text("the maintenance page is still what visitors see", "yellow"))
    for warning in (record.get("receipt") or {}).get("warnings", ()):
        console.print(Text(f"warning: {warning}", "yellow"))
    if grace := record.get("gracePeriod"):
        left = output.span(grace["hoursRemaining"] * 3600)
        old = f"{record['previousSlot']} ({output.version(record['previousVersion'])})"
        console.print(f"{old} stays warm for {left}: `we rollback {project}{_environment(record)}` goes back at once")


def planned_switch(plan: Mapping[str, Any], status: Mapping[str, Any]) -> list[str]:
    """What would happen, in lines: the plan, how healthy the slot is, what changes in its variables."""
    lines = [f"{plan['projectName']} ({plan['environment']}):"]
    old, new = plan.get("previousVersion"), plan.get("newVersion")
    if plan.get("toSlot"):
        lines.append(f"  from {_side(plan.get('fromSlot'), old)} to {_side(plan['toSlot'], new)}")
        name = plan["toSlot"]
        lines.append(f"  {name} is {health_of(status['slots'][name], status['data'][name])}")
    lines += [f"  will {each}" for each in plan["plan"]]
    same = ["variables: nothing changes"] if plan.get("fromSlot") else []
    return lines + [f"  {each}" for each in env_lines(plan.get("envChanges")) or same]


def env_lines(changes: Record | None) -> list[str]:
    """Which variables change, by name; never a value."""
    if changes is None:
        return []
    parts = [f"{what} {', '.join(changes[what])}" for what in ("added", "removed", "changed") if changes[what]]
    return [f"variables: version {changes['fromVersion']} -> {changes['toVersion']}; {'; '.join(parts)}"]


def health_of(now: Mapping[str, Any], held: Mapping[str, Any]) -> str:
    """A container without a health check of its own has no health to tell of; that it runs is known."""
    if now["status"] == "empty":
        return "-"
    if held["healthStatus"] == "unknown":
        return "running" if now["running"] else "stopped"
    return str(held["healthStatus"])


def _side(slot: str | None, version: str | None) -> str:
    return f"{slot} ({output.version(version)})" if slot else "nothing"


def _environment(record: Record) -> str:
    return "" if record["environment"] == "production" else f" -e {record['environment']}"
