"""What a report says: every finding with its line and what mends it, and what stands behind a status."""

from typing import Any

from registry import findings, lifecycle
from registry.findings import Finding
from registry.lifecycle import Status
from registry.values import ID_TYPES


def words() -> dict[str, Any]:
    """By the names that docs/formats.md calls them."""
    return {
        "findings": {name: _said(each) for name, each in vars(findings).items() if isinstance(each, Finding)},
        "certificate_status": _by_status(findings.STATUS_LINES),
        "credential_status": _by_status(findings.ENTRY_LINES),
        "part_status": _by_status(findings.PART_LINES),
        "reasons": {code: {"zh": each.zh, "en": each.en} for code, each in lifecycle.REASONS.items()},
        "id_types": {code: {"zh": zh, "en": en} for code, (zh, en) in ID_TYPES.items()},
    }


def _by_status(lines: dict[Status, Finding]) -> dict[str, Any]:
    return {str(int(status)): _said(each) for status, each in lines.items()}


def _said(finding: Finding) -> dict[str, Any]:
    advice = None if finding.advice is None else finding.advice._asdict()
    return {"outcome": str(finding.outcome), "zh": finding.zh, "en": finding.en, "advice": advice}
