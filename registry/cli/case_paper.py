"""`registry case copy | sheets | promise`: what somebody without a phone has, or signs, on paper."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from registry.cli import casepage, files
from registry.cli.case_options import (
    SEEN,
    Clerk,
    Code,
    Fact,
    Json,
    Number,
    Role,
    of_office,
    role_in,
    show,
    tell,
)
from registry.cli.files import BadUsage

if TYPE_CHECKING:
    from registry.trust import Trust

Seen = Annotated[str, typer.Option("--seen", help=SEEN)]


def copy(
    number: Number,
    fact: Fact,
    department: Code,
    clerk: Clerk,
    seen: Seen,
    text: Annotated[
        str,
        typer.Option(
            "--text",
            metavar="FILE",
            help="What its QR says, or a picture of it, - for standard input / 复制件二维码内容或图片",
        ),
    ],
    role: Role = "",
    as_json: Json = False,
) -> None:
    """Take a copy on paper for what only a wallet could show, of a party whom you saw / 采信复制件

    The certificate must name that party. A person decides the case then, and not who took the copy.
    """
    data = files.content(text)
    with of_office(number, department) as cases:
        party = role_in(cases, number, role, fact)
        shown = _presentation(data, cases.world.trust())
        cases.paper_copies.accept(number, party, fact, shown, clerk=clerk, seen=seen)
        show(cases, number, department, as_json)


def sheets(number: Number, department: Code, role: Role = "", as_json: Json = False) -> None:
    """What a promise on paper has to say, for each fact of a party that may come later / 承诺书内容

    The scanned sheet is taken in by `registry case document NUMBER signed-promise FILE`.
    """
    with of_office(number, department) as cases:
        found = [asdict(each) for each in cases.paper_promises.sheets(number, role_in(cases, number, role))]
    if as_json:
        tell(found)
    else:
        casepage.sheets(found)


def promise(
    number: Number,
    facts: Annotated[
        list[str], typer.Argument(metavar="FACT…", help="As `registry case sheets` names them / 后补事项")
    ],
    department: Code,
    clerk: Clerk,
    second: Annotated[str, typer.Option("--second", help="Another person of the office / 第二经办人")],
    seen: Seen,
    document: Annotated[
        str,
        typer.Option("--document", metavar="ID", help="The scanned sheet that was taken in / 承诺书材料编号"),
    ],
    role: Role = "",
    as_json: Json = False,
) -> None:
    """Take a promise that was signed on paper; two people of the office stand for it / 收取纸质承诺

    What is issued against it is suspended when its day has passed and nothing came.
    """
    with of_office(number, department) as cases:
        party = role_in(cases, number, role, facts[0])
        cases.paper_promises.take(number, party, facts, document, clerk=clerk, second=second, seen=seen)
        show(cases, number, department, as_json)


def _presentation(data: bytes, trust: "Trust") -> str:
    """What a copy proves, from the text of its QR or a picture of it. Raises BadUsage: no picture of one."""
    from registry import pictures
    from registry.checking import presentation_in, texts_in

    try:
        texts = texts_in(data)
    except (pictures.BadPicture, pictures.NoCode) as error:
        raise BadUsage(error.zh, error.en) from error
    return presentation_in(texts, trust)
