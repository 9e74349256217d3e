"""codeb hosts ports: what answers from where, against the table of who may talk to whom."""

import json

import click

from codeb import infra_file
from codeb.adapters.port_scan import SshPortLook
from codeb.adapters.ssh import SshLook
from codeb.cli.exits import REFUSED, told
from codeb.domain.port_views import Kind
from codeb.services.check_ports import Scan, check_ports

_EXIT_CODES = "Exit codes: 0 as the table says, 1 something differs or could not be seen, 2 wrong usage or infra.toml."
_COLOURS = {Kind.OPEN: "red", Kind.CLOSED: "red", Kind.SILENT: "yellow"}


@click.command(epilog=_EXIT_CODES)
@click.option("--json", "as_json", is_flag=True, help="One JSON record on stdout, for programs.")
def ports(as_json: bool) -> None:
    """Try every port of every host and compare with who may talk to whom.

    From this machine, from each host to each other one, and from inside a container's network on the app host: the
    table's ports, whatever listens, and the cloud's metadata address. TCP only: a UDP port that is closed and one that
    stays silent look the same from outside.

    Goes to each host by SSH. On the app host the engine gets a network for as long as this runs; nothing else changes.
    """
    with told(as_json=as_json):
        infra = infra_file.load()
        found = check_ports(infra, look=SshPortLook(SshLook()), ssh_of=lambda name: infra_file.ssh_of(infra, name))
    if as_json:
        click.echo(json.dumps(_record(found)))
    else:
        _show(found)
    if not found.as_declared:
        raise click.exceptions.Exit(REFUSED)


def _record(found: Scan) -> dict[str, object]:
    listed = {f"{kind}": [each.to_dict() for each in found.differences if each.kind is kind] for kind in Kind}
    unseen = [each.to_dict() for each in found.unseen]
    return {"success": found.as_declared, "tried": found.tried, "protocol": "tcp", **listed, "unseen": unseen}


def _show(found: Scan) -> None:
    for each in found.differences:
        click.echo(f"{click.style(f'{each.kind:<7}', fg=_COLOURS[each.kind])} {each.host:<10} {each.message}")
    for finding in found.unseen:
        click.echo(f"{click.style('unseen ', fg='red')} {finding.host:<10} {finding.message}")
    count = sum(each.kind is not Kind.SILENT for each in found.differences)
    ended = "as the table says" if found.as_declared else f"{count} differ from the table"
    click.echo(f"{found.tried} connections tried, {ended}; UDP was not tried")
