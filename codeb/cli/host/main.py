"""``codeb``: the use cases on the app host itself, and the server that offers them to everybody else."""

import click

import codeb
from codeb.cli.exits import EXIT_CODES
from codeb.cli.lazy import lazy

COMMANDS = {
    "serve": "codeb.cli.host.server:serve",
    "migrate": "codeb.cli.host.server:migrate",
    "keys": "codeb.cli.host.keys:keys",
    "deploy": "codeb.cli.host.releases:deploy",
    "promote": "codeb.cli.host.releases:promote",
    "rollback": "codeb.cli.host.releases:rollback",
    "maintenance": "codeb.cli.host.releases:maintenance",
    "deployments": "codeb.cli.host.deployments:deployments",
    "projects": "codeb.cli.host.projects:projects",
    "doctor": "codeb.cli.host.doctor:doctor",
    "status": "codeb.cli.host.slots:status",
    "slots": "codeb.cli.host.slots:slots",
    "audit": "codeb.cli.host.audit:audit",
    "hosts": "codeb.cli.host.hosts:hosts",
    "ports": "codeb.cli.host.ports:ports",
    "secrets": "codeb.cli.host.secrets:secrets",
    "backups": "codeb.cli.host.backups:backups",
    "env": "codeb.cli.host.env:env",
    "registry": "codeb.cli.host.registry:registry",
}
_EXTRAS = {"hosts": "provision", "ports": "provision", "secrets": "provision", "backups": "provision"}


def _missing(name: str, library: str) -> click.Command:
    extra = _EXTRAS.get(name, "server")

    @click.command(name, help=f"(needs codeb[{extra}])", context_settings={"ignore_unknown_options": True})
    @click.argument("arguments", nargs=-1)
    def command(arguments: tuple[str, ...]) -> None:  # noqa: ARG001
        raise click.UsageError(f"`codeb {name}` needs the library {library}: install codeb[{extra}]")

    return command


@click.group(cls=lazy(COMMANDS, _missing), epilog=EXIT_CODES)
@click.version_option(codeb.__version__, prog_name="codeb", message="%(prog)s %(version)s")
def main() -> None:
    """Blue/green releases on this host.

    Run as root or as user codeb. As root, every command that touches the host's files becomes user codeb first.
    Settings come from the environment, then from /etc/codeb/codeb.env (CODEB_ENV_FILE names another file).
    """
