"""we deploy, promote, rollback."""

from functools import partial

import click

from codeb.cli.exits import EXIT_CODES, INTERRUPTED
from codeb.cli.we.aliases import Aliased
from codeb.cli.we.place import project_argument
from codeb.cli.we.release_view import deployed, planned_switch, switched
from codeb.cli.we.session import (
    Record,
    Session,
    confirmation_option,
    dry_run_option,
    environment_option,
    json_option,
    pass_session,
    yes_option,
)
from codeb.cli.we.steps import Steps
from codeb.client.deploying import ignore

ALIASES = {
    "promote": "codeb.cli.we.releases:promote",
    "rollback": "codeb.cli.we.releases:rollback",
    "slot": "codeb.cli.we.slots:slot",
    "status": "codeb.cli.we.slots:status",
}
_GOES_ON = (
    "The deploy goes on without you. `we status {0}` shows what it came to, `we deployments {0}` its id, and"
    " `we deployment cancel ID -p {0}` ends it."
)


@click.command(cls=Aliased, aliases=ALIASES, short_help="Put an image into the idle slot.", epilog=EXIT_CODES)
@project_argument
@environment_option
@click.option("-v", "--version", help="Tag in the project's own repository; default: latest.")
@click.option("-i", "--image", help="A whole image reference instead of a version.")
@click.option("--timeout", type=click.IntRange(5, 600), help="Seconds until a start counts as failed.")
@click.option("--force", is_flag=True, help="Deploy again what is there already.")
@click.option("--auto-promote", is_flag=True, help="Send the traffic to it when it is healthy.")
@dry_run_option
@json_option
@pass_session
def deploy(
    session: Session,
    *,
    project: str,
    environment: str | None,
    version: str | None,
    image: str | None,
    timeout: int | None,
    force: bool,
    auto_promote: bool,
    dry_run: bool,
) -> None:
    """Put an image into the slot of PROJECT that has no traffic, and wait until it is healthy.

    PROJECT is also taken from CODEB_PROJECT, or from `project = "NAME"` in the nearest codeb.toml.
    """
    given = {
        "projectName": project,
        "environment": environment,
        "version": version,
        "image": image,
        "healthcheckTimeout": timeout,
        "force": force or None,
        "dryRun": dry_run or None,
    }
    with session.told():
        record = session.client.call("deploy", given) if dry_run else _live(session, "deploy", given)
        if auto_promote and not dry_run:
            where = {key: record[key] for key in ("projectName", "environment")}
            promoted = session.client.call("promote", {**where, "deploymentId": record["deploymentId"]})
            record = {**record, "promotion": promoted}
        session.show(record, deployed)


@click.command(short_help="Send the traffic to what was deployed.", epilog=EXIT_CODES)
@project_argument
@environment_option
@click.option("--deployment", "deployment_id", metavar="ID", help="Refuse unless this is the candidate.")
@click.option("--force", is_flag=True, help="Run a migration again whose end nobody saw.")
@yes_option
@confirmation_option
@dry_run_option
@json_option
@pass_session
def promote(
    session: Session,
    *,
    project: str,
    environment: str | None,
    deployment_id: str | None,
    force: bool,
    yes: bool,
    confirmation: str | None,
    dry_run: bool,
) -> None:
    """Send the traffic of PROJECT to the slot that was deployed and tested; the old one stays warm.

    Shows which variables change and how healthy the candidate is, and asks first; --yes does not ask.
    """
    given = {
        "projectName": project,
        "environment": environment,
        "deploymentId": deployment_id,
        "force": force or None,
    }
    with session.told():
        if dry_run:
            session.show(session.client.call("promote", {**given, "dryRun": True}), switched)
            return
        if not (yes or confirmation):
            given = _asked(session, "promote", given, f"Promote {project}?")
        session.show(session.client.call("promote", {**given, "confirmation": confirmation}), switched)


@click.command(short_help="Send the traffic back, at once.", epilog=EXIT_CODES)
@project_argument
@environment_option
@click.option("-r", "--reason", help="Kept in the records.")
@click.option("--to-deployment", "deployment_id", metavar="ID", help="Any recorded deployment; it is started anew.")
@click.option("--force", is_flag=True, help="Go back across a migration, or over a pinned grace slot.")
@yes_option
@confirmation_option
@dry_run_option
@json_option
@pass_session
def rollback(
    session: Session,
    *,
    project: str,
    environment: str | None,
    reason: str | None,
    deployment_id: str | None,
    force: bool,
    yes: bool,
    confirmation: str | None,
    dry_run: bool,
) -> None:
    """Send the traffic of PROJECT back to the slot that had it before, at once; or to any recorded deployment."""
    given = {
        "projectName": project,
        "environment": environment,
        "reason": reason,
        "deploymentId": deployment_id,
        "force": force or None,
    }
    with session.told():
        if dry_run:
            session.show(session.client.call("rollback", {**given, "dryRun": True}), switched)
            return
        if not (yes or confirmation):
            _asked(session, "rollback", given, f"Roll {project} back?")
        given["confirmation"] = confirmation
        call = _live(session, "rollback", given) if deployment_id else session.client.call("rollback", given)
        session.show(call, switched)


def _live(session: Session, tool: str, given: Record) -> Record:
    """A release whose steps show on stderr; Ctrl-C leaves it to the server, and says so."""
    call = session.client.deploy if tool == "deploy" else partial(session.client.call_followed, tool)
    with Steps(session.aside) as steps:
        try:
            return call(given, on_event=ignore if session.as_json else steps)
        except KeyboardInterrupt:
            session.aside.print(_GOES_ON.format(given["projectName"]))
            raise click.exceptions.Exit(INTERRUPTED) from None


def _asked(session: Session, tool: str, given: Record, question: str) -> Record:
    """Show the plan and ask. What is then promoted is what was shown, or nothing."""
    if not session.asks:
        session.confirm(question, yes=False)
    plan = session.client.call(tool, {**given, "dryRun": True})
    where = {key: plan[key] for key in ("projectName", "environment")}
    slots = session.client.call("slot_status", where)
    session.show_aside(planned_switch(plan, slots))
    session.confirm(question, yes=False)
    shown = slots["slots"].get(plan.get("toSlot") or "", {}).get("deploymentId")
    return {**given, **where, "deploymentId": given.get("deploymentId") or shown}
