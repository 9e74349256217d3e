"""What a project's repository needs to ship itself: the CI workflow and a Dockerfile to begin with. Spec section 10."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from jinja2 import Environment as Jinja
from jinja2 import PackageLoader, StrictUndefined, select_autoescape

from codeb.domain.project import ProjectSettings

ProjectType = Literal["nextjs", "remix", "nodejs", "python", "go"]
PROJECT_TYPES: tuple[ProjectType, ...] = ("nextjs", "remix", "nodejs", "python", "go")
RUNNER = ("self-hosted", "linux")
BRANCH = "main"
CI_SCOPES = ("deploy.create", "deploy.promote", "deploy.rollback", "project.view", "slot.view", "task.write")
"""What the workflow's key needs, and nothing more: no variables, no tokens. Security 13."""

_DOCKERIGNORE: dict[ProjectType, tuple[str, ...]] = {
    "nextjs": ("node_modules", ".next"),
    "remix": ("node_modules", "build"),
    "nodejs": ("node_modules",),
    "python": ("__pycache__", ".venv"),
    "go": (),
}
_NO_CERTS_NAME = re.compile(r"[^a-zA-Z0-9.-]+")
_JINJA = Jinja(
    loader=PackageLoader("codeb", "templates/ci"),
    undefined=StrictUndefined,
    keep_trailing_newline=True,
    autoescape=select_autoescape(()),
    variable_start_string="@{",
    variable_end_string="}@",
    block_start_string="@%",
    block_end_string="%@",
    comment_start_string="@#",
    comment_end_string="#@",
)


@dataclass(frozen=True, slots=True)
class CiTexts:
    """``registry`` is HOST:PORT; ``s3_endpoint`` is where the build's cache is kept, empty for the usual one.

    ``own_authority``: the API's and the sites' certificates are of the platform's own authority too, as those of the
    registry and the cache always are.
    """

    domain: str
    scheme: str
    registry: str
    s3_endpoint: str = ""
    own_authority: bool = False

    def workflow(self, project: str, *, runner: Sequence[str] = RUNNER, branch: str = BRANCH) -> str:
        """A GitHub Actions workflow; its secrets are named in it, their values are not."""
        return _JINJA.get_template("workflow.yml.j2").render(
            project=project,
            branch=branch,
            runner=list(runner),
            api_url=f"{self.scheme}://api.{self.domain}",
            registry=self.registry,
            cache=self._cache(project),
            runner_ca=self.runner_ca,
            builder_ca=self._builder_ca,
            own_authority=self.own_authority,
            trust=f"--cacert '{self.runner_ca}' " if self.own_authority else "",
        )

    @property
    def runner_ca(self) -> str:
        """Where Docker looks for a registry's authority: the one file that a runner must have."""
        return f"/etc/docker/certs.d/{self.registry}/ca.crt"

    @property
    def _builder_ca(self) -> str:
        """The same file inside the builder's container, which buildx copies it into by this rule."""
        return f"/etc/buildkit/certs/{_NO_CERTS_NAME.sub('_', self.registry)}/ca.crt"

    def _cache(self, project: str) -> str:
        endpoint = f",endpoint_url={self.s3_endpoint}" if self.s3_endpoint else ""
        return f"region=us-east-1,bucket=docker-cache,prefix={project}/,name={project}{endpoint},use_path_style=true"

    def dockerfile(self, kind: ProjectType, settings: ProjectSettings) -> str:
        """Of two stages, for a user without rights; its program listens on the project's port."""
        return _JINJA.get_template(f"Dockerfile.{kind}.j2").render(port=settings.port, health_path=settings.health_path)

    def dockerignore(self, kind: ProjectType) -> str:
        """What an image must not hold, and what would make every build a new one: git's own files differ each time."""
        return "\n".join([".git", ".github", "**/.env*", *_DOCKERIGNORE[kind], ""])

    def instructions(self, project: str) -> list[str]:
        return [
            "put the workflow into .github/workflows/codeb.yml, Dockerfile and .dockerignore beside your code",
            f"make the key with token_create and what `key` says: it ships {project} and can do nothing else",
            "set the secrets CODEB_API_KEY, MINIO_ACCESS_KEY, MINIO_SECRET_KEY, REGISTRY_USERNAME and"
            " REGISTRY_PASSWORD in the repository's settings; REGISTRY_PASSWORD is that key too, with any user name,"
            f" and /api/setup/secrets?project={project} has the others",
            f"on the runner put /etc/codeb/tls/ca.pem of the app host into {self.runner_ca}",
            "push; then look at the preview that the run's summary names, and promote",
        ]
