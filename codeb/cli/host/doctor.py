"""codeb doctor: compare what is recorded with what runs, and mend what has one right answer."""

import json

import click

from codeb.cli.exits import EXIT_CODES, REFUSED, told
from codeb.cli.host.session import json_option, opened
from codeb.tools.results import finding_record


@click.command(epilog=EXIT_CODES)
@click.option("--dry-run", is_flag=True, help="Only print what was found.")
@json_option
def doctor(*, dry_run: bool, as_json: bool) -> None:
    """Look at every environment of this host and finish, undo or report what is not as it should be.

    Exit code 1 when something is left that a person has to decide.
    """
    with told(as_json=as_json), opened() as (services, _):
        findings = services.doctor(dry_run=dry_run)
    left = [finding for finding in findings if not finding.mended]
    if as_json:
        record = {"changed": len(left) < len(findings), "findings": [finding_record(each) for each in findings]}
        click.echo(json.dumps({"success": not left, **record}))
    else:
        for finding in findings:
            mark = "mended" if finding.mended else ("found" if dry_run else "LEFT")
            click.echo(f"{mark:<7} {finding.environment or 'this host'}: {finding.what}")
        if not findings:
            click.echo("everything is as it is recorded")
    if left:
        raise click.exceptions.Exit(REFUSED)
