"""Old systems join (适配): holders and certificates out of another database or file, by a mapping."""

from registry.importing.mapping import BadMapping, Mapping, load_mapping
from registry.importing.run import Importing, Summary

__all__ = ["BadMapping", "Importing", "Mapping", "Summary", "load_mapping"]
