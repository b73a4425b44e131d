"""An action that was on the chain and is not any more, asked for again with times that are possible."""

from registry.chain.contracts import ACCESS_LOG, CERTIFICATE_REGISTRY, FOREVER, ISSUER_REGISTRY, interface
from registry.chain.outbox import Call
from registry.store.tables import ChainTransaction, Deployment

_TIMES = ("from", "until")
_NEVER_AGAIN = ("closeImport",)


def renewed(row: ChainTransaction, old: Deployment, new: Deployment, now: int) -> Call | None:
    """The same action on a deployment, each of its times that is past made 0 (the block's time).

    old: the deployment that the row was made for; new: the one to act on, which may be the same.
    None where it is not to be repeated: a contract's creation, or the import's end.
    """
    if not row.to:
        return None
    contract, to = _place(row.to.lower(), old, new)
    function, arguments = interface(contract).called(row.data)
    if function in _NEVER_AGAIN or function.startswith("import"):
        return None
    if "registry" in arguments:
        arguments["registry"] = new.certificate_registry
    for name in _TIMES:
        if 0 < arguments.get(name, 0) <= now and arguments[name] != FOREVER:
            arguments[name] = 0
    data = interface(contract).call(function, *arguments.values())
    return Call(row.kind, row.ref, to, data, row.gas)


def _place(to: str, old: Deployment, new: Deployment) -> tuple[str, str]:
    """The contract that stands at an old address, and its new one."""
    if to == old.issuer_registry:
        return ISSUER_REGISTRY, new.issuer_registry
    if to == old.access_log and new.access_log is not None:
        return ACCESS_LOG, new.access_log
    return CERTIFICATE_REGISTRY, new.certificate_registry
