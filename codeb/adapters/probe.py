"""HTTP probes of ports on loopback and of container addresses. No redirects are followed."""

import http.client
from dataclasses import dataclass

from codeb.services.protocols import ProbeTarget

_TIMEOUT = 5.0


@dataclass(frozen=True, slots=True)
class HttpProbe:
    """``timeout`` in seconds, for the connection and for each read."""

    timeout: float = _TIMEOUT

    def answers(self, port: int, target: ProbeTarget) -> str | None:
        return self.asks("127.0.0.1", port, target)

    def asks(self, host: str, port: int, target: ProbeTarget) -> str | None:
        """None when ``host:port`` answers the target's path with its status, else what happened instead."""
        connection = http.client.HTTPConnection(host, port, timeout=self.timeout)
        try:
            connection.request("GET", target.path, headers={"User-Agent": "codeb-probe", "Connection": "close"})
            with connection.getresponse() as response:
                status = response.status
        except TimeoutError:
            return f"GET {target.path} on port {port} had no answer within {self.timeout:g} s"
        except (OSError, http.client.HTTPException) as error:
            return f"GET {target.path} on port {port} failed: {error or type(error).__name__}"
        finally:
            connection.close()
        if status != target.status:
            return f"GET {target.path} on port {port} answered {status}, expected {target.status}"
        return None
