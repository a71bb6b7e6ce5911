"""Who answers a technology or a need, and which teams does the model advise?"""

import numpy as np
import pytest

from shuseki.directory import Capability, Directory, Equipment, Firm, Tie
from shuseki.errors import ShusekiError
from shuseki.sourcing.inquiries import Inquiry, answer, difference, team_scores

FIRMS = Directory(
    (
        Firm("1", "tsubame", "研磨屋", products="金属洋食器の鏡面仕上げ"),
        Firm("2", "tsubame", "器物", products="酒器、花瓶"),
        Firm("3", "suwa", "時計", products="腕時計部品"),
        Firm("4", "suwa", "塗料", products="漆調塗料"),
        Firm("5", "ota", "旋盤", products="機械部品"),
    ),
    (
        Capability("tsubame/1", "mirror_polishing"),
        Capability("tsubame/2", "deep_drawing"),
        Capability("suwa/3", "automatic_turning"),
        Capability("suwa/4", "painting"),
        Capability("ota/5", "turning"),
    ),
    equipment=(Equipment("ota/5", "真空蒸着装置"),),
    ties=(Tie("tsubame/2", "tsubame/1"),),
)


def test_processes_products_and_machines_are_found_in_both_languages() -> None:
    found = answer(Inquiry("腕時計の外装を鏡面研磨したい。塗装も"), FIRMS).firms.set_index("firm")
    assert found.loc["suwa/3", "words_found"] == "腕時計"
    assert found.loc["tsubame/1", "processes"] == "mirror polishing"
    assert found.loc["suwa/4", "processes"] == "painting"
    assert "ota/5" not in found.index
    english = answer(Inquiry("polishing and painting of cases"), FIRMS).firms["firm"].tolist()
    assert set(english) == {"tsubame/1", "suwa/4"}
    assert answer(Inquiry("真空蒸着装置を使える先"), FIRMS).firms["firm"].tolist() == ["ota/5"]


def test_a_longer_name_is_not_its_part() -> None:
    assert answer(Inquiry("鏡面研磨"), FIRMS).understood == ("mirror_polishing",)


def test_what_is_not_understood_is_listed() -> None:
    found = answer(Inquiry("反重力装置"), FIRMS)
    assert found.firms.empty
    assert found.teams == ()
    assert found.not_understood == ("反重力装置",)


def test_differences_and_scores_by_hand() -> None:
    m = difference([frozenset("abcde"), frozenset("aefgh"), frozenset("xy")])
    # overlap 2 of 8: m = (1 - 0.25)/2; none at all: ½, where nothing is shared and nothing grows
    assert m[0, 1] == 0.375
    assert m[0, 2] == 0.5
    scores = team_scores(m, 1 / 3)
    assert scores[0, 2] == 0
    # g(m) = (1-2m)^θ m^(1-θ)/(1-m), its largest at m = 0.4 (theory.models.knowledge_growth)
    best = 0.2 ** (1 / 3) * 0.4 ** (2 / 3) / 0.6
    own = 0.25 ** (1 / 3) * 0.375 ** (2 / 3) / 0.625
    assert scores[0, 1] == pytest.approx(own / best)
    assert np.diag(scores).tolist() == [0, 0, 0]


def test_teams_have_the_asker_and_the_size_of_the_model() -> None:
    firms = Directory(
        tuple(Firm(str(k), "ota", str(k), products="弁 ポンプ") for k in range(8)),
        tuple(
            Capability(f"ota/{k}", process)
            for k in range(8)
            for process in (("turning", "milling", "grinding", "plating")[k % 4], "polishing")
        ),
    )
    found = answer(Inquiry("弁を研磨する", asker="ota/7"), firms)
    assert all(len(team.members) == 4 for team in found.teams)  # 1 + 1/θ = 4
    assert all("ota/7" in team.members for team in found.teams)
    scores = [team.score for team in found.teams]
    assert scores == sorted(scores, reverse=True)
    assert any("model's advice" in note for note in found.notes)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Inquiry("  "),
        lambda: Inquiry("x" * 30_000),
        lambda: Inquiry("x", "wish"),  # type: ignore[arg-type]
        lambda: answer(Inquiry("x", asker="ota/nobody"), FIRMS),
        lambda: answer(Inquiry("x"), FIRMS, theta=0.05),
        lambda: answer(Inquiry("x"), FIRMS, theta=2.0),
        lambda: answer(Inquiry("x"), FIRMS, size=1),
    ],
)
def test_inquiries_that_cannot_be_are_refused(make: object) -> None:
    with pytest.raises(ShusekiError):
        make()  # type: ignore[operator]
