"""A study as YAML text and as the plain data that the page keeps."""

from __future__ import annotations

import json
from typing import Any

from ..errors import InputError
from ..study import read_study, read_yaml


def read(text: str, source: str) -> Any:
    """Plain data with text as keys, as JSON has them (cycle numbers are keys too), of a study that can be read."""
    found = read_yaml(text, source)
    read_study(found)  # before names that are numbers become text
    return json.loads(json.dumps(found, default=str))


def write(raw: Any) -> str:
    """YAML that `epitropy` reads, keys in their order.

    >>> print(write({"name": "mine", "coating": {"dose": "2 wt%"}}), end="")
    name: mine
    coating:
      dose: 2 wt%
    """
    import yaml

    if not isinstance(raw, dict):
        raise InputError("study", type(raw).__name__, "the plain data of a study")
    return yaml.safe_dump(raw, sort_keys=False, allow_unicode=True, width=110)
