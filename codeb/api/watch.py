"""Is the database there? Asked in the background, so that no request waits for the answer. Spec section 7."""

import asyncio
from dataclasses import dataclass

import structlog

from codeb.api.lanes import Lanes
from codeb.bootstrap import Services
from codeb.errors import Unavailable
from codeb.tools.tool import Lane

_log = structlog.get_logger()


@dataclass(slots=True)
class DatabaseWatch:
    """``there`` is what was seen last. When the database returns, it is migrated and brought up to date."""

    services: Services
    there: bool = True
    interval: float = 2.0

    def begin(self) -> None:
        """At start, before the first request: migrate, then finish or undo what a crash left."""
        self.there = self._migrated()
        self.recover(containers=False)

    async def follow(self, lanes: Lanes) -> None:
        """Look again and again, until cancelled."""
        while True:
            there = await lanes.run(Lane.READ, self.services.database.available)
            if there and not self.there:
                there = await lanes.run(Lane.CHANGE, self._returned)
            elif self.there and not there:
                _log.warning("database_away", effect="degraded: releases of known projects still work")
            self.there = there
            await asyncio.sleep(self.interval)

    def _returned(self) -> bool:
        if not self._migrated():
            return False
        _log.info("database_back")
        self.recover()
        return True

    def _migrated(self) -> bool:
        try:
            applied = self.services.database.migrate()
        except Unavailable as error:
            _log.warning("database_away", reason=str(error), effect="degraded: it is tried again in the background")
            return False
        if applied:
            _log.info("migrated", applied=applied)
        return True

    def recover(self, *, containers: bool = True) -> None:
        try:
            for finding in self.services.recover(containers=containers):
                log = _log.info if finding.mended else _log.error
                log(
                    "recovered",
                    environment=str(finding.environment or "the host"),
                    what=finding.what,
                    mended=finding.mended,
                )
        except Exception:  # noqa: BLE001  the server starts all the same: what it can serve, it serves
            _log.exception("recovery_failed", effect="the server starts; `codeb status` shows each environment")
