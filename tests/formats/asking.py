"""What the tests of the checks share: asking for a report, and saying what it should be."""

from registry import certificate


def outcome(report, name):
    return next(check.outcome for check in report.checks if check.id == name)


def only(report, name):
    """Whether this check alone failed and nothing was left unknown."""
    return report.verdict == "invalid" and report.failed == [name] and report.unknown == []


def found(world, licence, text=None, **asked):
    """The report on a presentation, asked for by its holder where it is an answer."""
    holder = ("credit_code", next(shown(licence, "credit_code")).value)
    return world.verify(text or world.show(licence), **{"holder": holder, **asked})


def shown(licence, name):
    disclosures = map(certificate.parse_disclosure, licence.certificate.disclosures)
    return (each for each in disclosures if each.name == name)
