"""Tables of regressions as programs write them."""

from pathlib import Path

import pytest
from openpyxl import Workbook

from shuseki.errors import DataError, ParameterError
from shuseki.papers.audit import audit
from shuseki.papers.printed import PrintedPaper
from shuseki.papers.printed_table import paper_texts, read_printed_table

# Made up, in the form that stargazer writes.
STARGAZER = r"""
% Table created by a program
\begin{table}[!t] \centering
\begin{tabular}{@{\extracolsep{5pt}}lccc}
\\[-1.8ex]\hline
 & \multicolumn{3}{c}{\textit{Dependent variable:}} \\
\cline{2-4}
\\[-1.8ex] & \multicolumn{2}{c}{$\ln(Y_{it})$} & Z \\
\\[-1.8ex] & (1) & (2) & (3)\\
\hline \\[-1.8ex]
 $\ln(p_{it})$ & $-$1.175$^{***}$ & $-$0.852 & 0.100 \\
  & (0.226) & (0.614) & (0.300) \\
  & & & \\
 Constant & 2.00$^{**}$ & 1.90$^{***}$ & 0.40$^{*}$ \\
  & (0.90) & (0.30) & (0.22) \\
\hline \\[-1.8ex]
Year FE & \checkmark & \checkmark &  \\
IV F-statistics & 110.2 & 113.1 & 90.0 \\
Observations & 1,104 & 1,104 & 900 \\
R$^{2}$ & 0.469 & 0.479 & 0.1 \\
Adjusted R$^{2}$ & 0.468 & 0.478 & 0.1 \\
\hline
\textit{Note:} & \multicolumn{3}{r}{$^{*}$p$<$0.1; $^{**}$p$<$0.05; $^{***}$p$<$0.01} \\
\end{tabular}
\end{table}
"""
# … and esttab.
ESTTAB = r"""
\begin{tabular}{l*{2}{c}}
\toprule
 &\multicolumn{1}{c}{(1)}&\multicolumn{1}{c}{(2)}\\
 &\multicolumn{1}{c}{wage}&\multicolumn{1}{c}{wage}\\
\midrule
size & 0.50\sym{***}& -0.20\sym{*} \\
 & (5.10) & (-1.80) \\
\_cons & 1.00 & 1.10 \\
 & (0.30) & (0.90) \\
\midrule
\(N\) & 74 & 74 \\
\multicolumn{3}{l}{\footnotesize \textit{t} statistics in parentheses}\\
\bottomrule
\end{tabular}
"""


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_stargazer(tmp_path: Path) -> None:
    read = read_printed_table(write(tmp_path, "one.tex", STARGAZER))
    assert read.below == "se"  # by the stars: no other reading fits nine tenths of six cells
    first = read.coefficients.iloc[0].to_dict()
    assert first == {
        "table": "one", "outcome": "ln(Y_it)", "model": "1", "term": "ln(p_it)",
        "coefficient": "-1.175", "t": "", "stars": "***", "se": "0.226",
    }  # fmt: skip
    assert read.coefficients["outcome"].tolist()[:3] == ["ln(Y_it)", "ln(Y_it)", "Z"]
    assert set(read.coefficients["term"]) == {"ln(p_it)", "constant"}
    fit = read.fit.set_index(["model", "statistic"])["value"]
    assert fit["1", "n"] == "1,104"
    assert fit["2", "r2"] == "0.479"
    assert fit["2", "adjusted_r2"] == "0.478"
    assert read.stars == {"*": 0.1, "**": 0.05, "***": 0.01}
    unused = {(cell.text, cell.why) for cell in read.unused}
    assert ("✓", "no number") in unused
    assert ("110.2", "nothing below it") in unused  # a test of the table, not a coefficient


def test_every_cell_is_used_or_named(tmp_path: Path) -> None:
    read = read_printed_table(write(tmp_path, "one.tex", STARGAZER))
    # By hand, non-empty cells right of the labels: 1 + 2 + 3 headings, 12 in terms, 2 ✓, 3 F, 9
    # fit,
    # 1 note = 33; all but the twelve in terms, nine in fit and five of the headings are named.
    right = [cell for cell in read.unused if cell.column > 1]
    assert len(right) == 33 - 12 - 9 - 5


def test_esttab_by_its_words(tmp_path: Path) -> None:
    read = read_printed_table(write(tmp_path, "two.tex", ESTTAB))
    assert read.below == "t"
    assert "words" in read.known_by
    assert read.coefficients["t"].tolist() == ["5.10", "-1.80", "0.30", "0.90"]
    assert read.coefficients["term"].tolist() == ["size", "size", "constant", "constant"]
    assert read.coefficients["outcome"].unique().tolist() == ["wage"]
    assert read.fit["value"].tolist() == ["74", "74"]


def test_csv_and_xlsx_read_alike(tmp_path: Path) -> None:
    text = (
        ",(1),(2)\n"
        "SIZE,−0.50***,0.20\n,[0.10],[0.40]\n"
        '"WAGE, log",1.0**,2.0***\n,[0.5],[0.5]\n'
        "Obs.,253,251\n標準誤差は括弧内,,\n"
    )
    of_csv = read_printed_table(write(tmp_path, "table.csv", text), outcome="START")
    book = Workbook()
    sheet = book.active
    for row in (
        ["", "(1)", "(2)"],
        ["SIZE", "-0.50***", 0.2],
        ["", "[0.10]", "[0.40]"],
        ["WAGE, log", "1.0**", "2.0***"],
        ["", "[0.5]", "[0.5]"],
        ["Obs.", 253, 251],
        ["標準誤差は括弧内"],
    ):
        sheet.append(row)
    sheet["C2"].number_format = "0.00"  # a spreadsheet shows 0.20
    book.save(tmp_path / "table.xlsx")
    of_xlsx = read_printed_table(tmp_path / "table.xlsx", outcome="START")
    assert of_csv.coefficients.equals(of_xlsx.coefficients)
    assert of_csv.fit.equals(of_xlsx.fit)
    assert of_csv.below == "se"
    assert of_csv.coefficients["coefficient"].tolist() == ["-0.50", "0.20", "1.0", "2.0"]


def test_what_stands_below_is_not_guessed(tmp_path: Path) -> None:
    path = write(tmp_path, "bare.csv", ",(1),(2)\nA,0.50,0.20\n,(0.30),(0.40)\nN,20,20\n")
    with pytest.raises(DataError, match="Say --below"):
        read_printed_table(path)
    assert read_printed_table(path, below="p").coefficients["p"].tolist() == ["0.30", "0.40"]


def test_other_tables_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no stars"):
        read_printed_table(write(tmp_path, "years.csv", "x,1982,1987\nSteel,0.1,0.2\nIron,1,2\n"))
    with pytest.raises(DataError, match="No row of coefficients"):
        read_printed_table(write(tmp_path, "words.csv", "a,b\nc,d\n"))
    with pytest.raises(ParameterError, match=r"kind \.pdf"):
        read_printed_table(write(tmp_path, "table.pdf", ""))
    with pytest.raises(ParameterError, match="No file"):
        read_printed_table(tmp_path / "absent.tex")
    with pytest.raises(DataError, match="no xlsx file"):
        read_printed_table(write(tmp_path, "false.xlsx", "PK"))


def test_a_table_of_nothing_but_fit_has_no_coefficients(tmp_path: Path) -> None:
    read = read_printed_table(write(tmp_path, "fit.csv", "variable,(1)\nN,100\nR2,0.3\n"))
    assert read.coefficients.empty
    assert {"outcome", "model", "term", "coefficient"} <= set(read.coefficients)
    assert read.fit["value"].tolist() == ["100", "0.3"]


def test_descriptive_statistics(tmp_path: Path) -> None:
    text = (
        'Statistic,N,Mean,St. Dev.,Min,Pctl(25),Max\nSIZE,104,"8,761.0",12.5,1,2,90\nNotes,,,,,,\n'
    )
    read = read_printed_table(write(tmp_path, "d.csv", text))
    assert read.descriptives.iloc[0].to_dict() == {
        "table": "d", "variable": "SIZE", "mean": "8,761.0", "median": "", "sd": "12.5", "min": "1",
        "max": "90", "n": "104",
    }  # fmt: skip
    assert ("Pctl(25)", "heading") in {(cell.text, cell.why) for cell in read.unused}
    assert ("2", "no statistic") in {(cell.text, cell.why) for cell in read.unused}


def test_tables_make_a_paper_that_is_audited(tmp_path: Path) -> None:
    one = read_printed_table(write(tmp_path, "one.tex", STARGAZER))
    # 0.852 with 0.614 is 1.39: no star at all. Print two.
    spoilt = STARGAZER.replace("$-$0.852", "$-$0.852$^{**}$")
    two = read_printed_table(write(tmp_path, "two.tex", spoilt))
    folder = tmp_path / "paper"
    folder.mkdir()
    for name, text in paper_texts([one, two], "made-up").items():
        write(folder, name, text)
    paper = PrintedPaper.read(folder)
    assert paper.models == ("one 1", "one 2", "one 3", "two 1", "two 2", "two 3")
    assert paper.about["stars"] == {"*": 0.1, "**": 0.05, "***": 0.01}
    (finding,) = audit(paper).findings
    assert finding.rule == "stars against t"
    assert "two 2" in finding.where[0]
