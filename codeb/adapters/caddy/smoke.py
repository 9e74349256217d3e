"""The smoke gate's requests, to the preview and through the proxy, as its visitors come. Spec section 2."""

import http.client
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from codeb.adapters.caddy.previews import HTTP_COOKIE, HTTPS_COOKIE
from codeb.adapters.caddy.requests import CertificateMissing, SiteRequests
from codeb.domain.names import SlotName
from codeb.domain.smoke import SmokeRequest, verdict
from codeb.services.protocols import Site

_CERTIFICATE_SECONDS = 30.0
_GRACE_SECONDS = 5.0
"""Beyond the allowed latency, so that an answer that is late is told from none."""


@dataclass(frozen=True, slots=True)
class PreviewSmoke:
    """Redirects are answers like any other and are not followed."""

    requests: SiteRequests

    def failures(self, site: Site, slot: SlotName, requests: Sequence[SmokeRequest]) -> Sequence[str]:
        if not requests:
            return []
        host, headers = site.slot(slot).preview_host, self._headers(site)
        self.requests.await_certificate(host, seconds=_CERTIFICATE_SECONDS)
        found = (self._failure(host, request, headers) for request in requests)
        return [failure for failure in found if failure is not None]

    def _failure(self, host: str, request: SmokeRequest, headers: Mapping[str, str]) -> str | None:
        seconds = request.latency / 1000 + _GRACE_SECONDS
        try:
            page = self.requests.page(host, request.path, headers, seconds=seconds)
        except CertificateMissing as error:
            return f"GET {request.path}: {host} has no certificate yet ({error})"
        except (OSError, http.client.HTTPException) as error:
            return f"GET {request.path} was not answered: {str(error) or type(error).__name__}"
        return verdict(request, status=page.status, milliseconds=page.milliseconds, body=page.body)

    def _headers(self, site: Site) -> dict[str, str]:
        if site.preview_token is None:
            return {}
        cookie = HTTPS_COOKIE if self.requests.scheme == "https" else HTTP_COOKIE
        return {"Cookie": f"{cookie.name}={site.preview_token.reveal()}"}
