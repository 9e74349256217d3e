"""Names are found in expressions, and nothing that is not one."""

import pytest

from tests.promql import metrics


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("up", {"up"}),
        ('up{job="api",host=~"a|b"} == 0', {"up"}),
        ("sum by (host) (rate(a_total[5m])) / on (host) group_left max(b)", {"a_total", "b"}),
        ("a offset 10m or a * 0 > bool 1", {"a"}),
        ("time() - site:errors:share5m > 26 * 3600", {"site:errors:share5m"}),
        ('label_replace(a, "site", "$1", "exported_host", "(.*)")', {"a"}),
        ("histogram_quantile(0.95, sum by (le) (rate(b_bucket[1h])))", {"b_bucket"}),
        ("predict_linear(a[1h], 4 * 3600) < 0 and b < 1e9", {"a", "b"}),
        ('a{project=~"$project"} or vector(0)', {"a"}),
    ],
)
def test_the_names_of_an_expression(expression: str, found: set[str]) -> None:
    assert metrics(expression) == found
