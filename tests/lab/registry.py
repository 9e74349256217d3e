"""Pushing to the lab's registry with the lab's key, and without leaving a login on this machine."""

import base64
import json
import os
import tempfile
from pathlib import Path

from tests import sample_app
from tests.lab import record
from tests.lab.shell import CommandFailed, run
from tests.lab.trust import REGISTRY


def push(tag: str, key: str | None = None) -> None:
    """Push an image of this machine's engine, with the lab's key unless there is another.

    Its project is there before: a key pushes to its team's projects only.
    """
    found = record.load()
    if found is None:
        raise CommandFailed("there is no lab: run `make lab` first")
    login = base64.b64encode(f"codeb:{key or found['api_key']}".encode()).decode()
    with tempfile.TemporaryDirectory(prefix="codeb-lab-docker-") as directory:
        config = Path(directory) / "config.json"
        config.touch(mode=0o600)
        config.write_text(json.dumps({"auths": {REGISTRY: {"auth": login}}}))
        run(["docker", "push", "--quiet", tag], environment={**os.environ, "DOCKER_CONFIG": directory})


def forget_images() -> None:
    """Remove from this machine's engine what was pushed to the lab's registry."""
    sample_app.forget(REGISTRY)
