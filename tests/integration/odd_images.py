"""Images that no healthy project has, pushed to a test's registry."""

import os
import tempfile
from pathlib import Path

from tests.lab import compiler
from tests.lab.shell import run
from tests.sample_app import SOURCE

ABSENT_PROGRAM = """FROM {base}
ENTRYPOINT ["/not-there"]
"""
CHECKED_RARELY = """FROM {base}
HEALTHCHECK CMD ["/hello", "check"]
"""
DECLARES_A_VOLUME = """FROM {base}
VOLUME /var/lib/hello
"""
TAKES_OUR_LABELS = """FROM {base}
LABEL codeb.project=somebody-else codeb.role=once
"""
OTHER_PROCESSOR = """FROM scratch
COPY hello /hello
ENTRYPOINT ["/hello"]
"""
"""Says what it is built for, or not, as the build's platform has it; the program is for arm64 either way."""


def push(tag: str, dockerfile: str, *, platform: str = "linux/amd64", base: str = "") -> None:
    """Build ``tag`` from ``dockerfile`` beside the sample application compiled for arm64, and push it."""
    with tempfile.TemporaryDirectory(prefix="codeb-odd-") as directory:
        if "COPY hello" in dockerfile:
            _compile_for_arm64(Path(directory) / "hello")
        (Path(directory) / "Dockerfile").write_text(dockerfile.format(base=base))
        build = ["docker", "build", "--quiet", "--no-cache", "--platform", platform, "--tag", tag, directory]
        run(build, environment={**os.environ, "DOCKER_BUILDKIT": "0"})
    run(["docker", "push", "--quiet", tag])


def _compile_for_arm64(binary: Path) -> None:
    environment = {**os.environ, "CGO_ENABLED": "0", "GOARCH": "arm64"}
    run([compiler.go(), "build", "-trimpath", "-o", binary, "."], cwd=SOURCE, environment=environment)
