"""``codeb-mcp`` as a program: what it says, where, and when it does not begin."""

import subprocess
import sys
from pathlib import Path

import pytest

from codeb.mcp.stdio import main

KEY = "codeb_team-a_owner_abc"


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, "no address of an API is known"),
        ({"CODEB_API_URL": "http://127.0.0.1:1"}, "there is no API key"),
        ({"CODEB_API_URL": "http://api.example.org", "CODEB_API_KEY": KEY}, "in the clear"),
    ],
)
def test_without_an_address_or_a_key_it_says_so_and_not_on_standard_output(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    environ: dict[str, str],
    said: str,
) -> None:
    for name in ("CODEB_API_URL", "CODEB_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": str(tmp_path), **environ}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match="2"):
        main()
    out, err = capfd.readouterr()
    assert out == ""
    assert said in err
    assert KEY not in err


def test_it_loads_none_of_the_servers_libraries() -> None:
    """What the bare package brings suffices."""
    servers = ("psycopg", "docker", "redis", "structlog", "orjson", "dns", "uvloop", "codeb.bootstrap", "codeb.tools")
    script = f"import sys, codeb.mcp.stdio; print([each for each in {servers!r} if each in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
