"""Who changes a firm's record, what is refused, and what stays hidden?"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from starlette.testclient import TestClient

from shuseki.app import accounts as accounts_room
from shuseki.app import site
from shuseki.app.directory import REGISTRY
from shuseki.app.state import Settings
from shuseki.directory import Capability, Directory, Firm
from shuseki.errors import UnknownCodeError
from shuseki.sourcing.registry.store import ChangedMeanwhileError, Registry

PASSWORD = "correct horse battery"
PEOPLE = {
    "rin": ("reader", "ota"),
    "mei": ("member", "ota"),
    "koji": ("coordinator", "ota"),
    "sachi": ("coordinator", "suwa"),
}
FIRMS = Directory(
    (
        Firm("1", "ota", "山田製作所", employees=9, owner_age=71, products="歯車"),
        Firm("2", "ota", "佐藤精機", employees=20),
    ),
    (Capability("ota/1", "turning", it_grade=7, rate_yen_per_hour=4000.0),),
)


@pytest.fixture
def opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fast_hasher: PasswordHasher
) -> Iterator[Callable[[str], TestClient]]:
    """A service over a registry of Ota; Mei is of firm ota/1, whose products only it sees."""
    monkeypatch.setattr(accounts_room, "PasswordHasher", lambda: fast_hasher)
    with Registry.create(tmp_path / REGISTRY, "ota") as registry:
        registry.put(FIRMS)
        registry.set_level("firms.products", "private", "ota/1")
    made = site.make_app(Settings(tmp_path, accounts=True, warm=False))
    accounts = made.state.shuseki.accounts
    for name, (role, cluster) in PEOPLE.items():
        accounts.add(name, PASSWORD, role, cluster)
    accounts.set_firm("mei", "ota/1")
    clients: list[TestClient] = []

    def sign_in(name: str) -> TestClient:
        ours = {"sec-fetch-site": "same-origin"}
        found = TestClient(made, base_url="http://localhost", headers=ours, follow_redirects=False)
        clients.append(found)
        if name:
            found.post("/en/sign-in", data={"name": name, "password": PASSWORD})
        return found

    yield sign_in
    for one in clients:
        one.close()


def fields_of(page: str) -> dict[str, str]:
    """What the form of a firm would send."""
    found = dict(re.findall(r'<input[^>]* name="([^"]+)" value="([^"]*)"', page))
    for name, body in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', page):
        chosen = re.search(r'<option value="([^"]*)" selected', body)
        found[name] = chosen[1] if chosen else ""
    return found


def held(tmp_path: Path) -> Directory:
    with Registry.open(tmp_path / REGISTRY) as registry:
        return registry.directory()


def test_a_coordinator_changes_a_firm_and_what_he_does_not_see_stays(
    opened: Callable[[str], TestClient], tmp_path: Path
):
    koji = opened("koji")
    form = fields_of(koji.get("/en/firm?firm=ota/1").text)
    assert "products" not in form
    assert form["employees"] == "9"
    form |= {"employees": "12", "1.process": "grinding", "level.firms.employees": "coordinator"}
    assert koji.post("/en/firm", data=form).status_code == 303
    firm = held(tmp_path).firms[0]
    assert (firm.employees, firm.products, firm.owner_age) == (12, "歯車", 71)
    done = {c.process: c.it_grade for c in held(tmp_path).capabilities}
    assert done == {"turning": 7, "grinding": None}
    with Registry.open(tmp_path / REGISTRY) as registry:
        assert registry.visibility().own["ota/1"]["firms.employees"] == "coordinator"
        seen = registry.view("partner", "suwa")
    assert {f.key: f.employees for f in seen.firms} == {"ota/1": None, "ota/2": 20}
    page = koji.get("/ja/firm?firm=ota/1").text
    assert "change firm" in page  # the history


def test_a_change_on_an_old_version_is_refused(opened: Callable[[str], TestClient], tmp_path: Path):
    koji, mei = opened("koji"), opened("mei")
    first = fields_of(koji.get("/en/firm?firm=ota/1").text)
    second = fields_of(mei.get("/en/firm?firm=ota/1").text)
    assert mei.post("/en/firm", data=second | {"products": "ねじ"}).status_code == 303
    late = koji.post("/en/firm", data=first | {"employees": "99"})
    assert late.status_code == 409
    assert "Changed by somebody else" in late.text
    assert held(tmp_path).firms[0].employees == 9
    assert held(tmp_path).firms[0].products == "ねじ"


def test_a_member_writes_his_own_firm_alone(opened: Callable[[str], TestClient], tmp_path: Path):
    mei = opened("mei")
    assert fields_of(mei.get("/en/firm").text)["products"] == "歯車"
    assert mei.get("/en/firm?firm=ota/2").status_code == 404
    form = fields_of(mei.get("/en/firm").text)
    assert mei.post("/en/firm", data=form | {"firm": "ota/2"}).status_code == 404
    assert mei.post("/en/firm", data={"name": "New", "version": "0"}).status_code == 403
    assert mei.post("/en/firm/close", data={"firm": "ota/1"}).status_code == 403
    assert len(held(tmp_path)) == 2


@pytest.mark.parametrize(("name", "status"), [("", 401), ("rin", 403), ("sachi", 403)])
def test_others_write_nothing(
    opened: Callable[[str], TestClient], tmp_path: Path, name: str, status: int
):
    other = opened(name)
    for path in ("/en/firm?firm=ota/1", "/en/firms"):
        assert other.get(path).status_code == status
    assert other.post("/en/firm", data={"firm": "ota/1", "name": "X"}).status_code == status
    assert other.post("/en/firm/close", data={"firm": "ota/1"}).status_code == status
    sent = other.post("/en/firms/uploads", files={"file": ("f.csv", b"name\nX\n")})
    assert sent.status_code == status
    assert held(tmp_path).firms == FIRMS.firms
    assert "/en/firm?" not in opened("rin").get("/en/company?firm=ota/1").text


def test_every_fault_stands_beside_its_field(opened: Callable[[str], TestClient], tmp_path: Path):
    koji = opened("koji")
    form = fields_of(koji.get("/en/firm?firm=ota/1").text)
    form |= {"name": "", "employees": "many", "owner_age": "7", "0.it_grade": "40"}
    page = koji.post("/ja/firm", data=form)
    assert page.status_code == 422
    for field in ("name", "employees", "owner_age", "0.it_grade"):
        assert f'id="fault-{field}"' in page.text
    assert 'value="many"' in page.text
    assert "名称が必要である" in page.text
    assert held(tmp_path).firms == FIRMS.firms


def test_a_firm_is_added_and_closed(opened: Callable[[str], TestClient], tmp_path: Path):
    koji = opened("koji")
    form = fields_of(koji.get("/en/firm").text)
    sent = koji.post("/en/firm", data=form | {"name": "新工業", "id": "3", "0.process": "plating"})
    assert sent.status_code == 303, sent.text
    assert [f.name for f in held(tmp_path).firms] == ["山田製作所", "佐藤精機", "新工業"]
    taken = koji.post("/en/firm", data=form | {"name": "再び", "id": "3"})
    assert taken.status_code == 409
    assert koji.post("/en/firm/close", data={"firm": "ota/3", "version": "9"}).status_code == 409
    assert koji.post("/en/firm/close", data={"firm": "ota/3", "version": "1"}).status_code == 303
    assert len(held(tmp_path)) == 2


def test_a_list_is_accounted_for_before_it_is_kept(
    opened: Callable[[str], TestClient], tmp_path: Path
):
    koji = opened("koji")
    text = "名称,工程,代表者年齢\n高橋鉄工,旋削,abc\n".encode()
    looked = koji.post("/ja/firms/uploads", files={"file": ("一覧.csv", text)})
    assert "owner_age" in looked.text
    assert "一覧.csv" in looked.text
    assert len(held(tmp_path)) == 2
    kept = koji.post("/ja/firms/uploads", files={"file": ("一覧.csv", text)}, data={"keep": "yes"})
    assert kept.status_code == 200
    assert "高橋鉄工" in [f.name for f in held(tmp_path).firms]
    assert koji.post("/en/firms/uploads", files={"file": ("a.exe", b"x")}).status_code == 422


def test_without_a_registry_a_list_makes_one_at_the_machine(tmp_path: Path):
    made = site.make_app(Settings(tmp_path, warm=False))
    ours = {"sec-fetch-site": "same-origin"}
    with TestClient(made, base_url="http://localhost", headers=ours) as client:
        assert client.get("/en/firm").status_code == 404
        text = "名称,工程\n高橋鉄工,旋削\n".encode()
        sent = {"cluster": "suwa", "keep": "yes"}
        client.post("/en/firms/uploads", files={"file": ("l.csv", text)}, data=sent)
        assert "高橋鉄工" in client.get("/en/firms").text
        told = client.get("/api/companies?search=旋削").json()
        assert "--data" in told["command"]
        assert not told["synthetic"]


def test_the_registry_refuses_a_version_that_is_not_the_newest(tmp_path: Path):
    with Registry.create(tmp_path / "r.sqlite", "ota") as registry:
        registry.put(FIRMS, seen={"1": 0, "2": 0})
        with pytest.raises(ChangedMeanwhileError, match="ota/1, version 1"):
            registry.put(FIRMS, seen={"1": 0})
        with pytest.raises(UnknownCodeError):
            registry.put(FIRMS, levels={"ota/1": {"firms.nothing": "public"}})
        registry.put(FIRMS, seen={"1": 1}, levels={"ota/1": {"firms.name": "private"}})
        assert "山田製作所" not in [f.name for f in registry.view("public").firms]
