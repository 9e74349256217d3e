"""The virtual environment that codeb runs from: a new one is made beside the old and linked in when it is complete."""

import shlex
from collections.abc import Generator
from pathlib import Path

from pyinfra import host
from pyinfra.api import FactBase, FileUploadCommand, OperationError, StringCommand, operation
from pyinfra.api.operation import OperationMeta

from deploys.components import wheel
from deploys.operations import managed, survey
from deploys.operations.survey import Question

_STAGE = "/var/lib/codeb-provision/venv"
_PIP = "bin/python -m pip install --quiet --disable-pip-version-check --no-input"


class VenvLink(FactBase[dict[str, str]]):
    """What the link at ``path`` names, and the host's Python: an environment works only with the one that made it."""

    default = dict

    def command(self, path: str) -> str:
        python = "python3 -c 'import sys; print(\"%d.%d\" % sys.version_info[:2])' 2>/dev/null || echo none"
        return f"{python}; readlink {shlex.quote(path)} || true"

    def process(self, output: list[str]) -> dict[str, str]:
        return {"python": output[0], "target": output[1] if len(output) > 1 else ""}


def installed(path: str, wheelhouse: str = "", name: str | None = None) -> OperationMeta:
    """
    Have this source tree's ``codeb[server]`` installed at ``path``, a link to one of ``{path}s/``.

    + path: the link
    + wheelhouse: directory on the operator's machine with every wheel; without it the host's pip finds them
    """
    return _installed(name=name, path=path, wheelhouse=wheelhouse, asked=survey.plan(VenvLink, path=path))


@operation()
def _installed(
    path: str, wheelhouse: str, asked: Question[dict[str, str]]
) -> Generator[StringCommand | FileUploadCommand, None, None]:
    if not wheel.REQUIREMENTS.is_file():
        raise OperationError(f"{wheel.REQUIREMENTS} is missing: it pins what the app host installs")
    facts = asked.answer()
    target = f"{path}s/{wheel.source_digest()[:16]}-{facts.get('python', 'none')}"
    if facts.get("target") == target:
        host.noop(f"{path} is {target}")
        return
    package = wheel.build(wheel.source_digest())
    yield managed.changing()
    yield StringCommand("rm", "-rf", _STAGE, target)
    yield StringCommand("install", "-d", "-m", "0700", _STAGE)
    yield FileUploadCommand(str(package), f"{_STAGE}/{package.name}")
    yield FileUploadCommand(str(wheel.REQUIREMENTS), f"{_STAGE}/requirements.txt")
    options = ""
    if wheelhouse:
        yield FileUploadCommand(str(wheel.wheelhouse_archive(Path(wheelhouse))), f"{_STAGE}/wheelhouse.tar")
        yield StringCommand(
            "mkdir", f"{_STAGE}/wheels", "&&", "tar", "-xf", f"{_STAGE}/wheelhouse.tar", "-C", f"{_STAGE}/wheels"
        )
        options = f"--no-index --find-links {_STAGE}/wheels"
    yield StringCommand("python3", "-m", "venv", target)
    yield StringCommand(f"{target}/{_PIP}", options, "--require-hashes", "-r", f"{_STAGE}/requirements.txt")
    yield StringCommand(f"{target}/{_PIP}", "--no-index", "--no-deps", f"{_STAGE}/{package.name}")
    yield StringCommand("ln", "-sfn", target, f"{path}.new", "&&", "mv", "-T", f"{path}.new", path)
    yield StringCommand(f"ls -1dt {path}s/*", "|", "tail", "-n", "+3", "|", "xargs", "-r", "rm", "-rf")
    yield StringCommand("rm", "-rf", _STAGE)
