"""What is logged of a request, and what never is. Spec section 6; lesson 4."""

import json
import logging
import subprocess
import sys
from collections.abc import MutableMapping
from typing import Any

from starlette.testclient import TestClient

from tests.doors import House
from tests.unit.api.conftest import Tool

Entries = list[MutableMapping[str, Any]]


def test_a_request_is_one_entry_with_who_what_and_how_long(logged: Entries, tool: Tool) -> None:
    record = tool("slot_list")
    (entry,) = [each for each in logged if each["event"] == "request"]
    assert entry["correlation_id"] == record["correlationId"]
    assert (entry["tool"], entry["path"], entry["status"], entry["team_id"]) == (
        "slot_list",
        "/api/tool",
        200,
        "team-a",
    )
    assert entry["key_id"].startswith("key_")
    assert entry["duration_ms"] > 0


def test_no_secret_reaches_the_log(logged: Entries, client: TestClient, house: House, tool: Tool) -> None:
    key = house.key()
    secret = "hunter2-hunter2"
    tool("env_sync", key=key, projectName="blog", content=f"DB_PASSWORD={secret}")
    tool("env_sync", key=key, projectName="blog", content=f"not a line\n{secret}", status=400)
    tool("env_get", key=key, projectName="blog")
    client.get(f"/health?v={secret}", headers={"X-API-Key": key, "Cookie": secret})
    text = repr(logged)
    assert key not in text
    assert secret not in text


def test_the_clients_address_is_what_our_own_proxy_saw(logged: Entries, house: House) -> None:
    with house.client() as outside:
        outside.get("/health", headers={"X-Forwarded-For": "198.51.100.1"})
    assert logged[-1]["client"] == "testclient"


def test_an_unforeseen_error_is_logged_under_the_id_that_the_client_got(
    logged: Entries, house: House, tool: Tool
) -> None:
    house.world.slots.journal.lines = None  # type: ignore[assignment]
    record = tool("slot_list", status=500)
    (entry,) = [each for each in logged if each["event"] == "internal_error"]
    assert entry["correlation_id"] == record["correlationId"]


def test_a_listener_hears_our_own_entries_and_those_of_libraries() -> None:
    program = """
import logging, structlog
from codeb.api import log_context, logs
heard = []
def listen(logger, method, entry):
    heard.append((entry["event"], entry["level"], entry.get("team_id")))
    return entry
logs.configure(listen)
log_context.begin(team_id="team-a")
structlog.get_logger().warning("ours", reason="x")
logging.getLogger("uvicorn.error").error("theirs")
print(heard)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[('ours', 'warning', 'team-a'), ('theirs', 'error', 'team-a')]"


def test_configured_logs_are_json_lines_and_tracebacks_show_no_values() -> None:
    program = """
import logging, structlog
from codeb.api import log_context, logs
logs.configure()
def fail(password):
    raise RuntimeError("no")
try:
    fail("hunter2")
except RuntimeError:
    structlog.get_logger().exception("internal_error")
    logging.getLogger("uvicorn.error").error("closing %s", 1)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["level"] for line in lines] == [logging.getLevelName(logging.ERROR).lower()] * 2
    assert "hunter2" not in done.stderr


def test_an_entry_that_goes_straight_is_as_any_other() -> None:
    program = """
import structlog
from codeb.api import log_context, logs
lines = logs.configure()
log_context.begin(correlation_id="c1", team_id="team-a")
log_context.add(tool="slot_list")
logs.straight(lines)("request", path="/x", status=200, odd={1})
structlog.get_logger().info("request", path="/x", status=200, odd={1})
lines.flush()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    straight, usual = (json.loads(line) for line in done.stderr.splitlines())
    assert straight.pop("timestamp") <= usual.pop("timestamp")
    assert straight == usual
    assert straight["tool"] == "slot_list"


def test_what_is_added_outside_of_a_request_is_of_none() -> None:
    program = """
from codeb.api import log_context
log_context.add(tool="slot_list")
print(log_context.merged(None, "info", {"event": "x"}))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "{'event': 'x'}"
