"""Pushing to the lab's registry with its password, and without leaving a login on this machine."""

import base64
import json
import os
import tempfile
from pathlib import Path

from tests import sample_app
from tests.lab.paths import SECRETS
from tests.lab.shell import run
from tests.lab.trust import REGISTRY


def push(tag: str) -> None:
    """Push an image of this machine's engine."""
    password = json.loads(SECRETS.read_text())["registry_password"]
    login = base64.b64encode(f"codeb:{password}".encode()).decode()
    with tempfile.TemporaryDirectory(prefix="codeb-lab-docker-") as directory:
        config = Path(directory) / "config.json"
        config.touch(mode=0o600)
        config.write_text(json.dumps({"auths": {REGISTRY: {"auth": login}}}))
        run(["docker", "push", "--quiet", tag], environment={**os.environ, "DOCKER_CONFIG": directory})


def forget_images() -> None:
    """Remove from this machine's engine what was pushed to the lab's registry."""
    sample_app.forget(REGISTRY)
