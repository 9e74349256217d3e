"""codeb deployments list, show, cancel."""

import click

from codeb.cli.exits import EXIT_CODES
from codeb.cli.host.session import command, dry_run_option, json_option
from codeb.tools.results import Record


@click.group()
def deployments() -> None:
    """What was deployed, when, by whom, and how it ended."""


@deployments.command("list", epilog=EXIT_CODES)
@click.argument("project")
@click.option("-e", "--environment", type=click.Choice(["production", "staging", "preview"]), help="Default: all.")
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True)
@json_option
def list_all(project: str, environment: str | None, limit: int, as_json: bool) -> None:
    """The deployments of PROJECT, newest first; any that succeeded can be rolled back to."""
    given = {"projectName": project, "environment": environment, "limit": limit}
    command("deployment_list", given, as_json=as_json, people=_list)


@deployments.command(epilog=EXIT_CODES)
@click.argument("project")
@click.argument("deployment_id")
@json_option
def show(project: str, deployment_id: str, as_json: bool) -> None:
    """One deployment with its steps, its receipt and its migration."""
    given = {"projectName": project, "deploymentId": deployment_id}
    command("deployment_get", given, as_json=as_json, people=lambda record: _show(record["deployment"]))


@deployments.command(epilog=EXIT_CODES)
@click.argument("project")
@click.argument("deployment_id")
@dry_run_option
@json_option
def cancel(project: str, deployment_id: str, dry_run: bool, as_json: bool) -> None:
    """End a deploy that is under way; everything is then as it was before it."""
    given = {"projectName": project, "deploymentId": deployment_id, "dryRun": dry_run}
    command("deployment_cancel", given, as_json=as_json, people=lambda record: click.echo(record["message"]))


def _list(record: Record) -> None:
    for each in record["deployments"]:
        when = each["createdAt"][:16].replace("T", " ")
        moved = "promoted" if each["promotedAt"] else ""
        click.echo(f"{each['id']}  {when}  {each['environment']:<11} {each['version']:<20} {each['status']:<8} {moved}")
    if not record["deployments"]:
        click.echo("nothing was deployed yet")


def _show(deployment: Record) -> None:
    click.echo(f"{deployment['id']}: {deployment['version']} in {deployment['slot']}, {deployment['status']}")
    click.echo(f"image {deployment['digest'] or deployment['image']}, variables version {deployment['envVersion']}")
    click.echo(f"by {deployment['deployedBy']} ({deployment['source']}) at {deployment['createdAt']}")
    for step in deployment["steps"]:
        click.echo(f"  {step['status']:<8} {step['name']:<20} {step['duration'] / 1000:.2f} s")
    if deployment["error"]:
        click.echo(f"failed: {deployment['error']}")
    if receipt := deployment["receipt"]:
        click.echo(f"{receipt['transition']} at {receipt['switchedAt']} in {receipt['durationMs']} ms")
    if migration := deployment["migration"]:
        click.echo(f"migration {migration.get('state')}; dump: {migration.get('dump') or 'none'}")
