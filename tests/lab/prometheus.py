"""The lab's Prometheus, asked as Grafana asks it."""

from dataclasses import dataclass
from typing import Any

from tests.lab.web import session

Series = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Prometheus:
    url: str

    def query(self, expression: str) -> Series:
        """The series of the answer; an expression that is not understood fails with Prometheus' own words."""
        answer = self._ask("query", query=expression)
        found: Series = answer["result"]
        return found

    def number(self, expression: str) -> float:
        """Of an expression that has one series, or none: 0."""
        return sum(float(each["value"][1]) for each in self.query(expression))

    def alerts(self) -> set[str]:
        """The names of the alerts that its rules know."""
        groups = self._ask("rules", type="alert")["groups"]
        return {rule["name"] for group in groups for rule in group["rules"]}

    def unhealthy_rules(self) -> dict[str, str]:
        """The rules that could not be evaluated, and why."""
        rules = [rule for group in self._ask("rules")["groups"] for rule in group["rules"]]
        return {rule["name"]: rule.get("lastError", "") for rule in rules if rule["health"] == "err"}

    def names(self, job: str) -> set[str]:
        """The metrics that a job has."""
        return set(self._ask("label/__name__/values", **{"match[]": f'{{job="{job}"}}'}))

    def _ask(self, path: str, **params: str) -> Any:
        answer = session.get(f"{self.url}/api/v1/{path}", params=params, timeout=10).json()
        assert answer["status"] == "success", f"{params}: {answer}"
        return answer["data"]
