"""What does an audit hand back, and how sure is it?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import pandas as pd

from shuseki.errors import ParameterError
from shuseki.papers.audit.constraints import SILENT, Cell, Certainty, Page, Words
from shuseki.papers.audit.repairs import Repair
from shuseki.papers.printed import PrintedPaper
from shuseki.results import Result, result

__all__ = ["CERTAINTIES", "RULES", "Audit", "Finding"]

CERTAINTIES: Mapping[Certainty, Words] = MappingProxyType(
    {
        "certain": Words(
            "no data whatever, rounded as printed, can make all of it true",
            "どのようなデータでも（丸めを考慮しても）同時には成り立たない",
        ),
        "strong": Words(
            "it can all be true only if the assumption named fails",
            "記載の前提が成り立たない場合にだけ同時に成り立つ",
        ),
        "weak": Words(
            "it can all be true, by a rare chance or a loose reading; worth a look",
            "偶然または緩い読み方によれば成り立ちうるが、確認に値する",
        ),
    }
)
"""What each degree of certainty means."""

RULES: Mapping[str, str] = MappingProxyType(
    {
        "sum of counts": "件数の加減",
        "share against counts": "割合と件数",
        "multiple": "倍数",
        "shares of named areas": "上位地区の割合",
        "order of a ranked list": "順位の並び",
        "group against threshold": "分類と境界値",
        "mean of a list": "一覧の平均",
        "members of a list": "一覧の件数",
        "one denominator per area": "地区の分母の一致",
        "denominator against the true one": "分母と公的統計",
        "births of groups add": "業種別開業数の和",
        "rates of groups add": "業種別開業率の和",
        "a group is no larger than the whole": "内訳は全体以下",
        "an unranked area is below the last": "順位表外の地区",
        "rank in words": "本文の順位",
        "order of statistics": "統計量の大小",
        "median within a standard deviation of the mean": "中央値と平均値の差",
        "median that the extremes allow": "最小値・最大値が許す中央値",
        "median against the tails": "裾と中央値",
        "largest possible standard deviation": "標準偏差の上限",
        "smallest possible standard deviation": "標準偏差の下限",
        "largest kept is the next in the ranking": "最大値と順位表",
        "mean with the outliers put back": "外れ値を戻した平均",
        "outlier rule against its result": "異常値の基準と結果",
        "means of groups add": "業種別平均の和",
        "extreme in words": "本文の最大・最小値",
        "size of a correlation": "相関係数の範囲",
        "positive semidefinite correlations": "相関行列の半正定値性",
        "correlations of a sum with its parts": "和と内訳の相関",
        "correlation of a sum": "和の相関",
        "correlations that two models need": "2つのモデルが必要とする相関",
        "coefficient that the moments allow": "積率が許す係数",
        "adjusted R² that the moments allow": "積率が許す決定係数",
        "t against the standard error": "t値と標準誤差",
        "p against t": "p値とt値",
        "stars against p": "p値と有意水準",
        "range of R²": "決定係数の範囲（0から1）",
        "adjusted R² is no larger": "修正済み決定係数と決定係数の大小",
        "adjusted R² against R²": "修正済み決定係数と決定係数",
        "mean of whole numbers": "整数の平均（GRIM）",
        "standard deviation of whole numbers": "整数の標準偏差（GRIMMER）",
        "standard deviation of zeros and ones": "0と1の標準偏差（DEBIT）",
        "sign of t": "係数とt値の符号",
        "stars against t": "t値と有意水準",
        "stars against F": "F値と有意水準",
        "range of adjusted R²": "決定係数の範囲",
        "F against R²": "F値と決定係数",
        "more regressors explain no less": "説明変数の包含と決定係数",
        "constant from the means": "定数項と平均値",
        "observations of an equation": "観測数",
        "classical standard error": "通常の標準誤差との一致",
        "standard error in line": "標準誤差の整合",
        "coefficients of a sum add": "係数の加法性",
        "standard errors of a sum": "標準誤差の三角不等式",
        "gaps that cost no row": "欠測と観測数",
        "t is coefficient over standard error": "検定表のt値と標準誤差",
        "p is that of the statistic": "検定表の統計量とp値",
        "claim against p": "検定表のp値と有意水準",
        "claim against the ratio to its error": "検定表の標準誤差と有意水準",
        "variable is in the models named": "本文のモデルと変数",
        "significance in words": "本文の有意性",
        "direction in words": "本文の方向",
        "fit in words": "本文の適合度",
        "effect in words": "本文の効果の大きさ",
        "number in words": "本文の概数",
        "correlation in words": "本文の相関",
        "pairs said never to meet": "同時に用いない変数",
        "pairs kept apart by correlation": "相関により分けた変数",
        "one definition": "定義の一致",
        "citation has an entry": "引用と参考文献",
        "entry is cited": "参考文献の引用",
    }
)
"""Every rule, with its Japanese name."""


COLUMNS = [
    "number", "certainty", "rule", "where", "found", "expected", "repair", "also", "assumption",
]  # fmt: skip
"""Columns of an audit's frame."""

EQUATION = ("coefficients.csv",)
DESCRIBED = ("descriptives.csv",)
BOTH = ("coefficients.csv", "correlations.csv", "descriptives.csv: sd, n", "fit.csv: n")
NEEDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "sum of counts": ("statement: difference or sum",),
        "share against counts": ("statement: share",),
        "multiple": ("statement: multiple",),
        "shares of named areas": ("statement: named_share",),
        "order of a ranked list": ("ranking.csv or industries.csv",),
        "group against threshold": ("industries.csv", "statement: threshold"),
        "mean of a list": ("industries.csv", "statement: quantity of a table's mean"),
        "members of a list": ("industries.csv", "statement: quantity of a table's count"),
        "one denominator per area": ("ranking.csv",),
        "denominator against the true one": ("ranking.csv", "denominators.csv"),
        "births of groups add": ("ranking.csv", "[paper] births_by_group"),
        "rates of groups add": ("ranking.csv", "[paper] births_by_group"),
        "a group is no larger than the whole": ("ranking.csv", "[paper] births_by_group"),
        "an unranked area is below the last": ("ranking.csv", "[paper] births_by_group"),
        "rank in words": ("ranking.csv", "statement: rank"),
        "order of statistics": DESCRIBED,
        "median within a standard deviation of the mean": ("descriptives.csv: mean, median, sd",),
        "median that the extremes allow": ("descriptives.csv: median, mean, min, max, n",),
        "median against the tails": ("descriptives.csv: median, mean, sd, min, max, n",),
        "largest possible standard deviation": ("descriptives.csv: sd, mean, min, max, n",),
        "smallest possible standard deviation": ("descriptives.csv: sd, mean, min, max, n",),
        "mean of whole numbers": (*DESCRIBED, "descriptives.csv: mean, n, step"),
        "standard deviation of whole numbers": (*DESCRIBED, "descriptives.csv: mean, sd, n, step"),
        "standard deviation of zeros and ones": (
            *DESCRIBED, "descriptives.csv: mean, sd, min, max, n, step", "a variable of 0 and 1",
        ),
        "largest kept is the next in the ranking": ("ranking.csv", "statement: outlier_rule"),
        "mean with the outliers put back": ("ranking.csv", "statement: outlier_rule"),
        "outlier rule against its result": ("ranking.csv", "statement: outlier_rule"),
        "means of groups add": ("[paper] births_by_group", "statement: outlier_rule"),
        "extreme in words": ("statement: quantity of an extreme",),
        "size of a correlation": ("correlations.csv",),
        "positive semidefinite correlations": ("correlations.csv",),
        "correlations of a sum with its parts": ("correlations.csv", "[paper] births_by_group"),
        "correlation of a sum": ("correlations.csv", "[paper] births_by_group"),
        "correlations that two models need": (*BOTH, "two models of one outcome and one n"),
        "coefficient that the moments allow": BOTH,
        "adjusted R² that the moments allow": (*BOTH, "fit.csv: adjusted_r2"),
        "t against the standard error": (*EQUATION, "coefficients.csv: t, se"),
        "p against t": (*EQUATION, "coefficients.csv: p, and t or se"),
        "stars against p": (*EQUATION, "coefficients.csv: p, stars", "[paper] stars"),
        "sign of t": (*EQUATION, "coefficients.csv: t"),
        "stars against t": (*EQUATION, "coefficients.csv: t or se, stars", "[paper] stars"),
        "stars against F": (*EQUATION, "fit.csv: f_statistic with stars, n", "[paper] stars"),
        "range of R²": ("fit.csv: r2",),
        "adjusted R² is no larger": ("fit.csv: r2, adjusted_r2",),
        "adjusted R² against R²": ("fit.csv: r2, adjusted_r2, n", "a printed constant"),
        "range of adjusted R²": ("fit.csv: adjusted_r2, n", "a printed constant"),
        "F against R²": ("fit.csv: f_statistic, adjusted_r2 or r2, n", "a printed constant"),
        "more regressors explain no less": (
            "fit.csv: adjusted_r2, n", "a model inside another of one n",
        ),
        "constant from the means": (
            *EQUATION, *DESCRIBED, "descriptives.csv: mean, min, max, n", "fit.csv: n",
            "a printed constant",
        ),
        "observations of an equation": (*EQUATION, "descriptives.csv: n", "[paper] areas"),
        "classical standard error": (
            *BOTH, "fit.csv: adjusted_r2", "eight classical errors",
        ),
        "standard error in line": (*EQUATION, "coefficients.csv: t or se", "eight such cells"),
        "coefficients of a sum add": (*EQUATION, "[paper] births_by_group"),
        "standard errors of a sum": (*EQUATION, "[paper] births_by_group"),
        "gaps that cost no row": (*EQUATION, "ranking.csv", "[paper] areas"),
        "t is coefficient over standard error": ("tests.csv",),
        "p is that of the statistic": ("tests.csv",),
        "claim against p": ("tests.csv",),
        "claim against the ratio to its error": ("tests.csv",),
        "variable is in the models named": (*EQUATION, "statement: significance"),
        "significance in words": (*EQUATION, "statement: significance"),
        "direction in words": (*EQUATION, "statement: direction"),
        "fit in words": ("fit.csv", "statement: fit_extreme or fit_range"),
        "effect in words": (*EQUATION, "statement: effect"),
        "number in words": ("statement: approximation",),
        "correlation in words": ("correlations.csv", "statement: weak_correlation"),
        "pairs said never to meet": (*EQUATION, "statement: never_together"),
        "pairs kept apart by correlation": ("correlations.csv", "statement: never_together"),
        "one definition": ("statement: definition",),
        "citation has an entry": ("citations.csv", "references.csv"),
        "entry is cited": ("citations.csv", "references.csv"),
    }
)  # fmt: skip
"""What each rule needs of a paper's folder."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Printed things that cannot all be true.

    Attributes
    ----------
    rule
        The rule that failed most certainly.
    certainty
        ``certain``, ``strong`` or ``weak``; `CERTAINTIES` says what each means.
    cells
        The cells that the failure rests on, the most suspect first.
    where
        Table, row, column and page of each (of the claim, for a claim in words).
    found, expected
        What is printed, and what would agree.
    assumption
        What has to hold for the certainty; empty when nothing does.
    repairs
        Single changes that settle it, best first; empty when none does.
    rewording
        For a claim in words, the words that would agree.
    also
        Other rules that the best repair settles, with how often each failed.
    """

    rule: str
    certainty: Certainty
    cells: tuple[Cell, ...]
    where: tuple[str, ...]
    found: Words
    expected: Words
    assumption: Words = SILENT
    repairs: tuple[Repair, ...] = ()
    rewording: Words = SILENT
    also: tuple[tuple[str, int], ...] = ()

    def repair_in_words(self, page: Page, lang: str = "en") -> str:
        """The best repair, and how many others are as good."""
        said = []
        if self.rewording.en:
            said.append(self.rewording.en if lang == "en" else self.rewording.ja)
        for repair in self.repairs[:3]:
            assert repair.cell is not None
            slip = repair.slip.en if lang == "en" else repair.slip.ja
            broken = ""
            if repair.breaks:
                broken = (
                    f", breaks {repair.breaks}"
                    if lang == "en"
                    else f"、他の{repair.breaks}件と矛盾"
                )
            printed = page.texts[repair.cell] or "—"
            said.append(f"{_short(repair.cell)}: {printed} → {repair.text or '—'} ({slip}{broken})")
        return "; ".join(said)


def _short(cell: Cell) -> str:
    return " ".join((*cell.key, "" if cell.column in ("value", "r") else cell.column)).strip()


@result
class Audit(Result):
    """The contradictions of a printed paper.

    Attributes
    ----------
    title
        The paper's key.
    findings
        Most certain first.
    asked
        Rule → how many times it was asked.
    page
        The cells audited.
    """

    title: str
    findings: tuple[Finding, ...]
    asked: Mapping[str, int]
    page: Page

    def count(self, certainty: Certainty) -> int:
        """How many findings have this certainty."""
        return sum(finding.certainty == certainty for finding in self.findings)

    def headline(self) -> str:
        """Say the audit in one line."""
        degrees = ", ".join(f"{self.count(c)} {c}" for c in CERTAINTIES)
        return (
            f"{len(self.findings)} contradictions in {self.title} ({degrees}) "
            f"from {sum(self.asked.values()):,} checks of {len(self.asked)} rules, "
            f"n = {len(self.page.texts):,} printed cells"
        )

    def to_frame(self, lang: str = "en") -> pd.DataFrame:
        """One row per finding.

        Parameters
        ----------
        lang
            Language of the texts, ``"en"`` or ``"ja"``.
        """
        if lang not in ("en", "ja"):
            raise ParameterError(f"Language {lang!r}. Expected en or ja. Choose one of them.")

        def worded(words: Words) -> str:
            return words.en if lang == "en" else words.ja

        def rows() -> Iterator[dict[str, object]]:
            for number, finding in enumerate(self.findings, start=1):
                yield {
                    "number": number,
                    "certainty": finding.certainty,
                    "rule": finding.rule if lang == "en" else RULES[finding.rule],
                    "where": "; ".join(finding.where[:4])
                    + (f" … ({len(finding.where)})" if len(finding.where) > 4 else ""),
                    "found": worded(finding.found),
                    "expected": worded(finding.expected),
                    "repair": finding.repair_in_words(self.page, lang),
                    "also": "; ".join(
                        f"{rule if lang == 'en' else RULES[rule]} ×{times}"
                        for rule, times in finding.also
                    ),
                    "assumption": worded(finding.assumption),
                }

        return pd.DataFrame(list(rows()), columns=COLUMNS)

    def unasked(self) -> pd.DataFrame:
        """One row per rule that could not be asked: what it needs, and what of that is missing."""
        paper = self.page.paper
        rows = []
        for rule, needs in NEEDS.items():
            if self.asked.get(rule):
                continue
            missing = [need for need in needs if _lacks(paper, need)]
            rows.append(
                {
                    "rule": rule,
                    "rule_ja": RULES[rule],
                    "needs": "; ".join(needs),
                    "missing": "; ".join(missing) or "cells that it could compare",
                }
            )
        return pd.DataFrame(rows, columns=["rule", "rule_ja", "needs", "missing"])

    def coverage(self) -> pd.DataFrame:
        """One row per rule asked: how often, and in how many findings it took part."""
        taking: dict[str, int] = {}
        for finding in self.findings:
            for rule in {finding.rule, *(rule for rule, _ in finding.also)}:
                taking[rule] = taking.get(rule, 0) + 1
        return pd.DataFrame(
            {
                "rule": list(self.asked),
                "rule_ja": [RULES[rule] for rule in self.asked],
                "checks": list(self.asked.values()),
                "findings": [taking.get(rule, 0) for rule in self.asked],
            }
        )


def _lacks(paper: PrintedPaper, need: str) -> bool:
    """Whether a paper's folder lacks what a rule needs, as far as that can be told."""
    if need.startswith("[paper] "):
        return not paper.about.get(need.removeprefix("[paper] "))
    if need.startswith("statement: "):
        kinds = need.removeprefix("statement: ").split(" of ")[0].split(" or ")
        return not any(paper.of_kind(kind) for kind in kinds)
    if ".csv" not in need:
        return False
    tables = [part.split(".csv")[0] for part in need.split(" or ") if ".csv" in part]
    if all(paper.table(kind).empty for kind in tables):
        return True
    if ": " not in need:
        return False
    kind = tables[0]
    table = paper.table(kind)
    for group in need.split(": ")[1].replace(", and ", ", ").split(", "):
        names = [name.split(" with ")[0] for name in group.split(" or ")]
        if kind == "fit":
            there = any((table["statistic"] == name).any() for name in names)
        else:
            there = any(name in table and bool((table[name] != "").any()) for name in names)
        if not there:
            return True
    return False
