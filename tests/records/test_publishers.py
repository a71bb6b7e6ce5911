"""Fetching from publishers, against recorded answers that are served on loopback.

The answers have the publishers' form (e-Stat API 3.0 getSimpleStatsData; 法人番号 Web-API 4
diff) and made-up contents. No test reaches the network.
"""

import datetime
import hashlib
import json
import logging
import os
import stat
import threading
from collections.abc import Callable, Iterator
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from typer.testing import CliRunner

from shuseki.cli.pull import app
from shuseki.cli.refusals import write_defect
from shuseki.errors import DataError, OutputError, ParameterError
from shuseki.language import Message, told
from shuseki.reading.tables import read_table
from shuseki.records.ingest import ingest
from shuseki.records.publishers import (
    Access,
    ChangesOfHojin,
    Pulled,
    publishers,
    pull_changes,
    pull_table,
    waiting,
)
from shuseki.records.store import Store

KEY = "0123456789abcdefSECRET"
TABLE = "0009999999"
HERE = Path(__file__).parent / "registers"
run = CliRunner().invoke

Answer = tuple[int, dict[str, str], bytes]
"""State, headers, body."""


class Site:
    """A publisher on loopback, which remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.answer: Callable[[str, dict[str, str]], Answer] = lambda *_: (404, {}, b"nothing")
        self.cut = -1
        """Bytes after which the next answers break off."""
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                site.asked.append((parts.path, query))
                state, headers, body = site.answer(parts.path, query)
                self.send_response(state)
                for name, value in ({"Content-Type": "text/csv; charset=UTF-8"} | headers).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body if site.cut < 0 else body[: site.cut])
                if site.cut >= 0:
                    self.close_connection = True

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.server.server_port}/api"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _no_keys_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ESTAT_APP_ID", "HOJIN_APP_ID", "SHUSEKI_CACHE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def access(site: Site, folder: Path, **said: Any) -> Access:
    given: dict[str, Any] = {"key": KEY, "wait_seconds": 0.0, "timeout_seconds": 5.0, **said}
    return Access(base=site.base, cache=folder / "cache", **given)


# ---- e-Stat --------------------------------------------------------------------------------------

HEAD, ROWS = (HERE / "estat.csv").read_text(encoding="utf-8").split('"VALUE"\n')
HEADER, *ROWS = ROWS.splitlines()  # type: ignore[assignment]


def of_estat(per_page: int = 2, **facts: str) -> Callable[[str, dict[str, str]], Answer]:
    """Answer with a few rows of the sample at a time."""

    def answer(path: str, query: dict[str, str]) -> Answer:
        assert path == "/api/getSimpleStatsData"
        if query.get("appId") != KEY:
            return (
                200,
                {},
                estat_says("100", "認証に失敗しました。アプリケーションIDを確認して下さい。"),
            )
        first = int(query["startPosition"])
        rows = ROWS[first - 1 : first - 1 + per_page]
        last = first + len(rows) - 1
        head = HEAD.replace('"FROM_NUMBER","1"', f'"FROM_NUMBER","{first}"')
        following = f'"NEXT_KEY","{last + 1}"\n' if last < len(ROWS) else ""
        head = head.replace('"TO_NUMBER","5"\n', f'"TO_NUMBER","{last}"\n{following}')
        for name, value in facts.items():
            head = head.replace(f'"{name}","5"', f'"{name}","{value}"')
        return 200, {}, f'{head}"VALUE"\n{HEADER}\n{chr(10).join(rows)}\n'.encode()

    return answer


def estat_says(status: str, why: str) -> bytes:
    return f'"RESULT"\n"STATUS","{status}"\n"ERROR_MSG","{why}"\n'.encode()


def test_a_table_comes_page_by_page_and_is_one_file(site: Site, tmp_path: Path) -> None:
    site.answer = of_estat()
    shares: list[float] = []
    pulled = pull_table(TABLE, access(site, tmp_path), progress=shares.append)
    # the file is what one page of all rows would have been
    assert pulled.path.read_bytes() == (HERE / "estat.csv").read_bytes()
    assert (pulled.rows, pulled.pages, pulled.pages_kept) == (5, 3, 0)
    assert pulled.sha256 == hashlib.sha256((HERE / "estat.csv").read_bytes()).hexdigest()
    assert shares == [0.4, 0.8, 1.0]
    assert [query["startPosition"] for _, query in site.asked] == ["1", "3", "5"]
    assert {query["statsDataId"] for _, query in site.asked} == {TABLE}
    assert all("series" not in query for _, query in site.asked)
    assert len(read_table(pulled.path, codes=["area_code"])) == 5
    report = ingest(pulled.path, tmp_path / "store", "estat-table")
    assert report.to_frame().iloc[0].rows_kept == 3


def test_conditions_are_sent_and_make_another_request(site: Site, tmp_path: Path) -> None:
    site.answer = of_estat(per_page=10)
    pull_table(TABLE, access(site, tmp_path))
    pulled = pull_table(TABLE, access(site, tmp_path), where={"cdArea": "13111,18207"})
    assert site.asked[-1][1]["cdArea"] == "13111,18207"
    assert len(site.asked) == 2
    assert pulled.asked == {"table": TABLE, "cdArea": "cdArea=13111,18207"}


@pytest.mark.parametrize(
    ("table", "where"),
    [
        ("123", {}), ("00099999999", {}), ("../0009999", {}), ("", {}),
        (TABLE, {"appId": "x"}), (TABLE, {"cdArea": "1&appId=2"}), (TABLE, {"cdArea": ""}),
        (TABLE, {"startPosition": "3"}),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_before_asking(
    site: Site, tmp_path: Path, table: str, where: dict[str, str]
) -> None:
    with pytest.raises(ParameterError, match="Expected"):
        pull_table(table, access(site, tmp_path), where=where)
    assert site.asked == []


def test_a_second_call_asks_nothing_and_needs_no_key(site: Site, tmp_path: Path) -> None:
    site.answer = of_estat()
    first = pull_table(TABLE, access(site, tmp_path))
    again = pull_table(TABLE, access(site, tmp_path, key=""))
    assert len(site.asked) == 3
    assert (again.sha256, again.pages_kept) == (first.sha256, 3)
    assert "--again" in again.notes[0]
    pull_table(TABLE, access(site, tmp_path, again=True))
    assert len(site.asked) == 6


def test_a_fetch_that_broke_off_goes_on_where_it_stopped(site: Site, tmp_path: Path) -> None:
    whole = of_estat()

    def broken(path: str, query: dict[str, str]) -> Answer:
        return (500, {}, b"sorry") if query["startPosition"] == "5" else whole(path, query)

    site.answer = broken
    with pytest.raises(DataError, match="HTTP 500"):
        pull_table(TABLE, access(site, tmp_path))
    assert [query["startPosition"] for _, query in site.asked] == ["1", "3", "5", "5", "5"]
    assert files_of(tmp_path) == {"page-00001.csv", "page-00002.csv", "state.json"}
    site.answer, site.asked = whole, []
    pulled = pull_table(TABLE, access(site, tmp_path))
    assert [query["startPosition"] for _, query in site.asked] == ["5"]
    assert pulled.path.read_bytes() == (HERE / "estat.csv").read_bytes()
    assert pulled.pages_kept == 2


def files_of(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


def test_a_publisher_that_is_busy_is_asked_again(site: Site, tmp_path: Path) -> None:
    whole = of_estat()
    states = iter([503, 429, 200, 200, 200])

    def busy(path: str, query: dict[str, str]) -> Answer:
        state = next(states)
        return whole(path, query) if state == 200 else (state, {"Retry-After": "0"}, b"busy")

    site.answer = busy
    assert pull_table(TABLE, access(site, tmp_path)).rows == 5


def test_how_long_a_publisher_asks_to_wait() -> None:
    # Retry-After is a number of seconds or a date (RFC 9110, 10.2.3)
    assert waiting("7") == 7
    assert waiting("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    tomorrow = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)
    assert 86_000 < waiting(format_datetime(tomorrow)) <= 86_400
    assert [waiting(said) for said in ("", "soon", "-3")] == [0, 0, 0]


Bad = tuple[Answer, type[Exception], str]
BAD: dict[str, Bad] = {
    "key by status": (
        (200, {}, estat_says("100", "認証に失敗しました。")), ParameterError,
        r"認証に失敗しました。 \(status 100\).*ESTAT_APP_ID",
    ),
    "key by state": ((403, {}, b"Forbidden"), ParameterError, "does not accept the key.*403"),
    "no data": (
        (200, {}, estat_says("1", "該当データはありませんでした。")), DataError,
        "該当データはありませんでした",
    ),
    "refused": ((400, {}, b"bad request"), DataError, "HTTP 400.*bad request"),
    "no such place": ((404, {}, b"no such place"), DataError, "HTTP 404"),
    "out of order": ((502, {}, b"<html><title>Bad gateway</title>"), DataError, "Bad gateway"),
    "page": (
        (200, {"Content-Type": "text/html"}, b"<html><title>Maintenance</title></html>"),
        DataError, "page, not with data: Maintenance",
    ),
    "page that says it is a table": (
        (200, {}, "<!DOCTYPE html><title>\nメンテナンス中 </title>".encode()), DataError,
        "メンテナンス中",
    ),
    "empty": ((200, {}, b"  \n"), DataError, "the answer is empty"),
    "elsewhere": (
        (302, {"Location": "https://elsewhere.example/x?appId=" + KEY}, b""), DataError,
        r"another address \(HTTP 302, elsewhere.example\)",
    ),
    "another table": ((200, {}, b"a,b\n1,2\n"), DataError, r"status \?"),
    "facts alone": (
        (200, {}, b'"RESULT"\n"STATUS","0"\n"ERROR_MSG","ok"\n'), DataError, "how many rows",
    ),
    "fewer rows than said": (
        (200, {}, f'{HEAD}"VALUE"\n{HEADER}\n{ROWS[0]}\n'.encode()), DataError,
        "holds 1 rows and says that it has rows 1 to 5",
    ),
    "cut inside a quoted field": (
        (200, {}, (HERE / "estat.csv").read_bytes()[:-8]), DataError, "not whole",
    ),
    "repeats the key": (
        (200, {}, (HERE / "estat.csv").read_bytes().replace("秘匿".encode(), KEY.encode())),
        DataError, "repeats the key",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_whole_table_is_refused_and_leaves_no_file(
    site: Site, tmp_path: Path, name: str
) -> None:
    answer, kind, says = BAD[name]
    site.answer = lambda *_: answer
    with pytest.raises(kind, match=says) as caught:
        pull_table(TABLE, access(site, tmp_path))
    text = caught.value.args[0]
    assert isinstance(text, Message)
    assert KEY not in told(text, "ja") + str(text)
    assert "である" in told(text, "ja")
    assert files_of(tmp_path) == set()


def test_an_answer_that_breaks_off_is_refused(site: Site, tmp_path: Path) -> None:
    site.answer, site.cut = of_estat(), 300
    with pytest.raises(DataError, match="breaks off after"):
        pull_table(TABLE, access(site, tmp_path))
    assert len(site.asked) == 3  # it may be an accident: asked three times
    assert files_of(tmp_path) == set()


def test_a_publisher_that_is_not_there_is_said(tmp_path: Path) -> None:
    site = Site()
    site.close()
    with pytest.raises(DataError, match=r"cannot be reached \(ConnectError\)"):
        pull_table(TABLE, access(site, tmp_path))


def test_a_table_that_changed_between_two_pages_is_refused(site: Site, tmp_path: Path) -> None:
    first, later = of_estat(), of_estat(TOTAL_NUMBER="6")
    site.answer = lambda path, query: (first if query["startPosition"] == "1" else later)(
        path, query
    )
    with pytest.raises(DataError, match="changed between two pages, from 5 rows"):
        pull_table(TABLE, access(site, tmp_path))


def test_pages_that_hold_fewer_rows_than_the_total_are_refused(site: Site, tmp_path: Path) -> None:
    site.answer = of_estat(per_page=5, TOTAL_NUMBER="6")
    with pytest.raises(DataError, match="5 rows of 6"):
        pull_table(TABLE, access(site, tmp_path))


@pytest.mark.parametrize("name", ["page-00002.csv", "state.json"])
@pytest.mark.parametrize("what", ["changed", "gone"])
def test_a_cache_that_was_changed_is_refused(
    site: Site, tmp_path: Path, name: str, what: str
) -> None:
    site.answer = of_estat()
    pull_table(TABLE, access(site, tmp_path))
    path = next((tmp_path / "cache").rglob(name))
    if what == "changed":
        path.write_bytes(path.read_bytes()[:-3])
    else:
        path.unlink()
    if (name, what) == ("state.json", "gone"):  # nothing says that anything was there
        pull_table(TABLE, access(site, tmp_path))
        assert len(site.asked) == 6
        return
    with pytest.raises(DataError, match=rf"{name}.*not as it was fetched.*--again"):
        pull_table(TABLE, access(site, tmp_path))
    assert pull_table(TABLE, access(site, tmp_path, again=True)).rows == 5


def test_a_checksum_holds_a_fetch_to_what_it_was(site: Site, tmp_path: Path) -> None:
    site.answer = of_estat()
    right = hashlib.sha256((HERE / "estat.csv").read_bytes()).hexdigest()
    assert pull_table(TABLE, access(site, tmp_path), sha256=right.upper()).sha256 == right
    with pytest.raises(DataError, match="no longer the same"):
        pull_table(TABLE, access(site, tmp_path), sha256="0" * 64)


# ---- the key -------------------------------------------------------------------------------------


def test_the_key_is_in_the_request_and_nowhere_else(
    site: Site, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    site.answer = of_estat()
    caplog.set_level(logging.DEBUG)
    said = access(site, tmp_path)
    pulled = pull_table(TABLE, said)
    assert {query["appId"] for _, query in site.asked} == {KEY}
    for path in tmp_path.rglob("*"):
        assert KEY not in path.name
        if path.is_file():
            assert KEY.encode() not in path.read_bytes()
    logged = " ".join(f"{record.getMessage()} {record.args}" for record in caplog.records)
    assert KEY not in logged
    assert KEY not in repr(said) + repr(pulled) + pulled.summary()
    assert KEY not in " ".join(map(str, pulled.sources))


def test_the_cache_is_private(site: Site, tmp_path: Path) -> None:
    site.answer = of_estat()
    pulled = pull_table(TABLE, access(site, tmp_path))
    for path in (pulled.path, pulled.path.with_name("state.json")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(pulled.path.parent.stat().st_mode) == 0o700


def test_the_key_may_be_in_the_environment(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.answer = of_estat()
    monkeypatch.setenv("ESTAT_APP_ID", f" {KEY}\n")
    assert pull_table(TABLE, access(site, tmp_path, key="")).rows == 5


@pytest.mark.parametrize("key", ["", "   ", "with space", "キー", "a\nb", "x" * 300])
def test_a_key_that_is_missing_or_cannot_be_is_refused_before_asking(
    site: Site, tmp_path: Path, key: str
) -> None:
    with pytest.raises(ParameterError, match="key") as caught:
        pull_table(TABLE, access(site, tmp_path, key=key))
    assert site.asked == []
    if len(key) > 3 and key.strip():
        assert key not in str(caught.value)


@pytest.mark.parametrize("base", ["http://elsewhere.example", "ftp://127.0.0.1", "nonsense"])
def test_the_key_does_not_travel_in_the_open(tmp_path: Path, base: str) -> None:
    with pytest.raises(ParameterError, match="https://"):
        pull_table(TABLE, Access(key=KEY, base=base, cache=tmp_path))


def test_a_report_of_a_defect_has_no_key() -> None:
    for words in (["--key", KEY], [f"--key={KEY}"]):
        said = write_defect(RuntimeError("x"), ["shuseki", "pull", "estat", TABLE, *words])
        place = next(word for word in said.split() if "shuseki-defect-" in word).rstrip(";,.")
        text = Path(place).read_text(encoding="utf-8")
        Path(place).unlink()
        assert KEY not in text
        assert TABLE in text


def test_the_publishers_are_data_with_a_source() -> None:
    for one in publishers().values():
        assert one.base.startswith("https://")
        assert one.register.startswith("https://")
        assert one.source
        assert one.terms


# ---- corporate numbers ---------------------------------------------------------------------------

CHANGED = [
    *(HERE / "corporate_number_changes_20240401_cp932.csv").read_bytes().decode("cp932").split(),
    *(HERE / "corporate_number_changes_20240510.csv").read_text(encoding="utf-8").split(),
]
"""Five changes of 2024-04-01 and two of 2024-05-10."""


def of_hojin(per_part: int = 2) -> Callable[[str, dict[str, str]], Answer]:
    """Answer with the changes of some days, in parts."""

    def answer(path: str, query: dict[str, str]) -> Answer:
        assert path == "/api/diff"
        assert query["type"] == "02"
        if query.get("id") != KEY:
            return 404, {}, b""
        rows = [row for row in CHANGED if query["from"] <= row.split(",")[4] <= query["to"]]
        parts = max(-(-len(rows) // per_part), 1)
        part = int(query["divide"])
        some = rows[(part - 1) * per_part : part * per_part]
        head = f"2024-06-01,{len(rows)},{part},{parts}"
        return 200, {}, "".join(f"{line}\r\n" for line in (head, *some)).encode()

    return answer


def test_changes_come_in_stretches_and_parts(site: Site, tmp_path: Path) -> None:
    site.answer = of_hojin()
    shares: list[float] = []
    pulled = pull_changes(
        "2024-04-01", "2024-06-15", access(site, tmp_path), prefecture="13", progress=shares.append
    )
    asked = [(query["from"], query["to"], query["divide"]) for _, query in site.asked]
    # 50 days from 1 April end on 20 May
    assert asked == [("2024-04-01", "2024-05-20", str(part)) for part in (1, 2, 3, 4)] + [
        ("2024-05-21", "2024-06-15", "1")
    ]
    assert {query["address"] for _, query in site.asked} == {"13"}
    assert (pulled.rows, pulled.pages) == (7, 5)
    assert shares == sorted(shares)
    assert shares[-1] <= 1
    assert pulled.path.read_text(encoding="utf-8").split() == CHANGED
    store = tmp_path / "store"
    ingest(HERE / "corporate_number_all.csv", store, "corporate-number", wave=2026)
    ingest(pulled.path, store, "corporate-number-changes", wave=2026)
    found = Store.open(store).wave(2026).to_pandas().set_index("id")
    assert str(found.at[9000000000019, "closed"])[:10] == "2024-05-08"


def test_stretches_of_days_by_hand() -> None:
    from datetime import date

    def windows(since: date, until: date) -> list[tuple[str, str]]:
        return [(f"{a}", f"{b}") for a, b in ChangesOfHojin(since, until, "", 50).windows()]

    assert windows(date(2024, 1, 1), date(2024, 1, 1)) == [("2024-01-01", "2024-01-01")]
    assert windows(date(2024, 1, 1), date(2024, 2, 19)) == [("2024-01-01", "2024-02-19")]
    assert windows(date(2024, 1, 1), date(2024, 2, 20)) == [
        ("2024-01-01", "2024-02-19"),
        ("2024-02-20", "2024-02-20"),
    ]


def test_no_change_is_an_empty_file(site: Site, tmp_path: Path) -> None:
    site.answer = of_hojin()
    pulled = pull_changes("2024-01-01", "2024-01-05", access(site, tmp_path))
    assert (pulled.rows, pulled.bytes) == (0, 0)


@pytest.mark.parametrize(
    ("since", "until", "prefecture"),
    [
        ("2024-01-05", "2024-01-01", ""), ("2014-01-01", "2024-01-01", ""),
        ("2024-01-01", "2999-01-01", ""), ("2024/01/01", "2024-01-02", ""),
        ("yesterday", "2024-01-02", ""), ("2024-01-01", "2024-01-02", "48"),
        ("2024-01-01", "2024-01-02", "1"), ("2024-01-01", "2024-01-02", "東京"),
    ],
)  # fmt: skip
def test_days_and_places_that_cannot_be_are_refused(
    site: Site, tmp_path: Path, since: str, until: str, prefecture: str
) -> None:
    with pytest.raises(ParameterError, match="Expected"):
        pull_changes(since, until, access(site, tmp_path), prefecture=prefecture)
    assert site.asked == []


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        ((404, {}, b""), ParameterError, "does not accept the key.*HOJIN_APP_ID"),
        ((400, {}, "100,期間が不正です".encode()), DataError, "HTTP 400.*期間が不正です"),
        ((200, {}, b"1,2,3\n"), DataError, "first line"),
        ((200, {}, CHANGED[0].encode()), DataError, "first line"),
        ((200, {}, b"2024-06-01,1,2,2\n" + CHANGED[0].encode()), DataError, "part 2 of 2"),
        ((200, {}, b"2024-06-01,2,1,1\n" + CHANGED[0].encode()), DataError, "1 rows of 2"),
        ((200, {}, b"2024-06-01,1,1,1\n" + CHANGED[0].encode()[:70]), DataError, "not whole"),
    ],
)
def test_changes_that_are_not_whole_are_refused(
    site: Site, tmp_path: Path, answer: Answer, kind: type[Exception], says: str
) -> None:
    site.answer = lambda *_: answer
    with pytest.raises(kind, match=says):
        pull_changes("2024-04-01", "2024-04-10", access(site, tmp_path))
    assert files_of(tmp_path) == set()


def test_what_was_fetched_before_the_last_day_was_over_is_fetched_anew(
    site: Site, tmp_path: Path
) -> None:
    site.answer = of_hojin()
    pulled = pull_changes("2024-04-01", "2024-04-10", access(site, tmp_path))
    pull_changes("2024-04-01", "2024-04-10", access(site, tmp_path))
    n = len(site.asked)
    assert n == pulled.pages
    state = pulled.path.with_name("state.json")
    said = json.loads(state.read_text(encoding="utf-8"))
    state.write_text(json.dumps(said | {"fetched_at": "2024-04-10T03:00:00+00:00"}))
    pull_changes("2024-04-01", "2024-04-10", access(site, tmp_path))
    assert len(site.asked) == 2 * n


# ---- commands ------------------------------------------------------------------------------------


@pytest.fixture
def served(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setenv("SHUSEKI_ESTAT_BASE", site.base)
    monkeypatch.setenv("SHUSEKI_HOJIN_BASE", site.base)
    monkeypatch.setenv("SHUSEKI_CACHE", str(tmp_path / "cache"))
    return site


def test_the_commands_write_the_file_and_say_what_it_is(served: Site, tmp_path: Path) -> None:
    served.answer = of_estat()
    to = tmp_path / "table.csv"
    for lang, says in (("en", "5 rows of 0009999999 in 3 pages"), ("ja", "0009999999の5行")):
        done = run(app, ["estat", TABLE, "--to", str(to), "--key", KEY, "--lang", lang])
        assert done.exit_code == 0, done.output
        assert says in done.output
        assert KEY not in done.output
    assert to.read_bytes() == (HERE / "estat.csv").read_bytes()
    served.answer = of_hojin()
    to = tmp_path / "changes.csv"
    days = ["--since", "2024-04-01", "--until", "2024-05-10"]
    done = run(app, ["hojin", *days, "--to", str(to), "--key", KEY])
    assert done.exit_code == 0, done.output
    assert to.read_text(encoding="utf-8").split() == CHANGED


def test_a_refused_fetch_leaves_the_file_that_was_there(served: Site, tmp_path: Path) -> None:
    served.answer = lambda *_: (200, {}, b"<html>")
    to = tmp_path / "table.csv"
    to.write_text("mine")
    with pytest.raises(DataError, match="page, not with data"):
        run(app, ["estat", TABLE, "--to", str(to), "--key", KEY], catch_exceptions=False)
    assert to.read_text() == "mine"
    with pytest.raises(ParameterError, match="ESTAT_APP_ID"):
        run(app, ["estat", TABLE, "--to", str(to)], catch_exceptions=False)
    with pytest.raises(ParameterError, match="cdArea=13111"):
        run(
            app,
            ["estat", TABLE, "--to", str(to), "--where", "cdArea"],
            catch_exceptions=False,
        )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_cache_that_cannot_be_written_is_said(site: Site, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="--cache"):
        pull_table(TABLE, access(site, tmp_path))


def test_a_cache_that_is_a_file_is_said(site: Site, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(OutputError, match="--cache"):
        pull_table(TABLE, access(site, tmp_path))


def test_an_answer_tells_its_table(site: Site, tmp_path: Path) -> None:
    site.answer = of_estat()
    pulled = pull_table(TABLE, access(site, tmp_path))
    assert isinstance(pulled, Pulled)
    assert pulled.to_frame().iloc[0][["rows", "pages"]].tolist() == [5, 3]
    assert "取得" in told(pulled.headline(), "ja")
