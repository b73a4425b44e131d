"""Which department signs for the registry itself: its metadata, and the login's requests."""

from registry.catalogue import Catalogue
from registry.errors import RegistryError
from registry.settings import Settings
from registry.trust import Trust, covered


class NoOperator(RegistryError):
    """No department signs for the registry: the setting names none that is registered, nor does a right."""

    kind = "no-operator"
    status = 503
    mender = "operator"

    def __init__(self) -> None:
        super().__init__("没有为登记系统签名的部门。", "No department signs for the registry itself.")


def operator(trust: Trust, catalogue: Catalogue, settings: Settings, now: int) -> str:
    """Code of that department: as the setting says, else who may issue the identity type (the first by code).

    Raises:
        NoOperator: there is none now.
    """
    if settings.operator:
        if settings.operator in trust.issuers:
            return settings.operator
        raise NoOperator
    identity = catalogue.by_alias(settings.identity_type).type
    for code, issuer in sorted(trust.issuers.items()):
        if covered(issuer.rights.get(identity, ()), now):
            return code
    raise NoOperator
