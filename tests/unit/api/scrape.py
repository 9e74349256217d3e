"""What Prometheus would read."""

from starlette.testclient import TestClient

INTERNAL = "http://127.0.0.1:9102"


def sample(client: TestClient, line: str) -> float:
    """The value of one series; ``client`` is at an internal door."""
    text = client.get("/metrics").text
    found = [each for each in text.splitlines() if each.startswith(line + " ")]
    assert found, f"{line} is not in\n{text}"
    return float(found[0].rsplit(" ", 1)[1])


def series(client: TestClient) -> int:
    """How many there are."""
    return len([line for line in client.get("/metrics").text.splitlines() if line.startswith("codeb_")])
