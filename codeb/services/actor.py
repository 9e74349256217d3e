"""Who acts: recorded with every transition. Spec section 2, invariants."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """``name`` is a key's id or a person's login; ``source`` is ci, cli, mcp, browser, python, pyinfra or host."""

    name: str
    source: str = "python"
    team_id: str = ""
