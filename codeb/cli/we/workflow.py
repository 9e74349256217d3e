"""we workflow init, generate, scan, secrets; we scan. Spec sections 6 and 10."""

from pathlib import Path

import click
from rich.console import Console

from codeb.cli.exits import EXIT_CODES, REFUSED
from codeb.cli.we import working_tree
from codeb.cli.we.common import facts, looking
from codeb.cli.we.init import init, show_written, texts_of, type_option
from codeb.cli.we.place import project_argument
from codeb.cli.we.session import Record, Session, confirmation_option, dry_run_option

_SECRETS = {
    "MINIO_ACCESS_KEY": "minio_access_key",
    "MINIO_SECRET_KEY": "minio_secret_key",
    "REGISTRY_USERNAME": "registry_username",
    "REGISTRY_PASSWORD": "registry_password",
}
"""Of CI, and where the answer of setup_secrets has each."""
_HIDDEN = "********"


@click.group(short_help="What CI needs: its workflow and its secrets.")
def workflow() -> None:
    """What CI needs: the workflow's text, its secrets, and whether a project is ready to ship."""


workflow.add_command(init)


@workflow.command(epilog=EXIT_CODES)
@project_argument
@type_option
@click.option("--base-domain", help="Default: the platform's.")
@click.option("--stdout", "printed", is_flag=True, help="Print the workflow and write nothing.")
@click.option("--force", is_flag=True, help="Overwrite a workflow that says something else; the diff is shown.")
@dry_run_option
@looking
def generate(
    session: Session,
    *,
    project: str,
    type: str | None,
    base_domain: str | None,
    printed: bool,
    force: bool,
    dry_run: bool,
) -> None:
    """Write .github/workflows/codeb.yml, and a Dockerfile where there is none, into this directory."""
    with session.told():
        given = {"projectName": project, "type": type, "baseDomain": base_domain}
        record = session.client.call("workflow_generate", given)
        if not printed:
            files = texts_of(record, "workflow")
            record["written"] = working_tree.write(files, force=force, dry_run=dry_run)
            record["dryRun"] = dry_run
    session.show(record, _generated)


@workflow.command(epilog=EXIT_CODES)
@project_argument
@click.option("--show", "shown", is_flag=True, help="With their values, as NAME=value lines.")
@confirmation_option
@looking
def secrets(session: Session, project: str, shown: bool, confirmation: str | None) -> None:
    """The secrets that CI needs in the repository's settings. For admins, and it stands in the audit."""

    def people(record: Record, console: Console) -> None:
        values = {name: record[key] for name, key in _SECRETS.items() if record[key]}
        for name, value in values.items():
            console.print(f"{name}={value if shown else _HIDDEN}")
        missing = [name for name in _SECRETS if name not in values]
        _explain(project, missing, shown=shown)

    session.run("setup_secrets", {"projectName": project, "confirmation": confirmation}, people)


@click.command(short_help="Whether a project can be deployed now.", epilog=EXIT_CODES)
@project_argument
@looking
def scan(session: Session, project: str) -> None:
    """Whether PROJECT can be deployed now, and what is missing; also of this directory. Exits 1 unless it is ready."""
    with session.told():
        record = session.client.call("workflow_scan", {"projectName": project})
        record |= {"hasDockerfile": working_tree.DOCKERFILE.is_file(), "hasGitHubActions": _has_workflow()}
    session.show(record, _scanned)
    if not record["ready"]:
        raise click.exceptions.Exit(REFUSED)


workflow.add_command(scan)


def _generated(record: Record, console: Console) -> None:
    if "written" not in record:
        click.echo(record["workflow"], nl=False)
        return
    if record["dryRun"]:
        click.echo("a dry run: nothing was written", err=True)
    show_written(console, record["written"])
    console.print(
        f"\nNext: `we workflow secrets {record['projectName']}` lists the secrets that CI needs; commit and push."
    )


def _explain(project: str, missing: list[str], *, shown: bool) -> None:
    """On stderr, so that what is on stdout can be piped to whatever sets secrets."""
    scopes = " ".join(f"--scope {each}" for each in ("deploy.create", "project.view", "slot.view", "task.write"))
    click.echo(f"CODEB_API_KEY: `we token create ci-{project} --role member --kind ci -p {project} {scopes}`", err=True)
    if "REGISTRY_PASSWORD" in missing:
        click.echo("REGISTRY_PASSWORD: the same key; the registry takes it with any user name", err=True)
    if others := [name for name in missing if name != "REGISTRY_PASSWORD"]:
        click.echo(f"not set on this platform: {', '.join(others)}", err=True)
    if not shown:
        click.echo("--show prints the values", err=True)


def _has_workflow() -> bool:
    return any(Path(".github/workflows").glob("*.y*ml"))


def _scanned(record: Record, console: Console) -> None:
    console.print(f"{record['projectName']}: {record['currentStatus']}")
    for issue in record["issues"]:
        console.print(f"  issue: {issue}")
    seen: Record = {}
    if record["registered"]:
        slots = record["slotStatus"]
        held = f"blue {slots['blueState']}, green {slots['greenState']}; traffic: {slots['activeSlot'] or 'nowhere'}"
        seen = {"production": held, "has variables": record["hasEnv"]}
    facts(console, {**seen, "Dockerfile here": record["hasDockerfile"], "workflow here": record["hasGitHubActions"]})
    if record.get("suggestedProject"):
        console.print(f"did you mean {record['suggestedProject']}?")
    elif record.get("teamProjects"):
        console.print(f"your projects: {', '.join(record['teamProjects'])}")
    steps = record["nextSteps"] if record["registered"] else [f"`we init {record['projectName']}` makes it"]
    for step in steps:
        console.print(f"Next: {step}")
