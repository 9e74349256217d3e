"""setup_secrets. Spec section 6, "setup secrets"; lesson 12: for an admin, and it stands in the audit."""

from typing import Any

from codeb.domain.access import Role
from codeb.tools.call import Call
from codeb.tools.params import Params
from codeb.tools.results import Record
from codeb.tools.tool import Tool


class SecretsParams(Params):
    pass


def secrets(call: Call, params: SecretsParams) -> Record:  # noqa: ARG001
    """What CI needs: the registry's login and the keys of the build cache. An empty one is not set on this host."""
    settings = call.services.settings
    return {
        "minio_access_key": settings.s3_access_key.reveal(),
        "minio_secret_key": settings.s3_secret_key.reveal(),
        "registry_url": settings.registry,
        "registry_username": settings.registry_username,
        "registry_password": settings.registry_password.reveal(),
        "s3_endpoint": settings.s3_endpoint,
    }


TOOLS: tuple[Tool[Any], ...] = (
    Tool(
        "setup_secrets",
        "setup.secrets",
        Role.ADMIN,
        SecretsParams,
        secrets,
        result={
            "minio_access_key": "of the S3 user that owns the build cache",
            "minio_secret_key": "its secret",
            "registry_url": "HOST:PORT that images are pushed to",
            "registry_username": "for docker login",
            "registry_password": "for docker login",
            "s3_endpoint": "URL of the build cache",
        },
    ),
)
