"""How are two registers linked from a terminal?"""

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from shuseki.cli.gate import WRITES
from shuseki.cli.show import Figure, Lang, Output, bar, show
from shuseki.cli.terminal import Terminal
from shuseki.errors import DataError, ParameterError
from shuseki.language import listed, say
from shuseki.linkage.imputation import draw_links
from shuseki.linkage.likeness import link as link_registers
from shuseki.linkage.registers import COLUMNS
from shuseki.linkage.review import LABEL_COLUMNS, from_words, in_words, to_review
from shuseki.reading.tables import read_table
from shuseki.reading.toml import read_toml
from shuseki.release import write_csv
from shuseki.report.words import phrase, pick
from shuseki.sources import USER

__all__ = ["app"]

app = typer.Typer(add_completion=False, help="Which record is which?")
TEXT = ("id", "name", "address", "municipality", "industry", "legal_form", "opened")

Register = Annotated[
    Path, typer.Argument(help="CSV, Parquet or xlsx: id, name, address, municipality, industry …")
]


@app.command()
def link(
    left: Register,
    right: Register,
    column: Annotated[
        list[str] | None,
        typer.Option("--column", help="Another name of a column, as in name=factory_name; repeat."),
    ] = None,
    extra: Annotated[
        list[str] | None,
        typer.Option("--extra", help="A further column to compare, such as postcode; repeat it."),
    ] = None,
    settings: Annotated[
        Path | None, typer.Option("--settings", help="TOML: changes to how pairs are compared.")
    ] = None,
    labels: Annotated[
        Path | None, typer.Option("--labels", help="Known pairs: left, right, match (1 or 0).")
    ] = None,
    at_least: Annotated[
        float | None, typer.Option("--at-least", help="Least probability of a link, 0 to 1.")
    ] = None,
    draws: Annotated[
        int, typer.Option("--draws", help="Matchings drawn for the intervals; 0 for none.")
    ] = 100,
    review: Annotated[
        Path | None,
        typer.Option("--review", help="Write the pairs to look at into this CSV file."),
        WRITES,
    ] = None,
    review_pairs: Annotated[int, typer.Option("--review-pairs", help="How many of them.")] = 100,
    engine: Annotated[str, typer.Option("--engine", help="arrays, duckdb or spark.")] = "arrays",
    encoding: Annotated[
        str, typer.Option("--encoding", help="Of the files, when it cannot be found.")
    ] = "auto",
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of what is drawn at random.")] = 0,
    lang: Lang = "en",
    output: Output = None,
    figure: Figure = None,
) -> None:
    """Link two registers by likeness: who goes on, who is new, who is gone, and how sure is it?"""
    named = dict(_named(text) for text in column or ())
    asked = list(extra or ())
    tables = [_register(path, named, asked, encoding) for path in (left, right)]
    known = None
    if labels is not None:
        known = from_words(read_table(labels, codes_if_any=LABEL_COLUMNS, encoding=encoding))
    with bar("linking") as progress:
        found = link_registers(
            *tables,
            extra=asked,
            settings=None if settings is None else read_toml(settings),
            labels=known,
            at_least=at_least,
            engine=engine,  # type: ignore[arg-type]
            seed=seed,
            sources=(USER,),
            progress=progress,
            **named,  # type: ignore[arg-type]
        )
        drawn = draw_links(found, draws=draws, seed=seed) if draws else None
    console = Terminal()
    show(
        found,
        lang=lang,
        output=output,
        figure=figure,
        table=found.counts(),
        also=[drawn] if drawn is not None else [],
    )
    if review is not None:
        pairs = to_review(found, *tables, pairs=review_pairs, id_column=named.get("id", "id"))
        write_csv(review, in_words(pairs, lang) if lang == "ja" else pairs)
        colon = "：" if lang == "ja" else ": "
        said = f"{phrase('written_table', lang)}{colon}{review}"
        console.print(pick(said, lang), markup=False, highlight=False, soft_wrap=True)


def _named(text: str) -> tuple[str, str]:
    """Read ``name=factory_name``."""
    column, sign, name = text.partition("=")
    if not sign or not name or column.strip() not in COLUMNS:
        raise ParameterError(
            say(
                "--column is {text!r}. Expected one of {columns}, = and the column of the files, "
                "such as name=factory_name.",
                text=text,
                columns=listed(COLUMNS),
            )
        )
    return column.strip(), name.strip()


def _register(path: Path, named: dict[str, str], extra: list[str], encoding: str) -> pd.DataFrame:
    """Read a register; codes and names stay text."""
    text = [named.get(column, column) for column in TEXT]
    table = read_table(path, text=[*text, *extra], encoding=encoding)
    if not len(table):
        raise DataError(
            say(
                "{path} has no rows. Expected one row per establishment. Check the file.",
                path=path,
            )
        )
    return table.reset_index(drop=True)
