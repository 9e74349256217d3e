"""The page for browsers as it is served: what it is made of, its policy, its cache. Spec section 10, "Browser"."""

import re
import zipfile
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import codeb
from codeb.api.routes_web import POLICY, WebRoutes
from deploys.components import wheel
from tests.doors import House
from tests.unit.api.conftest import Tool

FILES = sorted((Path(codeb.__file__).parent / "web").iterdir())
ROOT = Path(codeb.__file__).parents[1]
CHROME = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
SCRIPTS = [file for file in FILES if file.suffix == ".js"]
named = pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)


def test_a_browser_gets_the_page_and_a_program_where_to_look(client: TestClient) -> None:
    page = client.get("/", headers={"Accept": CHROME})
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert page.text.startswith("<!doctype html>")
    assert page.headers["Content-Security-Policy"] == POLICY
    for accept in ("*/*", "application/json"):
        index = client.get("/", headers={"Accept": accept})
        assert index.json()["openapi"] == "/openapi.json"
        assert index.headers["Content-Security-Policy"] != POLICY
        assert (index.headers["Vary"], page.headers["Vary"]) == ("Accept", "Accept")


def test_the_policy_lets_our_own_scripts_run_and_nothing_else() -> None:
    rules = dict(each.strip().split(" ", 1) for each in POLICY.split(";"))
    assert rules == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "connect-src": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


@named
def test_each_file_is_served_as_what_it_is(client: TestClient, file: Path) -> None:
    types = {".js": "text/javascript", ".css": "text/css", ".html": "text/html"}
    answer = client.get("/" if file.suffix == ".html" else f"/web/{file.name}", headers={"Accept": CHROME})
    assert answer.content == file.read_bytes()
    assert answer.headers["Content-Type"] == f"{types[file.suffix]}; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@named
def test_each_file_is_a_module_of_a_few_lines_that_reads_no_html(file: Path) -> None:
    text = file.read_text()
    assert len(text.splitlines()) <= 300
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|\sstyle=|\son\w+=", text)
    assert not re.search(r"localStorage|sessionStorage|document\.cookie|indexedDB", text)


def test_every_script_is_reached_from_the_page() -> None:
    wanted = {"main.js"}
    for _ in SCRIPTS:
        for file in SCRIPTS:
            if file.name in wanted:
                wanted |= set(re.findall(r'from "\./([a-z_]+\.js)"', file.read_text()))
    assert wanted == {file.name for file in SCRIPTS}


@pytest.mark.parametrize("given", ["{}", "W/{}", '"other", {}', "*"])
def test_what_a_browser_has_already_is_not_sent_again(client: TestClient, given: str) -> None:
    first = client.get("/web/main.js")
    assert first.headers["Cache-Control"] == "no-cache"
    again = client.get("/web/main.js", headers={"If-None-Match": given.format(first.headers["ETag"])})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", first.headers["ETag"])


def test_another_content_has_another_tag_and_is_sent(client: TestClient) -> None:
    tags = {asset.etag for asset in WebRoutes.read().assets.values()}
    assert len(tags) == len(FILES)
    assert client.get("/web/main.js", headers={"If-None-Match": '"old"'}).status_code == 200


@pytest.mark.parametrize("path", ["/web/", "/web/absent.js", "/web/index.html", "/web/..%2fsettings.py"])
def test_nothing_else_is_there(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_files_are_read_once(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("read again"))
    assert client.get("/web/main.js").status_code == 200


def test_the_key_is_told_whose_it_is_and_never_itself(client: TestClient, house: House) -> None:
    key = house.key("member", projects=["shop", "blog"])
    answer = client.get("/api", headers={"X-API-Key": key})
    told = answer.json()["key"]
    assert (told["teamId"], told["role"], told["kind"]) == ("team-a", "member", "person")
    assert (told["projects"], told["platform"]) == (["blog", "shop"], False)
    assert key not in answer.text


def test_what_the_page_does_is_recorded_as_a_browser_s(client: TestClient, house: House, tool: Tool) -> None:
    script = (Path(codeb.__file__).parent / "web" / "session.js").read_text()
    (client_name,) = re.findall(r'const CLIENT = "([^"]+)"', script)
    headers = {"X-API-Key": house.key(), "X-Client": client_name}
    deploy = {"tool": "deploy", "params": {"projectName": "blog", "version": "v1"}}
    made = client.post("/api/tool", json=deploy, headers=headers).json()
    found = tool("deployment_get", projectName="blog", deploymentId=made["deploymentId"])
    assert found["deployment"]["source"] == "browser"


def test_the_wheel_carries_the_page() -> None:
    built = wheel.build(wheel.source_digest(ROOT), ROOT)
    carried = {name.rpartition("/")[2] for name in zipfile.ZipFile(built).namelist() if name.startswith("codeb/web/")}
    assert carried == {file.name for file in FILES}
