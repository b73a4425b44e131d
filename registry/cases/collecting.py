"""Collecting what a case needs: from each party's wallet in one go, and from departments for the rest."""

from registry.cases.departments import Departments
from registry.cases.wallets import Wallets


class Collecting(Wallets, Departments):
    """Asks wallets and departments, and keeps what was verified."""
