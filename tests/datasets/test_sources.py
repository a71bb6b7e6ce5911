"""Is every source line told in either language, and in that one alone?

Proper names of works, people and services stay as they were published.
"""

import re
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest

import shuseki
from shuseki.datasets.catalogue import catalogue
from shuseki.language import told, word
from shuseki.records.layouts import known_layouts
from shuseki.records.parts import cited
from shuseki.records.publishers import publishers
from shuseki.report.marks import mark, short
from shuseki.sources import OKAMURO_2006, Source

NAMES = re.compile(
    r"RIETI(?: Discussion Paper| DP| TP)?|SSDSE|gBizINFO|code4fukui|EJU-Express|RegionalIOTables"
    r"|syunsuke/koto|kobesoft-inc/jsic-data|useeior|Carol-seven/ionet|SmartNews|japan-topography"
    r"|OECD|MIT|BSD-3-Clause|e-Stat|jpcity|Municipality Map Converter|shuseki|JER"
    r"|T\. Fraser|S\. Fukui|Zhu|Adachi, Fukai, Kawaguchi, Saito"
    r"|Adachi, D\., T\. Fukai, D\. Kawaguchi, Y\. Saito, Commuting Zones in Japan"
    r"|(?:bridges|theory|measures|profile|datasets)\.\w+"
)
"""Works, people, services and licences that are called so in Japanese too, and our own modules."""
ENGLISH = re.compile(r"[A-Za-z]{3,}")


def sources_of_modules() -> dict[str, Source]:
    """Every source that a module of ours holds."""
    found = {}
    for module in walk_packages(shuseki.__path__, "shuseki."):
        text = Path(str(module.module_finder.path), module.name.rpartition(".")[2])  # type: ignore[union-attr]
        file = (
            text.with_suffix(".py") if text.with_suffix(".py").is_file() else text / "__init__.py"
        )
        if "Source(" in file.read_text(encoding="utf-8"):
            for value in vars(import_module(module.name)).values():
                if isinstance(value, Source):
                    found[value.key] = value
    return found


@pytest.mark.parametrize("one", catalogue().datasets, ids=lambda one: one.name)
def test_the_source_line_of_a_data_set(one):
    japanese = told(one.source.words(), "ja")
    assert ENGLISH.findall(NAMES.sub("", japanese)) == []
    assert str(one.source) == told(one.source.words(), "en")
    assert not re.search("[（、；［～]", str(one.source))


def test_notes_of_data_sets_are_told():
    notes = [one.note for one in catalogue().datasets if one.note]
    assert len(notes) > 40
    for note in notes:
        assert re.search(r"[\u3041-\u30ff]", told(note, "ja")), note
    frame = catalogue().to_frame().set_index("name")
    assert frame.loc["cluster-mix", "note"] == "assumptions, not statistics"
    assert frame.loc["cluster-mix", "note_ja"] == "仮定であり統計ではない"
    assert frame.loc["cluster-mix", "terms"] == frame.loc["cluster-mix", "terms_ja"]


def test_source_lines_by_hand():
    # Publisher, work, years and terms as the Ministry's own pages have them.
    of = {one.name: one.source for one in catalogue().datasets}
    assert str(of["plant-sizes"]) == (
        "METI, 工業統計表 産業編; via Zhu, JER 2025, Manufacturing by size of plant and two-digit "
        "industry (1981-2007) (public) [GoJ Standard Terms of Use 2.0]"
    )
    assert told(of["plant-sizes"].words(), "ja") == (
        "経済産業省、工業統計表 産業編；Zhu、JER 2025経由、製造業（事業所規模・中分類別）"
        "（1981-2007）（公的統計）［政府標準利用規約（第2.0版）］"
    )
    assert told(OKAMURO_2006.words(), "ja") == (
        "岡室博之、製造業の開業率への地域要因の影響、RIETI Discussion Paper 06-J-049"
        "（2006）（原典掲載値）"
    )
    assert short(of["plant-sizes"], "ja") == "経済産業省 1981-2007"
    assert mark((of["plant-sizes"],), "ja") == "公的統計：経済産業省 1981-2007"


def test_layouts_and_publishers_of_records():
    names = re.compile(
        "法人番号公表サイト|e-Stat|EDINET|gBizINFO|data.gov.tw/dataset|OffeneRegister|RIK|NLOD|INSEE"
        "|Open Knowledge Foundation Deutschland|OpenCorporates|e-Business Register"
        "|Licence Ouverte|Companies House"
    )
    known = [*known_layouts().values(), *publishers().values()]
    assert len(known) > 10
    for one in known:
        for said in (one.publisher, one.terms):
            assert word(said) == said
            assert ENGLISH.findall(names.sub("", told(word(said), "ja"))) == [], said
    assert told(cited("National Tax Agency of Japan", "a, b.csv"), "ja") == "国税庁、a, b.csv"


def test_sources_that_modules_hold():
    found = sources_of_modules()
    assert {"JSIC", "MunicipalityCodes", "MLIT2021", "SyntheticCensus", "Yamato2025"} <= set(found)
    data = {key: one for key, one in found.items() if one.origin != "method" or one.terms}
    for key, one in data.items():
        japanese = told(one.words(), "ja")
        assert ENGLISH.findall(NAMES.sub("", japanese).replace("TA-Q-BIN", "")) == [], key
        assert japanese != str(one)
    for key, one in found.items():  # a place in a paper is told, its title stays
        assert ENGLISH.findall(told(one.where, "ja")) == [], key
