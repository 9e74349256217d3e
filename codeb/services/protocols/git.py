"""Which repository a project is bound to, and the hosting service that has it."""

from collections.abc import Sequence
from typing import Protocol

from codeb.domain.git import Overview, Pull, Review


class Repositories(Protocol):
    """Every method raises Unavailable while the database is away."""

    def of(self, project: str) -> str | None:
        """``owner/name``; None when the project is bound to none."""
        ...

    def bind(self, project: str, repository: str | None, by: str, *, plan: bool = False) -> str | None:
        """Bind or, with None, unbind; the answer is what was bound before. ``plan`` checks only.

        Raises UnknownProject, RepositoryTaken when another team's project is bound to it.
        """
        ...


class GitHosting(Protocol):
    """Every method raises GitTokenMissing, GitRemote, Unavailable."""

    def pulls(self, repository: str, state: str) -> tuple[Sequence[Pull], bool]:
        """The newest, and whether there are more."""
        ...

    def pull(self, repository: str, number: int) -> Pull: ...

    def open_pull_of(self, repository: str, head: str, base: str) -> Pull | None: ...

    def create_pull(self, repository: str, *, title: str, body: str, base: str, head: str) -> Pull: ...

    def reviewed(self, repository: str, pull: Pull, review: Review) -> bool:
        """Whether the token's own user said this very thing of the pull request as it stands."""
        ...

    def review(self, repository: str, pull: Pull, review: Review) -> None: ...

    def merge(self, repository: str, pull: Pull, method: str) -> str:
        """The merge's commit. Refused when the branch has moved on since ``pull`` was read."""
        ...

    def overview(self, repository: str) -> Overview: ...
