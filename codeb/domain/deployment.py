"""A deployment and its ten steps. Spec section 3."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from codeb.domain.names import Environment, SlotName
from codeb.errors import Refused


class DeploymentStatus(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    SUCCESS = "success"
    FAILED = "failed"


OPEN = frozenset({DeploymentStatus.PENDING, DeploymentStatus.RUNNING})
"""Not ended yet."""


class StepName(StrEnum):
    VERIFY_PROJECT = "verify_project"
    GET_SLOT_STATUS = "get_slot_status"
    SELECT_SLOT = "select_slot"
    RECORD_DEPLOYMENT = "record_deployment"
    PULL_IMAGE = "pull_image"
    CLEANUP_CONTAINER = "cleanup_container"
    SYNC_ENV = "sync_env"
    START_CONTAINER = "start_container"
    HEALTH_CHECK = "health_check"
    UPDATE_REGISTRY = "update_registry"


class StepStatus(StrEnum):
    RUNNING = "running"
    SUCCESS = "success"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a deploy; ``duration`` in milliseconds."""

    name: StepName
    status: StepStatus
    duration: float = 0
    error: str | None = None


StepListener = Callable[[Step], None]


@dataclass(frozen=True, slots=True)
class Deployment:
    id: str
    environment: Environment
    image: str
    version: str
    deployed_by: str
    source: str
    created_at: datetime
    slot: SlotName | None = None
    status: DeploymentStatus = DeploymentStatus.PENDING
    digest: str = ""
    env_version: int = 0
    settings: dict[str, object] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    error: str | None = None
    completed_at: datetime | None = None
    promoted_at: datetime | None = None
    promoted_by: str | None = None
    rolled_back_at: datetime | None = None
    rolled_back_by: str | None = None
    rollback_reason: str | None = None
    receipt: dict[str, object] = field(default_factory=dict)
    rollback_receipt: dict[str, object] = field(default_factory=dict)
    migration: dict[str, object] = field(default_factory=dict)

    @property
    def open(self) -> bool:
        return self.status in OPEN

    def failed(self, error: str, now: datetime) -> "Deployment":
        return replace(self, status=DeploymentStatus.FAILED, error=error, completed_at=now)


class DeployFailed(Refused):
    """A deploy that ended as ``failed``; everything is as it was before it."""

    code = "deploy_failed"

    def __init__(self, deployment: Deployment, reason: str, code: str = "deploy_failed") -> None:
        self.deployment = deployment
        self.code = code
        super().__init__(reason)


def new_deployment_id() -> str:
    return f"dep_{secrets.token_hex(8)}"
