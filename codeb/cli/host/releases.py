"""codeb deploy, promote, rollback, maintenance."""

import sys

import click

from codeb.cli.exits import EXIT_CODES
from codeb.cli.host.session import command, dry_run_option, environment_option, json_option
from codeb.domain.deployment import Step, StepStatus
from codeb.tools.results import Record

_MARKS = {StepStatus.RUNNING: "..", StepStatus.SUCCESS: "ok", StepStatus.FAILED: "!!", StepStatus.SKIPPED: "--"}


@click.command(epilog=EXIT_CODES)
@click.argument("project")
@environment_option
@click.option("-v", "--version", "version", help="Tag in the project's own repository; default: latest.")
@click.option("-i", "--image", help="A whole image reference instead of a version.")
@click.option("--timeout", type=click.IntRange(5, 600), help="Seconds until a start counts as failed.")
@click.option("--force", is_flag=True, help="Deploy again what is there already.")
@dry_run_option
@json_option
def deploy(
    *,
    project: str,
    environment: str,
    version: str | None,
    image: str | None,
    timeout: int | None,
    force: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Put an image into the slot of PROJECT that has no traffic, and wait until it is healthy."""
    given = {
        "projectName": project,
        "environment": environment,
        "version": version,
        "image": image,
        "healthcheckTimeout": timeout,
        "force": force,
        "dryRun": dry_run,
    }
    command("deploy", given, as_json=as_json, people=_deployed, on_step=show_step)


@click.command(epilog=EXIT_CODES)
@click.argument("project")
@environment_option
@click.option("--deployment", "deployment_id", help="Refuse unless this is the candidate.")
@click.option("--force", is_flag=True, help="Run a migration again whose end nobody saw.")
@dry_run_option
@json_option
def promote(
    *, project: str, environment: str, deployment_id: str | None, force: bool, dry_run: bool, as_json: bool
) -> None:
    """Send the traffic of PROJECT to the slot that was deployed and tested."""
    given = {
        "projectName": project,
        "environment": environment,
        "deploymentId": deployment_id,
        "force": force,
        "dryRun": dry_run,
    }
    command("promote", given, as_json=as_json, people=_switched)


@click.command(epilog=EXIT_CODES)
@click.argument("project")
@environment_option
@click.option("-r", "--reason", default="", help="Kept in the records.")
@click.option("--deployment", "deployment_id", help="Any recorded deployment; it is started anew.")
@click.option("--force", is_flag=True, help="Go back across a migration, or over a pinned grace slot.")
@dry_run_option
@json_option
def rollback(
    *,
    project: str,
    environment: str,
    reason: str,
    deployment_id: str | None,
    force: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Send the traffic of PROJECT back to the grace slot, at once; or to any recorded deployment."""
    given = {
        "projectName": project,
        "environment": environment,
        "reason": reason,
        "deploymentId": deployment_id,
        "force": force,
        "dryRun": dry_run,
    }
    command("rollback", given, as_json=as_json, people=_switched, on_step=show_step)


@click.command(epilog=EXIT_CODES)
@click.argument("project")
@click.argument("state", type=click.Choice(["on", "off"]))
@environment_option
@click.option("-r", "--reason", default="", help="Kept in the records.")
@dry_run_option
@json_option
def maintenance(*, project: str, state: str, environment: str, reason: str, dry_run: bool, as_json: bool) -> None:
    """Answer every visitor of PROJECT with a maintenance page, or end that."""
    given = {
        "projectName": project,
        "environment": environment,
        "enabled": state == "on",
        "reason": reason,
        "dryRun": dry_run,
    }
    command("maintenance", given, as_json=as_json, people=_maintained)


def show_step(step: Step) -> None:
    """One line as it happens; a terminal, and nothing else, shows the running step too and overwrites it."""
    name = step.name.replace("_", " ")
    if step.status is StepStatus.RUNNING:
        if sys.stderr.isatty():
            click.echo(f"  {_MARKS[step.status]} {name}\r", nl=False, err=True)
        return
    took = f"  {step.duration / 1000:.2f} s" if step.status is not StepStatus.SKIPPED else ""
    click.echo(f"  {_MARKS[step.status]} {name:<20}{took}", err=True)


def _deployed(record: Record) -> None:
    done = "is deployed in" if record["changed"] else "is there already, in"
    click.echo(f"{record['projectName']} {record['version']} {done} {record['slot']} (port {record['port']})")
    click.echo(f"preview: {record['previewLink']}")
    for warning in record["warnings"]:
        click.echo(f"warning: {warning}")
    if then := record.get("autoPromote"):
        click.echo(f"{'promoted' if then['promoted'] else 'not promoted'}: {then['reason']}")
    if gone := record.get("graceDiscarded"):
        click.echo(f"the grace period of {gone['deploymentId']} ({gone['version']}) ended with this")


def _switched(record: Record) -> None:
    if not record["changed"]:
        click.echo(f"{record['projectName']}: {record['activeSlot']} has the traffic already")
        return
    receipt = record["receipt"]
    click.echo(f"{record['projectName']} {record['newVersion']} answers at {record['url']} from {record['activeSlot']}")
    click.echo(f"switched in {receipt['durationMs']} ms, verified by {receipt['answeredSlot'] or 'the probe alone'}")
    _env_changes(record["envChanges"])
    if record["maintenance"]:
        click.echo("the maintenance page is still what visitors see; `codeb maintenance ... off` ends it")
    for warning in receipt["warnings"]:
        click.echo(f"warning: {warning}")
    if grace := record["gracePeriod"]:
        click.echo(f"{record['previousSlot']} ({record['previousVersion']}) stays warm until {grace['endsAt']}")


def _maintained(record: Record) -> None:
    state = "is in maintenance" if record["maintenance"] else "answers again"
    click.echo(f"{record['projectName']} ({record['environment']}) {state}{'' if record['changed'] else ' already'}")


def _env_changes(changes: Record | None) -> None:
    """Which variables production has from now on that it had not before; never a value."""
    if changes is None:
        return
    parts = [f"{what} {', '.join(changes[what])}" for what in ("added", "removed", "changed") if changes[what]]
    click.echo(f"variables: version {changes['fromVersion']} -> {changes['toVersion']}; {'; '.join(parts)}")
