"""How a receiver knows that an event is ours: a secret per project, and a signature over time and body."""

import hashlib
import hmac

from codeb.settings import Secret


def hook_secret(secret: Secret, project: str, made_at: str) -> Secret:
    """The signing secret of one project, which its team may see; it tells nothing of the platform's or of others'.

    ``made_at`` is when the project was made: one that is made anew under its name has another secret.
    """
    return Secret(hmac.new(secret.reveal().encode(), f"hook:{project}:{made_at}".encode(), hashlib.sha256).hexdigest())


def team_signer(team_id: str) -> str:
    """Takes the place of a project's name in the secret of a team; no project has such a name."""
    return f"team/{team_id}"


def signature(secret: Secret, timestamp: str, body: bytes) -> str:
    """The value of ``X-CodeB-Signature``."""
    signed = hmac.new(secret.reveal().encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"sha256={signed.hexdigest()}"
