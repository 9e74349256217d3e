"""SSH by key alone. Spec section 9."""

from pyinfra.api.deploy import deploy

from deploys.operations import survey
from deploys.operations.ssh import SshState, hardened
from deploys.platform import current
from deploys.rendering import render

PATH = "/etc/ssh/sshd_config.d/10-codeb.conf"
"""Before what cloud images put there (50-cloud-init.conf allows passwords): sshd keeps the first value it meets."""
_STRICTER = ("no", "forced-commands-only")


@deploy("SSH")
def ssh() -> None:
    """No passwords. Nobody is locked out: a user without a key is a refusal, and sessions that are open stay."""
    here = current().here()
    found = survey.ask(SshState, path=PATH).get("root_login", "")
    hardened(
        name="Let in by key alone",
        path=PATH,
        content=conf(found),
        user=current().infra.ssh_of(here.name).user,
    )


def conf(found: str = "") -> str:
    """Root by key, or as little as the operator allows already: ``found`` is what sshd has now."""
    return render("ssh/codeb.conf.j2", root_login=found if found in _STRICTER else "prohibit-password")
