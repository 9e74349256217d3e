"""codeb env rotate-key."""

import json

import click

from codeb.cli.exits import EXIT_CODES, REFUSED, told
from codeb.cli.host import session
from codeb.cli.host.session import dry_run_option, json_option
from codeb.services.env_rotation import Rotation

_THEN = (
    "Now take CODEB_ENV_KEY_PREVIOUS away and restart the server. Webhooks are signed with secrets made of"
    " CODEB_ENV_KEY: their receivers need the new ones, which project_update shows."
)


@click.command("rotate-key", epilog=EXIT_CODES)
@dry_run_option
@json_option
def rotate_key(dry_run: bool, as_json: bool) -> None:
    """Put every stored version of the variables under the key in CODEB_ENV_KEY.

    The order: (1) the new key into CODEB_ENV_KEY and the old one into CODEB_ENV_KEY_PREVIOUS (several with commas);
    (2) restart the server, which reads both from now on; (3) this command, as often as it takes; (4) take
    CODEB_ENV_KEY_PREVIOUS away and restart. A server that still has the old key alone cannot read what was rotated.

    From step 2 on webhooks are signed anew: a secret made of CODEB_ENV_KEY, which project_update shows.
    """
    with told(as_json=as_json), session.opened() as (services, _):
        rotate = services.rotate_env_key
        done = rotate.look() if dry_run else rotate()
    if as_json:
        click.echo(json.dumps(_record(done, dry_run)))
    else:
        _show(done, dry_run)
    if done.missing or (done.left and not dry_run):
        raise click.exceptions.Exit(REFUSED)


def _record(done: Rotation, dry_run: bool) -> dict[str, object]:
    return {
        "success": not done.missing and (dry_run or not done.left),
        "dryRun": dry_run,
        "changed": done.changed > 0,
        "keyId": done.key_id,
        "versionsChanged": done.changed,
        "versionsUnderKey": done.under_key,
        "versionsLeft": done.left,
        "versionsMissingKey": dict(done.missing),
    }


def _show(done: Rotation, dry_run: bool) -> None:
    if dry_run:
        click.echo(f"would put {done.left} versions under the key {done.key_id}; {done.under_key} are under it")
    else:
        click.echo(f"{done.changed} versions changed; {done.under_key} are under the key {done.key_id}")
    for key, count in sorted(done.missing.items()):
        click.echo(f"Error: {count} versions stay: no key at hand opens them; theirs is {key or 'unknown'}", err=True)
    if done.left and not dry_run:
        click.echo(
            f"Error: {done.left} were stored with a previous key meanwhile: restart the server, then again", err=True
        )
    if not (dry_run or done.missing or done.left):
        click.echo(_THEN)
