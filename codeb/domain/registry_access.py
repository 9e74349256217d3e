"""Who may do what in the image registry: the scopes of its tokens, and which of them a key gets. Security 1."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from codeb.domain.access import AuthContext, Role
from codeb.domain.project import Project

PULL, PUSH, DELETE = "pull", "push", "delete"
CATALOG = "catalog"
VIEW_PERMISSION, DEPLOY_PERMISSION, MANAGE_PERMISSION = "project.view", "deploy.create", "registry.manage"
_SCOPE = re.compile(
    r"(?P<type>repository|registry):(?P<name>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*):(?P<actions>[a-z*]{1,20}(?:,[a-z*]{1,20})*)"
)
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Access:
    """What may be done with one resource; ``type`` is repository or registry, as distribution has it."""

    type: str
    name: str
    actions: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> "Access | None":
        """None for a scope that nobody is granted here: of a plugin, of another host, of no shape at all."""
        match = _SCOPE.fullmatch(text) if len(text) <= _LONGEST else None
        return cls(match["type"], match["name"], tuple(dict.fromkeys(match["actions"].split(",")))) if match else None

    @classmethod
    def repository(cls, name: str, *actions: str) -> "Access":
        return cls("repository", name, actions)

    def record(self) -> dict[str, object]:
        """As a token carries it."""
        return {"type": self.type, "name": self.name, "actions": list(self.actions)}

    def __str__(self) -> str:
        return f"{self.type}:{self.name}:{','.join(self.actions)}"


CATALOG_ACCESS = Access("registry", CATALOG, ("*",))

FindProject = Callable[[str], Project | None]


def wanted(scopes: Iterable[str]) -> list[Access]:
    """What a request asks for. One parameter may name several scopes, with spaces between them."""
    found = (Access.parse(text) for scope in scopes for text in scope.split())
    return [each for each in found if each is not None]


def granted(auth: AuthContext, asked: Iterable[Access], project: FindProject) -> Sequence[Access]:
    """The part of ``asked`` that the key may do. The rest is left out, and the registry refuses it then.

    A repository belongs to the project of exactly its name.
    """
    parts = (Access(each.type, each.name, _allowed(auth, each, project)) for each in asked)
    return [each for each in parts if each.actions]


def _allowed(auth: AuthContext, asked: Access, project: FindProject) -> tuple[str, ...]:
    if asked.type == "registry":
        return asked.actions if asked == CATALOG_ACCESS and _manages(auth) else ()
    mine = _rights(auth, asked.name, project)
    return tuple(action for action in asked.actions if action in mine)


def _rights(auth: AuthContext, name: str, project: FindProject) -> frozenset[str]:
    if not _within(auth, name, project):
        return frozenset()
    rights = set()
    if auth.may(DEPLOY_PERMISSION, Role.MEMBER):
        rights |= {PULL, PUSH}
    if auth.may(VIEW_PERMISSION, Role.VIEWER):
        rights.add(PULL)
    if _manages(auth):
        rights.add(DELETE)
    return frozenset(rights)


def _within(auth: AuthContext, name: str, project: FindProject) -> bool:
    """A platform key reaches repositories of no project too: what the operator offers to everybody, what was left."""
    if not auth.covers(name):
        return False
    if auth.platform:
        return True
    found = project(name)
    return found is not None and auth.sees(found)


def _manages(auth: AuthContext) -> bool:
    return auth.platform and auth.projects is None and auth.may(MANAGE_PERMISSION, Role.ADMIN)
