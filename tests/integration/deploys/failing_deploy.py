"""A package, a file and the service that reads it, for pyinfra's own command; FAILING_STATE is its directory."""

import grp
import os
import pwd
from pathlib import Path

from pyinfra import state
from pyinfra.api.deploy import deploy

from deploys import outcome
from deploys.operations import debian, managed
from deploys.operations.managed import File


@deploy("Failing")
def failing() -> None:
    kept = Path(os.environ["FAILING_STATE"])
    outcome.watch(state)
    managed.STATE, managed._INCOMING, managed._STAMPS = str(kept), str(kept / "incoming"), str(kept / "stamps")
    me, mine = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
    debian.packages(name="Install what it needs", packages=["codeb-no-such-package"])
    written = managed.files(
        name="Write the settings", files=[File(str(kept / "settings"), "a = 1\n", "0644", me, mine)]
    )
    managed.service(name="Run it", service="codeb-test.service", stamp="one", changed_by=[written])


if __name__ == "builtins":
    failing()
