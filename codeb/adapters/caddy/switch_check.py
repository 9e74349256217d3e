"""Who answers for a site, before a switch and after it. Design section 4."""

import http.client
from collections.abc import Mapping
from dataclasses import dataclass, field

from codeb.adapters.caddy.requests import Answer, CertificateMissing, SiteRequests
from codeb.domain.names import SlotName
from codeb.domain.routing import Word
from codeb.services.errors import SwitchFailed
from codeb.services.protocols import Site
from codeb.settings import Secret

_UNREADABLE = (
    "Caddy cannot read the pointer file of this environment: either it is older than 2.8, which has no {file.*},"
    " or its user may not read the routes directory"
)


@dataclass(frozen=True, slots=True)
class SwitchCheck:
    """One switch of one site; ``warnings`` gathers what could not be verified."""

    requests: SiteRequests
    probe_secret: Secret
    site: Site
    warnings: list[str] = field(default_factory=list)

    def probe(self, wanted: Word) -> Answer | None:
        """The wanted word through the very same handlers; None when that cannot be asked yet."""
        return self._ask(wanted, {"X-CodeB-Probe": self.probe_secret.reveal(), "X-CodeB-Word": str(wanted)})

    def plainly(self, word: Word) -> SlotName | None:
        """A request as anybody's. Raises SwitchFailed unless it is answered as ``word`` says."""
        return self.judge(word, self._ask(word, {}), "a plain request after the switch")

    def judge(self, word: Word, answer: Answer | None, what: str) -> SlotName | None:
        """The headers alone are judged: an application that answers 401 or 500 is no failed switch."""
        if answer is None:
            return None
        if answer.word == "unknown":
            raise self.failed(word, _UNREADABLE)
        if word.serving is None and answer.word != word:
            raise self.failed(word, f"{what} was not answered by the {word} page")
        if word.serving is not None and answer.slot != word.serving:
            who = answer.slot or f"no slot (status {answer.status})"
            raise self.failed(word, f"{what} was answered by {who}")
        return word.serving

    def failed(self, word: Word, reason: str) -> SwitchFailed:
        return SwitchFailed(self.site.environment, word.serving, reason)

    def _ask(self, word: Word, headers: Mapping[str, str]) -> Answer | None:
        host, path = self.site.hosts[0], self._path(word)
        try:
            return self.requests.get(host, path, headers)
        except CertificateMissing as error:
            self.warnings.append(f"{host} has no certificate yet ({error}): the switch was not verified over TLS")
            return None
        except (OSError, http.client.HTTPException) as error:
            raise self.failed(word, f"Caddy did not answer for {host}: {error}") from error

    def _path(self, word: Word) -> str:
        """The health path of whoever is to answer; any will do for a page."""
        return self.site.slot(word.serving or SlotName.BLUE).health_path
