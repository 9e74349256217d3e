"""``codeb serve`` as a process of its own, beside a stand-in for the Docker Engine: tests/fakes/engine.py."""

import os

from codeb.adapters.docker import engine
from codeb.cli.host.main import main

MODULE = "tests.integration.engineless_server"
SOCKET = "CODEB_TEST_ENGINE"


def live() -> None:
    engine.connect.__defaults__ = (f"unix://{os.environ[SOCKET]}",)
    main(["serve"])


if __name__ == "__main__":
    live()
