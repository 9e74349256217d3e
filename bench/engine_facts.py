"""What the stand-in engine says of itself, of images and of lists."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

DIGEST = f"sha256:{0:064x}"
PLATFORM = {"Os": "linux", "Arch": "amd64", "Architecture": "amd64"}
DISTRIBUTION = {"Descriptor": {"digest": DIGEST}, "Platforms": [{"os": "linux", "architecture": "amd64"}]}
FACTS: dict[str, object] = {
    "/version": PLATFORM,
    "/info": {"DockerRootDir": "/"},
    "/images/json": [],
    "/volumes": {"Volumes": []},
}


def matching(listed: Sequence[Mapping[str, Any]], path: str) -> list[dict[str, Any]]:
    """Those with all the labels that are asked for: a recovery looks at one environment's containers only."""
    given = parse_qs(urlsplit(path).query).get("filters", ["{}"])[0]
    wanted = [label.partition("=") for label in json.loads(given).get("label", ())]
    return [
        {"ImageID": "sha256:1", **each} for each in listed if all(_labelled(each["Labels"], *label) for label in wanted)
    ]


def _labelled(labels: Mapping[str, str], key: str, equals: str, value: str) -> bool:
    return labels.get(key) == value if equals else key in labels
