"""No text that is asked for as a domain starts a line of a site file. Lesson 13."""

import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from codeb.adapters.caddy.site_file import SiteRenderer
from codeb.domain.domains import custom_host
from codeb.errors import InvalidInput
from codeb.services.protocols import Site, SlotSite
from codeb.settings import Secret
from tests.samples import BLOG

RENDERER = SiteRenderer(Path("/opt/codeb/routes"), "acme", True, Secret("probe"))
BLUE, GREEN = SlotSite("blue.test", 4100, "/health", 200), SlotSite("green.test", 4101, "/health", 200)
HOSTS = re.compile(r"^blog\.codeb\.test, [a-z0-9.-]+ \{$")
PARTS = st.sampled_from(
    ["www", "example", ".org", ".", "\n", "\r\n", "}", " {", "import /etc/passwd", "\u2028", "ü", ","]
)


def lines(*hosts: str) -> list[str]:
    return RENDERER.render(Site(BLOG, ("blog.codeb.test", *hosts), BLUE, GREEN)).text.split("\n")


@given(st.lists(PARTS, min_size=1, max_size=8).map("".join) | st.just("www.example.org"))
def test_a_domain_is_refused_or_is_one_more_address_of_the_block(text: str) -> None:
    try:
        host = custom_host(text, "codeb.test")
    except InvalidInput:
        return
    plain, given_one = lines(), lines(host)
    assert len(plain) == len(given_one)
    different = [new for old, new in zip(plain, given_one, strict=True) if old != new]
    assert HOSTS.match(different[0])
    assert all("X-CodeB-Site" in line for line in different[1:]), "and the file's own hash"
