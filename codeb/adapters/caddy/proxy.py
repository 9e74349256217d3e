"""The proxy: an environment's traffic follows one word in a file, read once per request. Spec section 4."""

import time
from dataclasses import dataclass
from pathlib import Path

from codeb.adapters.caddy.pointers import Pointers
from codeb.adapters.caddy.requests import SiteRequests
from codeb.adapters.caddy.site_file import SiteRenderer, hash_in, site_file_name
from codeb.adapters.caddy.switch_check import SwitchCheck
from codeb.adapters.caddy.tree import SiteTree
from codeb.domain.names import Environment, SlotName
from codeb.domain.routing import Word
from codeb.services.errors import SiteRefused, SwitchFailed
from codeb.services.protocols import Clock, Site, Verified
from codeb.settings import Secret


@dataclass(frozen=True, slots=True)
class CaddyProxy:
    """``routes`` holds one pointer file per environment."""

    routes: Path
    tree: SiteTree
    renderer: SiteRenderer
    requests: SiteRequests
    probe_secret: Secret
    clock: Clock

    def install(self, *sites: Site) -> bool:
        files = [self.renderer.render(site) for site in sites]
        fresh = [site.environment for site in sites if self.word(site.environment) is None]
        before = {environment: self._pointers.text(environment) for environment in fresh}
        for environment in fresh:
            self._pointers.point(environment, Word.EMPTY)
        try:
            return self.tree.put(files)
        except BaseException:
            for environment, text in before.items():
                self._pointers.restore(environment, text)
            raise

    def up_to_date(self, site: Site) -> bool:
        file = self.renderer.render(site)
        return self.tree.text(file.name) == file.text

    def remove(self, environment: Environment) -> None:
        self.tree.remove(site_file_name(environment))
        self._pointers.remove(environment)

    def word(self, environment: Environment) -> Word | None:
        return self._pointers.word(environment)

    def narrow(self, environment: Environment, word: Word) -> None:
        self._pointers.point(environment, word)

    def route(self, site: Site, word: Word, *, probe: Word | None = None) -> Verified:
        environment, before = site.environment, self._pointers.text(site.environment)
        begun = time.perf_counter()
        check = SwitchCheck(self.requests, self.probe_secret, site)
        probed = self._probe(check, probe or word)
        self._pointers.point(environment, word)
        try:
            answered = check.plainly(word)
        except BaseException:
            self._pointers.restore(environment, before)
            raise
        took = (time.perf_counter() - begun) * 1000
        return Verified(word, probed, answered, self.clock.now(), took, tuple(check.warnings))

    def _probe(self, check: SwitchCheck, wanted: Word) -> SlotName | None:
        """Before anybody is moved; a Caddy that serves another file than the one on disk is told first."""
        on_disk = self._hash_on_disk(check.site, wanted)
        answer = check.probe(wanted)
        if answer is not None and answer.site_hash != on_disk:
            self._reload(check, wanted)
            answer = check.probe(wanted)
            if answer is not None and answer.site_hash != on_disk:
                raise check.failed(wanted, "Caddy does not serve the site file on disk, not even after a load")
        return check.judge(wanted, answer, "the probe")

    def _reload(self, check: SwitchCheck, wanted: Word) -> None:
        try:
            self.tree.reload()
        except SiteRefused as error:
            raise check.failed(wanted, f"Caddy serves an older site file than the one on disk; {error}") from error

    def _hash_on_disk(self, site: Site, wanted: Word) -> str:
        name = site_file_name(site.environment)
        text = self.tree.text(name)
        found = hash_in(text or "")
        if not found:
            what = "is missing" if text is None else "was damaged"
            reason = f"its site file {self.tree.sites / name} {what}; `codeb doctor` mends it"
            raise SwitchFailed(site.environment, wanted.serving, reason)
        return found

    @property
    def _pointers(self) -> Pointers:
        return Pointers(self.routes)
