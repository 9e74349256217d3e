"""we health, we version, we completion."""

import click
from click.shell_completion import get_completion_class
from rich.console import Console
from rich.text import Text

import codeb
from codeb.cli.exits import EXIT_CODES, UNAVAILABLE
from codeb.cli.we import output
from codeb.cli.we.session import Record, Session, json_option, pass_session


@click.command(epilog=EXIT_CODES)
@json_option
@pass_session
def health(session: Session) -> None:
    """How the API, its parts and the app host are. Exits with 4 when something does not work.

    Without a key only what the API tells everybody.
    """
    with session.told():
        config = session.config
        record = (
            session.client.call("health_check") if config.api_key else session.client.get("/health", with_key=False)
        )
        session.show(record, _health)
    if record["status"] != "healthy":
        raise click.exceptions.Exit(UNAVAILABLE)


@click.command(epilog=EXIT_CODES)
@json_option
@pass_session
def version(session: Session) -> None:
    """The version of this program, and that of the API."""
    with session.told():
        record: Record = {"client": codeb.__version__, "server": None}
        if session.config.api_url:
            found = session.client.get("/health", {"v": codeb.__version__}, with_key=False, timeout=10)
            record |= {"server": found["version"], "updateMessage": found.get("updateMessage")}
        session.show(record, _version)


@click.command(short_help="The completion of bash, zsh or fish.", epilog=EXIT_CODES)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """The completion of SHELL, to be read by it: `eval "$(we completion bash)"`.

    For fish: `we completion fish | source`.
    """
    from codeb.cli.we.main import main

    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"there is no completion for {shell}")
    click.echo(found(main, {}, "we", "_WE_COMPLETE").source())


def _health(record: Record, console: Console) -> None:
    console.print(Text.assemble("the API is ", output.state(record["status"])))
    for name, part in (record.get("components") or {}).items():
        details = f"  {part['details']}" if part["details"] else ""
        console.print(Text.assemble(f"  {name:<12}", output.state(part["status"]), details))
    for name, numbers in (record.get("resources") or {}).items():
        if (usage := numbers.get("usage")) is not None:
            console.print(f"  {name:<12}{usage:g} % used")
    for warning in record.get("warnings") or ():
        console.print(Text(f"warning: {warning}", "yellow"))
    for error in record.get("errors") or record.get("problems") or ():
        console.print(Text(f"trouble: {error}", "bold red"))


def _version(record: Record, console: Console) -> None:
    console.print(f"we {record['client']}")
    console.print(f"API {record['server']}" if record["server"] else "no API is known; `we login`")
    if message := record.get("updateMessage"):
        console.print(Text(message, "yellow"))
