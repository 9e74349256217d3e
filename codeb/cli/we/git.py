"""we pr, we git: the project's repository at its hosting service. What is written there is other people's text."""

import click
from rich.console import Console

from codeb.cli.exits import EXIT_CODES
from codeb.cli.we.asking import text_of
from codeb.cli.we.common import changing, day, looking, message, project_option, rows
from codeb.cli.we.place import project_argument
from codeb.cli.we.session import Record, Session, yes_option

_number_argument = click.argument("number", type=click.IntRange(1))
_body_option = click.option("--body", help="Its text.")
_body_file_option = click.option("--body-file", metavar="FILE", help="The same from a file; - is standard input.")


@click.group()
def pr() -> None:
    """Pull requests of the project's repository."""


@pr.command("list", epilog=EXIT_CODES)
@project_argument
@click.option("--state", type=click.Choice(["open", "closed", "all"]), default="open", show_default=True)
@looking
def list_(session: Session, project: str, state: str) -> None:
    """The pull requests, newest first."""
    session.run("pr_list", {"projectName": project, "state": state}, _list)


@pr.command(epilog=EXIT_CODES)
@click.argument("title")
@project_option
@click.option("--head", required=True, metavar="BRANCH", help="The branch with the work.")
@click.option("--base", default="main", show_default=True, metavar="BRANCH", help="The branch it goes into.")
@_body_option
@_body_file_option
@changing
def create(
    session: Session,
    *,
    title: str,
    project: str,
    head: str,
    base: str,
    body: str | None,
    body_file: str | None,
    how: Record,
) -> None:
    """Open a pull request, or find the one that is open for these branches already."""
    given = {"projectName": project, "title": title, "headBranch": head, "baseBranch": base}
    session.run("pr_create", {**given, "body": _body(body, body_file), **how}, _created)


@pr.command(epilog=EXIT_CODES)
@_number_argument
@project_option
@click.option("--approve", "action", flag_value="approve", help="As it stands.")
@click.option("--comment", "action", flag_value="comment")
@click.option("--request-changes", "action", flag_value="request_changes")
@_body_option
@_body_file_option
@changing
def review(
    session: Session,
    *,
    number: int,
    project: str,
    action: str | None,
    body: str | None,
    body_file: str | None,
    how: Record,
) -> None:
    """Say something about a pull request, as the platform's own user at the hosting service."""
    if action is None:
        raise click.UsageError("say --approve, --comment or --request-changes")
    given = {"projectName": project, "prNumber": number, "action": action, "body": _body(body, body_file)}
    session.run("pr_review", {**given, **how}, message)


@pr.command(epilog=EXIT_CODES)
@_number_argument
@project_option
@click.option("--method", type=click.Choice(["merge", "squash", "rebase"]), default="merge", show_default=True)
@yes_option
@changing
def merge(session: Session, *, number: int, project: str, method: str, yes: bool, how: Record) -> None:
    """Merge a pull request as it stands; refused where somebody pushes to it meanwhile."""
    with session.told():
        if not how["dryRun"]:
            session.confirm(f"Merge pull request {number} of {project}?", yes=yes)
    session.run("pr_merge", {"projectName": project, "prNumber": number, "method": method, **how}, message)


@click.group()
def git() -> None:
    """The project's repository."""


@git.command(epilog=EXIT_CODES)
@project_argument
@looking
def sync(session: Session, project: str) -> None:
    """Its branches, its last commits, and how many pull requests are open."""
    session.run("git_sync", {"projectName": project}, _synced)


def _body(text: str | None, path: str | None) -> str | None:
    if text is not None and path is not None:
        raise click.UsageError("say --body or --body-file, not both")
    return text_of(path) if path is not None else text


def _list(record: Record, console: Console) -> None:
    if not record["prs"]:
        console.print(f"no pull request ({record['state']})")
        return
    lines = [
        (
            each["number"],
            each["title"],
            each["author"],
            f"{each['branch']} -> {each['baseBranch']}",
            "merged" if each["merged"] else "draft" if each["draft"] else each["state"],
            day(each["updatedAt"]),
        )
        for each in record["prs"]
    ]
    rows(console, ("NUMBER", "TITLE", "BY", "BRANCH", "STATE", "CHANGED (UTC)"), lines, right="NUMBER")
    if record["truncated"]:
        click.echo("there are more than these", err=True)


def _created(record: Record, console: Console) -> None:
    console.print(record["message"])
    console.print(record["url"])


def _synced(record: Record, console: Console) -> None:
    console.print(f"{record['repository']}: {record['message']}")
    if record["branches"]:
        default = record["defaultBranch"]
        branches = [
            (each["name"], each["sha"], each["name"] == default, each["protected"]) for each in record["branches"]
        ]
        rows(console, ("BRANCH", "AT", "DEFAULT", "PROTECTED"), [(*b[:2], *map(_yes, b[2:])) for b in branches])
    if record["recentCommits"]:
        commits = [
            (each["sha"], (each["message"].splitlines() or [""])[0], each["author"], day(each["date"]))
            for each in record["recentCommits"]
        ]
        rows(console, ("COMMIT", "SAYS", "BY", "WHEN (UTC)"), commits)
    if record["truncated"]:
        click.echo("there are more branches than these", err=True)


def _yes(is_so: bool) -> str:
    return "yes" if is_so else ""
