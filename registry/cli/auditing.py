"""`registry status audit`: whether chain, store and served lists agree."""

import typer

from registry.errors import RegistryError

status = typer.Typer(no_args_is_help=True, help="Status lists / 状态列表")


class ListsDiffer(RegistryError):
    """Some entry is not what it should be."""

    kind = "lists-differ"
    mender = "operator"


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(status, name="status")


@status.command()
def audit() -> None:
    """Compare every entry of every status list with the contract's, bit for bit; needs no key."""
    import time

    from registry.chain.rpc import JsonRpcChain
    from registry.settings import Settings
    from registry.status_audit import audit as audited
    from registry.store import open_store

    settings = Settings()
    store, chain = open_store(settings.database_url), JsonRpcChain(settings.chain_url)
    try:
        found = audited(store, chain, int(time.time()))
    finally:
        chain.close()
        store.close()
    for each in found.differences:
        typer.echo(f"{each.where} {each.idx}: {each.expected:02b} ≠ {each.found:02b}")
    if found.differences:
        count = len(found.differences)
        raise ListsDiffer(f"{count} 个状态位不一致", f"{count} entries differ: expected ≠ found")
    typer.echo(
        f"一致：链上 {found.certificates} 个列表，凭证 {found.credentials} 个列表，{found.entries:,} 项 / "
        f"they agree: {found.certificates} lists on the chain, {found.credentials} of credentials"
    )
