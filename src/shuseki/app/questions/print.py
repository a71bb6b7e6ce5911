"""Which numbers of a printed table cannot be true?"""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from shuseki.app.question import Asked, Label, Question, Reader
from shuseki.datasets.denominators import labour_force_of_ranked
from shuseki.disk import scratch
from shuseki.language import say, told
from shuseki.papers.audit import Audit
from shuseki.papers.audit import audit as audit_paper
from shuseki.papers.catalogue import paper_folder, printed_paper, write_paper
from shuseki.papers.printed import PrintedPaper
from shuseki.papers.printed_table import Below, paper_texts, read_printed_table
from shuseki.report.blocks import Block

__all__ = ["AUDIT"]

Paper = Literal["okamuro-2006", "shoko-2012"]
LONGEST = 100_000
BELOW = {
    "": say("found from the table"),
    "t": say("t statistics"),
    "se": say("standard errors"),
    "p": say("p values"),
}


def _below(lang: str) -> list[tuple[str, str]]:
    return [(name, told(text, lang)) for name, text in BELOW.items()]


class AuditAsked(Asked):
    """A bundled paper, or a table as text."""

    paper: Annotated[Paper, Label(say("Printed paper"))] = "okamuro-2006"
    table: Annotated[
        str,
        Label(say("Or a table of regressions, as CSV or LaTeX, pasted here"), lines=8, file=True),
        Field(max_length=LONGEST),
    ] = ""
    below: Annotated[
        Literal["", "t", "se", "p"],
        Label(say("What stands in parentheses in it"), choices=_below),
    ] = ""


def _audit(asked: AuditAsked, reader: Reader) -> Sequence[Block]:
    if asked.table.strip():
        return _pasted(asked)
    print_of = printed_paper(asked.paper)
    known = labour_force_of_ranked(print_of) if print_of.table("denominators").empty else None
    return [audit_paper(print_of, denominators=None if known is None or known.empty else known)]


def _ending(table: str) -> str:
    return "tex" if "\\begin" in table or "&" in table else "csv"


def _pasted(asked: AuditAsked) -> Sequence[Block]:
    said: Below | None = None if asked.below == "" else asked.below
    with scratch(what="paper") as place:
        file = place / f"table.{_ending(asked.table)}"
        file.write_text(asked.table, encoding="utf-8", newline="\n")
        read = [read_printed_table(file, below=said)]
        folder = place / "paper"
        write_paper(folder, paper_texts(read, key="pasted"))
        found: Audit = audit_paper(PrintedPaper.read(paper_folder(folder)))
    return [str(read[0].headline()), found]


AUDIT = Question(
    name="audit",
    title=say("Audit of a printed table"),
    about=say("Which printed numbers cannot all be true, and what would repair them."),
    options=AuditAsked,
    answer=_audit,
    command=lambda asked, lang: (
        f"shuseki audit --from table.{_ending(asked.table)}"
        + (f" --below {asked.below}" if asked.below else "")
        + f" --lang {lang}"
        if asked.table
        else f"shuseki audit {asked.paper} --lang {lang}"
    ),
    python=lambda asked: (
        "" if asked.table else f'import shuseki as sk\nsk.audit(sk.printed_paper("{asked.paper}"))'
    ),
    group="print",
)
