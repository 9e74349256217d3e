"""we open: a project in the browser."""

import webbrowser
from urllib.parse import urlsplit

import click
from rich.console import Console

from codeb.cli.exits import EXIT_CODES
from codeb.cli.we.place import project_argument
from codeb.cli.we.session import Record, Session, environment_option, json_option, pass_session


@click.command("open", short_help="A project in the browser.", epilog=EXIT_CODES)
@project_argument
@environment_option
@click.option("-s", "--slot", type=click.Choice(["blue", "green"]), help="The preview of this slot, not production.")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@json_option
@pass_session
def open_project(session: Session, project: str, environment: str | None, slot: str | None, no_browser: bool) -> None:
    """Print the address of PROJECT, and open it in the browser if there is one."""
    with session.told():
        found = session.client.call("slot_status", {"projectName": project, "environment": environment})
        known = session.client.call("project_get", {"projectName": project})["project"]["environments"]
        place = known[found["environment"]]
        url = place["previews"][slot] if slot else place["url"]
        session.show({"projectName": found["projectName"], "environment": found["environment"], "url": url}, _print)
        if not no_browser and session.console.is_terminal:
            _open(url)


def _print(record: Record, console: Console) -> None:
    console.print(record["url"])


def _open(url: str) -> None:
    """Only a web address: what the API says does not start another program."""
    if urlsplit(url).scheme in ("http", "https"):
        webbrowser.open(url)
