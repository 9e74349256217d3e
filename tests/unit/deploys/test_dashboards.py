"""The dashboards can be provisioned, and they show what CodeB counts."""

from itertools import product
from typing import Any

import pytest

from deploys.dashboards.catalogue import DASHBOARDS, files
from deploys.dashboards.panels import DATASOURCE, Dashboard, Panel, Query, substituted
from tests.metric_names import EXPORTED, RARE
from tests.promql import metrics

OF_ALERTS_ALONE = {"codeb_pointers_lost_total", "codeb_watch_flips_total"}
"""Events that are rare enough to be no curve."""

every_dashboard = pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda dashboard: dashboard.uid)


def test_there_is_one_for_each_question() -> None:
    assert files().keys() == {"codeb.json", "codeb-releases.json", "codeb-hosts.json", "codeb-postgres.json"}


@every_dashboard
def test_it_is_ours_to_change_alone(dashboard: Dashboard) -> None:
    made = dashboard.json()
    assert (made["id"], made["uid"], made["editable"]) == (None, dashboard.uid, False)


@every_dashboard
def test_every_panel_has_a_number_a_title_and_our_datasource(dashboard: Dashboard) -> None:
    panels = dashboard.json()["panels"]
    assert len({panel["id"] for panel in panels}) == len({panel["title"] for panel in panels}) == len(panels)
    for panel in panels:
        assert panel["targets"], panel["title"]
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {DATASOURCE}
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])


@every_dashboard
def test_panels_do_not_overlap(dashboard: Dashboard) -> None:
    cells = [cell for panel in dashboard.json()["panels"] for cell in _cells(panel["gridPos"])]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


def _cells(place: dict[str, int]) -> list[tuple[int, int]]:
    across, down = range(place["x"], place["x"] + place["w"]), range(place["y"], place["y"] + place["h"])
    return list(product(across, down))


def test_a_row_that_is_full_ends() -> None:
    panels = tuple(Panel(title, (Query("up"),), width=width, height=4) for title, width in (("a", 16), ("b", 16)))
    places = [panel["gridPos"] for panel in Dashboard("x", "x", panels).json()["panels"]]
    assert places == [{"x": 0, "y": 0, "w": 16, "h": 4}, {"x": 0, "y": 4, "w": 16, "h": 4}]


@every_dashboard
def test_what_is_asked_for_can_be_chosen(dashboard: Dashboard) -> None:
    chosen = {variable.label: ".*" for variable in dashboard.variables}
    asked = [*dashboard.expressions(), *(event.expr for event in dashboard.events)]
    assert not [expr for expr in asked if "$" in substituted(expr, chosen)]


def test_releases_are_marked() -> None:
    marks: list[dict[str, Any]] = next(
        dashboard.json()["annotations"]["list"] for dashboard in DASHBOARDS if dashboard.uid == "codeb-releases"
    )
    assert [mark["name"] for mark in marks] == ["Deployed", "Promoted", "Rolled back"]
    assert all(mark["enable"] and mark["expr"].endswith(" > 0") for mark in marks)


def test_everything_that_the_api_counts_is_shown() -> None:
    shown = {name for dashboard in DASHBOARDS for expr in dashboard.expressions() for name in metrics(expr)}
    assert (EXPORTED["api"] | RARE["api"]) - shown == OF_ALERTS_ALONE


def test_no_variables_name_hides_in_another() -> None:
    assert substituted("$project $project_id", {"project": "a", "project_id": "b"}) == "a b"
