"""The pages of docs/reference by their file names."""

from pathlib import Path

from reference import errors, infra, metrics, settings, tools
from reference.markdown import page

DIRECTORY = Path(__file__).resolve().parents[1] / "docs" / "reference"
_INDEX = """
| page | what is in it |
|---|---|
| [tools.md](tools.md) | every tool of the API: who may call it, its input, its answer |
| [errors.md](errors.md) | every error code, the HTTP status and exit code with it, and what to do next |
| [infra.md](infra.md) | every key of `infra.toml` |
| [settings.md](settings.md) | every `CODEB_` variable of the server, the host's command and the clients |
| [metrics.md](metrics.md) | every metric of the API |
"""


def pages() -> dict[str, str]:
    """Name and text of each page."""
    return {
        "README.md": page("Reference", _INDEX),
        "tools.md": tools.text(),
        "errors.md": errors.text(),
        "infra.md": infra.text(),
        "settings.md": settings.text(),
        "metrics.md": metrics.text(),
    }
