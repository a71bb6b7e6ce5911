"""Is a sentence said once and told in both languages?"""

import pickle

import pytest

from shuseki.errors import ParameterError
from shuseki.language import Message, check_language, joined, listed, messages, say, told, word


@pytest.fixture(autouse=True)
def translations(monkeypatch):
    table = {"{n:,} births": "開業{n:,}件", "in {areas:count(area)}": "{areas:,}地域で"}
    monkeypatch.setattr(messages, "translation", lambda key, lang: table.get(key))


def test_a_message_is_its_english():
    message = say("{n:,} births", n=16_193)
    assert message == "16,193 births"
    assert isinstance(message, str)
    assert told(message, "en") == "16,193 births"
    assert told(message, "ja") == "開業16,193件"


def test_plurals():
    assert say("in {areas:count(area)}", areas=1) == "in 1 area"
    assert say("in {areas:count(area)}", areas=1253) == "in 1,253 areas"
    assert say("{k:count(city,cities)}", k=2) == "2 cities"


def test_messages_inside_messages_are_told_too():
    inner = say("{n:,} births", n=3)
    assert told(say("{what}", what=inner), "ja") == "開業3件"
    both = joined([inner, say("in {areas:count(area)}", areas=2)], "; ")
    assert both == "3 births; in 2 areas"
    assert told(both, "ja") == "開業3件；2地域で"
    assert told(listed(["3a", "6"]), "ja") == "3a、6"


def test_a_word_of_the_glossary_is_told_inside_a_sentence():
    message = say("{what}", what=word("plants"))
    assert message == "plants"
    assert told(message, "ja") == "事業所数"
    assert told(word("Suwa"), "ja") == word("Suwa") == "Suwa"
    again = pickle.loads(pickle.dumps(word("plants")))
    assert isinstance(again, Message)
    assert told(again, "ja") == "事業所数"


def test_without_translation_it_stays_english():
    assert told(say("nothing known"), "ja") == "nothing known"


def test_a_message_survives_a_process():
    message = pickle.loads(pickle.dumps(joined([say("{n:,} births", n=3), "x"], ", ")))
    assert isinstance(message, Message)
    assert told(message, "ja") == "開業3件、x"


def test_bad_input():
    with pytest.raises(ParameterError, match="Unknown language 'fr'"):
        check_language("fr")
    with pytest.raises(ParameterError, match="Unknown separator"):
        joined(["a"], "|")
    with pytest.raises(ParameterError, match="without a name"):
        say("{}")
