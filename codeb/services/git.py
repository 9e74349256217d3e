"""Pull requests of the repository that a project is bound to, and of no other. Spec section 6; lesson 7, security 6."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from codeb.domain.git import GitRemote, NoRepository, Overview, Pull, PullClosed, Review
from codeb.services.actor import Actor
from codeb.services.protocols.git import GitHosting, Repositories


@dataclass(frozen=True, slots=True)
class Done:
    """``pull`` as it is now, or as it was where it was only planned; ``sha`` is the merge's."""

    pull: Pull
    changed: bool
    sha: str | None = None


@dataclass(frozen=True, slots=True)
class Git:
    """Every method raises NoRepository, GitTokenMissing, GitRemote, Unavailable."""

    repositories: Repositories
    hosting: GitHosting

    def repository(self, project: str) -> str:
        found = self.repositories.of(project)
        if found is None:
            raise NoRepository(project)
        return found

    def bind(self, project: str, repository: str | None, actor: Actor, *, plan: bool = False) -> str | None:
        """What was bound before. Raises UnknownProject, RepositoryTaken, Unavailable."""
        return self.repositories.bind(project, repository, actor.name, plan=plan)

    def pulls(self, project: str, state: str) -> tuple[Sequence[Pull], bool]:
        return self.hosting.pulls(self.repository(project), state)

    def overview(self, project: str) -> Overview:
        return self.hosting.overview(self.repository(project))

    def create(self, project: str, *, title: str, body: str, base: str, head: str, plan: bool = False) -> Done | None:
        """Open a pull request, or find the one that is open already. None when it was only planned."""
        repository = self.repository(project)
        if (there := self.hosting.open_pull_of(repository, head, base)) is not None:
            return Done(there, changed=False)
        if plan:
            return None
        try:
            made = self.hosting.create_pull(repository, title=title, body=body, base=base, head=head)
        except GitRemote:
            if (there := self.hosting.open_pull_of(repository, head, base)) is None:
                raise
            return Done(there, changed=False)
        return Done(made, changed=True)

    def review(self, project: str, number: int, review: Review, *, plan: bool = False) -> Done:
        repository = self.repository(project)
        pull = self.hosting.pull(repository, number)
        if self.hosting.reviewed(repository, pull, review):
            return Done(pull, changed=False)
        if not plan:
            self.hosting.review(repository, pull, review)
        return Done(pull, changed=True)

    def merge(self, project: str, number: int, method: str, *, plan: bool = False) -> Done:
        """Merge what the pull request offers now; one that is merged stays as it is. Also raises PullClosed."""
        repository = self.repository(project)
        pull = self.hosting.pull(repository, number)
        if pull.merged:
            return Done(pull, changed=False, sha=pull.merged_sha)
        if pull.state != "open":
            raise PullClosed(number)
        if plan:
            return Done(pull, changed=True)
        try:
            sha = self.hosting.merge(repository, pull, method)
        except GitRemote as error:
            if (merged := self._merged_by_another(repository, number)) is None:
                raise error from None
            return merged
        return Done(pull, changed=True, sha=sha)

    def _merged_by_another(self, repository: str, number: int) -> Done | None:
        with suppress(GitRemote):
            now = self.hosting.pull(repository, number)
            if now.merged:
                return Done(now, changed=False, sha=now.merged_sha)
        return None
