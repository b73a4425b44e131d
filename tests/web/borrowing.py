"""Tests of the Python verifier, taken over for both."""

from types import ModuleType
from typing import Any


def borrowed(*modules: ModuleType) -> dict[str, Any]:
    """The tests that these modules define, by names that do not clash."""
    return {
        f"{name}_of_{module.__name__.rpartition('.test_')[2]}": each
        for module in modules
        for name, each in vars(module).items()
        if name.startswith(("Test", "test_")) and getattr(each, "__module__", None) == module.__name__
    }
