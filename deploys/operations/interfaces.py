"""By which interfaces a host reaches the world."""

from pyinfra.api import FactBase

_NOWHERE = {"00000000", "0" * 32}


class DefaultInterfaces(FactBase[list[str]]):
    """Those of default routes of both families, as the kernel lists them; no program is needed for it."""

    default = list

    def command(self) -> str:
        return (
            "awk '{ print 4, $1, $2, $3 }' /proc/net/route;"
            " awk '{ print 6, $1, $2, $3, $NF }' /proc/net/ipv6_route 2>/dev/null || true"
        )

    def process(self, output: list[str]) -> list[str]:
        found = set()
        for family, *words in (line.split() for line in output):
            interface, destination, width = (words[0], words[1], "00") if family == "4" else (words[-1], *words[:2])
            if destination in _NOWHERE and width == "00":
                found.add(interface)
        return sorted(found - {"lo"})
