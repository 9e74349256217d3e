"""What the four actions of our workflow do on a runner, from the very inputs that the workflow gives them."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.lab import builder

Inputs = Mapping[str, str]


class Failed(Exception):
    """A step's command ended badly; the message is all that it said."""


@dataclass(frozen=True, slots=True)
class Actions:
    """``bases`` stand in for images of the public registry, which is not asked here: each a name and its place.

    Each job has a builder of its own, as setup-buildx makes it, that knows nothing of the builds before.
    """

    repository: Path
    workspace: Path
    temp: Path
    bases: Mapping[str, str]
    daemons: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def run(self, uses: str, inputs: Inputs, environment: Mapping[str, str]) -> str:
        """What the action said; raises Failed, and KeyError for an action or an input that is not known here."""
        action = {
            "actions/checkout": self._check_out,
            "docker/setup-buildx-action": self._make_builder,
            "docker/login-action": self._log_in,
            "docker/build-push-action": self._build,
        }[uses.partition("@")[0]]
        return action(dict(inputs), environment)

    @property
    def builder(self) -> str:
        return f"codeb-{self.temp.name}"

    def clear(self, environment: Mapping[str, str]) -> None:
        """The builder goes with all that it kept, as after a job."""
        for daemon in self.daemons:
            said([builder.buildx(), "rm", "--force", self.builder], environment)
            builder.stop(daemon)
        shutil.rmtree(self.temp / "buildkit", ignore_errors=True)
        (self.temp / "docker" / "config.json").unlink(missing_ok=True)

    def _check_out(self, inputs: dict[str, str], environment: Mapping[str, str]) -> str:
        assert inputs == {"persist-credentials": "false"}
        clone = said(["git", "clone", "--quiet", self.repository, self.workspace], environment)
        return clone + said(
            ["git", "-C", self.workspace, "checkout", "--quiet", environment["GITHUB_SHA"]], environment
        )

    def _make_builder(self, inputs: dict[str, str], environment: Mapping[str, str]) -> str:
        directory = self.temp / "buildkit"
        directory.mkdir()
        options = [option.split("=", 1) for option in inputs.pop("driver-opts").splitlines()]
        variables = {name.removeprefix("env."): text for name, text in options}
        assert all(name.startswith("env.") for name, _ in options), "no other option is known here"
        self.daemons.append(builder.start(directory, inputs.pop("buildkitd-config-inline"), variables))
        assert not inputs
        create: list[str | Path] = [builder.buildx(), "create", "--name", self.builder, "--driver", "remote"]
        return said([*create, builder.address(directory)], environment)

    def _log_in(self, inputs: dict[str, str], environment: Mapping[str, str]) -> str:
        command = ["docker", "login", "--username", inputs.pop("username"), "--password-stdin", inputs.pop("registry")]
        password = inputs.pop("password")
        assert not inputs
        return said(command, environment, stdin=password)

    def _build(self, inputs: dict[str, str], environment: Mapping[str, str]) -> str:
        options = [f"--{name}={inputs.pop(name)}" for name in ("cache-from", "cache-to", "push")]
        options += [f"--tag={tag}" for tag in inputs.pop("tags").splitlines()]
        context = self.workspace / inputs.pop("context")
        assert not inputs
        bases = [f"--build-context={name}={path}" for name, path in self.bases.items()]
        build: list[str | Path] = [
            builder.buildx(),
            "build",
            "--builder",
            self.builder,
            "--progress",
            "plain",
            *options,
            *bases,
        ]
        return said([*build, context], environment)


def said(
    command: Sequence[str | Path], environment: Mapping[str, str], *, stdin: str = "", cwd: Path | None = None
) -> str:
    """All that a command says; raises Failed."""
    done = subprocess.run(
        [str(word) for word in command],
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={"PATH": os.environ["PATH"], **environment},
        cwd=cwd,
        text=True,
        timeout=900,
        check=False,
    )
    if done.returncode:
        raise Failed(done.stdout)
    return done.stdout
