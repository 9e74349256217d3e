"""Deployments in the journal, and from there in the database. Spec section 3, step 4."""

from dataclasses import dataclass

from codeb.domain.deployment import Deployment
from codeb.domain.events import EventKind
from codeb.domain.records import deployment_record
from codeb.domain.slots import SlotPair
from codeb.services.protocols import History, Journal


@dataclass(frozen=True, slots=True)
class DeploymentLog:
    journal: Journal
    history: History

    def record(self, deployment: Deployment, pair: SlotPair, *, by: str = "", why: str = "") -> None:
        """What a deployment is from now on. Raises JournalUnwritable."""
        self.journal.append(
            deployment.environment,
            EventKind.DEPLOYMENT,
            generation=pair.generation,
            by=by or deployment.deployed_by,
            why=why or f"deploy {deployment.status}",
            data={"deployment": deployment_record(deployment)},
        )
        self.history.project(deployment.environment)
