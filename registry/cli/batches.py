"""`registry queries`: many questions under one matter, a second clerk's approval, and their answers."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
import typer

from registry.cli import files
from registry.cli.files import BadUsage
from registry.plain import line

if TYPE_CHECKING:
    from registry.queries.batches import Decided
    from registry.queries.question import Query
    from registry.store.tables import QueryBatch
    from registry.trust import Trust
    from registry.usecases import UseCases

queries = typer.Typer(no_args_is_help=True, help="Many queries at once / 批量协查")
PAGE = 50
_STATES = {
    "waiting": "待第二人批准 waits for a second clerk",
    "answering": "答复中 is being answered",
    "answered": "已全部答复 answered",
    "declined": "未获批准 declined",
}
_NEXT = {
    "waiting": ("由另一人批准 another clerk approves it", "approve {id} --as {asker} --clerk CLERK"),
    "answering": ("查看答复 to read the answers", "answers {id} --as {asker}"),
    "answered": ("查看答复 to read the answers", "answers {id} --as {asker}"),
}
"""What to do with a batch in this state, and by which command."""

Asker = Annotated[str, typer.Option("--as", metavar="CODE", help="Your department's code / 本部门代码")]
Clerk = Annotated[str, typer.Option("--clerk", help="Who does it / 经办人")]
Id = Annotated[str, typer.Argument(metavar="BATCH", help="Its id / 批次")]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(queries, name="queries")


class _Holder(msgspec.Struct, forbid_unknown_fields=True):
    id_type: str
    identifier: str


class _Line(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One line of the file, as the API takes a question. request: of the asker, which showed the holder."""

    type: str
    ask: Literal["has_valid", "claims", "status", "equals", "over", "under"]
    claims: tuple[str, ...] = ()
    holder: _Holder | None = None
    certificate_id: str | None = None
    value: str = ""
    source: str = ""
    case: str | None = None
    on_behalf: str | None = None
    assisted: bool = False
    request: str | None = None


@queries.command()
def post(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON Lines, one question a line / 问题文件")],
    asker: Asker,
    matter: Annotated[str, typer.Option("--matter", help="The matter, as the rights files name it / 事项")],
    clerk: Clerk,
    reason: Annotated[str, typer.Option("--reason", help="Why so many / 批量原因")] = "",
) -> None:
    """Post a file of questions: a small one is answered at once, a large one waits for a second clerk.

    The same file posted again is the same batch: nothing is asked twice. Exit 0 where all is answered, 3
    where it waits, or where a cap stopped it.
    """
    from hashlib import sha256

    from registry.queries.batches import Posted

    data = files.read(file)
    lines = _read(data)
    with _opened(asker) as cases:
        asked = tuple(_query(cases, *each, asker, clerk, matter) for each in lines)
        name = f"file {sha256(data).hexdigest()} {matter} {clerk}"
        _done(cases, cases.batching.post(Posted(asker, name, matter, clerk, asked, reason)))


@queries.command("list")
def list_(asker: Asker) -> None:
    """Batches of a department, newest first."""
    from registry.queries import batches

    with _opened(asker) as cases:
        with cases.runtime.store.read() as session:
            rows = batches.all_of(session, asker)
        for row in rows:
            _print(cases, row)
    for state in dict.fromkeys(row.state for row in rows):
        _say_next(state, "BATCH", asker)


@queries.command()
def show(
    id: Id,
    asker: Asker,
    as_json: Annotated[bool, typer.Option("--json", help="With whole numbers / 含完整证件号码")] = False,
) -> None:
    """What a batch asks, one question a line, for the clerk who approves it. Of identity numbers the ends.

    With --json all of it, numbers too, in one object.
    """
    from dataclasses import asdict

    from registry import jcs
    from registry.cli.terminal import masked_within
    from registry.queries import batches

    with _opened(asker) as cases:
        with cases.runtime.store.read() as session:
            row = batches.of_asker(session, asker, id)
            posted = cases.batching.posted(session, row)
        asked = [
            {name: value for name, value in asdict(each).items() if value and name != "shown"}
            for each in posted.queries
        ]
        if as_json:
            told = {"id": row.id, "matter": posted.matter, "clerk": row.clerk, "state": row.state}
            typer.echo(jcs.dumps({**told, "reason": posted.reason, "queries": asked}).decode())
            return
        _print(cases, row)
        if posted.reason:
            typer.echo(line(f"原因 reason: {posted.reason}"))
        for each in asked:
            typer.echo(line(jcs.dumps(masked_within(each)).decode()))
    _say_next(row.state, row.id, asker)


@queries.command()
def approve(
    id: Id,
    asker: Asker,
    clerk: Clerk,
    decline: Annotated[bool, typer.Option("--decline", help="Say no / 不予批准")] = False,
) -> None:
    """Approve a batch, as another clerk than the one who posted it; it is answered at once."""
    with _opened(asker) as cases:
        cases.batching.decide(asker, id, clerk=clerk, approve=not decline)
        _done(cases, cases.batching.go_on(id))


@queries.command()
def answers(
    id: Id,
    asker: Asker,
    as_json: Annotated[bool, typer.Option("--json", help="The whole envelopes / 完整答复")] = False,
) -> None:
    """What was answered so far, each answer checked, as often as it is asked for."""
    from registry.queries import batches

    with _opened(asker) as cases:
        trust, now, after = cases.trust(), cases.runtime.clock(), 0
        while True:
            with cases.runtime.store.read() as session:
                row = batches.of_asker(session, asker, id)
                found = cases.batching.decided(session, row, after, PAGE)
            for each in found:
                _answer(each, asker, trust, now, as_json)
            if len(found) < PAGE:
                break
            after = found[-1].position + 1


def _read(data: bytes) -> list[tuple[int, _Line]]:
    """The lines that are not empty, with their numbers. Raises BadUsage: one is no question."""
    found = []
    for number, text in enumerate(data.splitlines(), start=1):
        if not text.strip():
            continue
        try:
            found.append((number, msgspec.json.decode(text, type=_Line)))
        except msgspec.MsgspecError:
            zh, en = _unknown(text)
            raise BadUsage(f"第 {number} 行不是问题{zh}", f"line {number} is no question{en}") from None
    return found


def _unknown(text: bytes) -> tuple[str, str]:
    """Which member no question has, in both languages; empty where it is something else."""
    try:
        members = set(msgspec.json.decode(text, type=dict[str, msgspec.Raw]))
    except msgspec.MsgspecError:
        return "", ""
    unknown = ", ".join(sorted(each[:40] for each in members.difference(_Line.__struct_fields__)))
    return (f"：没有 {unknown} 这一项", f": it has no {unknown}") if unknown else ("", "")


def _query(cases: "UseCases", number: int, said: _Line, asker: str, clerk: str, matter: str) -> "Query":
    """The question of a line. Raises BadUsage: its request showed no one holder."""
    from registry.errors import RegistryError
    from registry.queries.question import Query
    from registry.queries.showing import about_shown

    holder = None if said.holder is None else (said.holder.id_type, said.holder.identifier.strip().upper())
    query = Query(
        asker,
        clerk,
        matter,
        said.type,
        said.ask,
        said.claims,
        holder,
        said.certificate_id,
        said.value,
        said.source,
        said.case,
        said.on_behalf,
        assisted=said.assisted,
    )
    if said.request is None:
        return query
    try:
        return about_shown(query, said.request, cases.requesting, cases.runtime.catalogue)
    except RegistryError as error:
        raise BadUsage(f"第 {number} 行：{error.zh}", f"line {number}: {error.en}") from None


@contextmanager
def _opened(asker: str) -> "Iterator[UseCases]":
    """The use cases, opened for one command of a department. Raises NotFound: there is none of that code."""
    from registry.cli.departments import demand
    from registry.settings import Settings
    from registry.usecases import UseCases

    cases = UseCases.open(Settings())
    try:
        demand(cases, asker)
        yield cases
    finally:
        cases.close()


def _done(cases: "UseCases", row: "QueryBatch") -> None:
    _print(cases, row)
    _say_next(row.state, row.id, row.asker)
    raise typer.Exit(0 if row.state in ("answered", "declined") else 3)


def _print(cases: "UseCases", row: "QueryBatch") -> None:
    from registry.queries import batches

    with cases.runtime.store.read() as session:
        decided, matter = batches.count(session, row.id), cases.batching.posted(session, row).matter
    rests = " · 已达上限，稍后继续 a cap stopped it for now" if row.rests_until else ""
    second = f" · {row.second}" if row.second else ""
    told = f"{row.id}  {matter}  {row.clerk}{second}  {decided}/{row.size}  {_STATES[row.state]}{rests}"
    typer.echo(line(told))


def _say_next(state: str, id: str, asker: str) -> None:
    """To the clerk, beside what is told."""
    if state in _NEXT:
        words, command = _NEXT[state]
        typer.echo(f"{words}: registry queries {command.format(id=id, asker=asker)}", err=True)


def _answer(each: "Decided", asker: str, trust: "Trust", now: int, as_json: bool) -> None:
    from registry import jcs
    from registry.answer_checking import check_answer
    from registry.cli.queries import in_words
    from registry.provinces.asking import Told

    checked = [
        check_answer(envelope, envelope["question"], trust, asker=asker, now=now) for envelope in each.answers
    ]
    if as_json:
        verdicts = [found.verdict for found in checked]
        told = {"position": each.position, "outcome": each.outcome, "verdicts": verdicts}
        typer.echo(jcs.dumps({**told, "answers": list(each.answers)}).decode())
        return
    for envelope, found in zip(each.answers, checked, strict=True):
        question = envelope["question"]
        one = Told(question["issuer"], "", envelope["outcome"], found.verdict, envelope, found)
        typer.echo(line(f"{each.position}  {in_words(one, question['claims'])}"))
    if not each.answers:
        typer.echo(line(f"{each.position}  拒绝 refused  {each.outcome}"))
