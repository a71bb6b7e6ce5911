"""What are synthetic plants called, and where are they?

Names are a stem (a family name or an auspicious word), a trade word of the industry and the legal
form; addresses are the municipality, a common quarter name and numbers. Any likeness to a real
plant is chance. A misspelt name writes a character in its other common form, shortens the legal
form or loses the last character of the trade; a misspelt address drops the quarter's suffix and
joins the numbers.

Takes: positions in the lists below, as arrays. Gives: arrow string arrays.
Limits: every name and quarter is as likely in one prefecture as in another.
"""

from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shuseki.arrays import Bools, Ints

__all__ = ["FORMS", "QUARTERS", "STEMS", "TRADES", "addresses", "legal_forms", "plant_names"]

Strings: TypeAlias = "pa.ChunkedArray | pa.Array"

FORMS = ("株式会社", "有限会社", "個人")
"""Legal forms: joint-stock company, limited company, sole proprietor."""
SHORT_FORMS = ("㈱", "㈲", "")

STEMS = (
    "佐藤", "鈴木", "高橋", "田中", "伊藤", "渡辺", "山本", "中村", "小林", "加藤", "吉田", "山田",
    "佐々木", "山口", "松本", "井上", "木村", "林", "斎藤", "清水", "山崎", "森", "池田", "橋本",
    "阿部", "石川", "山下", "中島", "石井", "小川", "前田", "岡田", "長谷川", "藤田", "後藤",
    "近藤",
    "村上", "遠藤", "青木", "坂本", "福田", "太田", "西村", "藤井", "金子", "岡本", "藤原", "中野",
    "三浦", "原田", "中川", "松田", "竹内", "小野", "田村", "中山", "和田", "石田", "森田", "上田",
    "原", "内田", "柴田", "酒井", "宮崎", "横山", "高木", "安藤", "宮本", "大野", "小島", "谷口",
    "今井", "高田", "増田", "丸山", "杉山", "村田", "大塚", "新井", "小山", "平野", "藤本", "河野",
    "上野", "野口", "武田", "松井", "千葉", "岩崎", "菅原", "木下", "久保", "佐野", "野村", "松尾",
    "浜田", "市川", "菊地", "杉本", "東洋", "日進", "三和", "大和", "光", "富士", "昭和", "旭",
    "共栄", "協和", "新生", "第一", "中央", "東亜", "太平", "日新", "三協", "丸光", "大成", "栄",
    "平和", "明和", "誠和", "宝", "末広", "双葉", "若葉", "北斗", "南星", "西日本", "東海", "北陸",
)  # fmt: skip
OTHER_FORMS = {
    "高橋": "髙橋", "渡辺": "渡邊", "斎藤": "斉藤", "山崎": "山﨑", "浜田": "濱田", "菊地": "菊池",
    "中島": "中嶋", "小島": "小嶋", "遠藤": "遠籐", "佐藤": "佐籐", "伊藤": "伊東", "阿部": "安部",
    "河野": "川野", "石川": "石河", "太田": "大田", "近藤": "近籐", "後藤": "後籐", "富士": "冨士",
    "栄": "榮", "双葉": "二葉", "原田": "原口", "宮崎": "宮﨑", "岩崎": "岩﨑", "藤井": "籐井",
}  # fmt: skip
"""Characters that are often written in another form."""

TRADES = {
    "12": ("食品", "製菓", "水産", "製麺"),
    "13": ("飲料", "酒造", "製茶", "飼料"),
    "14": ("織物", "繊維", "撚糸", "染工"),
    "15": ("縫製", "被服", "ニット", "衣料"),
    "16": ("製材", "木材", "合板", "木工"),
    "17": ("家具", "木工", "建具", "インテリア"),
    "18": ("紙工", "製紙", "紙器", "パルプ"),
    "19": ("印刷", "出版", "製本", "プロセス"),
    "20": ("化学", "薬品", "化成", "油脂"),
    "21": ("石油", "アスファルト", "油化", "燃料"),
    "22": ("化成", "プラスチック", "樹脂", "合成"),
    "23": ("ゴム", "ゴム工業", "護謨", "ラバー"),
    "24": ("皮革", "製靴", "鞄", "レザー"),
    "25": ("窯業", "製陶", "硝子", "セメント"),
    "26": ("鉄工", "製鋼", "鋳造", "鉄鋼"),
    "27": ("金属", "軽金属", "伸銅", "非鉄"),
    "28": ("金属工業", "製作所", "板金", "螺子"),
    "29": ("機械", "鉄工所", "精機", "機工"),
    "30": ("電機", "電子", "電器", "通信"),
    "31": ("自動車工業", "車輌", "部品", "造船"),
    "32": ("光学", "精密", "計器", "時計"),
    "33": ("製作所", "工業", "精工", "産業"),
    "34": ("工芸", "玩具", "製作所", "産業"),
}
"""Trade words by two-digit group (JSIC revision 10)."""

QUARTERS = (
    "本町", "栄町", "中央", "緑町", "旭町", "東町", "西町", "南町", "北町", "幸町", "新町", "元町",
    "若葉", "桜町", "昭和町", "錦町", "大手町", "末広町", "寿町", "港町", "宮前", "上野", "川原",
    "大字原", "大字中村", "大字西原", "字前田", "字上原", "工業団地", "流通団地", "駅前",
    "日の出町", "住吉町", "八幡町", "松原", "高砂町",
)  # fmt: skip


def plant_names(
    stem: Ints, group: Ints, trade: Ints, form: Ints, misspelt: Ints, groups: tuple[str, ...]
) -> Strings:
    """Put names together.

    Parameters
    ----------
    stem, trade, form
        Positions in ``STEMS``, in the trade words of the group, in ``FORMS``, shape ``(n,)``.
    group
        Position in ``groups``, the two-digit groups, shape ``(n,)``.
    misspelt
        0 as it should be; 1 another form of a character; 2 short legal form; 3 a character lost.
    """
    other = pa.array([OTHER_FORMS.get(name, name[:-1] or name) for name in STEMS])
    words = [word for code in groups for word in TRADES[code]]
    shorter = pa.array([word[:-1] for word in words])
    stems = pc.if_else(
        pa.array(misspelt == 1),
        pc.take(other, pa.array(stem)),
        pc.take(pa.array(STEMS), pa.array(stem)),
    )
    at = pa.array(4 * group + trade)
    trades = pc.if_else(pa.array(misspelt == 3), pc.take(shorter, at), pc.take(pa.array(words), at))
    before, after = forms_beside_names(form, stem, misspelt == 2)
    return pc.binary_join_element_wise(before, stems, trades, after, "")


def forms_beside_names(form: Ints, stem: Ints, short: Bools) -> tuple[Strings, Strings]:
    """Legal form before the name for even stems, after it for odd ones; none for proprietors."""
    full = np.array([FORMS[0], FORMS[1], ""])[form]
    said = np.where(short, np.array(SHORT_FORMS)[form], full)
    first = stem % 2 == 0
    return pa.array(np.where(first, said, "").tolist()), pa.array(
        np.where(first, "", said).tolist()
    )


def addresses(place: Strings, quarter: Ints, numbers: Ints, misspelt: Bools) -> Strings:
    """Put addresses together.

    Parameters
    ----------
    place
        Prefecture, county and municipality, shape ``(n,)``.
    quarter
        Position in ``QUARTERS``, shape ``(n,)``.
    numbers
        Chome, block and number within the quarter, shape ``(n, 3)``.
    misspelt
        Whether the quarter loses its suffix and the numbers are joined by hyphens.
    """
    quarters = pa.array(QUARTERS)
    short = pa.array([name.removesuffix("町").removeprefix("大字") for name in QUARTERS])
    wrong = pa.array(misspelt)
    at = pa.array(quarter)
    text = [pc.cast(pa.array(column), pa.string()) for column in numbers.T]
    after_chome = pc.if_else(wrong, "-", "丁目")
    after_block = pc.if_else(wrong, "-", "番")
    last = pc.if_else(wrong, "", "号")
    return pc.binary_join_element_wise(
        place,
        pc.if_else(wrong, pc.take(short, at), pc.take(quarters, at)),
        text[0],
        after_chome,
        text[1],
        after_block,
        text[2],
        last,
        "",
    )


def legal_forms(form: Ints) -> Strings:
    """Legal forms as a dictionary of strings."""
    return pa.DictionaryArray.from_arrays(pa.array(form.astype(np.int8)), pa.array(FORMS))
