"""python -m bench [--json FILE] [PART ...]: everything that is measured, in one run, each beside its floor or rival."""

import argparse
import os
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bench import api, bootstrap, deploy, switch
from bench.report import Report, say
from tests.lab.shell import CommandFailed

PARTS: Mapping[str, Callable[[Report], None]] = {
    "api": api.main,
    "switch": switch.main,
    "deploy": deploy.main,
    "bootstrap": bootstrap.main,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; default: all")
    parser.add_argument("--json", default=os.environ.get("CODEB_BENCH_JSON"), metavar="FILE", help="the figures too")
    asked = parser.parse_args()
    if unknown := set(asked.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    report, begun = Report(), time.monotonic()
    say(f"{os.cpu_count()} cores; load average before: {os.getloadavg()[0]:.1f}")
    failed = run(report, asked.parts or list(PARTS))
    report.summary(time.monotonic() - begun)
    if asked.json:
        report.write(Path(asked.json))
        say(f"figures: {asked.json}")
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def run(report: Report, parts: Sequence[str]) -> list[str]:
    """The parts that failed. What this machine has no programs for is left out; neither stops the others."""
    failed = []
    for name in parts:
        try:
            PARTS[name](report)
        except CommandFailed as error:
            report.leave_out(name, str(error))
        except Exception as error:  # noqa: BLE001  told in full
            traceback.print_exc()
            report.leave_out(name, f"it failed: {error}")
            failed.append(name)
    return failed


if __name__ == "__main__":
    main()
