"""Are two registers linked, are decisions kept at once, and are they what the command reads?"""

import io
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from shuseki.app.reviews import Reviews
from shuseki.cli import app as command_line
from shuseki.errors import ParameterError, UnknownCodeError


@pytest.fixture(scope="module")
def registers(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A register and its later state: a third renamed, moved or gone (made by hand from a seed)."""
    place = tmp_path_factory.mktemp("registers")
    words = ["山田", "佐藤", "富士", "三和", "協和", "昭和", "丸山", "高橋", "日進", "共栄"]
    kinds = ["製作所", "工業", "精機", "鉄工所", "電機", "金属"]
    left = pd.DataFrame(
        {
            "id": [f"L{k:03d}" for k in range(90)],
            "name": [words[k % 10] + kinds[(k * 7) % 6] for k in range(90)],
            "address": [f"東京都大田区蒲田{1 + k % 5}-{k % 17}-{k % 13}" for k in range(90)],
            "municipality": "13111",
            "industry": [str(20 + k % 9) for k in range(90)],
            "employees": [4 + (k * 11) % 50 for k in range(90)],
        }
    )
    right = left[left.index % 5 != 0].assign(id=lambda frame: "R" + frame["id"].str[1:])
    right.loc[right.index % 7 == 0, "address"] = "東京都大田区羽田1-1-1"
    right["employees"] += right.index % 3
    left.to_csv(place / "left.csv", index=False)
    right.to_csv(place / "right.csv", index=False)
    return place / "left.csv", place / "right.csv"


def linked(client: TestClient, place: str) -> str:
    """The page of a review when it is ready."""
    for _ in range(600):
        page = client.get(place)
        assert page.status_code == 200
        if "http-equiv" not in page.text:
            return page.text
        time.sleep(0.1)
    raise AssertionError("not linked within a minute")


def begun(client: TestClient, registers: tuple[Path, Path], pairs: int = 6) -> str:
    left, right = (path.read_bytes() for path in registers)
    made = client.post(
        "/en/links/uploads",
        files={"left": ("1998.csv", left), "right": ("2000.csv", right)},
        data={"pairs": str(pairs)},
        follow_redirects=False,
    )
    assert made.status_code == 303, made.text
    return made.headers["location"]


def test_a_pair_is_decided_linked_again_and_taken_away(
    client: TestClient, registers: tuple[Path, Path], tmp_path: Path
):
    place = begun(client, registers)
    page = linked(client, place)
    assert "1998.csv" in page
    assert "How the weight adds up" in page
    assert "次の組" in client.get(place.replace("/en/", "/ja/")).text
    sent = client.post(
        f"{place}/decide", data={"pair": "1", "decision": "different"}, follow_redirects=False
    )
    assert sent.headers["location"] == f"{place}?pair=2"
    client.post(f"{place}/decide", data={"pair": "2", "decision": "unknown"})
    text = client.get(f"{place}/decisions.csv").text
    listed = pd.read_csv(io.StringIO(text.removeprefix("\ufeff")))
    assert listed["match"].isna().sum() == len(listed) - 1
    assert listed.loc[0, "match"] == 0

    file = tmp_path / "decisions.csv"
    file.write_text(text, encoding="utf-8")
    words = ["link", *map(str, registers), "--labels", str(file), "--draws", "0"]
    out = tmp_path / "links.csv"
    done = CliRunner().invoke(command_line, [*words, "--output", str(out)])
    assert done.exit_code == 0, done.output
    found = pd.read_csv(out)
    told = set(zip(found["left"], found["right"], strict=True))
    assert (listed.loc[0, "left"], listed.loc[0, "right"]) not in told

    client.post(f"{place}/again")
    linked(client, place)
    again = client.get(f"{place}/decisions.csv").text.removeprefix("\ufeff")
    kept = pd.read_csv(io.StringIO(again)).set_index(["left", "right"])["match"]
    assert kept[listed.loc[0, "left"], listed.loc[0, "right"]] == 0
    client.post(f"{place}/delete")
    assert client.get(place).status_code == 404


def test_what_cannot_be_linked_is_said(client: TestClient):
    made = client.post(
        "/en/links/uploads",
        files={"left": ("a.csv", b"x\n1\n"), "right": ("b.csv", b"x\n1\n")},
        follow_redirects=False,
    )
    page = linked(client, made.headers["location"])
    assert "Expected one row per establishment" in page
    wrong = client.post(
        "/en/links/uploads", files={"left": ("a.exe", b"x"), "right": ("b.csv", b"x")}
    )
    assert wrong.status_code == 422
    assert "Expected a register" in wrong.text


def test_another_readers_review_is_not_there(
    service: Callable[[str], TestClient], registers: tuple[Path, Path]
):
    rin, mei = service("rin"), service("mei")
    place = begun(rin, registers)
    linked(rin, place)
    for path in ("", "/decisions.csv"):
        assert mei.get(place + path).status_code == 404
        assert service("").get(place + path).status_code == 401
    sent = mei.post(f"{place}/decide", data={"pair": "1", "decision": "same"})
    assert sent.status_code == 404
    assert rin.post("/en/delete-all").status_code == 303
    assert rin.get(place).status_code == 404


def test_answers_that_there_are_not(tmp_path: Path):
    reviews = Reviews(tmp_path)
    with pytest.raises(UnknownCodeError, match="no review"):
        reviews.get("../../etc/passwd")
    with pytest.raises(ParameterError, match="Expected 1 to"):
        reviews.add((io.BytesIO(), io.BytesIO()), ("a.csv", "b.csv"), "rin", 0)
