"""What updates itself."""

import re

from deploys.components import updates


def test_only_the_security_archives_of_the_two_distributions() -> None:
    text = updates.conf()
    origins = re.findall(r'"(origin=[^"]+)"', text)
    assert origins == [
        "origin=Debian,codename=${distro_codename}-security,label=Debian-Security",
        "origin=Ubuntu,archive=${distro_codename}-security",
    ]
    for before in ("Allowed-Origins", "Origins-Pattern"):
        assert text.index(f"#clear Unattended-Upgrade::{before};") < text.index(origins[0])


def test_every_day_and_without_a_restart_of_the_host() -> None:
    lines = updates.conf().splitlines()
    assert 'APT::Periodic::Update-Package-Lists "1";' in lines
    assert 'APT::Periodic::Unattended-Upgrade "1";' in lines
    assert 'Unattended-Upgrade::Automatic-Reboot "false";' in lines


def test_it_is_read_after_the_packages_own_file() -> None:
    assert updates.PATH.rpartition("/")[2] > "50unattended-upgrades"
