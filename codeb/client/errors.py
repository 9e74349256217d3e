"""What can go wrong between a client and the API.

CodebError
  +- CallFailed      the API answered, and the answer is a no; ``code`` is the API's own word
  +- Unreachable     nobody answered, or not in the API's language
  +- NotLoggedIn     there is no key to ask with
"""

from collections.abc import Mapping
from typing import Any

from codeb.errors import CodebError, ConfigError, Unavailable


class CallFailed(CodebError):
    """The API's refusal: the server's sentence, its ``code``, the whole ``answer``, and the HTTP ``status``."""

    def __init__(self, answer: Mapping[str, Any], status: int) -> None:
        self.answer, self.status = dict(answer), status
        self.code = str(answer.get("code") or "error")
        super().__init__(str(answer.get("error") or f"the API answered {status} without a reason"))

    def facts(self) -> dict[str, object]:
        return {key: value for key, value in self.answer.items() if key not in ("success", "error", "code")}


class Unreachable(Unavailable):
    """``sent`` is whether the API may have got the request, and may have done what it asks.

    ``final``: asking again would not help, as with a certificate that is not trusted.
    """

    code = "unreachable"

    def __init__(self, url: str, reason: str, *, sent: bool = False, final: bool = False) -> None:
        self.url, self.sent, self.final = url, sent, final
        super().__init__(f"the API at {url}", reason)

    def facts(self) -> dict[str, object]:
        return {"url": self.url}


class NotLoggedIn(ConfigError):
    code = "not_logged_in"

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}; run `we login`, or set CODEB_API_URL and CODEB_API_KEY")
