"""The tools of teams, members and tokens, whose tests are ``tests/unit/api/test_access.py``: they want real keys."""

from typing import Any

ACCESS: dict[str, dict[str, Any]] = {
    "team_create": {"name": "Night shift"},
    "team_settings": {"settings": {"gracePeriodHours": 24}},
    "team_delete": {"confirm": "team-a"},
    "member_invite": {"email": "ann@codeb.test"},
    "member_remove": {"email": "bob@codeb.test"},
    "token_create": {"name": "ci", "role": "member"},
    "token_revoke": {},
}
ACCESS_READ = ("team_list", "team_get", "member_list", "token_list")
