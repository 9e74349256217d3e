"""What the service's answers look like. Every text in them is made harmless as it is read: security 4."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, TypeAdapter

from codeb.domain.git import Branch, Commit, Pull, neutral

Text = Annotated[str, AfterValidator(neutral)]
Name = Annotated[str, AfterValidator(lambda text: neutral(text, 255))]
Sha = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{7,64}$")]
_NOBODY = "ghost"
"""As the service itself calls the author whose account is gone."""


class User(BaseModel):
    login: Name


class _Ref(BaseModel):
    ref: Name
    sha: Sha


class PullAnswer(BaseModel):
    number: int = Field(ge=1)
    title: Text
    state: Name
    html_url: Text
    created_at: Name
    updated_at: Name
    head: _Ref
    base: _Ref
    user: User | None = None
    draft: bool | None = None
    merged: bool | None = None
    merged_at: Name | None = None
    merge_commit_sha: Sha | None = None

    @property
    def pull(self) -> Pull:
        merged = bool(self.merged or self.merged_at)
        return Pull(
            number=self.number,
            title=self.title,
            author=self.user.login if self.user else _NOBODY,
            branch=self.head.ref,
            base=self.base.ref,
            state=self.state,
            url=self.html_url if self.html_url.startswith(("https://", "http://")) else "",
            created_at=self.created_at,
            updated_at=self.updated_at,
            draft=bool(self.draft),
            head_sha=self.head.sha,
            merged=merged,
            merged_sha=self.merge_commit_sha if merged else None,
        )


class Merged(BaseModel):
    sha: Sha


class ReviewAnswer(BaseModel):
    """``body`` is compared with ours, not shown."""

    state: Name
    body: str | None = None
    commit_id: str | None = None
    user: User | None = None


class RepositoryAnswer(BaseModel):
    default_branch: Name


class _Tip(BaseModel):
    sha: Sha


class BranchAnswer(BaseModel):
    name: Name
    commit: _Tip
    protected: bool = False

    @property
    def branch(self) -> Branch:
        return Branch(self.name, self.commit.sha, self.protected)


class _Person(BaseModel):
    name: Name | None = None
    date: Name | None = None


class _Told(BaseModel):
    message: str
    author: _Person | None = None


class CommitAnswer(BaseModel):
    sha: Sha
    commit: _Told

    @property
    def told(self) -> Commit:
        author = self.commit.author or _Person()
        first = next(iter(self.commit.message.splitlines()), "")
        return Commit(self.sha, neutral(first), author.name or _NOBODY, author.date or "")


PULL: TypeAdapter[PullAnswer] = TypeAdapter(PullAnswer)
PULLS: TypeAdapter[list[PullAnswer]] = TypeAdapter(list[PullAnswer])
REVIEWS: TypeAdapter[list[ReviewAnswer]] = TypeAdapter(list[ReviewAnswer])
BRANCHES: TypeAdapter[list[BranchAnswer]] = TypeAdapter(list[BranchAnswer])
COMMITS: TypeAdapter[list[CommitAnswer]] = TypeAdapter(list[CommitAnswer])
USER: TypeAdapter[User] = TypeAdapter(User)
MERGED: TypeAdapter[Merged] = TypeAdapter(Merged)
REPOSITORY: TypeAdapter[RepositoryAnswer] = TypeAdapter(RepositoryAnswer)
ANYTHING: TypeAdapter[Any] = TypeAdapter(Any)
