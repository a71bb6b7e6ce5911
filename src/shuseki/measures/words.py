"""What are variables and indices called in the language of the reader?"""

from collections.abc import Mapping

__all__ = ["INDEX_WORDS", "PATTERN_WORDS", "VARIABLE_WORDS", "in_japanese"]

VARIABLE_WORDS: Mapping[str, tuple[str, str]] = {
    "plants": ("Plants", "事業所数"),
    "employment": ("Employees", "従業者数"),
    "employees": ("Employees", "従業者数"),
    "shipments_yen": ("Shipments", "製造品出荷額等"),
    "value_added_yen": ("Value added", "付加価値額"),
}
INDEX_WORDS: Mapping[str, tuple[str, str]] = {
    "locational_gini": ("Gini", "ジニ係数"),
    "theil": ("Theil", "タイル指数"),
    "ellison_glaeser": ("Ellison–Glaeser γ", "エリソン・グレーザー指数"),
    "maurel_sedillot": ("Maurel–Sédillot", "モレル・セディヨ指数"),
    "moran": ("Moran's I", "モランのI"),
    "k_density": ("K-density Γ", "K密度 Γ"),
}
PATTERN_WORDS: Mapping[str, str] = {
    "localised": "集中",
    "dispersed": "分散",
    "random": "偶然と区別できず",
}


def in_japanese(variable: str) -> str:
    """Japanese word for a variable; its own name where there is none.

    Examples
    --------
    >>> in_japanese("plants")
    '事業所数'
    """
    return VARIABLE_WORDS.get(variable, (variable, variable))[1]
