"""python -m bench.served SOCKET: ``codeb serve`` with the engine at SOCKET, so that it can be measured without one.

``CODEB_BENCH_PROFILE=FILE`` writes where the time of the event loop's thread went.
"""

import cProfile
import os
import signal
import sys
from functools import partial

sys.modules["paramiko"] = None  # type: ignore[assignment]  docker would load it, and no app host has it installed

from codeb import bootstrap  # noqa: E402
from codeb.adapters.docker import engine, events  # noqa: E402
from codeb.cli.host.main import main  # noqa: E402


def run(socket: str) -> None:
    bootstrap.connect = partial(engine.connect, f"unix://{socket}")
    bootstrap.EngineEvents = partial(events.EngineEvents, bootstrap.connect)  # type: ignore[misc,assignment]
    main(["serve"])


if __name__ == "__main__":
    if path := os.environ.get("CODEB_BENCH_PROFILE"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        profile = cProfile.Profile()
        try:
            profile.runcall(run, sys.argv[1])
        finally:
            profile.dump_stats(path)
    else:
        run(sys.argv[1])
