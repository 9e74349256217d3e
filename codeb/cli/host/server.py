"""codeb serve, codeb migrate."""

import json

import click

from codeb.cli.exits import EXIT_CODES, told
from codeb.cli.host import session
from codeb.cli.host.session import json_option, load_settings


@click.command(epilog=EXIT_CODES)
def serve() -> None:
    """Run the API server on CODEB_LISTEN and CODEB_INTERNAL_LISTEN, until told to stop."""
    from codeb.api.serve import serve as run

    with told(as_json=False):
        settings, _ = load_settings()
        run(settings)


@click.command(epilog=EXIT_CODES)
@json_option
def migrate(as_json: bool) -> None:
    """Bring the database's schema up to this version; a second run changes nothing.

    As the role that owns the schema: with sudo, or `systemctl restart codeb-migrate`.
    """
    with told(as_json=as_json), session.opened_as_owner() as owner:
        applied = owner.database.migrate()
        if as_json:
            click.echo(json.dumps({"success": True, "changed": bool(applied), "applied": applied}))
        else:
            click.echo("\n".join(f"applied {name}" for name in applied) or "nothing to apply")
