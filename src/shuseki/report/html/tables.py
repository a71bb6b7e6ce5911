"""How is a table written as HTML?

As great-tables writes it (its tests compare the two), with the same classes, ids and ``headers``
for screen readers, but from strings that are ready: great-tables sets every cell of a data frame
by itself, which took most of the time of a page.
"""

import re
from collections.abc import Iterator, Sequence
from html import escape

from shuseki.report.tables import Table, last
from shuseki.report.words import column_words

__all__ = ["table_html"]

HEAD = "gt_col_heading gt_columns_bottom_border"


def table_html(table: Table, lang: str = "en", rows: range | None = None) -> str:
    """Write a table, without title and remarks: the document sets them itself.

    Parameters
    ----------
    table, lang
        What, and in which language.
    rows
        Those to write, of a long table; all by default. Digits are those of the whole.

    Returns
    -------
    str
        ``<table class="gt_table">…</table>``.
    """
    table = table.in_language(lang)
    columns = list(table.frame.columns)
    heads = [last(column) for column in columns]
    shown = table.shown(lang)
    cells = [[escape(text) for text in column] for column in shown]
    sides = ["gt_right" if number else "gt_left" for number in table.numeric()]
    stub = heads.index(table.row_names) if table.row_names else None
    groups = heads.index(table.row_groups) if table.row_groups else None
    over = [str(column[0]) if isinstance(column, tuple) else "" for column in columns]
    over = ["" if k in (stub, groups) else text for k, text in enumerate(over)]
    order = _beside(over, [k for k in range(len(columns)) if k not in (stub, groups)])
    ids = _Ids(table.name)
    labels = [escape(table.label(column, lang)) for column in columns]
    row_head = ids.make(table.label(table.row_names, lang), "stubhead") if table.row_names else ""
    names = {k: ids.make(f"c{k}", "column") for k in order}
    spanners = {
        text: (escape(words), ids.make(words, "spanner"))
        for text in dict.fromkeys(over[k] for k in order if over[k])
        for words in [column_words(text, lang)]
    }

    def label(k: int, rows: int) -> str:
        return _head(labels[k], sides[k], rows, names[k])

    deep = 2 if spanners else 1
    top = [_head(labels[stub], "gt_left", deep, row_head)] if stub is not None else []
    for place, k in enumerate(order):
        if not over[k]:
            top.append(label(k, deep))
        elif place == 0 or over[order[place - 1]] != over[k]:
            words, key = spanners[over[k]]
            wide = sum(over[other] == over[k] for other in order)
            scope = "colgroup" if wide > 1 else "col"
            top.append(
                '  <th class="gt_center gt_columns_top_border gt_column_spanner_outer" '
                f'rowspan="1" colspan="{wide}" scope="{scope}" id="{key}">\n'
                f'    <span class="gt_column_spanner">{words}</span>\n  </th>'
            )
    lines = [f'<tr class="gt_col_headings{" gt_spanner_row" if spanners else ""}">', *top, "</tr>"]
    if spanners:
        under = [label(k, 1) for k in order if over[k]]
        lines += ['<tr class="gt_col_headings">', *under, "</tr>"]
    body: list[str] = []
    wide = len(order) + (stub is not None)
    wanted = range(len(table.frame)) if rows is None else rows
    for group, members in _grouped(None if groups is None else shown[groups], wanted):
        of_group = ""
        if group is not None:
            key = ids.make(group, "group")
            kind = "gt_group_heading_row" if group else "gt_empty_group_heading"
            scope = "colgroup" if wide > 1 else "col"
            body += [
                f'  <tr class="{kind}">',
                f'    <th class="gt_group_heading" colspan="{wide}" scope="{scope}" id="{key}">'
                f"{escape(group)}</th>",
                "  </tr>",
            ]
            of_group = f"{key} "
        starts = [
            (f"{spanners[over[k]][1]} " if over[k] else "")
            + f'{names[k]}" class="gt_row {sides[k]}">'
            for k in order
        ]
        for row in members:
            of_row = of_group
            body.append("  <tr>")
            if stub is not None:
                key = ids.make(f"stub-{row + 1}", "stub")
                body.append(
                    f'    <th scope="row" id="{key}" class="gt_row gt_left gt_stub">'
                    f"{cells[stub][row]}</th>"
                )
                of_row = f"{of_group}{key} "
            body += [
                f'    <td headers="{of_row}{start}{cells[k][row]}</td>'
                for k, start in zip(order, starts, strict=True)
            ]
            body.append("  </tr>")
    return "\n".join(
        ['<table class="gt_table">', "<thead>", "", *lines, "</thead>",
         '<tbody class="gt_table_body">', *(body or [""]), "</tbody>", "", "</table>"]
    )  # fmt: skip


def _head(words: str, side: str, rows: int, key: str) -> str:
    return (
        f'  <th class="{HEAD} {side}" rowspan="{rows}" colspan="1" scope="col" id="{key}">'
        f"{words}</th>"
    )


def _beside(over: Sequence[str], columns: Sequence[int]) -> list[int]:
    """Columns in their order, those under one heading side by side."""
    placed: dict[int, None] = {}
    for k in columns:
        alike = [other for other in columns if over[other] == over[k]] if over[k] else [k]
        placed |= dict.fromkeys(alike)
    return list(placed)


def _grouped(groups: Sequence[str] | None, rows: range) -> Iterator[tuple[str | None, list[int]]]:
    """Rows of each group, in the order in which groups first appear."""
    if groups is None:
        yield None, list(rows)
        return
    found: dict[str, list[int]] = {}
    for row in rows:
        found.setdefault(groups[row], []).append(row)
    yield from found.items()


class _Ids:
    """Ids of the cells that head others: valid, and each once in a table."""

    def __init__(self, table: str) -> None:
        self.table = table
        self.used = {table}

    def make(self, words: str, otherwise: str) -> str:
        """An id from words; words without a letter get another."""
        stem = re.sub(r"[^\w.:-]+", "-", words).strip("-") or otherwise
        found, n = f"{self.table}-{stem}", 2
        while found in self.used:
            found, n = f"{self.table}-{stem}-{n}", n + 1
        self.used.add(found)
        return found
