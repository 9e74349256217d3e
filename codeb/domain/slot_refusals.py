"""Why a transition of the slots is refused, each with the sentence that says what can be done. Spec section 2."""

from datetime import datetime

from codeb.domain.names import Environment, SlotName
from codeb.errors import Refused


class NothingToPromote(Refused):
    code = "nothing_to_promote"

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        super().__init__(f"{environment}: no deployed slot to promote; deploy first")


class AnotherCandidate(Refused):
    """Not the deployment that was meant."""

    code = "another_candidate"

    def __init__(self, environment: Environment, wanted: str, held: str | None) -> None:
        self.environment = environment
        super().__init__(
            f"{environment}: {wanted} is not the candidate, {held or 'nothing'} is; deploy it again, or promote without"
            " naming a deployment"
        )


class NoGrace(Refused):
    code = "no_grace_slot"

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        super().__init__(
            f"{environment}: no grace slot to go back to;"
            " `rollback` with `deploymentId` starts a recorded deployment anew, `deployment_list` has the ids"
        )


class GraceExpired(Refused):
    code = "grace_expired"

    def __init__(self, environment: Environment, expired_at: datetime) -> None:
        self.environment = environment
        super().__init__(
            f"{environment}: the grace period ended at {expired_at:%Y-%m-%d %H:%M} UTC;"
            " `rollback` with `deploymentId` starts a recorded deployment anew, `deployment_list` has the ids"
        )


class GracePinned(Refused):
    """The grace slot is kept on purpose: a deploy would throw it away."""

    code = "grace_pinned"

    def __init__(self, environment: Environment, slot: SlotName, by: str, until: datetime) -> None:
        self.environment = environment
        super().__init__(
            f"{environment}: {slot} is pinned by {by} until {until:%Y-%m-%d %H:%M} UTC as the way back;"
            " deploy with `force` to give it up"
        )


class MigrationBetween(Refused):
    """The database was migrated for the active release; the one before it may not fit it any more."""

    code = "migration_between"

    def __init__(self, environment: Environment, deployment_id: str) -> None:
        self.environment = environment
        super().__init__(
            f"{environment}: the migration of {deployment_id} ran before it was promoted, and the release before it"
            " may not fit the database any more; `force` goes back all the same, `deployment_get` names the dump that"
            " was taken before the migration"
        )


class SlotInUse(Refused):
    code = "slot_in_use"

    def __init__(self, environment: Environment, slot: SlotName, reason: str) -> None:
        self.environment = environment
        super().__init__(f"{environment}: {slot} {reason}")
