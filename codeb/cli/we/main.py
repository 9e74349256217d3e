"""``we``: releases, projects and teams from a person's own machine or from CI, over the API. Spec section 10."""

import click

import codeb
from codeb.cli.exits import EXIT_CODES
from codeb.cli.lazy import lazy

COMMANDS = {
    "deploy": "codeb.cli.we.releases:deploy",
    "promote": "codeb.cli.we.releases:promote",
    "rollback": "codeb.cli.we.releases:rollback",
    "status": "codeb.cli.we.slots:status",
    "logs": "codeb.cli.we.logs:logs",
    "open": "codeb.cli.we.browse:open_project",
    "health": "codeb.cli.we.about:health",
    "login": "codeb.cli.we.login:login",
    "logout": "codeb.cli.we.login:logout",
    "whoami": "codeb.cli.we.login:whoami",
    "completion": "codeb.cli.we.about:completion",
    "version": "codeb.cli.we.about:version",
    "init": "codeb.cli.we.init:init",
    "projects": "codeb.cli.we.project:projects",
    "project": "codeb.cli.we.project:project",
    "deployments": "codeb.cli.we.deployments:deployments",
    "deployment": "codeb.cli.we.deployments:deployment",
    "maintenance": "codeb.cli.we.upkeep:maintenance",
    "pin": "codeb.cli.we.upkeep:pin",
    "cleanup": "codeb.cli.we.upkeep:cleanup",
    "env": "codeb.cli.we.env:env",
    "domain": "codeb.cli.we.domain:domain",
    "workflow": "codeb.cli.we.workflow:workflow",
    "scan": "codeb.cli.we.workflow:scan",
    "team": "codeb.cli.we.team:team",
    "member": "codeb.cli.we.member:member",
    "token": "codeb.cli.we.token:token",
    "confirm": "codeb.cli.we.confirm:confirm",
    "audit": "codeb.cli.we.audit:audit",
    "task": "codeb.cli.we.task:task",
    "pr": "codeb.cli.we.git:pr",
    "git": "codeb.cli.we.git:git",
}


@click.group(cls=lazy(COMMANDS), epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(codeb.__version__, "-V", "--version", prog_name="we", message="%(prog)s %(version)s")
def main() -> None:
    """Blue/green releases: deploy beside what runs, promote what was tested, go back at once.

    The API and the key come from CODEB_API_URL and CODEB_API_KEY, then from ~/.codeb/config.json (`we login`).
    """
