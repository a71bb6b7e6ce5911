"""Two small registers with known pairs; made up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

STEMS = (
    "東洋", "日進", "三和", "大和", "富士", "昭和", "共栄", "協和", "新生",
    "第一", "中央", "東亜", "太平", "日新", "三協", "丸光", "大成", "平和",
    "明和", "誠和", "末広", "双葉", "若葉", "北斗", "南星", "東海", "北陸",
    "高橋", "渡辺", "斎藤",
)  # fmt: skip
TRADES = ["製作所", "鉄工所", "精機", "工業", "電機", "化成", "印刷", "木工", "製菓", "染工"]
TOWNS = {
    "20206": "長野県諏訪市",
    "20204": "長野県岡谷市",
    "13111": "東京都大田区",
    "27227": "大阪府東大阪市",
}


def drawn(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Plants with a name, an address and a size; synthetic."""
    town = rng.choice(list(TOWNS), n)
    stem, trade = rng.integers(len(STEMS), size=n), rng.integers(len(TRADES), size=n)
    block = rng.integers(1, 40, size=(n, 3))
    return pd.DataFrame(
        {
            "id": [f"L{k}" for k in range(n)],
            "name": [f"株式会社{STEMS[a]}{TRADES[b]}" for a, b in zip(stem, trade, strict=True)],
            "address": [
                f"{TOWNS[t]}本町{a}丁目{b}番{c}号" for t, (a, b, c) in zip(town, block, strict=True)
            ],
            "municipality": town,
            "industry": [f"{10 + b}{b}1" for b in trade],
            "employees": rng.integers(4, 200, n),
        }
    )


@pytest.fixture(scope="session")
def known() -> dict[str, Any]:
    """Left and right, 300 each: 240 go on (some respelt, moved, renamed), 60 are new; the truth."""
    rng = np.random.default_rng(7)
    every = drawn(360, rng)
    left, right = every.iloc[:300].copy(), every.iloc[60:].copy()
    fresh = drawn(60, rng)
    right["id"] = [f"R{k}" for k in range(300)]
    right.iloc[240:, 1:] = fresh.iloc[:, 1:].to_numpy()
    truth = pd.DataFrame(
        {"left": left["id"].to_numpy()[60:], "right": right["id"].to_numpy()[:240]}
    )
    at = right.index[:240]
    right.loc[at[:60], "name"] = right.loc[at[:60], "name"].str.replace("株式会社", "㈱")
    right.loc[at[60:70], "address"] = "東京都大田区大森北2丁目1番" + pd.Series(
        [f"{k}号" for k in range(10)], index=at[60:70]
    )
    right.loc[at[60:70], "municipality"] = "13111"
    right.loc[at[70:80], "name"] = [f"株式会社新{k}商会" for k in "甲乙丙丁戊己庚辛壬癸"]
    right["employees"] = (right["employees"] * rng.uniform(0.9, 1.1, 300)).round().astype(int)
    return {
        "left": left.reset_index(drop=True),
        "right": right.sample(frac=1, random_state=1).reset_index(drop=True),
        "truth": truth,
        "moved": set(truth["right"][60:70]),
        "renamed": set(truth["right"][70:80]),
    }
