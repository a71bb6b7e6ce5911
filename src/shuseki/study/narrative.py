"""In what order does a report tell a run?

The 2006 paper's own order: how candidates became births, what the rates look like on the map and
in the ranking, the variables, the equations, the verdicts, how sure they are; then what the
printed paper contradicts, and every printed cell beside the one obtained.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from shuseki.entry.definitions import Label
from shuseki.entry.ols import Fits
from shuseki.errors import DataError
from shuseki.geography.areas import prefectures
from shuseki.papers.audit import CERTAINTIES
from shuseki.papers.printed import PrintedNumber
from shuseki.papers.replication import Replication
from shuseki.report.blocks import (
    Block,
    Bullets,
    Document,
    Figure,
    Finding,
    Note,
    Numbers,
    Section,
)
from shuseki.report.national import entry_exit_rates
from shuseki.report.plots.maps import LAND_SOURCE, choropleth
from shuseki.report.tables import Table, beside, wide
from shuseki.report.words import WORDS, Lang, Text

if TYPE_CHECKING:
    from shuseki.study.run import Run

__all__ = ["narrate"]

EXERCISES = {
    "before": ("In the tables", "元の推定"),
    "profit_separately": ("Profit variables separately", "期待利益の変数を別々に"),
    "institutes_by_prefecture": ("Institutes by prefecture", "研究機関を都道府県で"),
    "without_metropolitan": ("Without metropolitan areas", "大都市圏を除く"),
    "largest_industry": ("Largest industry for HITECH", "最大産業ダミー"),
}
COEFFICIENT_TABLES = {"START": "4", "START_H": "5", "START_L": "6"}


def narrate(run: "Run") -> Document:
    """Assemble the report of a run."""
    study = run.study.study
    sections = [
        Section(("In brief", "要約"), list(_brief(run))),
        Section(("From candidates to births", "候補から開業へ"), list(_births(run))),
        Section(("Where: startup rates", "地域別の開業率"), list(_where(run))),
        Section(("The regional variables", "地域変数"), list(_variables(run))),
        Section(("Why there: the equations", "開業率の要因分析"), list(_equations(run))),
        Section(("Verdicts", "仮説の判定"), list(_verdicts(run))),
    ]
    if run.measures:
        sections.append(
            Section(("Measures of agglomeration", "集積の測定"), list(run.measures.values()))
        )
    if run.replication is not None:
        sections.append(
            Section(
                ("Printed beside obtained", "印刷値と再現値"),
                list(_replication(run, run.replication)),
            )
        )
    if run.audit is not None:
        sections.append(
            Section(("What cannot all be true", "印刷された数値の矛盾"), list(_audit(run)))
        )
    return Document(
        title=(study.title, study.title_ja or study.title),
        subtitle=(study.question, study.question_ja or study.question),
        sections=sections,
    )


def _brief(run: "Run") -> Iterator[Block]:
    if run.study.is_synthetic:
        yield Note(
            (
                "The confidential records cannot be had. This run uses a synthetic census that "
                "was drawn to agree with the paper's print, as far as that can be true at once, "
                "so agreement is no evidence: it shows that the chain of computation works from "
                "records to "
                "verdicts. Public statistics are marked as such.",
                "個票データは利用できないため、本報告は論文の印刷値と（両立しうる範囲で）整合するように作成した合成"
                "データを用いる。したがって一致は実証的な証拠ではなく、個票から判定までの計算の連鎖"
                "が正しく働くことを示すものである。公的統計にはその旨を表示する。",
            )
        )
    start = run.variables.frame["START"]
    values: list[tuple[str, Text]] = [
        (f"{run.funnel.left:,}", ("births", "開業事業所")),
        (f"{len(run.panel.areas)}", ("areas", "地区")),
        (f"{start.mean():.2f}", ("mean startup rate", "平均開業率")),
        (f"{len(run.fits)}", ("equations", "推定式")),
    ]
    if run.replication is not None:
        values.append(
            (f"{run.replication.share_within:.1%}", ("printed cells rebuilt", "再現された印刷値"))
        )
    if run.audit is not None:
        values.append((f"{len(run.audit.findings)}", ("contradictions in print", "印刷値の矛盾")))
    yield Numbers(values, sources=run.variables.sources)
    supported = [name for name, verdict in run.verdicts.overall.items() if verdict == "supported"]
    sentences: list[Text] = [
        (
            f"Of the hypotheses, {', '.join(supported) or 'none'} are supported.",
            f"支持された仮説：{'、'.join(supported) or 'なし'}。",
        )
    ]
    for variable in ("MRATIO", "AVESIZE", "UNEMPL"):
        if any(variable in fit.terms for fit in run.fits.fits):
            first = next(fit for fit in run.fits.fits if variable in fit.terms)
            key = (first.design.outcome, first.design.model, variable)
            sentences.append(run.effects.say(*key))
    yield Bullets(sentences)


def _births(run: "Run") -> Iterator[Block]:
    births = run.study.births
    yield (
        f"A birth is an establishment in the wave of {births.at} that was not in that of "
        f"{births.since}; candidates are set aside step by step, and every one is accounted for.",
        f"{births.at}年調査に存在し{births.since}年調査に存在しない事業所を開業の候補とし、"
        "段階的に除外する。すべての候補の行方を示す。",
    )
    yield Finding(
        run.funnel,
        title=("The funnel", "開業事業所の絞り込み"),
        headline=(
            run.funnel.headline(),
            f"候補{run.funnel.candidates:,}件 → 開業{run.funnel.left:,}件",
        ),
    )
    yield from _contradicted_steps(run)


def _contradicted_steps(run: "Run") -> Iterator[Block]:
    """Where the print contradicts itself, say which number the study follows and why."""
    told: list[Text] = []
    for step in run.funnel.steps:
        printed = step.printed_set_aside
        if printed is not None and printed != step.set_aside:
            told.append(
                (
                    f"“{step.says}”: the paper prints {printed:,} set aside; its own counts before "
                    f"and after leave {step.set_aside:,}, which the study follows because every "
                    "later count and percentage agrees with it.",
                    f"「{step.says_ja}」：論文は{printed:,}件を除外と記すが、前後の件数からは"
                    f"{step.set_aside:,}件となる。以後の件数・比率と整合する後者に従う。",
                )
            )
    for group, printed in run.funnel.printed_groups.items():
        obtained = run.funnel.groups.get(group)
        if obtained is not None and obtained != printed:
            told.append(
                (
                    f"Group “{group}”: the paper prints {printed:,}; {obtained:,} adds up with the "
                    f"other groups to the printed total of {run.funnel.left:,} and gives the "
                    "printed percentage, so the study follows it.",
                    f"「{group}」：論文の{printed:,}件に対し、{obtained:,}件であれば合計"
                    f"{run.funnel.left:,}件および印刷された比率と整合するため、後者に従う。",
                )
            )
    if told:
        yield Bullets(told)


def _where(run: "Run") -> Iterator[Block]:
    yield Finding(
        entry_exit_rates(),
        title=(
            "Figure 1 of the paper: annual entry and exit rates, national",
            "論文図1：開業率・廃業率の推移（全国、年平均）",
        ),
        table=False,
    )
    if run.division.name in ("district-253", "prefecture", "commuting-zone-1995"):
        for outcome in run.variables.outcomes:
            label = run.variables.definitions.label(outcome)

            def draw(lang: Lang, outcome: str = outcome, label: Any = label) -> Any:
                return choropleth(
                    run.division,
                    run.variables.frame[outcome],
                    title=(label.label, label.label_ja),
                    unit=(label.unit, label.unit_ja),
                    result=run.variables,
                    lang=lang,
                )

            yield Figure(
                draw,
                caption=(f"{label.label.capitalize()} by area", f"地域別の{label.label_ja}"),
                notes=(WORDS["map_note"],),
                sources=(*run.variables.sources, LAND_SOURCE),
            )
    for outcome, ranking in run.rankings.items():
        yield Table.of(
            ranking,
            name=f"table1_{outcome.lower()}",
            title=_ranking_title(run.variables.definitions.label(outcome)),
            frame=_named(run, ranking.to_frame()),
        )


def _named(run: "Run", ranking: pd.DataFrame) -> pd.DataFrame:
    """Name areas and prefectures in both languages."""
    areas = run.division.areas.set_index("code")
    places = prefectures().set_index("code")
    codes = ranking["area"].astype(str)
    return pd.DataFrame(
        {
            "rank": ranking["rank"],
            "area_en": areas["name_en"].reindex(codes).to_numpy(),
            "area_ja": areas["name_ja"].reindex(codes).to_numpy(),
            "prefecture_en": places["name_en"].reindex(areas["prefecture"][codes]).to_numpy(),
            "prefecture_ja": places["name_ja"].reindex(areas["prefecture"][codes]).to_numpy(),
            "births": ranking["births"],
            "rate": ranking["rate"],
        }
    )


def _ranking_title(label: Label) -> Text:
    return (
        f"Areas with the highest {label.label} (table 1 of the paper)",
        f"{label.label_ja}ランキング（論文表1）",
    )


def _variables(run: "Run") -> Iterator[Block]:
    yield Table(
        name="table2_variables",
        title=("Definitions of the variables (table 2 of the paper)", "変数の定義（論文表2）"),
        frame=run.variables.described(),
        sources=run.variables.sources,
    )
    yield Table.of(
        run.descriptives,
        name="table3_descriptives",
        title=("Descriptive statistics (table 3 of the paper)", "基本統計量（論文表3）"),
    )
    yield Table.of(
        run.correlations,
        name="appendix2_correlations",
        title=("Correlations (appendix 2 of the paper)", "相関行列（論文付表2）"),
        labels={name: name for name in run.correlations.matrix},
        frame=run.correlations.matrix.reset_index(names="variable"),
    )


def _equations(run: "Run") -> Iterator[Block]:
    yield (
        f"Least squares with {run.study.entry.standard_errors} standard errors; stars: "
        "*** 1%, ** 5%, * 10%.",
        f"最小二乗法（{run.study.entry.standard_errors}標準誤差）。"
        "有意水準：*** 1%; ** 5%; * 10%。",
    )
    for outcome in run.fits.outcomes:
        label = run.variables.definitions.label(outcome)
        of_outcome = run.fits.of(outcome)
        number = COEFFICIENT_TABLES.get(outcome, "")
        title = (
            f"{label.label.capitalize()}{f' (table {number} of the paper)' if number else ''}",
            f"{label.label_ja}に関する分析結果{f'（論文表{number}）' if number else ''}",
        )
        fitted = [fit.adjusted_r2 for fit in of_outcome.fits]
        yield Finding(
            of_outcome,
            title=title,
            headline=(
                of_outcome.headline(),
                f"推定式{len(fitted)}本、修正済み決定係数 {min(fitted):.3f}〜{max(fitted):.3f}",
            ),
            table=_coefficients(of_outcome, outcome, title),
        )
    yield Table.of(run.effects, name="effects", title=("Effects in words", "効果の大きさ"))


def _coefficients(fits: Fits, outcome: str, title: Text) -> Table:
    notes = tuple(
        (
            f"Model {fit.design.model}: n = {fit.n}, adjusted R² = {fit.adjusted_r2:.3f}, "
            f"F = {fit.f_classical:.1f}.",
            f"モデル{fit.design.model}：観測数 {fit.n}、修正済み決定係数 {fit.adjusted_r2:.3f}、"
            f"F値 {fit.f_classical:.1f}。",
        )
        for fit in fits.fits
    )
    table = wide(
        fits.to_frame(),
        rows="term",
        columns="model",
        values=("coefficient", "t"),
        stars={"coefficient": "stars"},
        name=f"table{COEFFICIENT_TABLES.get(outcome, '_' + outcome.lower())}_coefficients",
        title=title,
        notes=notes,
        sources=fits.sources,
    )
    digits = {
        column: [
            _three_figures(b) if column[-1] == "coefficient" else 2 for b in table.frame[column]
        ]
        if column[0]
        else [None] * len(table.frame)
        for column in table.frame.columns
    }
    return replace(table, digits=pd.DataFrame(digits))


def _three_figures(value: float) -> int:
    """Decimals that show three significant figures."""
    if not np.isfinite(value) or value == 0:
        return 2
    return max(0, 2 - math.floor(math.log10(abs(value))))


def _verdicts(run: "Run") -> Iterator[Block]:
    held = [name for name, verdict in run.verdicts.overall.items() if verdict == "supported"]
    others = [name for name in run.verdicts.overall if name not in held]
    yield Finding(
        run.verdicts,
        title=("The hypotheses", "仮説の判定"),
        headline=(
            run.verdicts.headline(),
            f"支持：{'、'.join(held) or 'なし'}。支持されない：{'、'.join(others) or 'なし'}。",
        ),
    )
    if run.robustness is not None and len(checks := run.robustness.to_frame()):
        tables = checks[checks["exercise"] == checks["exercise"].iloc[0]]
        frame = pd.DataFrame(
            {"hypothesis": tables["hypothesis"], "before": tables["verdict_before"]}
        )
        for exercise, own in checks.groupby("exercise", sort=False):
            frame[str(exercise)] = own["verdict_after"].to_numpy()
        yield Finding(
            run.robustness,
            title=("Robustness: the exercises of section 5-1", "頑健性の確認（5-1節）"),
            headline=(
                run.robustness.headline(),
                f"{checks['exercise'].nunique()}通りの推定。判定の変化は下表のとおり。",
            ),
            table=Table.of(
                run.robustness,
                name="robustness",
                title=("Verdicts under each exercise", "各推定における仮説の判定"),
                frame=frame,
                labels=EXERCISES,
            ),
        )


def _replication(run: "Run", replication: Replication) -> Iterator[Block]:
    yield (
        "Every cell that the paper prints, beside the one obtained; ≠ marks a difference of more "
        "than one unit of the last printed digit.",
        "論文の印刷値と再現値を並べる。≠は最終桁で1単位を超える差を示す。",
    )
    yield Table(
        name="replication_by_table",
        title=("How much of each table was rebuilt", "表ごとの再現率"),
        frame=replication.by_table(),
        labels={"table": ("Table", "表")},
        sources=replication.sources,
    )
    cells = replication.cells.assign(
        digits=[_decimals(text) for text in replication.cells["printed"]],
        term=replication.cells["row"].str.split().str[-1],
        equation=replication.cells["outcome"] + " " + replication.cells["model"].astype(str),
    )
    for outcome in run.variables.outcomes:
        own = cells[(cells["kind"] == "ranking") & (cells["outcome"] == outcome)]
        if len(own):
            yield wide(
                own.assign(term=own["term"].astype(int)),
                rows="term",
                columns="column",
                values=("printed", "obtained"),
                name=f"printed_table1_{outcome.lower()}",
                title=_ranking_title(run.variables.definitions.label(outcome)),
                labels={"term": ("Rank", "順位")},
                sources=replication.sources,
            )
    pairs: list[tuple[pd.DataFrame, str, str, str, Text, bool]] = [
        (
            cells[cells["kind"] == "descriptives"],
            "term",
            "column",
            "printed_table3",
            ("Descriptive statistics (table 3 of the paper)", "基本統計量（論文表3）"),
            False,
        )
    ]
    for outcome, number in COEFFICIENT_TABLES.items():
        label = run.variables.definitions.label(outcome)
        for column, words in (("coefficient", ("coefficients", "係数")), ("t", ("t", "t値"))):
            pairs.append(
                (
                    cells[(cells["outcome"] == outcome) & (cells["column"] == column)],
                    "term",
                    "model",
                    f"printed_table{number}_{column}",
                    (
                        f"{label.label.capitalize()}, {words[0]} (table {number} of the paper)",
                        f"{label.label_ja}、{words[1]}（論文表{number}）",
                    ),
                    column == "coefficient",
                )
            )
    pairs.append(
        (
            cells[cells["kind"] == "fit"],
            "equation",
            "term",
            "printed_fit",
            (
                "Adjusted R², F, n (tables 4–6 of the paper)",
                "修正済み決定係数・F値・観測数（論文表4〜6）",
            ),
            False,
        )
    )
    for own, rows, columns, name, title, starred in pairs:
        if len(own):
            yield beside(
                own,
                rows=rows,
                columns=columns,
                printed="printed_value",
                obtained="obtained_value",
                digits="digits",
                stars=("printed_stars", "obtained_stars") if starred else None,
                tolerance_units=1.0,
                name=name,
                title=title,
                sources=replication.sources,
            )
    correlations = cells[cells["kind"] == "correlations"]
    if len(correlations):
        yield Table(
            name="printed_appendix2",
            title=("Correlations (appendix 2 of the paper)", "相関行列（論文付表2）"),
            frame=correlations[["row", "printed", "obtained", "last_digits_off"]],
            sources=replication.sources,
        )
    yield Table(
        name="replication_cells",
        title=("Cells outside the tolerance", "許容範囲外の値"),
        frame=replication.outside()[
            ["table", "row", "outcome", "model", "column", "printed", "obtained", "last_digits_off"]
        ],
        labels={"table": ("Table", "表")},
        sources=replication.sources,
    )


def _decimals(text: str) -> int:
    try:
        unit = PrintedNumber(text).last_digit
    except DataError:
        return 0
    return max(0, round(-np.log10(unit))) if unit else 0


def _audit(run: "Run") -> Iterator[Block]:
    assert run.audit is not None
    yield (
        "Rules that hold for any paper were put to the printed numbers; none was written for one "
        "cell. Each finding names the cells, what would repair it, and how sure that is.",
        "どの論文にも当てはまる規則を印刷値に適用した。各所見は該当箇所・修正案・確からしさを示す。",
    )
    counts = [run.audit.count(degree) for degree in CERTAINTIES]
    yield Finding(
        run.audit,
        title=("Contradictions in print", "印刷値の矛盾"),
        headline=(
            run.audit.headline(),
            f"矛盾{sum(counts)}件（確実{counts[0]}、強い{counts[1]}、弱い{counts[2]}）",
        ),
    )
