"""Which printed papers are bundled, and how is another one read or started?

A paper is a folder of facts: the numbers of its tables and the claims of its prose, typed in from
the publication and checked against it (`shuseki.papers.printed` is the format). ``printed_paper``
reads a bundled one by its name, or a folder of the user's by its path; ``new_paper`` starts one.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from shuseki.disk import scratch
from shuseki.entry.definitions import Definitions, read_definitions
from shuseki.entry.design import Design, read_designs
from shuseki.entry.hypotheses import Hypothesis, read_hypotheses
from shuseki.errors import DataError, OutputError, UnknownCodeError
from shuseki.language import listed, say, words_of
from shuseki.language.names import TwoNames
from shuseki.papers.okamuro_2006.robustness import RobustnessChecks, check_robustness
from shuseki.papers.printed import PrintedPaper

__all__ = [
    "DEFINITIONS_OF",
    "PRINTED_PAPERS",
    "RobustnessChecks",
    "exercises_of",
    "new_paper",
    "paper_folder",
    "printed_definitions",
    "printed_designs",
    "printed_hypotheses",
    "printed_paper",
    "study_files",
    "table_number",
    "write_paper",
]

DEFINITIONS_OF = "okamuro-2006"
"""The paper whose variables are computed of the bundled accounts."""
PRINTED_PAPERS: dict[str, str] = {
    "okamuro-2006": "okamuro_2006",
    "shoko-2012": "shoko_2012",
}
"""Name of each bundled paper → its folder."""


def printed_paper(name: str | Path = "okamuro-2006") -> PrintedPaper:
    """Read a printed paper.

    Parameters
    ----------
    name
        One of ``PRINTED_PAPERS``, or a folder.

    Raises
    ------
    UnknownCodeError
        Neither a folder nor a bundled paper; names the nearest.
    DataError
        The folder is not as `shuseki.papers.printed` says.

    Examples
    --------
    >>> printed_paper("okamuro-2006").number("fit", "value", outcome="START", model="1",
    ...                                      statistic="adjusted_r2").text
    '0.544'
    """
    if name in PRINTED_PAPERS:
        kept = _bundled_paper(str(name))
        return replace(kept, tables={kind: table.copy() for kind, table in kept.tables.items()})
    return PrintedPaper.read(paper_folder(name))


@lru_cache
def _bundled_paper(name: str) -> PrintedPaper:
    """A bundled paper, read and checked once: a report asks for it dozens of times."""
    return PrintedPaper.read(paper_folder(name))


def paper_folder(name: str | Path = "okamuro-2006") -> Traversable:
    """Folder of a paper: its tables, designs and hypotheses."""
    if name in PRINTED_PAPERS:
        return files("shuseki.papers") / PRINTED_PAPERS[str(name)]
    folder = Path(name)
    if not folder.is_dir():
        raise UnknownCodeError.among(
            "printed paper",
            [str(name)],
            list(PRINTED_PAPERS),
            say(
                "Expected {papers}, or a folder with paper.toml; there is no folder {folder}. "
                "Start one with shuseki audit --new {folder}.",
                papers=listed(PRINTED_PAPERS),
                folder=folder,
            ),
        )
    return folder


def new_paper(folder: Path) -> tuple[str, ...]:
    """Start a paper's folder: a small made-up paper that passes, with comments.

    Parameters
    ----------
    folder
        To be made; it may exist if it is empty.

    Returns
    -------
    tuple of str
        Names of the files written.

    Raises
    ------
    OutputError
        The folder is not empty, or cannot be written; nothing is overwritten.
    """
    template = files("shuseki.papers") / "template"
    return write_paper(
        folder,
        {
            path.name: path.read_text(encoding="utf-8")
            for path in sorted(template.iterdir(), key=lambda path: path.name)
        },
    )


def write_paper(folder: Path, texts: Mapping[str, str]) -> tuple[str, ...]:
    """Write the files of a paper into a new or empty folder; nothing is overwritten."""
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise OutputError(
                say(
                    "{folder} exists and is not empty. Expected a new folder; nothing was "
                    "written. Choose another name.",
                    folder=folder,
                )
            )
        folder.parent.mkdir(parents=True, exist_ok=True)
        with scratch(folder.parent, "paper") as work:
            for name, text in texts.items():
                (work / name).write_text(text, encoding="utf-8")
            folder.mkdir(exist_ok=True)
            for name in texts:
                (work / name).replace(folder / name)
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise OutputError(
            say(
                "{folder} cannot be written: {error}. Choose another place.",
                folder=folder,
                error=words_of(error),
            )
        ) from error
    return tuple(texts)


def study_files() -> dict[str, Path]:
    """Name of each bundled paper that has a study → its study file."""
    root = Path(str(files("shuseki.papers")))
    found = {name: root / folder / "study.toml" for name, folder in PRINTED_PAPERS.items()}
    return {name: path for name, path in found.items() if path.is_file()}


def table_number(paper: str | Path | None, kind: str, outcome: str = "") -> tuple[str, str] | None:
    """Where a paper prints a kind of table, in words: ``("table 4", "表4")``.

    Parameters
    ----------
    paper
        A bundled paper, a folder, or None.
    kind
        ``"coefficients"``, ``"ranking"``, … ; see ``papers.printed``.
    outcome
        Of a table that holds one outcome only.
    """
    if paper is None:
        return None
    table = printed_paper(paper).table(kind)
    if table.empty or "table" not in table.columns:
        return None
    if outcome and "outcome" in table.columns:
        table = table[table["outcome"] == outcome]
    numbers = sorted({str(number) for number in table["table"]} - {""})
    if not numbers:
        return None
    first, last = numbers[0], numbers[-1]
    if first.startswith("A"):
        return f"appendix {first[1:]}", f"付表{first[1:]}"
    if first == last:
        return f"table {first}", f"表{first}"
    return f"tables {first}–{last}", f"表{first}〜{last}"


def exercises_of(paper: str | None) -> Callable[..., RobustnessChecks] | None:
    """The exercises of robustness that a paper describes, where it describes some."""
    return check_robustness if paper == DEFINITIONS_OF else None


def printed_definitions(name: str | Path = "okamuro-2006", *, convention: str = "") -> Definitions:
    """Variables and outcomes of a paper.

    Parameters
    ----------
    name
        One of ``PRINTED_PAPERS``, or a folder with ``definitions.toml``.
    convention
        What counts are divided by, one of the file's; its first by default.

    Raises
    ------
    DataError
        The folder has no ``definitions.toml``, or a definition in it is wrong.
    ParameterError
        There is no such convention.

    Examples
    --------
    >>> printed_definitions().label("UNEMPL").label_ja
    '失業率'
    """
    return _definitions(str(name), convention)


@lru_cache
def _definitions(name: str, convention: str) -> Definitions:
    path = paper_folder(name) / "definitions.toml"
    if not path.is_file():
        raise DataError(
            say(
                "No definitions.toml in {paper_folder}. Expected the paper's variables: name, "
                "formula, label, label_ja, unit. Add the file.",
                paper_folder=paper_folder(name),
            )
        )
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    about = PrintedPaper.read(paper_folder(name))
    where = content.pop("where", "")
    where = TwoNames(where, content.pop("where_ja", where))
    source = replace(about.source.at(where), origin="method")
    return read_definitions(content, convention=convention, named=str(path), source=source)


def printed_designs(
    name: str | Path = "okamuro-2006", *, standard_errors: str = "HC1"
) -> tuple[Design, ...]:
    """Equations of a paper.

    Parameters
    ----------
    name
        One of ``PRINTED_PAPERS``, or a folder; without ``designs.toml`` the equations are those of
        its coefficient table.
    standard_errors
        The 2006 paper prints heteroskedasticity-robust t without naming the variant.

    Examples
    --------
    >>> len(printed_designs())
    12
    """
    designs = paper_folder(name) / "designs.toml"
    if designs.is_file():
        return read_designs(designs, standard_errors=standard_errors)
    table = printed_paper(name).table("coefficients")
    return tuple(
        Design(
            outcome=str(outcome),
            terms=tuple(term for term in rows["term"] if term != "constant"),
            model=str(model),
            standard_errors=standard_errors,
        )
        for (outcome, model), rows in table.groupby(["outcome", "model"], sort=False)
    )


def printed_hypotheses(name: str | Path = "okamuro-2006") -> tuple[Hypothesis, ...]:
    """Hypotheses of a paper.

    Raises
    ------
    DataError
        The folder has no ``hypotheses.toml``.

    Examples
    --------
    >>> [hypothesis.id for hypothesis in printed_hypotheses()]
    ['1', '2', '3a', '3b', '4a', '4b', '5', '6', '7']
    """
    path = paper_folder(name) / "hypotheses.toml"
    if not path.is_file():
        raise DataError(
            say(
                "No hypotheses.toml in {paper_folder}. Expected the paper's hypotheses: id, says, "
                "says_ja, expects (variable = sign), page. Add the file.",
                paper_folder=paper_folder(name),
            )
        )
    return read_hypotheses(path)
