"""`codeb secrets` and the hosts: both passwords count after the run, the old one ends after it is forgotten."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from codeb.secret_seal import is_sealed
from tests.lab import provisioning
from tests.lab.confidential import Confidential
from tests.lab.paths import ROOT, SECRETS
from tests.lab.store import store
from tests.lab.test_storage import redis

pytestmark = pytest.mark.lab

NAME = "redis_centrifugo_password"
"""Of a user that nobody logs in as, so that no other test is in the way."""


def codeb(*arguments: str) -> dict[str, Any]:
    program = str(Path(sys.executable).parent / "codeb")
    done = subprocess.run(
        [program, "secrets", *arguments, "--json"],
        cwd=ROOT,
        env=provisioning.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def provision() -> None:
    """The storage host, as the steps say."""
    subprocess.run(
        provisioning.command("deploys/storage.py"),
        cwd=ROOT,
        env=provisioning.environment(),
        capture_output=True,
        timeout=600,
        check=True,
    )


def password() -> str:
    return store().values()[NAME]


def test_the_store_is_encrypted_after_the_bootstrap(lab: Confidential) -> None:
    assert lab
    values = store().values()
    text = SECRETS.read_text()
    assert is_sealed(json.loads(text))
    assert [name for name, value in values.items() if value in text] == []


def test_a_secret_is_rotated_without_a_moment_in_which_neither_counts(lab: Confidential) -> None:
    old = password()
    assert any("deploys/storage.py" in step for step in codeb("rotate", NAME)["steps"])
    new = password()
    provision()
    assert [redis(lab, "centrifugo", each, "PING") for each in (old, new)] == [["+OK", "+PONG"]] * 2
    assert codeb("forget", NAME)["changed"] is True
    provision()
    assert redis(lab, "centrifugo", new, "PING") == ["+OK", "+PONG"]
    assert redis(lab, "centrifugo", old)[0].startswith("-WRONGPASS")
