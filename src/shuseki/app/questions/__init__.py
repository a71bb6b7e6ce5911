"""Which questions can be asked?"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from shuseki.app.question import Question
from shuseki.app.questions.areas import COMPARE, MAP, RANKING
from shuseki.app.questions.firms import (
    CAPACITY,
    COMPANIES,
    COMPANY,
    GAPS,
    INQUIRY,
    NETWORK,
    ORDER,
    RENTS,
    SURVEY,
)
from shuseki.app.questions.print import AUDIT
from shuseki.app.questions.profile import AREA, DRIVERS, PROFILES
from shuseki.app.questions.theory import BIFURCATION, COUNTERFACTUAL, EXCHANGE
from shuseki.app.questions.weights import WEIGHTS

__all__ = ["QUESTIONS"]

QUESTIONS: Mapping[str, Question[Any]] = MappingProxyType(
    {
        question.name: question
        for question in (
            MAP,
            AREA,
            DRIVERS,
            RANKING,
            WEIGHTS,
            COMPARE,
            PROFILES,
            BIFURCATION,
            COUNTERFACTUAL,
            EXCHANGE,
            COMPANIES,
            COMPANY,
            ORDER,
            INQUIRY,
            CAPACITY,
            GAPS,
            NETWORK,
            RENTS,
            SURVEY,
            AUDIT,
        )
    }
)
"""Name in addresses → question, in the order of the list of pages."""
