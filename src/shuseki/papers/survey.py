"""What did a paper's survey count, as questions that another survey can stand beside?

The percentages of ``shares.csv`` become whole counts (``papers.shares``), and answers become items
with every wording that is known of them.

Takes: a printed paper. Gives: ``sourcing.survey.Question``s, firms.
Limits: only questions whose every percentage has exactly one whole count behind it.
"""

import numpy as np

from shuseki.errors import DataError, examples
from shuseki.language import say
from shuseki.papers.catalogue import printed_paper
from shuseki.papers.printed import PrintedNumber, PrintedPaper
from shuseki.papers.shares import share_interval, whole_counts
from shuseki.sourcing.survey import Item, Question

__all__ = ["printed_questions"]


def printed_questions(paper: PrintedPaper | None = None) -> tuple[Question, ...]:
    """Questions of a printed survey, with the counts behind its percentages.

    Parameters
    ----------
    paper
        With ``shares.csv`` and n; the 2012 paper by default.

    Raises
    ------
    DataError
        The paper prints no survey with its n, or a percentage that is of no whole count, or of
        several; the message names the answers.

    Examples
    --------
    >>> [(q.question, q.n, int(q.counts[0])) for q in printed_questions()]
    [('technology', 149, 43), ('sales and production', 144, 40), ('other gains', 152, 68)]
    """
    printed = printed_paper("shoko-2012") if paper is None else paper
    shares = printed.table("shares")
    shares = shares[(shares["percent"] != "") & (shares["n"] != "")].reset_index(drop=True)
    if shares.empty:
        raise DataError(
            say(
                "{name_given} prints no percentage of a number of respondents. Expected "
                "shares.csv with percent and n. Add them.",
                name_given=printed.key,
            )
        )
    shares = shares.reindex(
        columns=[*shares.columns, *({"question_ja", "answer_ja", "wording"} - set(shares.columns))],
        fill_value="",
    )
    ends = np.array([share_interval(text) for text in shares["percent"]])
    n = np.array([int(PrintedNumber(text, exact=True).value) for text in shares["n"]])
    least, greatest = whole_counts(ends[:, 0], ends[:, 1], n)
    for wrong, what, remedy in (
        (
            least > greatest,
            say("are of no whole count"),
            say("Check the percentage and n against the print"),
        ),
        (
            least < greatest,
            say("may be of several counts"),
            say("Give the percentage with more decimals"),
        ),
    ):
        if wrong.any():
            said = examples(
                say(
                    "{answer} = {percent}% of {n} ({question})",
                    answer=row.answer,
                    percent=row.percent,
                    n=row.n,
                    question=row.question,
                )
                for row in shares[wrong].itertuples()
            )
            raise DataError(
                say(
                    "Percentages that {what}: {said}. Expected one whole number of firms behind "
                    "each. {remedy}.",
                    what=what,
                    said=said,
                    remedy=remedy,
                )
            )
    questions = []
    for name, rows in shares.groupby("question", sort=False):
        where = printed.where(rows["table"].iloc[0]) if "table" in rows else ""
        questions.append(
            Question(
                question=str(name),
                question_ja=str(rows["question_ja"].iloc[0]),
                items=tuple(
                    Item(
                        answer,
                        answer_ja,
                        tuple(part.strip() for part in wording.split(";") if part.strip()),
                        kind == "exclusive",
                    )
                    for answer, answer_ja, wording, kind in rows[
                        ["answer", "answer_ja", "wording", "kind"]
                    ].to_numpy(dtype=object)
                ),
                counts=least[rows.index].astype(np.int64),
                n=int(n[rows.index[0]]),
                sources=(printed.source.at(where) if where else printed.source,),
            )
        )
    return tuple(questions)
