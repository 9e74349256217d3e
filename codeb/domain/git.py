"""Pull requests as a hosting service tells of them. Their text is somebody else's: security 4."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from codeb.errors import InvalidInput, Refused

_LONGEST_TEXT = 2000
_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}")


def neutral(text: str, limit: int = _LONGEST_TEXT) -> str:
    """``text`` without what acts on a terminal or turns the reading direction, cut at ``limit`` characters."""
    return "".join(char if char.isprintable() else " " if char.isspace() else "?" for char in text[:limit])


def repository_name(text: str) -> str:
    """``text`` when it is ``owner/name``, or empty for none; raises InvalidInput."""
    dots = any(not part.strip(".") or ".." in part for part in text.split("/"))
    if text and (dots or not _REPOSITORY.fullmatch(text)):
        raise InvalidInput("repository", f"{text[:210]!r} is not owner/name, of letters, digits and . _ -")
    return text


class ReviewAction(StrEnum):
    APPROVE = "approve"
    COMMENT = "comment"
    REQUEST_CHANGES = "request_changes"


@dataclass(frozen=True, slots=True)
class Review:
    action: ReviewAction
    body: str


@dataclass(frozen=True, slots=True)
class Pull:
    """Times as the service writes them. ``merged_sha`` is None until it is merged; ``head_sha`` is what it offers."""

    number: int
    title: str
    author: str
    branch: str
    base: str
    state: str
    url: str
    created_at: str
    updated_at: str
    draft: bool
    head_sha: str
    merged: bool = False
    merged_sha: str | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    name: str
    sha: str
    protected: bool


@dataclass(frozen=True, slots=True)
class Commit:
    sha: str
    message: str
    author: str
    date: str


@dataclass(frozen=True, slots=True)
class Overview:
    """``partial`` when there is more than is counted here."""

    default_branch: str
    branches: Sequence[Branch]
    commits: Sequence[Commit]
    open_pulls: int
    partial: bool = False


class GitRemote(Refused):
    """The hosting service refused; the sentence may hold its own words, made harmless. ``status`` is HTTP's."""

    code = "git_remote"

    def __init__(self, sentence: str, status: int | None = None, **facts: object) -> None:
        self.status = status
        self._facts: Mapping[str, object] = facts
        super().__init__(sentence)

    def facts(self) -> dict[str, object]:
        return {"remoteStatus": self.status, "untrusted": True, **self._facts}


class GitTokenMissing(Refused):
    code = "git_token_missing"

    def __init__(self) -> None:
        super().__init__(
            "no token of the git hosting service is set: the operator puts one that may read and merge the bound"
            " repositories into CODEB_GIT_TOKEN, and restarts the API"
        )


class NoRepository(Refused):
    code = "no_repository"

    def __init__(self, project: str) -> None:
        super().__init__(
            f"{project} is bound to no repository; the operator binds one with repository_bind and a platform key"
        )


class RepositoryTaken(Refused):
    code = "repository_taken"

    def __init__(self, repository: str, team: str) -> None:
        super().__init__(f"{repository} belongs to team {team}, whose project is bound to it; unbind that one first")


class PullClosed(Refused):
    code = "pull_closed"

    def __init__(self, number: int) -> None:
        super().__init__(f"pull request {number} was closed without being merged; reopen it first")
