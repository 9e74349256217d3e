"""What is not as it should be, and what would put it right. Design section 2."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from codeb.domain.names import Environment
from codeb.errors import CodebError
from codeb.services.errors import Locked


@dataclass(frozen=True, slots=True)
class Repair:
    """One deviation. ``act`` mends it; None where no single answer is right, so that a person has to decide."""

    environment: Environment | None
    what: str
    act: Callable[[], object] | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A deviation as it is reported: ``mended``, or left for a person, or (on a dry run) only seen."""

    environment: Environment | None
    what: str
    mended: bool
    pointer_lost: bool = False
    """Visitors were answered 503 because nothing said where they go. Spec section 4 wants an alert."""


def carried_out(repairs: Iterable[Repair], *, dry_run: bool = False) -> Sequence[Finding]:
    """Mend in order. The repairs may come from a generator, which then sees what the ones before it mended.

    What somebody works on right now is left to them.
    """
    findings = []
    for repair in repairs:
        if dry_run or repair.act is None:
            findings.append(Finding(repair.environment, repair.what, mended=False))
            continue
        try:
            repair.act()
        except Locked:
            continue
        except CodebError as error:
            findings.append(
                Finding(repair.environment, f"{repair.what}; it could not be mended: {error}", mended=False)
            )
        else:
            findings.append(Finding(repair.environment, repair.what, mended=True))
    return findings
