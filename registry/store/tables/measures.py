"""What people say of a case: how it went, and that they were asked for what a department has already.

Nothing here is personal; who said it was checked against the case's parties, and is not kept.
"""

from sqlalchemy import CheckConstraint
from sqlmodel import Field

from registry.store.tables.base import Table, big


class CaseRating(Table, table=True):
    """The rating of a finished case (好差评), once a case. stars: 1 (very dissatisfied) to 5."""

    __tablename__ = "case_rating"
    __table_args__ = (CheckConstraint("stars BETWEEN 1 AND 5", name="stars"),)

    case: str = Field(primary_key=True, foreign_key="case_file.id")
    stars: int
    at: int = big(index=True)


class AskedAgain(Table, table=True):
    """A report that a fact of a case was asked for though the person has it, once a case and fact.

    department: that asked, the one that decides the case.
    """

    __tablename__ = "asked_again"

    case: str = Field(primary_key=True, foreign_key="case_file.id")
    fact: str = Field(primary_key=True)
    department: str = Field(foreign_key="department.code")
    at: int = big(index=True)
