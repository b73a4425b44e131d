"""The plan of the sample town, as `scripts.sample` wrote it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass
class Departments:
    """Codes by the short name that the sample gives each department, with their names."""

    plan: Mapping[str, Any]

    def code(self, alias: str) -> str:
        """The code of a department."""
        return next(str(each["code"]) for each in self.plan["departments"] if each["alias"] == alias)

    def names(self, alias: str) -> tuple[str, str]:
        """Its name in Chinese and English."""
        found = next(each for each in self.plan["departments"] if each["alias"] == alias)
        return str(found["zh"]), str(found["en"])
