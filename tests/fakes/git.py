"""A hosting service and the bindings to its repositories, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from codeb.domain.git import GitRemote, Overview, Pull, RepositoryTaken, Review
from codeb.errors import CodebError
from tests.fakes.records import FakeProjects

SHA = "1" * 40
MERGED = "2" * 40


@dataclass
class FakeRepositories:
    projects: FakeProjects
    bound: dict[str, str] = field(default_factory=dict)

    def of(self, project: str) -> str | None:
        return self.bound.get(project)

    def bind(self, project: str, repository: str | None, by: str, *, plan: bool = False) -> str | None:
        team, before = self.projects.get(project).team_id, self.bound.get(project)
        for name, other in self.bound.items():
            owner = self.projects.get(name).team_id
            if repository is not None and other.lower() == repository.lower() and owner != team:
                raise RepositoryTaken(repository, owner)
        if not plan:
            self.bound.pop(project, None)
            if repository is not None:
                self.bound[project] = repository
        return before


@dataclass
class FakeHosting:
    """``asked`` are the repositories that were touched; ``fails`` is what the next change is refused with."""

    there: dict[int, Pull] = field(default_factory=dict)
    reviews: list[tuple[int, Review]] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    fails: CodebError | None = None

    def open(self, head: str, base: str = "main", title: str = "a change") -> Pull:
        number = len(self.there) + 1
        url = f"https://git.test/{number}"
        self.there[number] = Pull(number, title, "ann", head, base, "open", url, "2026", "2026", False, SHA)
        return self.there[number]

    def merged(self, number: int) -> None:
        self.there[number] = replace(self.there[number], state="closed", merged=True, merged_sha=MERGED)

    def pulls(self, repository: str, state: str) -> tuple[Sequence[Pull], bool]:
        self.asked.add(repository)
        return [each for each in self.there.values() if state in ("all", each.state)], False

    def pull(self, repository: str, number: int) -> Pull:
        self.asked.add(repository)
        if number not in self.there:
            raise GitRemote(f"pull request {number} of {repository} does not exist", 404)
        return self.there[number]

    def open_pull_of(self, repository: str, head: str, base: str) -> Pull | None:
        found, _ = self.pulls(repository, "open")
        return next((each for each in found if (each.branch, each.base) == (head, base)), None)

    def create_pull(self, repository: str, *, title: str, body: str, base: str, head: str) -> Pull:
        self._change(repository)
        return self.open(head, base, title)

    def reviewed(self, repository: str, pull: Pull, review: Review) -> bool:
        return (pull.number, review) in self.reviews

    def review(self, repository: str, pull: Pull, review: Review) -> None:
        self._change(repository)
        self.reviews.append((pull.number, review))

    def merge(self, repository: str, pull: Pull, method: str) -> str:
        self._change(repository)
        self.merged(pull.number)
        return MERGED

    def overview(self, repository: str) -> Overview:
        self.asked.add(repository)
        return Overview("main", [], [], len(self.there))

    def _change(self, repository: str) -> None:
        self.asked.add(repository)
        if self.fails is not None:
            raise self.fails
