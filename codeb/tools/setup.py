"""setup_secrets. Spec section 6, "setup secrets"; lesson 12: for an admin, and it stands in the audit."""

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from codeb.domain.access import Role
from codeb.domain.project import Project
from codeb.domain.project_cache import cache_keys
from codeb.tools.call import Call
from codeb.tools.params import Params, ProjectName
from codeb.tools.results import Record
from codeb.tools.tool import Tool


class SecretsParams(Params):
    project_name: ProjectName | None = Field(default=None, description="default: the only one that the key sees")


def secrets(call: Call, params: SecretsParams) -> Record:
    """What CI needs: the registry's login and the keys of the build cache. An empty one is not set on this host.

    The build cache has a user for each project, where the platform's own engine makes them. Where the registry takes
    tokens its password is an API key: the one that CI deploys with, which is no secret of ours to hand out.
    """
    settings = call.services.settings
    ours = settings.registry_token_key is not None
    access, secret = _cache(call, params.project_name)
    return {
        "minio_access_key": access,
        "minio_secret_key": secret,
        "registry_url": settings.registry,
        "registry_username": "codeb" if ours else settings.registry_username,
        "registry_password": "" if ours else settings.registry_password.reveal(),
        "s3_endpoint": settings.s3_endpoint,
    }


def _cache(call: Call, name: str | None) -> tuple[str, str]:
    """Of the project's own user; of the cache's one user where the engine makes no others. Raises UnknownProject."""
    settings = call.services.settings
    asked = call.project(name) if name else None
    if not settings.s3_projects_key:
        return settings.s3_access_key.reveal(), settings.s3_secret_key.reveal()
    project = asked or _only(call.projects())
    keys = cache_keys(project, settings.s3_projects_key.reveal()) if project else None
    return (keys.access, keys.secret) if keys else ("", "")


def _only(projects: Sequence[Project]) -> Project | None:
    return projects[0] if len(projects) == 1 else None


TOOLS: tuple[Tool[Any], ...] = (
    Tool(
        "setup_secrets",
        "setup.secrets",
        Role.ADMIN,
        SecretsParams,
        secrets,
        result={
            "minio_access_key": "of the S3 user of the project's build cache; empty: say which project",
            "minio_secret_key": "its secret",
            "registry_url": "HOST:PORT that images are pushed to",
            "registry_username": "for docker login; any name does where the password is an API key",
            "registry_password": "for docker login; empty: it is the API key that CI deploys with",
            "s3_endpoint": "URL of the build cache",
        },
    ),
)
