"""docs/tutorial.md, line by line, as a reader types it. Issue 7."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.lab import compiler, keys, provisioning
from tests.lab.confidential import Confidential
from tests.lab.hosts import DOMAIN
from tests.lab.paths import INFRA, ROOT
from tests.lab.shell import CommandFailed
from tests.lab.trust import CA
from tests.lab.tutorial import Shell, lines, missing
from tests.sample_app import SOURCE

pytestmark = pytest.mark.lab
PAGE = ROOT / "docs" / "tutorial.md"
KEY = re.compile(r"codeb_acme_owner_\S+")


@pytest.fixture
def shell(lab: Confidential, tmp_path: Path) -> Iterator[Shell]:
    """A reader's machine: their own home, the tools that they have, names that lead to the lab."""
    home, programs, app = tmp_path / "home", tmp_path / "bin", tmp_path / "hello"
    home.mkdir()
    programs.mkdir()
    shutil.copytree(SOURCE, app)
    (programs / "we").symlink_to(ROOT / ".venv" / "bin" / "we")
    (programs / "go").symlink_to(compiler.go())
    (home / ".curlrc").write_text(f'cacert = "{CA}"\nconnect-to = "::{lab["hosts"]["app"]}:"\nnoproxy = "*"\n')
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("CODEB_")},
        "HOME": str(home),
        "PATH": f"{programs}:{os.environ['PATH']}",
        "NO_COLOR": "1",
        "NO_PROXY": "*",
        "DOCKER_BUILDKIT": "0",
        "GOCACHE": str(tmp_path / "go"),
        "CODEB_CA": str(CA),
        "CODEB_INFRA": str(INFRA),
        "CODEB_SECRETS_PASSPHRASE_FILE": str(provisioning.passphrase_file()),
    }
    made = Shell(
        environment,
        ROOT,
        {
            "example.com": DOMAIN,
            "example.org": "elsewhere.test",
            "ssh root@203.0.113.10": f"ssh -F {keys.CONFIG} app",
            "cd examples/hello": f"cd {app}",
        },
    )
    yield made
    with suppress(CommandFailed):
        made.run("we project delete shop --yes")
    made.close()


def test_a_reader_comes_from_bare_hosts_to_the_first_rollback(shell: Shell, tmp_path: Path) -> None:
    absent: dict[str, list[str]] = {}
    for line in lines(PAGE.read_text()):
        said = shell.run(line.command)
        if " keys create " in line.command and (found := KEY.search(said)):
            key = tmp_path / "key"
            key.touch(mode=0o600)
            key.write_text(f"{found[0]}\n")
            shell.typed = {"we login": key, "docker login": key}
        if lost := missing(line.shown, said.replace(DOMAIN, "example.com").replace("elsewhere.test", "example.org")):
            absent[line.command] = [*lost, said]
    assert absent == {}
