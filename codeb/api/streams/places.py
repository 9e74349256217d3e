"""How many streams may be open at once. Security 10."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from codeb.domain.access import AuthContext
from codeb.errors import CodebError

PER_KEY = 10
IN_TOTAL = 200


class TooManyStreams(CodebError):
    code = "too_many_streams"

    def __init__(self, whose: str, most: int) -> None:
        self.most = most
        super().__init__(f"{whose} has {most} streams open, and no more are possible; end one, then follow again")

    def facts(self) -> dict[str, object]:
        return {"limit": self.most}


def unlimited(team_id: str) -> int | None:  # noqa: ARG001
    """The quota of a platform that has none."""
    return None


@dataclass(slots=True)
class Places:
    """``team_quota`` says how many a team may have, None for no limit of its own. Not for several threads."""

    team_quota: Callable[[str], int | None] = unlimited
    per_key: int = PER_KEY
    in_total: int = IN_TOTAL
    _taken: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def open(self) -> int:
        return self._taken["", ""]

    def take(self, auth: AuthContext) -> Callable[[], None]:
        """Take a place and return what gives it back; raises TooManyStreams."""
        limits: tuple[tuple[tuple[str, str], str, int | None], ...] = (
            (("", ""), "this server", self.in_total),
            (("team", auth.team_id), f"team {auth.team_id}", self.team_quota(auth.team_id)),
            (("key", auth.key_id), "this key", self.per_key),
        )
        for place, whose, most in limits:
            if most is not None and self._taken[place] >= most:
                raise TooManyStreams(whose, most)
        held = [place for place, _, _ in limits]
        self._taken.update(held)

        def give_back() -> None:
            self._taken.subtract(held)
            held.clear()
            self._taken += Counter()

        return give_back
