"""When are two spellings the same name, or the same address?

A register writes 株式会社東洋製作所, another ㈱東洋製作所 or (株) 東洋製作所; one has 一丁目2番3号,
another 1-2-3; one GmbH & Co. KG, another GmbH. Before records are compared, every name becomes

    name        what is left when the legal form is taken off and the spelling is folded
    legal_form  the form, under one name for all its spellings (``data/legal_forms.csv``)
    numbers     the numbers in the name: the second factory is not the third

and every address its words and its numbers::

    NFKC and lower case → old characters to new (``data/characters.csv``), accents off
    ヶ ケ が → ケ, ッ → ツ, 之 の → ノ between kanji, hiragana → katakana, dashes → one
    二丁目, 三段, 第二工場 → digits; 丁目 番地 番 号 段 巷 弄 號 → a hyphen between numbers
    street words to one form (``data/address_words.csv``)

Takes: text as it was written, missing where there is none. Gives: folded text, and *words*: of
Latin script its words, of kanji and kana the pairs of neighbouring characters.

``placed`` finds the municipality of a Japanese address by the names that were valid at any time
since 1995 (prefecture, county, city, ward); what cannot be placed is set aside with the reason.

Sources: Unicode TR 15 (NFKC); the character table is of 常用漢字表 (2010) and of variants common in
company names. Limits: no readings (東洋 and トーヨー stay apart); an abbreviation that a list does
not have stays one.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

import pandas as pd

from shuseki.geography.areas import cities_of_wards, first_days, iso_date, names, prefectures
from shuseki.geography.areas import last_days as days_of_end
from shuseki.geography.areas import spells as lives_of_codes
from shuseki.geography.names import NEWER
from shuseki.language import Message, say
from shuseki.results import Result, result

__all__ = [
    "Placed",
    "SpeltAddress",
    "SpeltName",
    "fold",
    "is_cjk",
    "placed",
    "spelt_address",
    "spelt_name",
    "spelt_names",
    "words",
]

DASHES = "‐‑‒–—―−－ｰ﹣⁃"
QUOTES = "'’‘`´ʼ"
HIRAGANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}
SMALL_KANA = str.maketrans("ァィゥェォッャュョヮヵヶ", "アイウエオツヤユヨワカケ")
LETTERS = {"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th"}
KANJI = "\u4e00-\u9fff\u3400-\u4dbf々"
KANA = "\u30a0-\u30ff"
CJK = f"{KANJI}{KANA}\uac00-\ud7af"
NUMERALS = {
    "〇": 0, "一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9,
}  # fmt: skip
COUNTED = "丁目|丁|番地|番|号|階|F|段|巷|弄|樓|楼|鄰|線|条|条|工場|廠|工区|区"
KANJI_NUMBER = re.compile(rf"第?([〇一二三四五六七八九十百]+)(?={COUNTED})")
ORDINAL = re.compile(r"第(?=[0-9])")
BETWEEN_KANJI = re.compile(rf"(?<=[{KANJI}])([ケガ之ノ])(?=[{KANJI}])")
IN_BETWEEN = {"ケ": "ケ", "ガ": "ケ", "之": "ノ", "ノ": "ノ"}
NOT_A_WORD = re.compile(rf"[^0-9a-z{CJK}&\u0370-\u058f\u0600-\u06ff\u0e00-\u0e7f]+")
SINGLE_LETTERS = re.compile(r"\b([a-z]) (?=[a-z]\b)")
JOINS = re.compile(r" *(?:&|\b(?:and|und|et|og|och|y|e|i)\b) *")
RUNS = re.compile(rf"[{CJK}]+|[^\s{CJK}]+")
ONE_CJK = re.compile(f"[{CJK}]")
BLOCKS = re.compile(r"(?<=[0-9])(丁目|丁|番地の|番地|番|号室|号|段|巷|弄|樓|楼|階|f|の|之|ノ|-|,)+")
NUMBER = re.compile(r"[0-9]+")
STREET_END = re.compile(r"(?<=[a-z])(?:strasse|straat|street)$")


@lru_cache
def table(name: str) -> pd.DataFrame:
    """One of the tables beside this module, as text."""
    with (files("shuseki.linkage") / "data" / name).open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype=str, keep_default_na=False)


@lru_cache
def characters() -> dict[int, str]:
    """Every character that another stands for."""
    into: dict[int, str] = {}
    for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00)):
        bare = "".join(
            LETTERS.get(part, part)
            for part in unicodedata.normalize("NFKD", chr(code))
            if not unicodedata.combining(part)
        )
        if bare != chr(code):
            into[code] = bare
    into |= {code: chr(to) for code, to in HIRAGANA.items()}
    into |= {old: chr(new) if isinstance(new, int) else new for old, new in NEWER.items()}
    for row in table("characters.csv").itertuples(index=False):
        new = str(row.normal)
        into[ord(str(row.written))] = new.translate(NEWER)
    into |= dict.fromkeys(map(ord, DASHES), "-") | dict.fromkeys(map(ord, QUOTES), "")
    return into


def fold(text: str) -> str:
    """Fold a text: width, case, accents, old characters, kana, dashes.

    Examples
    --------
    >>> fold("㈱髙橋鐵工所"), fold("Société Générale"), fold("鶴が丘") == fold("鶴ヶ丘")
    ('(株)高橋鉄工所', 'societe generale', True)
    """
    wide = unicodedata.normalize("NFKC", text).casefold()
    if wide.isascii():
        return wide.replace("'", "").replace("`", "")
    kana = wide.translate(characters()).translate(SMALL_KANA)
    return BETWEEN_KANJI.sub(lambda found: IN_BETWEEN[found[1]], kana)


# ---- names -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SpeltName:
    """A name, folded.

    Attributes
    ----------
    name
        Without legal form.
    legal_form
        ``""`` where none is written.
    numbers
        The numbers in the name, hyphens between.
    """

    name: str
    legal_form: str
    numbers: str


@lru_cache
def forms() -> tuple[dict[str, str], "re.Pattern[str]", "re.Pattern[str]"]:
    """Spelling → form, and the patterns of spellings in kanji and in Latin letters."""
    known = table("legal_forms.csv")
    found = {fold(w): f for w, f in zip(known["written"], known["form"], strict=True)}
    longest = sorted(found, key=len, reverse=True)
    kanji = [re.escape(form) for form in longest if not form.isascii()]
    latin = [re.escape(form) for form in longest if form.isascii()]
    return (
        found,
        re.compile("|".join(kanji)),
        re.compile(rf"(?:^|(?<= ))(?:{'|'.join(latin)})(?= |$)"),
    )


WEAK_FORMS = frozenset({"company", "societe", "etablissements", "brothers"})
"""Words that stand where a legal form stands, and say little of it."""


def spelt_name(text: str) -> SpeltName:
    """Fold a name and take its legal form off.

    Examples
    --------
    >>> spelt_name("㈱東洋製作所 第二工場")
    SpeltName(name='東洋製作所2工場', legal_form='kabushiki kaisha', numbers='2')
    >>> spelt_name("Müller Maschinenbau G.m.b.H. & Co. KG")
    SpeltName(name='muller maschinenbau', legal_form='gmbh & co kg', numbers='')
    """
    known, kanji, latin = forms()
    folded = fold(text)
    written: list[str] = []

    def taken(found: "re.Match[str]") -> str:
        written.append(known[found[0]])
        return " "

    plain = kanji.sub(taken, folded) if not folded.isascii() else folded
    if not plain.isascii():
        plain = ORDINAL.sub("", KANJI_NUMBER.sub(_digits, plain))
    spaced = JOINS.sub(" ", NOT_A_WORD.sub(" ", plain.replace(".", " "))).strip()
    spaced = SINGLE_LETTERS.sub(r"\1", spaced)
    core = " ".join(latin.sub(taken, spaced).split()) if written or " " in spaced else spaced
    core = core or spaced or folded.strip()
    form = next((form for form in written if form not in WEAK_FORMS), "")
    if not core.isascii():
        core = _closed(core)
    return SpeltName(core, form, "-".join(NUMBER.findall(core)))


def _closed(text: str) -> str:
    """Take the blanks out beside kanji and kana, where they say nothing."""
    return re.sub(rf"(?<=[{CJK}]) (?=\S)|(?<=\S) (?=[{CJK}])", "", text)


def _digits(found: "re.Match[str]") -> str:
    """A kanji number as digits."""
    text, value, part = found[1], 0, 0
    if not set(text) & {"十", "百"}:
        return "".join(str(NUMERALS[sign]) for sign in text)
    for sign in text:
        if sign in "十百":
            value += (part or 1) * (10 if sign == "十" else 100)
            part = 0
        else:
            part = NUMERALS[sign]
    return str(value + part)


# ---- addresses -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SpeltAddress:
    """An address, folded.

    Attributes
    ----------
    address
        The whole, words and numbers.
    numbers
        Its numbers, hyphens between: 2-15-3.
    """

    address: str
    numbers: str


@lru_cache
def street_words() -> dict[str, str]:
    """Street word → its one form."""
    known = table("address_words.csv")
    return {fold(w): n for w, n in zip(known["written"], known["normal"], strict=True)}


def spelt_address(text: str) -> SpeltAddress:
    """Fold an address.

    Examples
    --------
    >>> spelt_address("東京都大田区大森北二丁目１５番３号")
    SpeltAddress(address='東京都大田区大森北 2-15-3', numbers='2-15-3')
    >>> spelt_address("12, Rue de la République").address
    '12 r de la republique'
    """
    folded = fold(text)
    if not folded.isascii():
        folded = KANJI_NUMBER.sub(_digits, folded)
        folded = BLOCKS.sub("-", folded)
        folded = folded.replace("大字", "").replace("字", "")
    numbers = "-".join(str(int(number)) for number in NUMBER.findall(folded))
    if folded.isascii() or not re.search(f"[{CJK}]", folded):
        parts = NOT_A_WORD.sub(" ", folded.replace(".", " ")).split()
        known = street_words()
        ends = (STREET_END.sub("str", known.get(part, part)) for part in parts)
        return SpeltAddress(" ".join(ends), numbers)
    joined = re.sub(r"[\s、。,()\"・]+", "", folded)
    joined = re.sub(r"-+(?![0-9])", "", joined)
    return SpeltAddress(re.sub(r"(?<=[^0-9-])(?=[0-9])", " ", joined), numbers)


# ---- words -----------------------------------------------------------------------------------


def words(text: str) -> list[str]:
    """Words of a folded text: of Latin script its words, of kanji and kana pairs of characters.

    Examples
    --------
    >>> words("東洋製作所abc"), words("muller maschinenbau")
    (['東洋', '洋製', '製作', '作所', 'abc'], ['muller', 'maschinenbau'])
    """
    found: list[str] = []
    for run in RUNS.findall(text):
        if run.isascii() or run[0] < "\u3040" or len(run) == 1:
            found.append(run)
        else:
            found.extend(a + b for a, b in pairwise(run))
    return found


def is_cjk(sign: str) -> bool:
    """Whether a sign is kanji, kana or hangul."""
    return ONE_CJK.match(sign) is not None


# ---- columns ---------------------------------------------------------------------------------


def over_distinct(texts: "pd.Series[Any]", spell: Callable[[str], Any], blank: Any) -> list[Any]:
    """Apply a function once to every distinct text; ``blank`` where there is none."""
    codes, distinct = pd.factorize(texts.astype("object"))
    done = [spell(str(text)) for text in distinct]
    return [done[code] if code >= 0 else blank for code in codes]


def spelt_names(texts: "pd.Series[Any]") -> pd.DataFrame:
    """Fold a column of names: ``name``, ``legal_form``, ``numbers``; missing where nothing is."""
    nothing = SpeltName("", "", "")
    spelt = over_distinct(texts, spelt_name, nothing)
    return _columns(spelt, ("name", "legal_form", "numbers"), texts.index)


def _columns(spelt: Iterable[Any], columns: tuple[str, ...], index: pd.Index) -> pd.DataFrame:
    rows = list(spelt)
    found = {
        name: pd.Series([getattr(row, name) or None for row in rows], index, dtype=object)
        for name in columns
    }
    return pd.DataFrame(found)


# ---- the municipality of an address ----------------------------------------------------------


@result
class Placed(Result):
    """Addresses and the municipalities that they name.

    Attributes
    ----------
    table
        ``address``, ``municipality`` (five digits, missing where it cannot be said), ``name``,
        ``rest`` (what stands behind the municipality), ``reason`` (``""`` where placed).
    """

    table: pd.DataFrame

    def headline(self) -> Message:
        """How many were placed."""
        n = int(self.table["municipality"].notna().sum())
        return say("{n:,} of {all:count(address,addresses)} placed", n=n, all=len(self.table))

    def to_frame(self) -> pd.DataFrame:
        """One row per address."""
        return self.table.copy()

    def set_aside(self) -> pd.DataFrame:
        """The addresses that could not be placed, with the reason."""
        return self.table[self.table["municipality"].isna()]


def placed(addresses: "pd.Series[Any]", date: str | int | None = None) -> Placed:
    """Find the municipality of Japanese addresses by its name.

    Parameters
    ----------
    addresses
        Text, shape ``(n,)``; missing values are set aside.
    date
        Day whose names go first; names of other days since 1995 are taken where it has none. The
        code is that of the name as written: ``geography.editions`` brings codes to one day.

    Returns
    -------
    Placed
        The longest name of a municipality that the address begins with. Without a prefecture a
        name is taken only when one municipality of Japan ever bore it.

    Examples
    --------
    >>> placed(pd.Series(["長野県諏訪市高島1-22-30", "府中市本町1"])).to_frame()["reason"].tolist()
    ['', 'several municipalities of that name']
    """
    day = iso_date(date) if date is not None else ""
    known, lengths, alone = _places(day)
    regions = {fold(name): code for code, name in _prefectures().items()}
    official = names()

    def find(text: str) -> tuple[str | None, str, str, str]:
        folded = re.sub(r"^[0-9\-〒 ]+", "", fold(text)).replace(" ", "")
        if not folded:
            return None, "", "", "no address"
        region = next((r for r in regions if folded.startswith(r)), "")
        rest = folded[len(region) :]
        for length in lengths:
            named = rest[:length]
            if len(named) < length:
                continue
            code = known.get((regions[region], named)) if region else alone.get(named, "")
            if code:
                return code, official.get(code, ""), rest[length:], ""
            if code is None and not region:
                return None, "", rest, "several municipalities of that name"
        return None, "", rest, "no municipality of that name" if region else "no name found"

    found = over_distinct(addresses, find, (None, "", "", "no address"))
    columns = list(zip(*found, strict=True)) or [(), (), (), ()]
    return Placed(
        table=pd.DataFrame(
            {
                "address": addresses.to_numpy(),
                "municipality": pd.array(columns[0], dtype="string"),
                "name": columns[1],
                "rest": columns[2],
                "reason": columns[3],
            }
        )
    )


def _prefectures() -> dict[str, str]:
    known = prefectures()
    return dict(zip(known["code"], known["name_ja"], strict=True))


@lru_cache
def _places(
    day: str,
) -> tuple[dict[tuple[str, str], str], tuple[int, ...], dict[str, str | None]]:
    """Folded name → code, by prefecture and alone; None where several places bear a name."""
    lives = lives_of_codes()
    begins, ends, wards = first_days(), days_of_end(), cities_of_wards()
    known: dict[tuple[str, str], str] = {}
    alone: dict[str, str | None] = {}

    def rank(code: str) -> tuple[bool, str]:
        valid = bool(day) and begins[code] <= day < (ends.get(code) or "9999")
        return valid, begins[code]

    for row in lives.itertuples(index=False):
        code, region = str(row.code), str(row.prefecture)
        county = row.county_ja if isinstance(row.county_ja, str) else ""
        for written in {str(row.name_ja), county + str(row.name_ja)}:
            key = fold(written)
            other = known.get((region, key))
            if other is None or rank(code) > rank(other):
                known[region, key] = code
            # 堺市 before and after it had wards is one place, so is a code that began again.
            if key not in alone:
                alone[key] = code
            elif alone[key] is not None and alone[key] != code:
                kin = wards.get(code, code) == wards.get(str(alone[key]), str(alone[key]))
                same = kin or str(alone[key])[:2] == region
                alone[key] = max(code, str(alone[key]), key=rank) if same else None
    lengths = tuple(sorted({len(name) for _, name in known}, reverse=True))
    return known, lengths, alone
