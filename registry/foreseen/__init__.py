"""Before being asked (无感智办): what ends soon, and what a holder newly qualifies for."""

from registry.foreseen.keeper import Foreseeing

__all__ = ["Foreseeing"]
