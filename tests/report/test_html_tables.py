"""Is a table written as great-tables writes it?"""

import re

import pandas as pd
import pytest
from great_tables import GT

from shuseki.report import Table
from shuseki.report.html.tables import table_html
from shuseki.report.tables import last
from shuseki.report.words import column_words


def by_great_tables(table: Table, lang: str) -> str:
    """The same by great-tables, without its title and its options for Quarto."""
    table = table.in_language(lang)
    keys = [f"c{k}" for k in range(table.frame.shape[1])]
    heads = [last(column) for column in table.frame.columns]
    shown = pd.DataFrame(dict(zip(keys, table.shown(lang), strict=True)), dtype=object)
    at = {name: keys[heads.index(name)] for name in (table.row_names, table.row_groups) if name}
    labels = [table.label(column, lang) for column in table.frame.columns]
    made = GT(
        shown,
        rowname_col=at[table.row_names] if table.row_names else None,
        groupname_col=at[table.row_groups] if table.row_groups else None,
        id=table.name,
        auto_align=False,
    ).cols_label(dict(zip(keys, labels, strict=True)))
    if table.row_names:
        made = made.tab_stubhead(table.label(table.row_names, lang))
    spanned: dict[str, list[str]] = {}
    for column, key in zip(table.frame.columns, keys, strict=True):
        if isinstance(column, tuple) and column[0]:
            spanned.setdefault(column[0], []).append(key)
    for heading, members in spanned.items():
        made = made.tab_spanner(column_words(heading, lang), members)
    right = [key for key, number in zip(keys, table.numeric(), strict=True) if number]
    made = made.cols_align("left", [key for key in keys if key not in right])
    made = made.cols_align("right", right) if right else made
    html = made.as_raw_html()
    html = re.sub(r' data-quarto-[a-z-]+="[a-z]*"', "", html[html.index("<table") :])
    return html[: html.index("</table>") + len("</table>")]


PLAIN = pd.DataFrame(
    {
        "area": ["<b>Ōta</b>", 'A & "B"', "it's", ""],
        "plants": [1234, 5, 0, 7],
        "rate": [0.5, None, -1.25, float("inf")],
        "group": ["north", "south & <east>", "north", ""],
        "known": [True, False, True, True],
    }
)
SPREAD = pd.DataFrame(
    {
        ("", "variable"): ["x", "y"],
        ("Model 1", "printed"): [1.5, 2.0],
        ("Model 2", "printed"): [0.5, 1.0],
        ("Model 1", "obtained"): [1.0, 2.25],
        ("", "n"): [10, 20],
    }
)


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize(
    ("frame", "rows", "groups"),
    [
        (PLAIN, None, None),
        (PLAIN, "area", None),
        (PLAIN, None, "group"),
        (PLAIN, "area", "group"),
        (PLAIN[["area"]], None, None),
        (PLAIN[["area"]], "area", None),
        (PLAIN[["area", "group"]], "area", "group"),
        (PLAIN.iloc[:0], "area", None),
        (SPREAD, None, None),
        (SPREAD, "variable", None),
    ],
)
def test_a_table_is_written_as_great_tables_writes_it(frame, rows, groups, lang):
    made = Table(name="t-1", title="T", frame=frame, row_names=rows, row_groups=groups)
    assert table_html(made, lang) == by_great_tables(made, lang)
