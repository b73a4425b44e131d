"""`registry provision | new-key`: the key files before founding, and further keys for a department."""

from pathlib import Path
from typing import Annotated, Literal

import typer


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("provision", help="Make the key files that founding needs / 生成设立所需的密钥文件")(
        provision
    )
    app.command("new-key", help="Make a signing key for a department / 生成部门的签名密钥")(new_key)


def provision(
    town: Annotated[Path, typer.Argument(metavar="TOWN.json", help="Departments / 部门清单")],
) -> None:
    """Make the key files of API and worker for these departments; run again, it adds only what is missing.

    Needs both passphrases: it is for whoever sets the registry up. Prints the chain accounts: they pay for
    gas, and want a balance on any chain but the local one.
    """
    from sqlmodel import select

    from registry.authority.founding import read_town
    from registry.cli import files
    from registry.provisioning import provision as make
    from registry.settings import Settings
    from registry.store import open_store
    from registry.store.tables import ChainAccount

    settings, departments = Settings(), read_town(files.read(town)).departments
    store = open_store(settings.database_url)
    try:
        make(settings, store, [each.member for each in departments])
        with store.read() as session:
            accounts = session.exec(select(ChainAccount.issuer, ChainAccount.address)).all()
    finally:
        store.close()
    for issuer, address in sorted(accounts):
        typer.echo(f"{issuer}  {address}")


def new_key(
    code: Annotated[str, typer.Argument(metavar="CODE", help="The department / 部门代码")],
    lists: Annotated[
        bool,
        typer.Option("--lists", help="For lists, answers and messages, not for credentials / 用于状态列表等"),
    ] = False,
    messages: Annotated[
        bool, typer.Option("--messages", help="For requests and messages only / 只用于请求与消息")
    ] = False,
    suite: Annotated[
        Literal["es256", "sm"] | None,
        typer.Option(
            help="P-256 with SHA-256, or SM2 with SM3 / 密码算法", show_default="the newest such key's"
        ),
    ] = None,
) -> None:
    """Make a signing key in the API's key file; it signs once `registry authority key` has registered it."""
    import time

    from registry.provisioning import ASKING, OTHER_USES, add_key
    from registry.runtime import open_ring
    from registry.settings import Settings
    from registry.signing import Use
    from registry.store import open_store
    from registry.suites import suite_named

    uses = ASKING if messages else OTHER_USES if lists else Use.CREDENTIALS
    settings = Settings()
    ring, store = open_ring(settings, "api"), open_store(settings.database_url)
    try:
        thumbprint = add_key(ring, store, code, uses, int(time.time()), suite_named(suite) if suite else None)
    finally:
        store.close()
    typer.echo(
        f"{thumbprint}\n接下来由主管机构登记 / now the authority registers it: "
        f"registry authority key {code} {thumbprint}",
    )
