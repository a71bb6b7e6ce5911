"""Words of processes and materials."""

from __future__ import annotations

import csv
from importlib.resources import files

import pytest

from shuseki.errors import ParameterError
from shuseki.sourcing.processes import materials, processes
from shuseki.sourcing.vocabulary import read_text, words


@pytest.mark.parametrize("said", ["めっき", "メッキ", "鍍金", "ﾒｯｷ", "メッキ加工", "plating"])
def test_one_process_in_many_spellings(said: str) -> None:
    assert read_text(said).processes == ("plating",)


def test_polishing_is_not_grinding() -> None:
    assert read_text("研磨").processes == ("polishing",)
    assert read_text("研削").processes == ("grinding",)
    assert words("研磨") != words("研削")


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_every_name_is_understood(lang: str) -> None:
    for code, known in processes().items():
        assert read_text(known.name(lang)).processes == (code,), known.name(lang)


def test_every_synonym_names_what_there_is() -> None:
    path = files("shuseki.sourcing") / "data" / "synonyms.csv"
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        known = processes() if row["kind"] == "process" else materials()
        assert set(row["codes"].split()) <= set(known), row
        if row["kind"] in ("process", "material") and row["lang"] != "zh":
            read = read_text(row["term"])
            codes = row["codes"].split()
            if len(codes) > 1:
                assert [p.why for p in read.phrases] == ["ambiguous"], row
            else:
                found = read.processes if row["kind"] == "process" else read.materials
                assert codes[0] in found, (row, read)


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        ("NC旋盤による精密切削加工", ("turning", "machining")),
        ("焼入焼戻し", ("quenching_and_tempering",)),
        ("プレス金型設計製作", ("mould_making", "design")),  # dies, not press work
        ("溶接（TIG・半自動）", ("welding", "tig_welding", "mig_mag_welding")),
        ("polishing and buffing of stainless parts", ("polishing", "buffing")),
        ("心なし研削", ("centreless_grinding",)),  # the なし in it denies nothing
        ("ＴＩＧ溶接", ("tig_welding",)),
    ],
)
def test_phrases(said: str, codes: tuple[str, ...]) -> None:
    assert read_text(said).processes == codes


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("円筒研磨", "ambiguous"),
        ("絞り加工", "ambiguous"),
        ("めっきは外注", "denied"),
        ("溶接以外", "denied"),
        ("研磨できません", "denied"),
        ("No plating", "denied"),
        ("plating is outsourced", "denied"),
        ("研磨機の販売", "unknown"),
        ("めっき装置", "unknown"),
        ("welding machines", "unknown"),
        ("謎の作業", "unknown"),
        ("機械部品", "unknown"),
    ],
)
def test_nothing_is_guessed(said: str, why: str) -> None:
    read = read_text(said)
    assert not read.processes
    assert [phrase.why for phrase in read.phrases] == [why]
    assert read.phrases[0].text


def test_what_is_left_over_is_listed() -> None:
    read = read_text("眼鏡枠の研磨")
    assert read.processes == ("polishing",)
    assert read.phrases[0].why == "partly"
    assert "眼鏡" in read.phrases[0].words


def test_materials_go_with_their_phrase() -> None:
    read = read_text("アルミの切削、SUS304の研磨")
    assert read.together == {"machining": ("aluminium",), "polishing": ("stainless_steel",)}
    alone = read_text("切削、研磨、ステンレス")
    assert alone.together == {
        "machining": ("stainless_steel",), "polishing": ("stainless_steel",)
    }  # fmt: skip


def test_the_layer_is_not_the_part() -> None:
    assert read_text("銅めっき").together == {"plating": ()}


def test_signs_of_one_letter_are_not_cut_out_of_words() -> None:
    assert read_text("鉄、銅").materials == ("ferrous", "copper")
    assert not read_text("地下鉄").materials


def test_chinese() -> None:
    assert read_text("電鍍加工,塑膠射出", written="zh").processes == (
        "electroplating", "injection_moulding"
    )  # fmt: skip
    assert read_text("研磨", written="zh").phrases[0].why == "ambiguous"
    assert read_text("包裝機械", written="zh").phrases[0].why == "unknown"
    with pytest.raises(ParameterError, match="zh"):
        read_text("x", written="fr")


@pytest.mark.parametrize("said", ["", "   ", "、、、", "()", "\n\n"])
def test_nothing_said(said: str) -> None:
    read = read_text(said)
    assert (read.processes, read.materials, read.phrases) == ((), (), ())
