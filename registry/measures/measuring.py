"""Measuring as a use case: from a store and settings to a report."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from registry.accesslog.statistics import midnight, whole_months
from registry.catalogue import Catalogue
from registry.measures.colours import Thresholds, checked
from registry.measures.counts import Scope
from registry.measures.report import Report, report
from registry.measures.sharing import decisions
from registry.rights import Rights, load_rights
from registry.settings import Settings
from registry.store import Store
from registry.vault import Vault
from registry.workingdays import WorkingDays, load_working_days


@dataclass(frozen=True)
class Measuring:
    """Counts over one store. vault: opens access logs; None: they stay closed."""

    store: Store
    vault: Vault | None
    catalogue: Catalogue
    rights: Rights
    calendar: WorkingDays
    thresholds: Mapping[str, Thresholds]
    least: int
    clock: Callable[[], int]

    @classmethod
    def of(
        cls,
        settings: Settings,
        store: Store,
        vault: Vault | None,
        catalogue: Catalogue,
        clock: Callable[[], int],
    ) -> "Measuring":
        """By the settings. Raises BadThresholds, BadRights, BadCalendar."""
        zone = ZoneInfo(settings.timezone)
        return cls(
            store,
            vault,
            catalogue,
            load_rights(settings.rights, zone),
            load_working_days(settings.calendar, zone),
            checked(settings.kpi_thresholds),
            settings.statistics_least,
            clock,
        )

    def report(self, since: int, until: int, *, least: int = 0, own: str = "", logs: bool = True) -> Report:
        """The measures of [since, until), Unix seconds.

        least, own: as `report.report` has them. logs: whether access logs are opened.

        Raises:
            Unreadable: an entry of a log was changed, or its key is gone.
        """
        scope = Scope(
            since,
            until,
            self.clock(),
            self.calendar,
            frozenset(each.alias for each in self.catalogue),
            {file.department: frozenset(each.type for each in file.issues) for file in self.rights.files},
        )
        with self.store.read() as session:
            counted = decisions(session, self.vault, scope) if logs and self.vault else None
            return report(
                session,
                scope,
                thresholds=self.thresholds,
                decisions=counted,
                types={each.type: (each.name.zh, each.name.en) for each in self.catalogue},
                least=least,
                own=own,
            )

    def open_report(self, since: date, *, own: str = "", logs: bool = True) -> Report:
        """For publication: whole months that are over, from the first that begins on `since` or later, and no
        group smaller than the settings' `statistics_least` (registry/accesslog/statistics.py)."""
        months = whole_months(since, self.clock(), self.calendar.tz)
        begins, ends = (midnight(each, self.calendar.tz) for each in months or (since, since))
        return self.report(begins, ends, least=self.least, own=own, logs=logs)
