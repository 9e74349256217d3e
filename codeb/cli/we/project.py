"""we projects; we project get, update, delete, bind. Spec section 6, "Beyond the original"."""

import click
from rich.console import Console

from codeb.cli.exits import EXIT_CODES
from codeb.cli.we import settings
from codeb.cli.we.asking import typed
from codeb.cli.we.common import changing, day, facts, looking, message, rows
from codeb.cli.we.place import project_argument
from codeb.cli.we.session import Record, Session, yes_option


@click.command(short_help="The projects that your key sees.", epilog=EXIT_CODES)
@looking
def projects(session: Session) -> None:
    """Every project that your key sees: its address, and what production runs."""
    session.run("project_list", {}, _list)


@click.group()
def project() -> None:
    """One project: what it is, its settings, its end."""


@project.command(epilog=EXIT_CODES)
@project_argument
@looking
def get(session: Session, project: str) -> None:
    """PROJECT's environments with their slots and addresses, its domains and its settings."""
    session.run("project_get", {"projectName": project}, _whole)


@project.command(epilog=EXIT_CODES)
@project_argument
@settings.set_option
@settings.reset_option
@settings.webhook_option
@changing
def update(
    session: Session,
    *,
    project: str,
    assignments: tuple[str, ...],
    resets: tuple[str, ...],
    webhook: str | None,
    how: Record,
) -> None:
    """Change settings of PROJECT: --set memory=1g --set healthPath=/up; lists and tables in JSON.

    `we project get` shows their names. Those of the container follow with the next deploy.
    """
    wanted = settings.settings_of(assignments, resets) | settings.webhook_of(webhook, "webhook")
    if not wanted:
        raise click.UsageError("say what to change: --set NAME=VALUE, --reset NAME or --webhook FILE")
    session.run("project_update", {"projectName": project, "settings": wanted, **how}, _updated)


@project.command(epilog=EXIT_CODES)
@click.argument("project")
@click.option("--force", is_flag=True, help="Also where a database cannot be dumped first.")
@yes_option
@changing
def delete(session: Session, *, project: str, force: bool, yes: bool, how: Record) -> None:
    """Delete PROJECT with its containers, sites, databases, variables and records. There is no way back."""
    with session.told():
        given = {"projectName": project, "force": force}
        plan = session.client.call("project_delete", {**given, "dryRun": True})
        name = plan["projectName"]
        if not how["dryRun"]:
            typed(session, name, f"This would {', and '.join(plan['plan'])}. There is no way back.", yes=yes)
    session.run("project_delete", {**given, "confirm": name, **how}, _deleted)


@project.command(epilog=EXIT_CODES)
@click.argument("project")
@click.argument("repository", default="", metavar="[OWNER/NAME]")
@changing
def bind(session: Session, project: str, repository: str, how: Record) -> None:
    """Bind PROJECT to the repository that its git tools may touch; without one, end that. For platform keys."""
    session.run("repository_bind", {"projectName": project, "repository": repository, **how}, message)


def _list(record: Record, console: Console) -> None:
    if not record["projects"]:
        console.print("no project yet; `we init NAME` makes one")
        return
    keys = ("name", "type", "activeVersion", "url")
    lines = [[*(each[key] for key in keys), day(each["createdAt"])] for each in record["projects"]]
    rows(console, ("PROJECT", "TYPE", "RUNS", "ADDRESS", "SINCE (UTC)"), lines)


def _whole(record: Record, console: Console) -> None:
    found = record["project"]
    console.print(f"{found['name']}: {found['type']}, team {found['teamId']}, since {day(found['createdAt'])} UTC")
    console.print(f"images: {found['registryPath']}\n")
    lines = [_environment(name, each) for name, each in found["environments"].items()]
    rows(console, ("ENVIRONMENT", "TRAFFIC", "BLUE", "GREEN", "ADDRESS"), lines)
    for name, hosts in found["domains"].items():
        if hosts:
            console.print(f"domains of {name}: {', '.join(hosts)}")
    console.print("\nsettings:")
    facts(console, found["settings"])


def _environment(name: str, each: Record) -> tuple[str, ...]:
    slots = each["slots"]
    held = [f"{slots[f'{slot}State']} {slots[f'{slot}Version'] or ''}".strip() for slot in ("blue", "green")]
    return name, slots["activeSlot"], *held, each["url"]


def _updated(record: Record, console: Console) -> None:
    settings.changed(record, console)
    if record["redeployNeeded"]:
        console.print(f"Next: deploy {record['projectName']} again; its container has the old settings until then.")


def _deleted(record: Record, console: Console) -> None:
    console.print(record["message"])
    for path in record["dumps"]:
        console.print(f"last dump: {path} on the app host")
