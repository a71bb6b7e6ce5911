"""Which words does a reader see, in English and in Japanese?

One table holds every phrase of the document, its tables and its marks. The Japanese terms are
those of the two source papers (Okamuro 2006; Shoko Research Institute 2012). A phrase that is
not here is an error, so that no page is half translated.

What an author writes (titles, captions, paragraphs) is a `Text`: a pair (English, Japanese),
or one string that serves both, such as a variable's name.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias

from shuseki.errors import ParameterError, UnknownCodeError

__all__ = [
    "LANGUAGES",
    "WORDS",
    "Lang",
    "Text",
    "check_language",
    "column_words",
    "pick",
    "result_words",
    "say",
]

Lang: TypeAlias = Literal["en", "ja"]
Text: TypeAlias = str | tuple[str, str]
LANGUAGES: tuple[Lang, ...] = ("en", "ja")

WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        # where the data come from
        "mark_synthetic": ("Synthetic data", "合成データ"),
        "mark_user": ("User's own records", "利用者提供データ"),
        "mark_public": ("Public statistics", "公的統計"),
        "mark_printed": ("As printed", "原典掲載値"),
        "mark_method": ("Method", "手法"),
        "data_origin": ("Origin of the data", "データの種別"),
        "synthetic_banner": (
            "Figures and tables marked “Synthetic data” were computed from invented "
            "establishments. They show that the method works; they are not findings about Japan.",
            "「合成データ」と付された図表は、架空の事業所から計算したものである。"
            "手法の検証のためのものであり、日本の実態を示すものではない。",
        ),
        # the document
        "contents": ("Contents", "目次"),
        "skip": ("Skip to the content", "本文へ移動"),
        "figure": ("Figure {number}", "図{number}"),
        "table": ("Table {number}", "表{number}"),
        "source": ("Source", "出所"),
        "sources": ("Sources", "出所一覧"),
        "note": ("Note", "注"),
        "terms": ("Terms of use", "利用条件"),
        "key_numbers": ("Key numbers", "主要な数値"),
        "no_script": (
            "The figures are drawn by a script inside this file; the tables need none.",
            "図はこのファイルに含まれるスクリプトで描画される。表はスクリプトなしで読める。",
        ),
        "sources_synthetic": ("Synthetic data", "合成データ"),
        "sources_public": ("Public statistics", "公的統計"),
        "sources_printed": ("Printed tables", "原典の掲載表"),
        "sources_user": ("User's own records", "利用者提供データ"),
        "sources_method": ("Methods and base maps", "手法の文献・地図"),
        "differs_note": (
            "≠ differs from the print by more than {units} of its last digit.",
            "≠ は、原典の最終桁で{units}単位を超えて異なることを示す。",
        ),
        "workbook_contents": ("Contents of this workbook", "このブックの内容"),
        "sheet": ("Sheet", "シート"),
        "title": ("Title", "表題"),
        # values
        "yes": ("yes", "はい"),
        "no": ("no", "いいえ"),
        "missing": ("–", "–"),
        "value_supported": ("supported", "支持"),
        "value_contradicted": ("contradicted", "逆の結果"),
        "value_not supported": ("not supported", "不支持"),
        "value_not tested": ("not tested", "未検証"),
        "value_certain": ("certain", "確実"),
        "value_strong": ("strong", "有力"),
        "value_weak": ("weak", "弱い"),
        # units, as they end the names of columns
        "unit_km": ("km", "km"),
        "unit_km2": ("km²", "km²"),
        "unit_yen": ("yen", "円"),
        "unit_million_yen": ("million yen", "百万円"),
        "unit_10000_yen": ("10,000 yen", "万円"),
        "unit_share": ("share", "比率"),
        "unit_percent": ("%", "%"),
        "unit_per_10000": ("per 10,000", "1万人あたり"),
        "unit_seconds": ("seconds", "秒"),
        "unit_years": ("years", "年"),
        # the map
        "map_legend": ("{low} to {high}", "{low}～{high}"),
        "map_missing": ("no value", "数値なし"),
        "map_outside": ("outside the districts", "工業地区外"),
        "map_inset": ("Okinawa and Amami", "沖縄・奄美"),
        "map_note": (
            "Areas are drawn around the centres of their municipalities; their borders are "
            "not the legal ones.",
            "地域の形は構成市町村の代表点から作図したもので、実際の行政界ではない。",
        ),
        # the national series
        "national_title": (
            "Entry and exit rates in Japan, all non-primary industries, {unit}, n = {n} periods",
            "開業率・廃業率の推移（非一次産業、{unit}ベース、年平均、n = {n}期間）",
        ),
        "national_y": ("Percent a year", "年率（%）"),
        "national_x": ("Year (rates are averages between two censuses)", "年（調査間の年平均）"),
        "entry_rate": ("Entry rate", "開業率"),
        "exit_rate": ("Exit rate", "廃業率"),
        "unit_establishments": ("establishments", "事業所"),
        "unit_enterprises": ("enterprises", "企業"),
        "unit_companies": ("companies", "会社"),
        "unit_proprietors": ("proprietors", "個人企業"),
        "from_year": ("From", "始期"),
        "to_year": ("To", "終期"),
        # what an answer is called, when its author gives no title
        "result_atlas": ("Every reasonable specification", "推定式の全体像"),
        "result_audit": ("Contradictions in print", "印刷値の矛盾"),
        "result_births": ("Births", "開業"),
        "result_calibration": ("Are the probabilities right?", "確率の検証"),
        "result_chance_types": ("Agglomerations by chance", "偶然による集積判定"),
        "result_clusters": ("Clusters on the map", "集積の範囲"),
        "result_coagglomeration": ("Coagglomeration of industries", "業種間の共集積"),
        "result_concentration": ("Concentration of industries", "業種の地域集中"),
        "result_conley_errors": ("Standard errors over distance", "空間相関を考慮した標準誤差"),
        "result_contributions": ("Who contributed", "寄与度"),
        "result_correlations": ("Correlations", "相関行列"),
        "result_count_fit": ("Count model", "計数モデルの推定結果"),
        "result_departures": ("Departures abroad", "海外移転"),
        "result_descriptives": ("Descriptives", "基本統計量"),
        "result_disagreement": ("Where measures disagree", "指標間の不一致"),
        "result_effects": ("Effects in words", "効果の大きさ"),
        "result_equal_shares": ("Equal shares over areas", "地域間での新設割合の均等性"),
        "result_entry_exit_rates": ("Entry and exit rates", "開業率・廃業率"),
        "result_equilibria": ("Equilibria", "均衡"),
        "result_events": ("Births, deaths and survivors", "開業・廃業・存続"),
        "result_externality_range": ("Range of external economies", "外部経済の及ぶ範囲"),
        "result_fit": ("Equation", "推定結果"),
        "result_fits": ("Equations", "推定結果"),
        "result_foresight": ("What followed the stages", "段階判定のその後"),
        "result_funnel": ("From candidates to births", "開業事業所の絞り込み"),
        "result_influence": ("Influence of single districts", "個別地区の影響"),
        "result_ingest_report": ("Rows read and set aside", "取込件数"),
        "result_individual_m": ("Concentration around each plant", "事業所ごとの集中度（M）"),
        "result_joint_k_density": (
            "Two industries by distance",
            "二業種の距離別の近接度（K密度）",
        ),
        "result_joint_m_function": (
            "One industry around another",
            "ある業種の周囲の他業種（M関数）",
        ),
        "result_k_density": ("Localisation by distance", "距離別の集積度（K密度）"),
        "result_life_cycle": ("Stage of the life cycle", "ライフサイクルの段階"),
        "result_local_moran": ("Local clusters", "局所的な空間的自己相関"),
        "result_location_quotients": ("Location quotients", "特化係数"),
        "result_m_function": ("Concentration by distance", "距離別の集中度（M関数）"),
        "result_moment_fit": ("Equation from moments", "積率からの推定結果"),
        "result_overdispersion": ("Overdispersion", "過分散の検定"),
        "result_point_clusters": ("Dense clusters", "密集地"),
        "result_ranking": ("Ranking", "ランキング"),
        "result_regional_variables": ("Variables by district", "地域別変数"),
        "result_replication": ("Printed beside obtained", "印刷値と再現値"),
        "result_ripley": ("Neighbours by distance", "距離別の近隣数（リプリーのK）"),
        "result_robustness": ("Robustness", "頑健性の確認"),
        "result_robustness_checks": ("Robustness", "頑健性の確認"),
        "result_scale_sweep": ("Dependence on the regional unit", "地域単位への依存"),
        "result_shift_share": ("Shift-share analysis", "シフト・シェア分析"),
        "result_spatial_effects": ("Effects at home and next door", "直接効果と波及効果"),
        "result_spatial_fit": ("Spatial model", "空間モデルの推定結果"),
        "result_spatial_tests": ("Tests of spatial dependence", "空間的依存の検定"),
        "result_specialisation": ("Specialisation of districts", "地域の特化度"),
        "result_survival": ("Survival", "存続率"),
        "result_technology_levels": ("Technology levels", "技術水準による業種区分"),
        "result_trends": ("Trends beside the nation", "全国と比べた推移"),
        "result_types": ("Types of agglomeration", "産業集積の類型"),
        "result_wild_bootstrap": (
            "Wild cluster bootstrap",
            "ワイルド・クラスター・ブートストラップ",
        ),
        "result_verdicts": ("The hypotheses", "仮説の判定"),
        # columns that many tables share
        "adjusted_r_squared": ("Adjusted R²", "自由度修正済み決定係数"),
        "age": ("Age", "年齢"),
        "area": ("Area", "地域"),
        "area_name": ("Area", "地域名"),
        "average": ("Average", "平均"),
        "births": ("Births", "開業数"),
        "cells": ("Cells", "該当箇所"),
        "certainty": ("How sure", "確からしさ"),
        "candidates": ("Candidates", "開業候補"),
        "coefficient": ("Coefficient", "回帰係数"),
        "complete": ("Complete", "完全"),
        "confidence": ("Confidence", "確からしさ"),
        "deaths": ("Deaths", "廃業数"),
        "definition": ("Definition", "定義"),
        "description": ("Description", "内容"),
        "difference": ("Difference", "差"),
        "district": ("District", "工業地区"),
        "district_name": ("District", "工業地区名"),
        "effect": ("Effect", "効果"),
        "employees": ("Employees", "従業者数"),
        "employment": ("Employment", "従業者数"),
        "equation": ("Equation", "推定式"),
        "expected": ("Expected", "本来の値"),
        "expected_sign": ("Expected sign", "予想符号"),
        "f": ("F", "F値"),
        "f_statistic": ("F", "F値"),
        "finding": ("Finding", "指摘"),
        "formula": ("Formula", "算式"),
        "from": ("From", "始期"),
        "hypothesis": ("Hypothesis", "仮説"),
        "industries": ("Industries", "業種数"),
        "industry": ("Industry", "業種"),
        "industry_name": ("Industry", "業種名"),
        "labour_force": ("Labour force", "労働力人口"),
        "left": ("Left", "残り"),
        "lower": ("Lower bound", "下限"),
        "max": ("Maximum", "最大値"),
        "maximum": ("Maximum", "最大値"),
        "mean": ("Mean", "平均値"),
        "median": ("Median", "中央値"),
        "min": ("Minimum", "最小値"),
        "minimum": ("Minimum", "最小値"),
        "model": ("Model", "モデル"),
        "municipality": ("Municipality", "市区町村"),
        "n": ("n", "観測数"),
        "name": ("Name", "名称"),
        "observations": ("Observations", "観測数"),
        "obtained": ("Obtained", "再現値"),
        "origin": ("Origin", "出所の種別"),
        "outcome": ("Outcome", "被説明変数"),
        "overall": ("Overall", "総合"),
        "p": ("p", "p値"),
        "p_value": ("p", "p値"),
        "period": ("Period", "時期・期間"),
        "plants": ("Plants", "事業所数"),
        "population": ("Population", "人口"),
        "prefecture": ("Prefecture", "都道府県"),
        "printed": ("Printed", "原典"),
        "publisher": ("Publisher", "公表機関"),
        "r_squared": ("R²", "決定係数"),
        "rank": ("Rank", "順位"),
        "rate": ("Rate", "開業率"),
        "region": ("Region", "地域"),
        "regressor": ("Regressor", "説明変数"),
        "repair": ("Repair", "修正案"),
        "rule": ("Rule", "規則"),
        "sd": ("Standard deviation", "標準偏差"),
        "set_aside": ("Set aside", "除外数"),
        "difference_set_aside": ("Difference: set aside", "差：除外数"),
        "difference_left": ("Difference: left", "差：残り"),
        "share": ("Share", "構成比"),
        "shipments": ("Shipments", "出荷額"),
        "sign": ("Sign", "符号"),
        "standard_deviation": ("Standard deviation", "標準偏差"),
        "standard_error": ("Standard error", "標準誤差"),
        "stars": ("Significance", "有意水準"),
        "statement": ("Statement", "命題"),
        "step": ("Step", "手順"),
        "t": ("t", "t値"),
        "t_value": ("t", "t値"),
        "term": ("Term", "項"),
        "to": ("To", "終期"),
        "unit": ("Unit", "単位"),
        "upper": ("Upper bound", "上限"),
        "value": ("Value", "値"),
        "variable": ("Variable", "変数名"),
        "verdict": ("Verdict", "判定"),
        "version": ("Version", "版"),
        "wages": ("Wages", "現金給与総額"),
        "wave": ("Wave", "調査年"),
        "year": ("Year", "年"),
        "adjusted_r2": ("Adjusted R²", "自由度修正済み決定係数"),
        "after": ("After", "変更後"),
        "also": ("See also", "関連箇所"),
        "before": ("Before", "変更前"),
        "certain": ("Certain", "確実"),
        "change": ("Change", "変化"),
        "column": ("Column", "列"),
        "compared": ("Compared", "比較数"),
        "deviation": ("Deviation", "乖離"),
        "exercise": ("Exercise", "分析"),
        "expects": ("Expects", "予想符号"),
        "found": ("Found", "検出値"),
        "high": ("High", "上限"),
        "kind": ("Kind", "種類"),
        "label": ("Label", "名称"),
        "last_digits_off": ("Last digits off", "最終桁の差"),
        "low": ("Low", "下限"),
        "lower_bound": ("Lower bound", "下限"),
        "measure": ("Measure", "指標"),
        "median_last_digits_off": ("Median of last digits off", "最終桁の差（中央値）"),
        "models": ("Models", "モデル数"),
        "multiple": ("Multiple", "倍率"),
        "neighbours": ("Neighbours", "近隣地域数"),
        "number": ("No.", "番号"),
        "prefecture_name": ("Prefecture", "都道府県"),
        "printed_coefficient": ("Printed coefficient", "原典の係数"),
        "printed_left": ("Printed: left", "原典：残り"),
        "printed_set_aside": ("Printed: set aside", "原典：除外数"),
        "printed_stars": ("Printed significance", "原典の有意水準"),
        "printed_t": ("Printed t", "原典のt値"),
        "r2": ("R²", "決定係数"),
        "ratio": ("Ratio", "比"),
        "row": ("Row", "行"),
        "same_sign_share": ("Same sign (share)", "符号の一致率"),
        "same_stars_share": ("Same stars (share)", "有意水準の一致率"),
        "says": ("Statement", "内容"),
        "specifications": ("Specifications", "推定式数"),
        "statistic": ("Statistic", "統計量"),
        "t_high": ("t, high", "t値（上限）"),
        "t_low": ("t, low", "t値（下限）"),
        "test": ("Test", "検定"),
        "where": ("Where", "該当箇所"),
        "with": ("With", "相手"),
        "within": ("Within tolerance", "許容範囲内"),
        "within_share": ("Within tolerance (share)", "許容範囲内の割合"),
        "words": ("In words", "言い換え"),
        "worst_last_digits_off": ("Worst of last digits off", "最終桁の差（最大）"),
        "z": ("z", "z値"),
        "distribution": ("Distribution", "分布"),
        "instruments": ("Instruments", "操作変数"),
        "p_t": ("p by t(G − 1)", "p値（t分布、自由度G − 1）"),
        "p_bootstrap": ("p by the bootstrap", "p値（ブートストラップ）"),
        "pairs_within_share": ("Pairs within the cut-off (share)", "上限距離内の組の割合"),
        # the variables of the 2006 paper, table 2
        "START": ("Start-up rate, manufacturing", "製造業開業率"),
        "START_H": ("Start-up rate, high technology", "ハイテク開業率"),
        "START_L": ("Start-up rate, low technology", "ローテク開業率"),
        "PCM": ("Price-cost margin", "粗利益率"),
        "GRSALES": ("Growth of shipments", "出荷額成長率"),
        "WAGE": ("Average wage", "平均賃金"),
        "LNLANDP": ("Land price (log)", "平均地価"),
        "UNEMPL": ("Unemployment rate", "失業率"),
        "UNIV": ("Graduates", "大卒比率"),
        "INST": ("Research institutes", "研究機関比率"),
        "DENS": ("Density of plants", "事業所密度"),
        "MRATIO": ("Manufacturing share", "製造業比率"),
        "HITECH": ("High-technology share", "ハイテク比率"),
        "AVESIZE": ("Average plant size", "平均規模"),
    }
)

UNITS = ("per_10000", "10000_yen", "million_yen", "percent", "seconds", "share", "years")
SHORT_UNITS = ("km2", "yen", "km")


def check_language(lang: str) -> Lang:
    """Refuse a language that the report does not speak."""
    for known in LANGUAGES:
        if lang == known:
            return known
    raise ParameterError(
        f"Unknown language {lang!r}. Expected 'en' or 'ja'. Choose one of the two."
    )


def say(key: str, lang: str = "en", **values: object) -> str:
    """Give the phrase in a language, with its blanks filled in.

    Examples
    --------
    >>> say("figure", "ja", number=3)
    '図3'
    """
    at = LANGUAGES.index(check_language(lang))
    if key not in WORDS:
        raise UnknownCodeError.among("phrase", [key], list(WORDS))
    return WORDS[key][at].format(**values)


def pick(text: Text, lang: str = "en") -> str:
    """Choose the language of an author's text.

    Examples
    --------
    >>> pick(("Births", "開業数"), "ja"), pick("START", "ja")
    ('開業数', 'START')
    """
    if isinstance(text, str):
        check_language(lang)
        return text
    if len(text) != len(LANGUAGES):
        raise ParameterError(
            f"A text with {len(text)} versions: {text!r}. Expected (English, Japanese), or one "
            "string for both."
        )
    return text[LANGUAGES.index(check_language(lang))]


def column_words(column: str, lang: str = "en") -> str:
    """Head a column: its phrase when it has one, else its own name with the unit in brackets.

    Examples
    --------
    >>> column_words("set_aside", "ja"), column_words("distance_to_port_km")
    ('除外数', 'Distance to port (km)')
    """
    if column in WORDS:
        return say(column, lang)
    for unit in (*UNITS, *SHORT_UNITS):
        if column.endswith(f"_{unit}"):
            stem = column.removesuffix(f"_{unit}")
            brackets = "（{}）" if check_language(lang) == "ja" else " ({})"
            return column_words(stem, lang) + brackets.format(say(f"unit_{unit}", lang))
    words = column.replace("_", " ").strip()
    return words if words.isupper() else words[:1].upper() + words[1:]


def result_words(name: str) -> tuple[str, str]:
    """Title of an answer by the name of its type, when its author gives none.

    Examples
    --------
    >>> result_words("LocationQuotients"), result_words("NewThing")
    (('Location quotients', '特化係数'), ('New thing', 'New thing'))
    """
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
    plain = words.replace("_", " ").capitalize()
    return WORDS.get(f"result_{words}", (plain, plain))
