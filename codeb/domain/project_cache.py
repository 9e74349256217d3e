"""A project's user of the build cache, whose keys follow from what the project is. Security 1, spec section 10."""

import hashlib
from dataclasses import dataclass, field

from codeb.domain.project import Project

BUCKET = "docker-cache"
NO_CACHE = frozenset({"meta"})
"""The engine keeps what it knows of the bucket itself under this name."""
_CHARACTERS = 40


@dataclass(frozen=True, slots=True)
class CacheKeys:
    access: str
    secret: str = field(repr=False)


def cache_keys(project: Project, key: str) -> CacheKeys | None:
    """The keys of the user that may use ``docker-cache/{project}/`` alone; None where it has none.

    The same is computed on the storage host, which makes the users (object_storage/project-users.sh.j2), so that the
    API needs no rights there. The second of the project's making is part of it: who had a project of that name before
    has keys that open nothing.
    """
    if project.name in NO_CACHE:
        return None
    inner = _hashed(f"{key}:{project.name}:{int(project.created_at.timestamp())}")
    return CacheKeys(f"project-{project.name}", _hashed(f"{key}:{inner}")[:_CHARACTERS])


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
