"""`registry authority …` and `registry trust export`: what the authority decides, and its process."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from registry.authority.decisions import Decisions
    from registry.authority.office import Office

Code = Annotated[str, typer.Argument(metavar="CODE", help="Department's code / 部门统一社会信用代码")]
Type = Annotated[str, typer.Argument(metavar="TYPE", help="Type code or alias / 证照类型代码或别名")]
ProviderName = Annotated[str, typer.Argument(metavar="NAME", help="A name of its own / 代号")]
Until = Annotated[
    int, typer.Option(help="Unix seconds; for an end, 0: now / 截止时间", show_default="now or never")
]

authority = typer.Typer(no_args_is_help=True, help="The authority / 发证主管机构")
_DASHES = {"ignore_unknown_options": True}
"""For thumbprints, one in 64 of which begins with a dash."""
wallet_provider = typer.Typer(no_args_is_help=True, help="Wallet providers / 钱包提供者")
trust = typer.Typer(no_args_is_help=True, help="Trust bundles / 可信状态")


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    authority.add_typer(wallet_provider, name="wallet-provider")
    app.add_typer(authority, name="authority")
    app.add_typer(trust, name="trust")


@authority.command()
def found(
    town: Annotated[Path, typer.Argument(metavar="TOWN.json", help="Departments / 部门清单")],
    origin: Annotated[str, typer.Option(help="Public address / 公开地址")],
    join: Annotated[
        Path | None,
        typer.Option(
            metavar="INVITATION",
            help="Join the contracts of another registry, which admitted this authority / 加入已有合约",
        ),
    ] = None,
) -> None:
    """Found the registry, or complete and extend it: contracts, departments, keys, rights, types."""
    from registry.authority import founding, joining
    from registry.authority.loop import Rounds
    from registry.authority.office import Office, make_ring
    from registry.cli import files
    from registry.settings import Settings

    settings = Settings()
    description = founding.read_town(files.read(town))
    invitation = None if join is None else joining.read_invitation(files.read(join))
    office = Office.open(settings, make_ring(settings))
    try:
        deployment = founding.found(office, description, origin, invitation)
        Rounds(office).publish_if_due()
    finally:
        office.close()
    _say(
        f"已设立：{len(description.departments)} 个部门，合约 {deployment.issuer_registry}、"
        f"{deployment.certificate_registry}，区块 {deployment.block}",
        f"founded: {len(description.departments)} departments, contracts at block {deployment.block}",
    )


@authority.command()
def address() -> None:
    """Say this authority's chain account: another one admits it, so that this registry can join it."""
    from registry.authority.office import ACCOUNT, make_ring
    from registry.settings import Settings

    sys.stdout.write(make_ring(Settings()).account(ACCOUNT).address + "\n")


@authority.command()
def admit(
    account: Annotated[
        str, typer.Argument(metavar="ADDRESS", help="Of the other authority: 0x… / 对方主管机构账户")
    ],
    out: Annotated[Path, typer.Option("--out", help="File / 输出文件")] = Path("invitation.json"),
) -> None:
    """Let another registry's authority work with these contracts, and write its invitation."""
    import msgspec

    from registry.authority.joining import admit as admitted

    with _office() as office:
        invitation = admitted(office, account)
    out.write_bytes(msgspec.json.encode(invitation))
    _say(f"已准入，邀请已写入 {out}", f"admitted; the invitation is in {out}")


@authority.command()
def serve() -> None:
    """Run the authority's process until SIGTERM or Ctrl-C."""
    import logging

    from registry.authority import loop
    from registry.settings import Settings

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s", stream=sys.stderr)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    loop.serve(Settings(), ended)


@authority.command()
def right(
    issuer: Code,
    type_: Type,
    end: Annotated[bool, typer.Option("--end", help="End it instead of granting it / 终止")] = False,
    start: Annotated[int, typer.Option(help="Unix seconds; 0: now / 开始时间")] = 0,
    until: Until = 0,
) -> None:
    """Grant a department the right to issue a type, or end it."""
    from registry.chain.contracts import FOREVER

    with _deciding() as (office, decide):
        code = _type_code(office, type_)
        if end:
            decide.end_right(issuer, code, until=until)
        else:
            decide.grant(issuer, code, start=start, until=until or FOREVER)
    _say("已生效", "done")


@authority.command()
def successor(
    issuer: Code,
    type_: Type,
    heir: Annotated[str, typer.Argument(metavar="SUCCESSOR", help="Code; empty ends it / 承继部门")],
    start: Annotated[int, typer.Option(help="Unix seconds; 0: now / 开始时间")] = 0,
) -> None:
    """Let a department act for what another issued of a type."""
    with _deciding() as (office, decide):
        decide.succeed(issuer, _type_code(office, type_), heir, start=start)
    _say("已生效", "done")


@authority.command(context_settings=_DASHES)
def compromise(
    issuer: Code,
    thumbprint: Annotated[str, typer.Argument(help="Of the key: RFC 7638 / 密钥指纹")],
) -> None:
    """Report a signing key stolen: its credentials fail from now on, the certificates stand."""
    with _deciding() as (_, decide):
        decide.compromised(issuer, thumbprint)
    _say("该密钥签发的凭证不再有效；证照不受影响", "its credentials fail from now on; the certificates stand")


@authority.command(context_settings=_DASHES)
def key(
    issuer: Code,
    thumbprint: Annotated[str, typer.Argument(help="Of the key: RFC 7638 / 密钥指纹")],
    end: Annotated[bool, typer.Option("--end", help="Retire it instead / 停用")] = False,
    until: Until = 0,
) -> None:
    """Register a signing key that `registry new-key` made, and certify it; or retire one."""
    from registry.authority.founding import certify_keys
    from registry.errors import NotFound
    from registry.store.tables import PublicKey

    with _deciding() as (office, decide):
        if end:
            decide.end_key(issuer, thumbprint, until=until)
        else:
            with office.store.read() as session:
                row = session.get(PublicKey, (issuer, thumbprint))
            if row is None:
                raise NotFound("没有这个公钥。", "The store has no such public key.")
            decide.add_key(issuer, thumbprint, row.uses)
            certify_keys(office)
    _say("已生效", "done")


@authority.command()
def account(
    issuer: Code,
    address: Annotated[str, typer.Argument(help="0x… / 链上账户地址")],
    end: Annotated[bool, typer.Option("--end", help="Cut it instead / 停用")] = False,
    until: Until = 0,
) -> None:
    """Register a chain account of a department (`log`: of the access log), or cut a stolen one."""
    from registry.chain.ledger import LOG

    with _deciding() as (_, decide):
        if issuer == LOG and end:
            decide.end_log_account(address, until=until)
        elif issuer == LOG:
            decide.add_log_account(address)
        elif end:
            decide.end_account(issuer, address, until=until)
        else:
            decide.add_account(issuer, address)
    _say("已生效", "done")


@authority.command()
def void(
    issuer: Code,
    first: Annotated[int, typer.Argument(help="First batch / 起始批次", min=1)],
    last: Annotated[int, typer.Argument(help="Last batch, included / 截止批次", min=1)],
    reason: Annotated[str, typer.Option(help="ASCII, nothing personal / 原因代码")] = "account_stolen",
) -> None:
    """Declare that batches do not count, after a chain account was stolen."""
    with _deciding() as (_, decide):
        decide.void(issuer, first, last, reason)
    _say("已作废", "voided")


@authority.command()
def replace(
    issuer: Code,
    seq: Annotated[int, typer.Argument(help="The voided batch / 已作废批次", min=1)],
    batch: Annotated[int, typer.Argument(help="Row of the genuine batch / 真实批次编号", min=1)],
) -> None:
    """Put the genuine batch in a voided one's place, as anchored at the old time."""
    from registry.errors import NotFound
    from registry.store.tables import Batch

    with _deciding() as (office, decide):
        with office.store.read() as session:
            row = session.get(Batch, batch)
        if row is None or row.issuer != issuer:
            raise NotFound("没有这个批次。", "There is no such batch.")
        decide.replace(issuer, seq, row.root, row.size)
    _say("已替换", "replaced")


@wallet_provider.command("add")
def add_wallet_provider(
    name: ProviderName,
    certificate: Annotated[
        Path, typer.Argument(metavar="CERTIFICATE", help="Of its CA, PEM or DER / 其 CA 证书")
    ],
    zh: Annotated[str, typer.Option(help="Name in Chinese / 中文名称")],
    en: Annotated[str, typer.Option(help="Name in English / 英文名称")],
) -> None:
    """Let a provider's attestations of wallets and keys count; it is in the next trust bundle."""
    from registry.authority.providers import add_provider
    from registry.cli import files

    with _office() as office:
        add_provider(office, name, files.read(certificate), zh=zh, en=en)
    _say("已生效", "done")


@wallet_provider.command("end")
def end_wallet_provider(name: ProviderName) -> None:
    """Let them count no more."""
    from registry.authority.providers import end_provider

    with _office() as office:
        end_provider(office, name)
    _say("已停用", "ended")


@authority.command()
def bundle(
    new_bundle_key: Annotated[bool, typer.Option(help="Under a new bundle key / 更换签名密钥")] = False,
    new_root_keys: Annotated[bool, typer.Option(help="Under new root keys / 更换根密钥")] = False,
) -> None:
    """Sign the trust bundle anew; with a new key, a new root document too (opens the offline keys)."""
    from registry.authority.bundles import publish, rotate_root

    with _office() as office:
        if new_bundle_key or new_root_keys:
            rotate_root(office, new_bundle_key=new_bundle_key, new_root_keys=new_root_keys)
        made = publish(office, office.trust.current())
    _say(f"可信状态第 {made.epoch}.{made.version} 版", f"bundle {made.epoch}.{made.version}")


@authority.command("heal")
def heal_command() -> None:
    """Move to new contracts after the chain was reset: import, compare, close."""
    from registry.authority.bundles import publish
    from registry.authority.healing import heal

    with _office() as office:
        healed = heal(office)
        publish(office, office.trust.current())
    _say(f"已恢复，第 {healed.epoch} 期", f"healed: epoch {healed.epoch}")


@trust.command()
def export(
    codes: Annotated[
        list[str] | None, typer.Argument(metavar="[CODE]…", help="Departments; none: all / 所选部门")
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="File / 输出文件")] = Path("bundle.jws"),
) -> None:
    """Write a signed trust bundle for the departments that a verifier chose."""
    from registry.authority.bundles import export as exported

    with _office() as office:
        data = exported(office, office.trust.current(), codes or ())
    out.write_bytes(data)
    _say(f"已写入 {out}", f"written: {out}")


@contextmanager
def _office() -> "Iterator[Office]":
    from registry.authority.office import Office
    from registry.settings import Settings

    office = Office.open(Settings())
    try:
        yield office
    finally:
        office.close()


@contextmanager
def _deciding() -> "Iterator[tuple[Office, Decisions]]":
    from registry.authority.decisions import Decisions

    with _office() as office:
        yield office, Decisions(office)


def _type_code(office: "Office", given: str) -> str:
    """A type by its code, or by its alias."""
    from registry.errors import NotFound

    try:
        return office.catalogue.by_alias(given).type
    except NotFound:
        return office.catalogue.newest(given).type


def _say(zh: str, en: str) -> None:
    sys.stdout.write(f"{zh} / {en}\n")
