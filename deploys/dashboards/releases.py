"""What was released, and how the projects fare since: deployments, promotions and rollbacks are marks across it."""

from deploys.dashboards.panels import Dashboard, Event, Panel, Query, Variable, graph, quantile

_WHERE = 'project=~"$project",environment=~"$environment"'
_HERE = f"{{{_WHERE}}}"


def _per_hour(counter: str, by: str) -> str:
    return f"sum by ({by}) (increase({counter}{_HERE}[1h]))"


RELEASES = Dashboard(
    "codeb-releases",
    "CodeB: project releases",
    (
        Panel(
            "Slots",
            (
                Query(
                    f"max by (project, environment, slot) (codeb_slot_status{_HERE})",
                    "{{project}} {{environment}} {{slot}}",
                ),
            ),
            "state-timeline",
            width=24,
            words={0: "empty", 1: "deployed", 2: "active", 3: "grace"},
        ),
        graph(
            "Errors among answers",
            (f"environment:errors:share5m{_HERE}", "{{project}} {{environment}}"),
            unit="percentunit",
        ),
        graph(
            "Healthy slots",
            (
                f"min by (project, environment, slot) (codeb_slot_healthy{_HERE})",
                "{{project}} {{environment}} {{slot}}",
            ),
        ),
        graph(
            "Hours until the way back ends",
            (f"(codeb_slot_grace_expires_timestamp_seconds{_HERE} - time()) / 3600", "{{project}} {{environment}}"),
            unit="h",
        ),
        graph(
            "Deployments per hour",
            (_per_hour("codeb_deployments_total", "project, environment, status"), "{{project}} {{status}}"),
        ),
        graph(
            "Deployment duration, p95",
            (quantile(0.95, "codeb_deployment_duration_seconds", "project", window="1h", where=_HERE), "{{project}}"),
            unit="s",
        ),
        graph(
            "Promotions and rollbacks per hour",
            (_per_hour("codeb_promotions_total", "project"), "{{project}} promoted"),
            (_per_hour("codeb_rollbacks_total", "project"), "{{project}} rolled back"),
        ),
        graph(
            "Switch duration",
            (quantile(0.5, "codeb_switch_duration_seconds", window="1h"), "p50"),
            (quantile(0.99, "codeb_switch_duration_seconds", window="1h"), "p99"),
            unit="s",
            about="From the probe before the rename to the verified answer after it.",
        ),
        graph(
            "CPU of containers, cores", (f"container:cpu_used:cores5m{_HERE}", "{{project}} {{environment}} {{slot}}")
        ),
        graph(
            "Memory of containers, share of the limit",
            (
                f"codeb_container_memory_bytes{_HERE} / codeb_container_memory_limit_bytes",
                "{{project}} {{environment}} {{slot}}",
            ),
            unit="percentunit",
        ),
        graph(
            "Containers that died per hour",
            (
                f"{_per_hour('codeb_container_deaths_total', 'project, environment')} or vector(0)",
                "{{project}} {{environment}}",
            ),
        ),
    ),
    variables=(Variable("project", "codeb_slot_status"), Variable("environment", "codeb_slot_status")),
    events=(
        Event("Deployed", f"environment:deployments:count1m{_HERE}", "blue"),
        Event("Promoted", f"environment:promotions:count1m{_HERE}", "green"),
        Event("Rolled back", f"environment:rollbacks:count1m{_HERE}", "red"),
    ),
)
