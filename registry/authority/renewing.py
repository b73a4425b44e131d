"""An action that was on the chain and is not any more, asked for again with times that are possible."""

from registry.chain.contracts import CERTIFICATE_REGISTRY, FOREVER, ISSUER_REGISTRY, interface
from registry.chain.outbox import Call
from registry.store.tables import ChainTransaction, Deployment

_TIMES = ("from", "until")
_NEVER_AGAIN = ("closeImport",)


def renewed(row: ChainTransaction, old: Deployment, new: Deployment, now: int) -> Call | None:
    """The same action on a deployment, each of its times that is past made 0 (the block's time).

    old: the deployment that the row was made for; new: the one to act on, which may be the same.
    None where it is not to be repeated: the import's end, or a time that is past and cannot be now.
    """
    contract = ISSUER_REGISTRY if row.to.lower() == old.issuer_registry else CERTIFICATE_REGISTRY
    to = new.issuer_registry if contract == ISSUER_REGISTRY else new.certificate_registry
    function, arguments = interface(contract).called(row.data)
    if function in _NEVER_AGAIN or function.startswith("import"):
        return None
    for name in _TIMES:
        if 0 < arguments.get(name, 0) <= now and arguments[name] != FOREVER:
            arguments[name] = 0
    data = interface(contract).call(function, *arguments.values())
    return Call(row.kind, row.ref, to, data, row.gas)
