"""Every panel of every dashboard has something to show, and every metric that we rely on is there. Spec section 9."""

from collections.abc import Iterator
from functools import partial

import pytest

from deploys.dashboards.catalogue import DASHBOARDS
from deploys.dashboards.panels import Dashboard, substituted
from tests.lab.api import Api
from tests.lab.confidential import Confidential
from tests.lab.prometheus import Prometheus
from tests.lab.waiting import until
from tests.metric_names import EXPORTED

pytestmark = pytest.mark.lab


def _panels() -> Iterator[tuple[Dashboard, str]]:
    for dashboard in DASHBOARDS:
        for expression in dashboard.expressions():
            yield dashboard, expression


@pytest.fixture(scope="module")
def prometheus(api: Api, lab: Confidential) -> Prometheus:
    """One that has seen a release, the way back, and a promote whose way back is open still."""
    project = lab["project"]
    api.tool("deploy", projectName=project, version="v2", force=True)
    for step in ("promote", "rollback", "promote"):
        api.tool(step, projectName=project)
    return Prometheus(lab["prometheus_url"])


@pytest.mark.parametrize(("dashboard", "expression"), list(_panels()))
def test_a_panel_has_something_to_show(prometheus: Prometheus, dashboard: Dashboard, expression: str) -> None:
    asked = substituted(expression, {variable.label: ".*" for variable in dashboard.variables})
    until(partial(prometheus.query, asked), bool, seconds=120)


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda dashboard: dashboard.uid)
def test_every_choice_has_values(prometheus: Prometheus, dashboard: Dashboard) -> None:
    for variable in dashboard.variables:
        assert prometheus.query(f'{variable.metric}{{{variable.label}!=""}}')


def test_releases_are_marked(prometheus: Prometheus, lab: Confidential) -> None:
    (events,) = (dashboard.events for dashboard in DASHBOARDS if dashboard.events)
    for event in events:
        asked = substituted(event.expr, {"project": lab["project"], "environment": "production"})
        until(partial(prometheus.query, f"max_over_time(({asked})[1h:15s]) > 0"), bool, seconds=120)


@pytest.mark.parametrize("job", EXPORTED)
def test_a_job_has_the_metrics_that_we_rely_on(prometheus: Prometheus, job: str) -> None:
    until(lambda: EXPORTED[job] - prometheus.names(job), lambda missing: not missing, seconds=60)
