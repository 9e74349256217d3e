"""Pull requests, reviews, merges and branches by the hosting service's REST API. Lists are read three pages far."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote

from pydantic import TypeAdapter

from codeb.adapters.git_hosting import wire
from codeb.adapters.git_hosting.remote import Remote
from codeb.domain.git import Commit, GitRemote, Overview, Pull, Review, ReviewAction

PAGE = 100
MOST_PAGES = 3
_RECENT = 5
_EVENTS = {
    ReviewAction.APPROVE: ("APPROVE", "APPROVED"),
    ReviewAction.COMMENT: ("COMMENT", "COMMENTED"),
    ReviewAction.REQUEST_CHANGES: ("REQUEST_CHANGES", "CHANGES_REQUESTED"),
}
"""What the service calls an action when it is asked, and when it tells of it."""
_NOT_A_PERSON = (403, 404)
_EMPTY = 409
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RestHosting:
    remote: Remote

    def pulls(self, repository: str, state: str) -> tuple[Sequence[Pull], bool]:
        found, more = self._pages(wire.PULLS, f"{_of(repository)}/pulls", repository, state=state)
        return [each.pull for each in found], more

    def pull(self, repository: str, number: int) -> Pull:
        what = _pull_of(repository, number)
        return self.remote.ask(wire.PULL, "GET", f"{_of(repository)}/pulls/{number}", what=what).pull

    def open_pull_of(self, repository: str, head: str, base: str) -> Pull | None:
        owner = repository.partition("/")[0]
        found = self.remote.ask(
            wire.PULLS,
            "GET",
            f"{_of(repository)}/pulls",
            what=f"repository {repository}",
            state="open",
            head=f"{owner}:{head}",
            base=base,
            per_page=PAGE,
        )
        return next((each.pull for each in found if (each.head.ref, each.base.ref) == (head, base)), None)

    def create_pull(self, repository: str, *, title: str, body: str, base: str, head: str) -> Pull:
        record = {"title": title, "body": body, "base": base, "head": head}
        what = f"a pull request from {head} to {base} in {repository}"
        return self.remote.ask(wire.PULL, "POST", f"{_of(repository)}/pulls", what=what, body=record).pull

    def reviewed(self, repository: str, pull: Pull, review: Review) -> bool:
        me = self._login()
        if me is None:
            return False
        path = f"{_of(repository)}/pulls/{pull.number}/reviews"
        found, _ = self._pages(wire.REVIEWS, path, _pull_of(repository, pull.number))
        mine = [each for each in found if each.user and each.user.login == me]
        wanted = (_EVENTS[review.action][1], review.body, pull.head_sha)
        return bool(mine) and (mine[-1].state, mine[-1].body or "", mine[-1].commit_id) == wanted

    def review(self, repository: str, pull: Pull, review: Review) -> None:
        record = {"event": _EVENTS[review.action][0], "body": review.body, "commit_id": pull.head_sha}
        path = f"{_of(repository)}/pulls/{pull.number}/reviews"
        self.remote.ask(wire.ANYTHING, "POST", path, what=_pull_of(repository, pull.number), body=record)

    def merge(self, repository: str, pull: Pull, method: str) -> str:
        record = {"merge_method": method, "sha": pull.head_sha}
        path = f"{_of(repository)}/pulls/{pull.number}/merge"
        what = _pull_of(repository, pull.number)
        return self.remote.ask(wire.MERGED, "PUT", path, what=what, body=record).sha

    def overview(self, repository: str) -> Overview:
        what = f"repository {repository}"
        default = self.remote.ask(wire.REPOSITORY, "GET", _of(repository), what=what).default_branch
        branches, more_branches = self._pages(wire.BRANCHES, f"{_of(repository)}/branches", repository)
        pulls, more_pulls = self.pulls(repository, "open")
        return Overview(
            default_branch=default,
            branches=[each.branch for each in branches],
            commits=self._recent(repository, default),
            open_pulls=len(pulls),
            partial=more_branches or more_pulls,
        )

    def _recent(self, repository: str, branch: str) -> Sequence[Commit]:
        path = f"{_of(repository)}/commits"
        what = f"branch {branch} of {repository}"
        try:
            found = self.remote.ask(wire.COMMITS, "GET", path, what=what, sha=branch, per_page=_RECENT)
        except GitRemote as error:
            if error.status != _EMPTY:
                raise
            return []
        return [each.told for each in found[:_RECENT]]

    def _login(self) -> str | None:
        """Whose token it is; an application's is nobody's."""
        try:
            return self.remote.ask(wire.USER, "GET", "/user", what="the token's user").login
        except GitRemote as error:
            if error.status not in _NOT_A_PERSON:
                raise
            return None

    def _pages(
        self, shape: TypeAdapter[list[T]], path: str, what: str, **params: str | int
    ) -> tuple[Sequence[T], bool]:
        """What the pages hold, and whether there are more than are read."""
        found: list[T] = []
        for page in range(1, MOST_PAGES + 1):
            batch = self.remote.ask(shape, "GET", path, what=what, per_page=PAGE, page=page, **params)
            found += batch[:PAGE]
            if len(batch) < PAGE:
                return found, False
        return found, True


def _of(repository: str) -> str:
    owner, _, name = repository.partition("/")
    return f"/repos/{quote(owner, safe='')}/{quote(name, safe='')}"


def _pull_of(repository: str, number: int) -> str:
    return f"pull request {number} of {repository}"
