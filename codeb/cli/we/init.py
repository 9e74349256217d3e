"""we init: a project made whole in one call, and its files for the repository. Spec section 6, workflow_init."""

import os
from pathlib import Path

import click
from rich.console import Console

from codeb.cli.exits import EXIT_CODES
from codeb.cli.we import settings, working_tree
from codeb.cli.we.common import changing, rows
from codeb.cli.we.place import nearest_project
from codeb.cli.we.session import Record, Session

_TYPES = ("nextjs", "remix", "nodejs", "python", "go")
_URLS = ("DATABASE_URL", "REDIS_URL")
type_option = click.option("--type", type=click.Choice(_TYPES), help="What the application is made with.")


@click.command(short_help="Make a project, and the files for its repository.", epilog=EXIT_CODES)
@click.argument("project", required=False)
@type_option
@click.option("--database/--no-database", default=None, help="A database for each environment; default: if it can be.")
@click.option("--redis/--no-redis", default=None, help="A Redis user for each environment; default: if it can be.")
@settings.set_option
@click.option("--write/--no-write", default=None, help="Write the workflow and the Dockerfile here; default: ask.")
@click.option("--force", is_flag=True, help="Overwrite a workflow that says something else.")
@click.option("--show-urls", is_flag=True, help="Print the database's URL with its password.")
@changing
def init(
    session: Session,
    *,
    project: str | None,
    assignments: tuple[str, ...],
    write: bool | None,
    force: bool,
    show_urls: bool,
    how: Record,
    **rest: str | bool | None,
) -> None:
    """Make PROJECT: its ports, sites, database and variables, and the CI workflow and Dockerfile for its repository.

    Without PROJECT it is that of this place, or named after this directory. Run again, it makes what is missing and
    changes nothing else.
    """
    given = {
        "projectName": project or nearest_project(os.environ, Path.cwd()) or Path.cwd().name,
        **rest,
        "settings": settings.settings_of(assignments) or None,
    }
    with session.told():
        record = session.client.call("workflow_init", {**given, **how})
        if how["dryRun"]:
            session.show(record, _made)
            return
        if show_urls:
            record["urls"] = _urls(session, record["projectName"])
        record["written"] = _written(session, record, write, force=force)
    session.show(record, _made)


def texts_of(record: Record, workflow: str) -> dict[Path, str]:
    return {working_tree.WORKFLOW: record[workflow], working_tree.DOCKERFILE: record["dockerfile"]}


def show_written(console: Console, written: list[Record]) -> None:
    for each in written:
        words = {"same": "as it was", "kept": "yours, kept as it is"}
        console.print(f"{each['file']}: {words.get(each['became'], each['became'])}")
    if written and not working_tree.is_repository():
        click.echo("this is not the root of a repository of git, where CI looks for its workflow", err=True)


def _written(session: Session, record: Record, wanted: bool | None, *, force: bool) -> list[Record]:
    if wanted is None:
        question = f"Write {working_tree.WORKFLOW} and {working_tree.DOCKERFILE} into this directory?"
        wanted = session.asks and click.confirm(question, default=True, err=True)
    return working_tree.write(texts_of(record, "githubActionsWorkflow"), force=force) if wanted else []


def _urls(session: Session, project: str) -> Record:
    """Of each that is stored for production."""
    given = {"projectName": project, "environment": "production"}
    variables = session.client.call("env_get", given)["variables"]
    return {name: variables[name] for name in _URLS if name in variables}


def _made(record: Record, console: Console) -> None:
    name = record["projectName"]
    console.print(f"{name} {'is made' if record['changed'] else 'was there already'}: {record['url']}")
    lines = [
        (each, found["url"], found["ports"]["blue"], found["ports"]["green"])
        for each, found in record["environments"].items()
    ]
    rows(console, ("ENVIRONMENT", "ADDRESS", "BLUE", "GREEN"), lines, right="BLUE GREEN")
    urls = record.get("urls", {})
    for kind in ("database", "redis"):
        if record[kind]:
            variable = record[kind]["variable"]
            hidden = f"********  (`we env get {name} {variable}` shows it)"
            console.print(f"{variable}={urls.get(variable, hidden)}")
    if "message" in record:
        console.print(record["message"])
    show_written(console, record["written"])
    console.print("\nNext:")
    if not record["written"]:
        console.print(f"- `we workflow generate {name}` writes the CI workflow and a Dockerfile into your repository")
    console.print(f"- `we workflow secrets {name}` lists the secrets that CI needs, and how to make its key")
    console.print(f"- commit and push; or push an image to {record['registryPath']} and `we deploy {name}`")
