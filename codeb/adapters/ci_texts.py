"""What a project's repository needs to ship itself: the CI workflow and a Dockerfile to begin with. Spec section 10."""

from dataclasses import dataclass
from typing import Literal

from jinja2 import Environment as Jinja
from jinja2 import PackageLoader, StrictUndefined, select_autoescape

from codeb.domain.project import ProjectSettings

ProjectType = Literal["nextjs", "remix", "nodejs", "python", "go"]
_KIND: dict[ProjectType, str] = {"nextjs": "node", "remix": "node", "nodejs": "node", "python": "python", "go": "go"}

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
    """``registry`` is HOST:PORT; ``s3_endpoint`` is where the build's cache is kept, empty for the usual one."""

    domain: str
    scheme: str
    registry: str
    s3_endpoint: str = ""

    def workflow(self, project: str) -> str:
        """A GitHub Actions workflow; its secrets are named in it, their values are not."""
        endpoint = f",endpoint_url={self.s3_endpoint}" if self.s3_endpoint else ""
        cache = f"region=us-east-1,bucket=docker-cache,prefix={project}/,name={project}{endpoint},use_path_style=true"
        api = f"{self.scheme}://api.{self.domain}"
        template = _JINJA.get_template("workflow.yml.j2")
        return template.render(project=project, api_url=api, registry=self.registry, cache=cache)

    def dockerfile(self, kind: ProjectType, settings: ProjectSettings) -> str:
        template = _JINJA.get_template(f"Dockerfile.{_KIND[kind]}.j2")
        return template.render(port=settings.port, health_path=settings.health_path)

    def instructions(self, project: str) -> list[str]:
        return [
            "put the workflow into .github/workflows/codeb.yml and the Dockerfile beside your code",
            f"make a key that can deploy {project} and nothing else: token_create with scopes and projects",
            "set the secrets CODEB_API_KEY, MINIO_ACCESS_KEY, MINIO_SECRET_KEY, REGISTRY_USERNAME and"
            " REGISTRY_PASSWORD in the repository's settings; REGISTRY_PASSWORD is that key too, with any user name,"
            f" and /api/setup/secrets?project={project} has the others",
            "push; then open the preview that the run's summary links, and promote",
        ]
