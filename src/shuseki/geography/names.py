"""Are two spellings the same name?

Names of places are written with small or large ケ (龍ケ崎市, 茅ヶ崎市), with old or new
characters (塩竈市, 塩釜), in full or half width. ``spelling_key`` brings them together; the
official name stays what the bundled tables have.

Limits: two municipalities may share a key (鹿嶋市 in Ibaraki, 鹿島市 in Saga): ask for the exact
name first.
"""

import unicodedata

__all__ = ["spelling_key"]

VARIANTS = (
    "ヶケ ヵカ 竈釜 龍竜 檮梼 澤沢 齋斎 齊斉 邊辺 邉辺 國国 瀧滝 櫻桜 廣広 條条 "
    "冨富 髙高 﨑崎 嵜崎 曾曽 淵渕 藪薮 鰺鯵 蘆芦 絲糸 鴬鶯 穗穂 檜桧 頸頚 籠篭 "
    "諫諌 嶋島 嶌島 濱浜 濵浜 會会 眞真 惠恵 德徳 榮栄 圓円 鹽塩 鐵鉄 藝芸 萬万 "
    "壽寿 豐豊 變変 舊旧 攝摂 學学 來来 禮礼 祗祇 麴麹 驒騨 鷗鴎 槇槙 莊荘 嚴厳 "
    "鄕郷 兒児 彌弥 峯峰 靜静 縣県 區区 總総 輕軽 燒焼 礒磯 隱隠 與与 寶宝 龜亀 "
    "關関 淺浅 戶戸 吳呉 黑黒 綠緑 靑青 橫横 讚讃 礪砺 蠣蛎 禰祢 劍剣 埜野 舘館 "
    "雙双 當当 縱縦 鷄鶏 穎頴 卽即 尙尚 內内 槪概 姬姫 飜翻 嶽岳 鬪闘 餘余 佛仏 "
    "轉転 假仮 圖図 團団 實実 發発 藥薬 藏蔵 櫪栃 "
)
NEWER = str.maketrans({pair[0]: pair[1] for pair in VARIANTS.split()})


def spelling_key(name: str) -> str:
    """A key that is the same for all spellings of a name.

    Examples
    --------
    >>> spelling_key("龍ヶ崎市") == spelling_key("竜ケ崎市")
    True
    """
    return "".join(unicodedata.normalize("NFKC", name).translate(NEWER).split()).casefold()
