"""Domains: the table of claims, a DNS that says what a test puts in it, certificates that a team has left."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from codeb.domain.domains import Domain, DomainStatus, DomainType, Found, next_look
from codeb.domain.names import Environment, EnvironmentName, SlotName
from codeb.domain.project import Project
from codeb.services.domain_errors import DomainTaken, UnknownDomain
from tests.fakes.records import FakeProjects

Key = tuple[str, str]


@dataclass
class FakeDomains:
    """``rows`` are the custom ones, by host and project; the generated ones follow from the projects."""

    projects: FakeProjects
    domain: str
    rows: dict[Key, Domain] = field(default_factory=dict)
    next_looks: dict[Key, datetime | None] = field(default_factory=dict)

    def holder(self, host: str) -> Domain | None:
        self.projects.require_writable()
        return next((each for each in self._all() if each.host == host and each.active), None)

    def claim_of(self, host: str, project: str) -> Domain | None:
        self.projects.require_writable()
        return next((each for each in self._of(project) if each.host == host), None)

    def of_projects(self, projects: Collection[str]) -> Sequence[Domain]:
        self.projects.require_writable()
        return [each for each in self._all() if each.environment.project in projects]

    def claim(self, host: str, environment: Environment, by: str, now: datetime) -> tuple[Domain, bool]:
        self.projects.require_writable()
        key, team = (host, environment.project), self.projects.get(environment.project).team_id
        made = key not in self.rows
        new = Domain(host, environment, team, DomainType.CUSTOM, DomainStatus.PENDING, now, now, None, by)
        self.rows[key] = new if made else replace(self.rows[key], asked_at=now)
        self.next_looks[key] = next_look(now, now)
        return self.rows[key], made

    def activate(self, host: str, project: str, at: datetime) -> Domain:
        self.projects.require_writable()
        if (row := self.rows.get((host, project))) is None:
            raise UnknownDomain(host)
        holder = self.holder(host)
        if holder is not None and holder.environment.project != project:
            raise DomainTaken(host)
        if not row.active:
            self._keep(replace(row, status=DomainStatus.ACTIVE, verified_at=at))
        return self.rows[host, project]

    def put_back(self, domain: Domain) -> None:
        self.projects.require_writable()
        self._keep(domain)

    def remove(self, host: str, project: str) -> None:
        self.projects.require_writable()
        self.rows.pop((host, project), None)
        self._follow(project)

    def due(self, now: datetime, limit: int) -> Sequence[Domain]:
        self.projects.require_writable()
        pending = {key for key, row in self.rows.items() if not row.active}
        looks = {key: at for key, at in self.next_looks.items() if key in pending and at is not None and at <= now}
        return [self.rows[key] for key in sorted(looks, key=lambda key: looks[key])][:limit]

    def looked(self, domain: Domain, next_at: datetime | None) -> None:
        self.projects.require_writable()
        self.next_looks[domain.host, domain.environment.project] = next_at

    def _keep(self, domain: Domain) -> None:
        self.rows[domain.host, domain.environment.project] = domain
        self._follow(domain.environment.project)

    def _follow(self, name: str) -> None:
        """The project is read with its proven hosts."""
        hosts: dict[EnvironmentName, tuple[str, ...]] = {}
        for row in sorted(self.rows.values(), key=lambda row: row.host):
            if row.environment.project == name and row.active:
                hosts[row.environment.name] = (*hosts.get(row.environment.name, ()), row.host)
        self.projects.known[name] = replace(self.projects.get(name), domains=hosts)

    def _all(self) -> list[Domain]:
        return [each for name in self.projects.known for each in self._of(name)]

    def _of(self, name: str) -> list[Domain]:
        project = self.projects.known.get(name)
        generated = [] if project is None else self._generated(project)
        return [*generated, *(row for row in self.rows.values() if row.environment.project == name)]

    def _generated(self, project: Project) -> list[Domain]:
        found = []
        for name in project.ports:
            environment, at = project.environment(name), project.created_at
            hosts = [(environment.host(self.domain), DomainType.PRODUCTION)]
            hosts += [(environment.preview_host(slot, self.domain), DomainType.PREVIEW) for slot in SlotName]
            found += [
                Domain(host, environment, project.team_id, kind, DomainStatus.ACTIVE, at, at) for host, kind in hosts
            ]
        return found


@dataclass
class FakeDns:
    """``texts`` by the proof's name, ``found`` by host."""

    found: dict[str, Found] = field(default_factory=dict)
    texts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def look(self, host: str, proof: str) -> Found:
        self.asked.append(host)
        return replace(self.found.get(host, Found()), proofs=self.texts.get(proof, ()))


@dataclass
class FakeCertificates:
    """``left`` new ones; None is as many as are asked for."""

    left: int | None = None
    teams: dict[str, str] = field(default_factory=dict)
    asked: int = 0

    def admit(self, host: str, team_id: str) -> bool:
        self.asked += 1
        if host in self.teams:
            return True
        if self.left == 0:
            return False
        self.left = None if self.left is None else self.left - 1
        self.teams[host] = team_id
        return True
