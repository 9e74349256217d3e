"""python -m tests.lab up|down|status|packages."""

import sys

from tests.lab import lab, machine
from tests.lab.shell import CommandFailed


def _packages() -> None:
    machine.install(machine.TESTS)


_COMMANDS = {"up": lab.up, "down": lab.down, "status": lab.status, "packages": _packages}


def main() -> None:
    if len(sys.argv) != 2 or sys.argv[1] not in _COMMANDS:
        sys.exit(f"usage: python -m tests.lab {'|'.join(_COMMANDS)}")
    try:
        _COMMANDS[sys.argv[1]]()
    except CommandFailed as error:
        sys.exit(f"\n{error}")
    except KeyboardInterrupt:
        sys.exit("\nstopped; the same command goes on from here")


if __name__ == "__main__":
    main()
