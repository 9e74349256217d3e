"""What Caddy loaded is counted, what it refused is not."""

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from codeb.adapters.caddy.admin import CaddyAdmin
from codeb.adapters.caddy.site_file import SiteFile
from codeb.adapters.caddy.tree import SiteTree
from codeb.services.errors import SiteRefused


@dataclass
class FakeAdmin:
    refuses: bool = False

    def load(self, caddyfile: str) -> None:
        if self.refuses:
            raise SiteRefused("Caddy did not accept the configuration: no")


def test_each_load_counts_once(tmp_path: Path) -> None:
    for name in ("sites", "accepted"):
        (tmp_path / name).mkdir()
    (tmp_path / "Caddyfile").write_text("import sites/*.caddy\n")
    admin = FakeAdmin()
    tree = SiteTree(
        tmp_path / "sites", tmp_path / "Caddyfile", tmp_path / "lock", cast(CaddyAdmin, admin), tmp_path / "accepted"
    )
    file = SiteFile("blog-production.caddy", "blog.codeb.test {\n}\n", "0123")
    assert tree.put([file])
    assert not tree.put([file])
    tree.reload()
    assert tree.reloads.count == 2
    admin.refuses = True
    with pytest.raises(SiteRefused):
        tree.remove(file.name)
    assert tree.reloads.count == 2
