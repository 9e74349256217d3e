"""A deployment as deployment_list and deployment_get show it."""

from codeb.domain.deployment import Deployment
from codeb.domain.records import iso
from codeb.tools.results import Record, step_record, where
from codeb.tools.settings_view import shown


def deployment(record: Deployment) -> Record:
    duration = (record.completed_at - record.created_at).total_seconds() * 1000 if record.completed_at else None
    return {
        "id": record.id,
        **where(record.environment),
        "slot": record.slot and str(record.slot),
        "status": str(record.status),
        "version": record.version,
        "image": record.image,
        "digest": record.digest or None,
        "envVersion": record.env_version,
        "deployedBy": record.deployed_by,
        "source": record.source,
        "createdAt": iso(record.created_at),
        "completedAt": iso(record.completed_at),
        "duration": duration and round(duration),
        "promotedAt": iso(record.promoted_at),
        "promotedBy": record.promoted_by,
        "rolledBackAt": iso(record.rolled_back_at),
        "rolledBackBy": record.rolled_back_by,
        "rollbackReason": record.rollback_reason,
        "rollbackReceipt": record.rollback_receipt or None,
        "error": record.error,
        "steps": [step_record(step) for step in record.steps],
        "receipt": record.receipt or None,
        "migration": record.migration or None,
        "settings": shown(record.settings),
    }
