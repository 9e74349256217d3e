"""The page of the API's metrics, from the very objects that count."""

from collections.abc import Sequence

from prometheus_client import Metric

from codeb.api.collectors import CaddyReloads, SlotHealth, SlotStates
from codeb.api.metrics import Metrics
from codeb.domain.names import Environment
from codeb.domain.ports import PortPair
from codeb.domain.slots import SlotPair
from reference.markdown import code, page, table

_INTRODUCTION = """
What `/metrics` answers on the API's inner listener (`CODEB_INTERNAL_LISTEN`), besides the process's own `process_`
and `python_` ones. Prometheus appends `_total` to a counter, and `_bucket`, `_sum` and `_count` to a histogram; times
are in seconds. Every label is one of a bounded set: there is a series for each project that exists, and none for a
path or a text that somebody sent.
"""


def text() -> str:
    metrics = Metrics()
    pair = SlotPair.fresh(Environment("blog"), PortPair(4100))
    shown = [SlotStates(lambda: [pair]), SlotHealth(dict), CaddyReloads(lambda: 0)]
    found = [*metrics.registry.collect(), *(family for each in shown for family in each.collect())]
    ours = {family.name: family for family in found if family.name.startswith("codeb_")}
    labels = {str(each._name): each._labelnames for each in vars(metrics).values() if hasattr(each, "_labelnames")}
    rows = [
        (code(name), family.type, ", ".join(map(code, labels.get(name, _labels(family)))), family.documentation)
        for name, family in sorted(ours.items())
    ]
    return page("Metrics", _INTRODUCTION, table(("metric", "kind", "labels", "what it is"), rows))


def _labels(family: Metric) -> Sequence[str]:
    names: Sequence[str] = getattr(family, "_labelnames", ())
    return names
