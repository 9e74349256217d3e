"""A file and the service that reads it, in a run that is a process of its own and may die between them.

Arguments: a directory for the operations' own things, the file.
"""

import grp
import os
import pwd
import sys
from pathlib import Path

from pyinfra.api.config import Config
from pyinfra.api.connect import connect_all, disconnect_all
from pyinfra.api.inventory import Inventory
from pyinfra.api.operation import add_op
from pyinfra.api.operations import run_ops
from pyinfra.api.state import State

from deploys import outcome
from deploys.operations import managed
from deploys.operations.managed import File


def main(kept: Path, dest: str) -> None:
    managed.STATE, managed._INCOMING, managed._STAMPS = str(kept), str(kept / "incoming"), str(kept / "stamps")
    state = State(Inventory((["@local"], {})), Config())  # type: ignore[no-untyped-call]
    outcome.watch(state)
    connect_all(state)
    me, mine = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
    wanted = File(dest, "a = 1\n", "0644", me, mine)
    written = add_op(state, managed.files, name="Write the settings", files=[wanted])
    add_op(
        state,
        managed.service,
        name="Run the test",
        service="codeb-test.service",
        stamp="one",
        changed_by=list(written.values()),
    )
    run_ops(state)
    disconnect_all(state)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
