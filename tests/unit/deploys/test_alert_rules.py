"""What every alert says, and that its runbook is there."""

import re
from typing import Any

import pytest
import yaml

from deploys.components.alert_rules import anchor, rule_files
from deploys.components.prometheus import HOME
from deploys.components.wheel import ROOT
from deploys.platform import Platform
from tests.unit.deploys.conftest import MakePlatform

RUNBOOKS = (ROOT / "docs" / "runbooks.md").read_text()
SECTIONS = re.findall(r"^## (.+)$", RUNBOOKS, re.MULTILINE)


def alerts(platform: Platform) -> dict[str, dict[str, Any]]:
    files = rule_files(platform.infra, HOME).values()
    groups = [group for text in files for group in yaml.safe_load(text)["groups"]]
    return {rule["alert"]: rule for group in groups for rule in group["rules"] if "alert" in rule}


def test_every_alert_says_what_it_is_and_what_to_do(platform: Platform) -> None:
    for name, rule in alerts(platform).items():
        assert rule["labels"].keys() == {"severity"}, name
        assert rule["labels"]["severity"] in {"critical", "warning", "info"}, name
        assert rule["annotations"].keys() == {"summary", "description", "runbook_url"}, name
        assert all(rule["annotations"][text].endswith(".") for text in ("summary", "description")), name


def test_every_alert_has_its_section_and_every_section_its_alert(platform: Platform) -> None:
    assert sorted(SECTIONS) == sorted(alerts(platform))


def test_every_section_says_what_to_do() -> None:
    for section in RUNBOOKS.split("\n## ")[1:]:
        assert re.search(r"^- Do: ", section, re.MULTILINE), section.partition("\n")[0]


def test_the_link_leads_to_the_section(platform: Platform) -> None:
    for name, rule in alerts(platform).items():
        assert rule["annotations"]["runbook_url"] == f"docs/runbooks.md#{anchor(name)}"


def test_the_link_leads_to_where_the_operator_has_them(make_platform: MakePlatform) -> None:
    rule = alerts(make_platform(alerts={"runbooks": "https://wiki.example.org/codeb"}))["HostDown"]
    assert rule["annotations"]["runbook_url"] == "https://wiki.example.org/codeb#hostdown"


def test_labels_are_left_for_prometheus(platform: Platform) -> None:
    assert alerts(platform)["HostDown"]["annotations"]["summary"] == "Host {{ $labels.host }} does not answer."


@pytest.mark.parametrize(("tls", "seconds"), [("acme", 604800), ("internal", 7200)])
def test_a_certificate_is_late_by_the_life_that_it_has(make_platform: MakePlatform, tls: str, seconds: int) -> None:
    rule = alerts(make_platform(tls=tls))["CertificateExpiring"]
    assert rule["expr"] == f'probe_ssl_earliest_cert_expiry{{job="public_sites"}} - time() < {seconds}'


def test_no_name_of_ours_is_left_in_brackets(platform: Platform) -> None:
    for name, text in rule_files(platform.infra, HOME).items():
        assert "[[" not in text, name
