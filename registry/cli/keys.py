"""`registry new-key`: another signing key for a department, in place of one that is stolen or retired."""

from typing import Annotated

import typer


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("new-key", help="Make a signing key for a department / 生成部门的签名密钥")(new_key)


def new_key(
    code: Annotated[str, typer.Argument(metavar="CODE", help="The department / 部门代码")],
    lists: Annotated[
        bool,
        typer.Option("--lists", help="For lists, answers and messages, not for credentials / 用于状态列表等"),
    ] = False,
) -> None:
    """Make a signing key in the API's key file; it signs once `registry authority key` has registered it."""
    import time

    from registry.provisioning import OTHER_USES, add_key
    from registry.runtime import open_ring
    from registry.settings import Settings
    from registry.signing import Use
    from registry.store import open_store

    settings = Settings()
    ring, store = open_ring(settings, "api"), open_store(settings.database_url)
    try:
        thumbprint = add_key(ring, store, code, OTHER_USES if lists else Use.CREDENTIALS, int(time.time()))
    finally:
        store.close()
    typer.echo(
        f"{thumbprint}\n接下来由主管机构登记 / now the authority registers it: "
        f"registry authority key {code} {thumbprint}",
    )
