"""Images of examples/hello, built here: a static binary and nothing else."""

import os
import tempfile
from pathlib import Path

from tests.lab import compiler
from tests.lab.paths import ROOT
from tests.lab.shell import run

SOURCE = ROOT / "examples" / "hello"


def build(tag: str, version: str, **environment: str) -> None:
    """Make image ``tag``; ``environment`` becomes ENV lines, to make a version that is sick, say."""
    with tempfile.TemporaryDirectory(prefix="codeb-hello-") as directory:
        binary = Path(directory) / "hello"
        run(
            [compiler.go(), "build", "-trimpath", "-ldflags", f"-s -w -X main.version={version}", "-o", binary, "."],
            cwd=SOURCE,
            environment={**os.environ, "CGO_ENABLED": "0"},
        )
        lines = [f'ENV {name}="{value}"' for name, value in environment.items()]
        dockerfile = "\n".join([(SOURCE / "Dockerfile").read_text(), *lines, ""])
        (Path(directory) / "Dockerfile").write_text(dockerfile)
        run(["docker", "build", "--quiet", "--tag", tag, directory], environment={**os.environ, "DOCKER_BUILDKIT": "0"})


def push(tag: str) -> None:
    run(["docker", "push", "--quiet", tag])


def forget(registry: str) -> None:
    """Remove from this machine's engine what is named after ``registry``.

    By name, not by id: another image may be built on it, and then only the name goes.
    """
    wanted = ["docker", "image", "ls", "--digests", "--filter", f"reference={registry}/*"]
    listed = run([*wanted, "--format", "{{.Repository}} {{.Tag}} {{.Digest}}"]).splitlines()
    names = [
        f"{repository}@{digest}" if tag == "<none>" else f"{repository}:{tag}"
        for repository, tag, digest in (line.split() for line in listed)
        if (tag, digest) != ("<none>", "<none>")
    ]
    if names:
        run(["docker", "image", "rm", "--force", *dict.fromkeys(names)])
