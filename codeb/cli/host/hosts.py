"""codeb hosts: what the operator asks of the hosts in infra.toml, from the operator's own machine."""

import json
from collections.abc import Sequence
from itertools import groupby

import click

from codeb import infra_file
from codeb.adapters.name_lookup import SystemLookup
from codeb.adapters.ssh import SshLook
from codeb.cli.exits import REFUSED, told
from codeb.cli.host.ports import ports
from codeb.domain.host_facts import Finding, Level
from codeb.domain.infra import Infra
from codeb.services.check_hosts import check_hosts

_COLOURS = {Level.OK: "green", Level.WARNING: "yellow", Level.PROBLEM: "red"}
_EXIT_CODES = "Exit codes: 0 nothing would go wrong, 1 something would, 2 wrong usage or infra.toml."


@click.group()
def hosts() -> None:
    """The hosts of infra.toml, seen from the operator's machine."""


hosts.add_command(ports)


@hosts.command(epilog=_EXIT_CODES)
@click.option("--json", "as_json", is_flag=True, help="One JSON record on stdout, for programs.")
def check(as_json: bool) -> None:
    """Look at every host before anything is changed, and say what would go wrong.

    Reads infra.toml (CODEB_INFRA names another file), goes to each host by SSH and changes nothing there.
    """
    with told(as_json=as_json):
        infra = infra_file.load()
        found = check_hosts(
            infra, look=SshLook(), lookup=SystemLookup(), ssh_of=lambda name: infra_file.ssh_of(infra, name)
        )
    fit = all(finding.level is not Level.PROBLEM for finding in found)
    if as_json:
        click.echo(json.dumps({"success": fit, "findings": [finding.to_dict() for finding in found]}))
    else:
        _table(infra, found)
    if not fit:
        raise click.exceptions.Exit(REFUSED)


def _table(infra: Infra, found: Sequence[Finding]) -> None:
    for name, findings in groupby(found, key=lambda finding: finding.host):
        host = infra.hosts[name]
        click.echo(f"{click.style(name, bold=True)}  {host.address}  ({', '.join(host.roles)})")
        for finding in findings:
            level = click.style(f"{finding.level:<8}", fg=_COLOURS[finding.level])
            click.echo(f"  {level} {finding.check:<13} {finding.message}")
    counted = [sum(finding.level is level for finding in found) for level in (Level.PROBLEM, Level.WARNING)]
    if counted[0]:
        click.echo(f"{counted[0]} to mend before the bootstrap, {counted[1]} to know about")
    else:
        click.echo(f"every host is fit; {counted[1]} to know about")
