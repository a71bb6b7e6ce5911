"""Who may ask for what: a table of every route and role, which no new route can leave out."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount
from starlette.testclient import TestClient

from shuseki.app import accounts as accounts_room
from shuseki.app import posted, site
from shuseki.app.directory import REGISTRY
from shuseki.app.kept import arriving
from shuseki.app.question import takes_file
from shuseki.app.questions import QUESTIONS
from shuseki.app.reviews import Reviews
from shuseki.app.state import Settings
from shuseki.app.uploads import Upload
from shuseki.directory import Capability, Directory, Firm
from shuseki.records.validation import validate
from shuseki.release import MANIFEST
from shuseki.sourcing.registry.store import Registry

PASSWORD = "correct horse battery"
PEOPLE = {
    "": ("nobody", ""),
    "rin": ("reader", ""),
    "mei": ("member", "ota"),
    "mio": ("member", "suwa"),
    "koji": ("coordinator", "ota"),
    "sachi": ("coordinator", "suwa"),
    "ada": ("administrator", ""),
}
"""The registry is of Ota; Mei is of the firm ota/1. What was brought is Rin's."""
OURS = {"sec-fetch-site": "same-origin"}
WAVE = b"id,municipality,industry,employees\n1,13101,29,5\n"
AREAS = b"municipality,area\n27227,A\n20206,B\n"
FIRMS = b"id,name,process\n7,Seven,turning\n"
NO_KEY = "20260101000000-0123456789ab"
"""Like a key of something brought; there is none of it."""
FIRM = {"firm": "ota/1", "version": "1", "name": "One", "employees": "12"}

Statuses = tuple[int, ...]
"""Of the people above, in their order."""


def everybody(status: int) -> Statuses:
    return (status,) * 7


def signed_in(status: int) -> Statuses:
    return (401, *(status,) * 6)


def owner(status: int) -> Statuses:
    """Rin's own: to everybody else who is signed in it is not there, whatever his role."""
    return (401, status, 404, 404, 404, 404, 404)


def of_ota(member: int, coordinator: int) -> Statuses:
    """Firms of Ota: no other cluster and no administrator writes them."""
    return (401, 403, member, 403, coordinator, 403, 403)


def coordinators(status: int) -> Statuses:
    """Coordinators of any cluster, and administrators."""
    return (401, 403, 403, 403, status, status, status)


@dataclass(frozen=True)
class Row:
    """What is sent to a route, where its address does not say all, and who gets which answer."""

    statuses: Statuses
    query: str = ""
    sent: Mapping[str, Any] = field(default_factory=dict)
    at: Mapping[str, str] = field(default_factory=dict)


UNKNOWN = "?no-such-option=1"
"""Whoever may ask is told 422 at once: nothing is computed."""
TABLE: dict[tuple[str, str], Row] = {
    ("GET", "/"): Row(everybody(302)),
    ("GET", "/{lang}/"): Row(everybody(200)),
    ("GET", "/{lang}/{name}"): Row(everybody(200), at={"name": "ranking"}),
    ("POST", "/{lang}/{name}"): Row(everybody(303), at={"name": "ranking"}),
    ("GET", "/api/openapi.json"): Row(everybody(200)),
    ("GET", "/api/indicators"): Row(everybody(200)),
    ("GET", "/api/areas/{division}"): Row(everybody(200)),
    ("GET", "/api/shapes/{division}/{lang}"): Row(everybody(200)),
    ("GET", "/api/values/{indicator}"): Row(everybody(200)),
    ("GET", "/static"): Row(everybody(200), query="/app.js"),
    **{
        ("GET", f"/api/{name}{ending}"): Row(everybody(422), query=UNKNOWN)
        for name, one in QUESTIONS.items()
        for ending in ("", ".csv", ".xlsx", *(f".{e}" for e in one.files), "/figures/{lang}")
    },
    # ---- accounts
    ("GET", "/{lang}/sign-in"): Row(everybody(200)),
    ("POST", "/{lang}/sign-in"): Row(everybody(401), sent={"data": {"name": "x"}}),
    ("GET", "/{lang}/accounts"): Row((401, *(403,) * 5, 200)),
    # ---- records and studies of one's own
    ("GET", "/{lang}/uploads"): Row(signed_in(200)),
    ("POST", "/{lang}/uploads"): Row(signed_in(303), sent={"files": {"file": ("w.csv", WAVE)}}),
    ("GET", "/{lang}/uploads/{key}"): Row(owner(200)),
    ("GET", "/{lang}/studies"): Row(signed_in(200)),
    ("GET", "/{lang}/studies/new"): Row(signed_in(200)),
    ("POST", "/{lang}/studies"): Row(signed_in(303), sent={"data": {"bundled": "okamuro-2006"}}),
    ("GET", "/{lang}/studies/{key}"): Row(owner(200)),
    ("GET", "/api/studies"): Row(signed_in(200)),
    ("POST", "/api/studies"): Row(signed_in(202), sent={"json": {"study": "okamuro-2006"}}),
    ("GET", "/api/studies/{key}"): Row(owner(200)),
    ("GET", "/api/studies/{key}/events"): Row(owner(200)),
    ("GET", "/api/studies/{key}/files/{path:path}"): Row(owner(200)),
    ("POST", "/{lang}/studies/{key}/cancel"): Row(owner(303)),
    # ---- reviews of links
    ("GET", "/{lang}/links"): Row(signed_in(200)),
    ("POST", "/{lang}/links/uploads"): Row(
        signed_in(303), sent={"files": {"left": ("a.csv", WAVE), "right": ("b.csv", WAVE)}}
    ),
    ("GET", "/{lang}/links/{key}"): Row(owner(200)),
    ("GET", "/{lang}/links/{key}/decisions.csv"): Row(owner(200)),
    ("POST", "/{lang}/links/{key}/decide"): Row(
        owner(303), sent={"data": {"pair": "1", "decision": "same"}}
    ),
    ("POST", "/{lang}/links/{key}/again"): Row(owner(303)),
    # ---- firms
    ("GET", "/{lang}/firm"): Row(of_ota(200, 200), query="?firm=ota/1"),
    ("POST", "/{lang}/firm"): Row(of_ota(303, 303), sent={"data": FIRM}),
    ("GET", "/{lang}/firms"): Row(of_ota(200, 200)),
    ("POST", "/{lang}/firms/uploads"): Row(
        of_ota(403, 200), sent={"files": {"file": ("f.csv", FIRMS)}, "data": {"keep": "yes"}}
    ),
    ("POST", "/{lang}/firm/close"): Row(
        of_ota(403, 303), sent={"data": {"firm": "ota/1", "version": "2"}}
    ),
    # ---- areas
    ("GET", "/{lang}/areas"): Row(signed_in(200)),
    ("POST", "/{lang}/areas/uploads"): Row(
        coordinators(303), sent={"files": {"file": ("a.csv", AREAS)}}
    ),
    ("POST", "/{lang}/areas/{key}/delete"): Row(coordinators(303)),
    # ---- at last: what is gone afterwards
    ("POST", "/{lang}/uploads/{key}/delete"): Row(owner(303)),
    ("POST", "/{lang}/studies/{key}/delete"): Row(owner(303)),
    ("POST", "/{lang}/links/{key}/delete"): Row(owner(303)),
    ("POST", "/{lang}/delete-all"): Row(signed_in(303)),
    ("POST", "/{lang}/sign-out"): Row(everybody(303)),
}


def routes_of(app: FastAPI) -> list[tuple[str, str]]:
    """Method and path of every route; HEAD goes where GET goes."""
    found: list[tuple[str, str]] = []
    for one in iter_route_contexts(app.routes):
        methods = {"GET"} if isinstance(one.original_route, Mount) else (one.methods or set())
        found += [(method, str(one.path)) for method in sorted(methods - {"HEAD"})]
    return found


@dataclass(frozen=True)
class Place:
    """An app with a registry of Ota and with what Rin brought: kind → key."""

    app: FastAPI
    data: Path
    things: Mapping[str, str]
    sign_in: Callable[[str], TestClient]

    def held(self) -> tuple[Any, ...]:
        """What a request that is refused must not change."""
        state = self.app.state.shuseki
        with Registry.open(self.data / REGISTRY) as registry:
            firms = registry.directory()
        return (
            firms.firms,
            firms.capabilities,
            [job.key for job in state.jobs.all()],
            [one.key for one in state.uploads.all()],
            [(one.key, one.decisions) for one in state.reviews.all("rin")],
            [one.key for one in state.areas.all()],
            state.accounts.all(),
        )


SEEN: dict[tuple[bytes, str, int | None], Any] = {}


def findings_once(one: Upload) -> Any:
    """What is wrong with an upload, looked at once for all who bring the same."""
    key = (one.file.read_bytes(), one.layout, one.wave)
    if key not in SEEN:
        SEEN[key] = validate(one.file, one.layout, wave=one.wave)
    return SEEN[key]


@pytest.fixture
def place(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fast_hasher: PasswordHasher,
    loop: BlockingPortal,
) -> Iterator[Place]:
    monkeypatch.setattr(accounts_room, "PasswordHasher", lambda: fast_hasher)
    monkeypatch.setattr(Upload, "findings", findings_once)
    monkeypatch.setattr(Reviews, "link", lambda self, key: None)  # no process is started here
    with Registry.create(tmp_path / REGISTRY, "ota") as registry:
        registry.put(
            Directory(
                (Firm("1", "ota", "One"), Firm("2", "ota", "Two")),
                (Capability("ota/1", "turning"),),
            )
        )
    app = site.make_app(Settings(tmp_path, accounts=True, warm=False))
    state = app.state.shuseki
    state.jobs.at_once = 0
    for name, (role, cluster) in PEOPLE.items():
        if name:
            state.accounts.add(name, PASSWORD, role, cluster)
    state.accounts.set_firm("mei", "ota/1")
    upload = state.uploads.add(BytesIO(WAVE), "w.csv", "rin", "house", 2001)
    job = state.jobs.add("S", "rin", {}, "okamuro-2006")
    job.out.mkdir()
    for name in (MANIFEST, "report.html"):
        (job.out / name).write_text("{}")
    things = {
        "uploads": upload.key,
        "studies": job.key,
        "links": review_of(state.reviews, "rin"),
        "areas": state.areas.add(AREAS, "a.csv", "Mine").key,
    }
    opened: list[TestClient] = []

    def sign_in(name: str) -> TestClient:
        found = TestClient(app, base_url="http://localhost", headers=OURS, follow_redirects=False)
        found.portal = loop
        opened.append(found)
        if name:
            given = {"name": name, "password": PASSWORD}
            assert found.post("/en/sign-in", data=given).status_code == 303
        return found

    yield Place(app, tmp_path, things, sign_in)
    for one in opened:
        one.close()
    for area in state.areas.all():
        state.areas.delete(area.key)


def review_of(reviews: Reviews, owner: str) -> str:
    """A review that is ready, with one pair; as its folder would be after linking."""
    pair = {"left": "1", "right": "1", "probability": 0.5, "records": {}, "steps": []}
    about = {"owner": owner, "created": "2026-01-01T00:00:00+00:00", "asked": 1}
    about |= {"names": ["a.csv", "b.csv"], "endings": [".csv", ".csv"]}
    found = {"headlines": {"en": ["x"], "ja": ["x"]}, "columns": [], "pairs": [pair]}
    with arriving(reviews.folder) as (key, making):
        (making / "review.json").write_text(json.dumps(about))
        (making / "pairs.json").write_text(json.dumps(found))
    return key


def filled(template: str, row: Row, things: Mapping[str, str], key: str = "") -> str:
    """The address of a route, of Rin's things or of another key."""
    kind = next((name for name in things if f"/{name}/" in template), "")
    at = {"lang": "en", "key": key or things.get(kind, ""), "path:path": "report.html"}
    at |= {"division": "prefecture", "indicator": "plants", **row.at}
    for name, value in at.items():
        template = template.replace(f"{{{name}}}", value)
    return template + row.query


def test_every_route_stands_in_the_table(place: Place):
    found = routes_of(place.app)
    assert set(found) - set(TABLE) == set(), "say who may ask for it"
    assert set(TABLE) - set(found) == set()
    assert len(found) == len(set(found))


@pytest.mark.parametrize("name", PEOPLE)
def test_every_route_for_every_role(place: Place, name: str):
    client, at = place.sign_in(name), list(PEOPLE).index(name)
    found, wanted = {}, {}
    for (method, template), row in TABLE.items():
        address = filled(template, row, place.things)
        found[method, template] = client.request(method, address, **row.sent).status_code
        wanted[method, template] = row.statuses[at]
    assert found == wanted


ELSEWHERE = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "none"},
    {"origin": "http://evil.example"},
    {},
]


@pytest.mark.parametrize("headers", ELSEWHERE, ids=str)
def test_no_other_site_changes_anything(place: Place, headers: dict[str, str]):
    client = place.sign_in("koji")
    del client.headers["sec-fetch-site"]
    before = place.held()
    found = {}
    for _, template in routes_of(place.app):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            row = TABLE.get((method, template), Row(everybody(405)))
            address = filled(template, row, place.things)
            answer = client.request(method, address, headers=headers, **row.sent)
            found[method, template] = (answer.status_code, "a page of ours" in answer.text)
    assert set(found.values()) == {(403, True)}
    assert place.held() == before


@pytest.mark.parametrize("name", ["mei", "koji", "ada"])
def test_what_is_anothers_is_as_if_it_were_not(place: Place, name: str):
    client = place.sign_in(name)
    looked = 0
    for (method, template), row in TABLE.items():
        if "{key}" not in template or "/areas/" in template:
            continue
        answers = []
        for key in ("", NO_KEY):
            address = filled(template, row, place.things, key)
            answer = client.request(method, address, **row.sent)
            shown = next(iter({key or one for one in place.things.values() if one in address}), key)
            answers.append((answer.status_code, answer.text.replace(shown, "KEY")))
        assert answers[0] == answers[1], template
        assert answers[0][0] == 404, template
        looked += 1
    assert looked >= 10


def test_a_study_on_anothers_records_is_as_on_none(place: Place):
    mei = place.sign_in("mei")
    answers = []
    for key in (place.things["uploads"], NO_KEY):
        sent = mei.post("/en/studies", data={"name": "n", "upload": key})
        answers.append((sent.status_code, sent.text.replace(key, "KEY")))
    assert answers[0] == answers[1]
    assert answers[0][0] == 422


def test_areas_that_are_not_there(place: Place):
    koji = place.sign_in("koji")
    assert koji.post("/en/areas/own-000000000000/delete").status_code == 404


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/en/firm"), ("POST", "/en/firm"), ("POST", "/en/firm/close")]
)
def test_anothers_firm_is_as_if_it_were_not(place: Place, method: str, path: str):
    mei = place.sign_in("mei")
    answers = set()
    for key in ("ota/2", "ota/999", "suwa/1"):
        about = {"firm": key, "version": "1", "name": "Mine"}
        how: Any = {"params": about} if method == "GET" else {"data": about}
        answer = mei.request(method, path, **how)
        shown = answer.text.replace(key, "KEY").replace(key.replace("/", "%2F"), "KEY")
        answers.add((answer.status_code, shown))
    assert len(answers) == 1
    assert answers.pop()[0] == 404


# ---- how much may be brought -----------------------------------------------------------------

BY_QUESTION = {"survey": "answers", "audit": "table"}
"""Question → the option in whose place a file may be brought."""
WITH_FILES = [
    *((f"/en/{name}", f"file.{option}") for name, option in BY_QUESTION.items()),
    ("/ja/areas/uploads", "file"),
    ("/en/firms/uploads", "file"),
]


def test_every_question_that_takes_a_file_is_looked_at():
    assert {name for name, one in QUESTIONS.items() if takes_file(one)} == set(BY_QUESTION)


@pytest.mark.parametrize(("path", "name"), WITH_FILES)
def test_what_is_read_into_memory_is_limited(
    place: Place, monkeypatch: pytest.MonkeyPatch, path: str, name: str
):
    monkeypatch.setattr(posted, "MOST_BYTES", 1000)
    koji = place.sign_in("koji")
    before = place.held()
    answer = koji.post(path, files={name: ("big.csv", b"x" * 1001)})
    assert answer.status_code == 422
    limit = "1,000バイトを超える" if path.startswith("/ja") else "A file of more than 1,000 bytes"
    assert limit in answer.text
    assert place.held() == before


def test_every_page_that_takes_files_takes_long_ones(place: Place):
    """Two million bytes: more than any other request may have."""
    koji = place.sign_in("koji")
    long = b"x\n" * 1_000_000
    for path, name in [*WITH_FILES, ("/en/uploads", "file")]:
        status = koji.post(path, files={name: ("big.csv", long)}).status_code
        assert status != 413, path
    refused = koji.post("/ja/ranking", files={"file": ("big.csv", long)})
    assert refused.status_code == 413
    assert "1,000,000バイトを超える" in refused.text
