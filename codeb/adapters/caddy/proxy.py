"""The proxy: an environment's traffic follows one word in a file, read once per request. Spec section 4."""

import http.client
import time
from dataclasses import dataclass
from pathlib import Path

from codeb.adapters.caddy.requests import Answer, CertificateMissing, SiteRequests
from codeb.adapters.caddy.site_file import SiteRenderer
from codeb.adapters.caddy.tree import SiteTree
from codeb.adapters.files import write_atomically
from codeb.domain.names import Environment, SlotName
from codeb.domain.routing import Word
from codeb.services.errors import SwitchFailed
from codeb.services.protocols import Clock, Site, Verified
from codeb.settings import Secret

_MODE = 0o640


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
        for site in sites:
            if self.word(site.environment) is None:
                self._point(site.environment, Word.EMPTY)
        return self.tree.put([self.renderer.render(site) for site in sites])

    def remove(self, environment: Environment) -> None:
        self.tree.remove(f"{environment.key}.caddy")
        self._pointer(environment).unlink(missing_ok=True)

    def word(self, environment: Environment) -> Word | None:
        try:
            return Word(self._pointer(environment).read_text().strip())
        except (FileNotFoundError, ValueError):
            return None

    def route(self, site: Site, word: Word) -> Verified:
        environment, before = site.environment, self.word(site.environment)
        begun = time.perf_counter()
        warnings: list[str] = []
        probed = self._probe(site, word, warnings)
        self._point(environment, word)
        try:
            answered = self._verify(site, word, warnings)
        except BaseException:
            if before is not None:
                self._point(environment, before)
            raise
        took = (time.perf_counter() - begun) * 1000
        return Verified(word, probed, answered, self.clock.now(), took, tuple(warnings))

    def _probe(self, site: Site, word: Word, warnings: list[str]) -> SlotName | None:
        """Before anybody is moved: the wanted word, through the very same handlers, answered by the wanted slot."""
        headers = {"X-CodeB-Probe": self.probe_secret.reveal(), "X-CodeB-Word": str(word)}
        answer = self._ask(site, word, headers, warnings)
        if answer is not None and answer.site_hash != self.renderer.render(site).hash:
            self.tree.reload()
            answer = self._ask(site, word, headers, warnings)
            if answer is not None and answer.site_hash != self.renderer.render(site).hash:
                raise SwitchFailed(site.environment, word.serving, "Caddy does not serve the site file on disk")
        return self._judge(site, word, answer, "the probe")

    def _verify(self, site: Site, word: Word, warnings: list[str]) -> SlotName | None:
        return self._judge(site, word, self._ask(site, word, {}, warnings), "a plain request after the switch")

    def _ask(self, site: Site, word: Word, headers: dict[str, str], warnings: list[str]) -> Answer | None:
        host = site.hosts[0]
        try:
            return self.requests.get(host, site.health_path, headers)
        except CertificateMissing as error:
            warnings.append(f"{host} has no certificate yet ({error}): the switch was not verified over TLS")
            return None
        except (OSError, http.client.HTTPException) as error:
            raise SwitchFailed(site.environment, word.serving, f"Caddy did not answer for {host}: {error}") from error

    def _judge(self, site: Site, word: Word, answer: Answer | None, what: str) -> SlotName | None:
        """The headers alone are judged: an application that answers 401 or 500 is no failed switch."""
        if answer is None:
            return None
        if word.serving is None:
            if answer.word != word:
                raise SwitchFailed(site.environment, None, f"{what} was not answered by the {word} page")
            return None
        if answer.slot != word.serving:
            who = answer.slot or f"no slot (status {answer.status})"
            raise SwitchFailed(site.environment, word.serving, f"{what} was answered by {who}")
        return word.serving

    def _point(self, environment: Environment, word: Word) -> None:
        write_atomically(self._pointer(environment), str(word), mode=_MODE)

    def _pointer(self, environment: Environment) -> Path:
        return self.routes / environment.key
