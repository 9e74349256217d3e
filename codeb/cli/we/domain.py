"""we domain: names of your own for a project, and the DNS records that they need. Spec section 6, security 7."""

import click
from rich.console import Console

from codeb.cli.exits import EXIT_CODES, REFUSED
from codeb.cli.we.asking import typed
from codeb.cli.we.common import any_project_option, changing, day, looking, rows
from codeb.cli.we.place import project_argument
from codeb.cli.we.session import Record, Session, environment_option, yes_option
from codeb.errors import Refused

_host_argument = click.argument("host", metavar="DOMAIN")


class UnclaimedDomain(Refused):
    code = "unclaimed_domain"

    def __init__(self, host: str) -> None:
        super().__init__(f"no project that your key sees has {host!r}; `we domain add` claims it")


@click.group()
def domain() -> None:
    """Names of your own for a project. A TXT record proves each; each is served with a certificate of its own."""


@domain.command(epilog=EXIT_CODES)
@_host_argument
@project_argument
@environment_option
@changing
def add(session: Session, *, host: str, project: str, environment: str | None, how: Record) -> None:
    """Claim DOMAIN for PROJECT and say which DNS records it needs; once they are right it is served.

    Run again, it looks at the DNS again.
    """
    given = {"domain": host, "projectName": project, "environment": environment}
    session.run("domain_setup", {**given, **how}, _claimed)


domain.add_command(add, "setup")


@domain.command("list", epilog=EXIT_CODES)
@any_project_option
@environment_option
@looking
def list_(session: Session, project: str | None, environment: str | None) -> None:
    """The names of your projects: the generated ones and those of your own."""
    session.run("domain_list", {"projectName": project, "environment": environment}, _listed)


@domain.command(epilog=EXIT_CODES)
@_host_argument
@looking
def check(session: Session, host: str) -> None:
    """Look at the DNS of DOMAIN now and say what is missing. Exits 1 until it is served and nothing is wrong."""
    with session.told():
        given = {"domain": host, **_target(session, host), "dryRun": True}
        record = session.client.call("domain_setup", given)
    session.show({key: value for key, value in record.items() if key not in ("dryRun", "plan")}, _claimed)
    if record["data"]["status"] != "active" or record["problems"]:
        raise click.exceptions.Exit(REFUSED)


@domain.command(epilog=EXIT_CODES)
@_host_argument
@yes_option
@changing
def remove(session: Session, host: str, yes: bool, how: Record) -> None:
    """Take DOMAIN from its project: visitors find nothing there from then on. Generated names stay."""
    with session.told():
        given = {"domain": host, **_target(session, host)}
        if not how["dryRun"]:
            typed(session, host, f"{given['projectName']} stops being served at {host}.", yes=yes)
    session.run("domain_delete", {**given, **how}, _gone)


def _target(session: Session, host: str) -> Record:
    """Whose it is. Raises UnclaimedDomain."""
    wanted = host.strip().rstrip(".").lower()
    for each in session.client.call("domain_list")["domains"]:
        if each["domain"] == wanted:
            target: Record = each["target"]
            return target
    raise UnclaimedDomain(host)


def _claimed(record: Record, console: Console) -> None:
    data, seen = record["data"], record["dns"]
    served, target = data["status"] == "active", data["target"]
    console.print(f"{data['domain']} is {data['status']}, for {target['projectName']} ({target['environment']})")
    if "message" in record:
        console.print(record["message"])
    if served and not record["problems"]:
        return
    console.print("\nIts DNS needs these records:")
    columns = ("type", "name", "content", "ttl")
    rows(console, [each.upper() for each in columns], [[each[key] for key in columns] for each in data["records"]])
    console.print("\nWhat is there now:")
    points = ", ".join([*seen["addresses"], *seen["aliases"]])
    console.print("  the TXT record that proves it yours: " + ("seen" if seen["proven"] else "not seen"))
    console.print(f"  the name points to: {points or 'nothing'}")
    for problem in record["problems"]:
        console.print(f"  problem: {problem}")
    console.print(f"\nNext: set what is missing where the name is registered, then `we domain check {data['domain']}`.")


def _listed(record: Record, console: Console) -> None:
    if not record["domains"]:
        console.print("no domain yet")
        return
    lines = [
        (each["domain"], *each["target"].values(), each["type"], each["status"], day(each.get("verifiedAt")))
        for each in record["domains"]
    ]
    rows(console, ("DOMAIN", "PROJECT", "ENVIRONMENT", "TYPE", "STATUS", "PROVEN (UTC)"), lines)


def _gone(record: Record, console: Console) -> None:
    console.print(f"{record['domain']}: {record['message']}")
