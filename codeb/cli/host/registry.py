"""codeb registry prune."""

import json
from datetime import timedelta

import click

from codeb.cli.exits import EXIT_CODES, told
from codeb.cli.host.session import dry_run_option, json_option, opened
from codeb.errors import Unavailable


@click.group()
def registry() -> None:
    """The private image registry."""


@registry.command(epilog=EXIT_CODES)
@click.option(
    "--older-than",
    type=click.IntRange(1, 3650),
    default=30,
    show_default=True,
    help="Days in which an image was neither pushed nor deployed.",
)
@dry_run_option
@json_option
def prune(*, older_than: int, dry_run: bool, as_json: bool) -> None:
    """Remove images that no slot needs and no rollback is likely to want.

    What slots hold and the newest images of each project (keep_images) always stay. Disk is free again when the
    registry has collected its garbage, which a timer on the storage host does.
    """
    with told(as_json=as_json), opened() as (services, _):
        if services.prune_registry is None:
            raise Unavailable("the registry", "this host signs no tokens for it: CODEB_REGISTRY_TOKEN_KEY is not set")
        pruned = services.prune_registry(timedelta(days=older_than), dry_run=dry_run)
    if as_json:
        changed = bool(pruned.removed) and not dry_run
        record = {"changed": changed, "dryRun": dry_run, "removed": pruned.removed, "stayed": pruned.stayed}
        click.echo(json.dumps({"success": True, **record}))
        return
    for reference in pruned.removed:
        click.echo(f"{'would remove' if dry_run else 'removed'} {reference}")
    if not pruned.removed:
        click.echo("every image is needed, or young")
