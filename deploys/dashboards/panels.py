"""What a dashboard is made of, and its JSON as Grafana is provisioned with it. Spec section 9."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

DATASOURCE = "codeb-prometheus"
COLUMNS = 24

Json = dict[str, Any]
Kind = Literal["timeseries", "stat", "state-timeline", "table"]


@dataclass(frozen=True, slots=True)
class Query:
    """PromQL, and what a series of its answer is called; ``{{label}}`` is the label's value."""

    expr: str
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """``unit`` is Grafana's name of one. ``words`` are shown in place of numbers; ``red_from`` colours a stat."""

    title: str
    queries: tuple[Query, ...]
    kind: Kind = "timeseries"
    unit: str = "short"
    about: str = ""
    width: int = 8
    height: int = 8
    words: Mapping[int, str] | None = None
    red_from: float | None = None


@dataclass(frozen=True, slots=True)
class Variable:
    """A choice above the dashboard: the values that ``label`` has in ``metric``."""

    label: str
    metric: str


@dataclass(frozen=True, slots=True)
class Event:
    """A mark across the panels at every moment at which ``expr`` is above nothing."""

    name: str
    expr: str
    colour: str


@dataclass(frozen=True, slots=True)
class Dashboard:
    uid: str
    title: str
    panels: tuple[Panel, ...]
    variables: tuple[Variable, ...] = ()
    events: tuple[Event, ...] = ()

    def expressions(self) -> list[str]:
        return [query.expr for panel in self.panels for query in panel.queries]

    def json(self) -> Json:
        placed = zip(self.panels, _grid(self.panels), strict=True)
        return {
            "id": None,
            "uid": self.uid,
            "title": self.title,
            "tags": ["codeb"],
            "schemaVersion": 39,
            "version": 1,
            "editable": False,
            "time": {"from": "now-6h", "to": "now"},
            "refresh": "30s",
            "links": [
                {"title": "CodeB", "type": "dashboards", "tags": ["codeb"], "asDropdown": True, "keepTime": True}
            ],
            "templating": {"list": [_variable(variable) for variable in self.variables]},
            "annotations": {"list": [_event(event) for event in self.events]},
            "panels": [_panel(number, panel, place) for number, (panel, place) in enumerate(placed, 1)],
        }


def stat(title: str, expr: str, unit: str = "short", *, red_from: float | None = None, about: str = "") -> Panel:
    """One number, as it is now."""
    return Panel(title, (Query(expr),), "stat", unit, about, width=4, height=4, red_from=red_from)


def graph(title: str, *queries: tuple[str, str], unit: str = "short", about: str = "", width: int = 8) -> Panel:
    """Curves; a query is an expression and its legend."""
    return Panel(title, tuple(Query(*query) for query in queries), unit=unit, about=about, width=width)


def _grid(panels: Iterable[Panel]) -> Iterator[Json]:
    """From left to right; a row ends where the next panel finds no room in it, and is as high as its highest."""
    x = y = highest = 0
    for panel in panels:
        if x + panel.width > COLUMNS:
            x, y, highest = 0, y + highest, 0
        yield {"x": x, "y": y, "w": panel.width, "h": panel.height}
        x, highest = x + panel.width, max(highest, panel.height)


def _panel(number: int, panel: Panel, place: Json) -> Json:
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.about,
        "gridPos": place,
        "datasource": _source(),
        "fieldConfig": {"defaults": _defaults(panel), "overrides": []},
        "options": _options(panel),
        "targets": [_target(letter, panel, query) for letter, query in zip("ABCDEF", panel.queries, strict=False)],
    }


def _defaults(panel: Panel) -> Json:
    found: Json = {"unit": panel.unit}
    if panel.words:
        options = {str(value): {"text": word, "index": value} for value, word in panel.words.items()}
        found["mappings"] = [{"type": "value", "options": options}]
    if panel.kind == "stat":
        steps: list[Json] = [{"color": "green", "value": None}]
        if panel.red_from is not None:
            steps.append({"color": "red", "value": panel.red_from})
        found["thresholds"] = {"mode": "absolute", "steps": steps}
    return found


def _options(panel: Panel) -> Json:
    if panel.kind == "stat":
        return {"reduceOptions": {"calcs": ["lastNotNull"]}, "colorMode": "background"}
    if panel.kind == "timeseries":
        return {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi", "sort": "desc"}}
    return {}


def _target(letter: str, panel: Panel, query: Query) -> Json:
    shape: Json = {"format": "table", "instant": True} if panel.kind == "table" else {}
    return {
        "refId": letter,
        "datasource": _source(),
        "expr": query.expr,
        "legendFormat": query.legend or "__auto",
        **shape,
    }


def _variable(variable: Variable) -> Json:
    query = f"label_values({variable.metric}, {variable.label})"
    return {
        "name": variable.label,
        "label": variable.label,
        "type": "query",
        "datasource": _source(),
        "query": {"query": query, "refId": variable.label},
        "definition": query,
        "refresh": 2,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
        "sort": 1,
    }


def _event(event: Event) -> Json:
    return {
        "name": event.name,
        "datasource": _source(),
        "enable": True,
        "iconColor": event.colour,
        "expr": f"{event.expr} > 0",
        "step": "60s",
        "titleFormat": f"{event.name}: {{{{project}}}} {{{{environment}}}}",
        "textFormat": "{{status}}",
    }


def _source() -> Json:
    return {"type": "prometheus", "uid": DATASOURCE}


def substituted(expr: str, values: Mapping[str, str]) -> str:
    """``expr`` with Grafana's variables replaced, as Prometheus would get it; the longer names first."""
    for name in sorted(values, key=len, reverse=True):
        expr = expr.replace(f"${name}", values[name])
    return expr


def quantile(share: float, histogram: str, *by: str, window: str = "5m", where: str = "") -> str:
    """The value below which ``share`` of a histogram's observations are."""
    kept = ", ".join(("le", *by))
    return f"histogram_quantile({share}, sum by ({kept}) (rate({histogram}_bucket{where}[{window}])))"
