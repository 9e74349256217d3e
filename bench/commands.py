"""python -m bench.commands FILE ARGUMENT...: pyinfra; how many commands and uploads each host was sent is in FILE."""

import json
import sys
from collections import Counter
from pathlib import Path

# First: it is what makes sockets wait for one another.
from pyinfra_cli.main import main as pyinfra  # type: ignore[import-untyped]

from bench.counting import counting


def main() -> None:
    target, sent = Path(sys.argv.pop(1)), Counter[str]()
    counting(sent)
    try:
        pyinfra()
    finally:
        target.write_text(json.dumps(sent))


if __name__ == "__main__":
    main()
