"""A served stream with a hub to publish to, containers that speak, and keys of two teams."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from starlette.requests import Request

from codeb.api.stream import Stream
from codeb.api.streams.hub import Hub
from codeb.api.streams.places import Places
from codeb.api.streams.reading import Pace
from codeb.domain.access import AuthContext, Role
from codeb.domain.project import Project, UnknownProject
from codeb.errors import Unavailable
from tests.fakes.streams import FakeContainerLogs
from tests.unit.api.streams.server import Served
from tests.world import World

KEYS = {
    "a": AuthContext("key_a", "team-a", Role.VIEWER),
    "a2": AuthContext("key_a2", "team-a", Role.VIEWER),
    "b": AuthContext("key_b", "team-b", Role.OWNER),
    "listed": AuthContext("key_l", "team-a", Role.MEMBER, projects=frozenset({"shop"})),
    "platform": AuthContext("key_p", "platform", Role.OWNER, platform=True),
    "scoped": AuthContext("key_s", "team-a", Role.OWNER, scopes=frozenset({"deploy.create"})),
}


@dataclass
class Studio:
    """What a test of the route may look at and change."""

    hub: Hub = field(default_factory=Hub)
    logs: FakeContainerLogs = field(default_factory=FakeContainerLogs)
    places: Places = field(default_factory=Places)
    pace: Pace = field(default_factory=Pace)
    revoked: set[str] = field(default_factory=set)
    key_file_away: bool = False
    world: World = field(default_factory=World)

    def project(self, auth: AuthContext, name: str) -> Project:
        project = self.world.projects.get(name)
        if not auth.sees(project):
            raise UnknownProject(name)
        auth.require_project(name)
        return project

    def allowed(self, request: Request, auth: AuthContext) -> bool:
        if self.key_file_away:
            raise Unavailable("the key file", "it is damaged")
        return auth.key_id not in self.revoked

    def stream(self) -> Stream:
        return Stream(self.hub, self.project, self.allowed, self.logs, self.places, self.pace)

    @contextmanager
    def on(self, server: Served) -> Iterator[Served]:
        """Requests to that server are this studio's until the end of the block, when its streams end."""
        server.stream = self.stream()
        try:
            yield server
        finally:
            self.hub.close()


@pytest.fixture
def studio() -> Studio:
    return Studio()


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    """For every test that does not stop it."""
    with Served(Studio().stream(), KEYS).running() as served:
        yield served


@pytest.fixture
def served(studio: Studio, server: Served) -> Iterator[Served]:
    with studio.on(server) as served:
        yield served
