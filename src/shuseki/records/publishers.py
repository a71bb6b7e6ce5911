"""How is a publisher's data fetched with the user's own key, whole or not at all?

Two publishers are known (``publishers.toml``)::

    estat   a table of e-Stat, by its number, page by page, as CSV with its block of facts
    hojin   changes of the corporate-number register between two days, 50 days a request

Every page is looked at as it comes: its state, its kind, and the rows that it says it has. Pages
that came whole lie in a private folder of the cache, each with its checksum, so that a fetch that
breaks off goes on where it stopped; the file is put together when all are there. A request that
was answered before is not asked again, unless that is wanted.

The user's key goes into the request and nowhere else: not into the cache, a message, a log or the
answer. Redirections are not followed, since they would carry it to another host.

Takes: what to fetch, and a key (given, or in the environment). Gives: ``Pulled``, whose ``path`` is
a file that ``ingest`` reads: by ``estat-table`` (or a layout like it), or
``corporate-number-changes``.
Limits: text as CSV only. The publisher may change a table between two pages; that is noticed by the
totals that each page says, and refused.
"""

import csv
import datetime
import hashlib
import io
import json
import logging
import os
import re
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from importlib import resources
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx
import pandas as pd
import pooch

from shuseki.disk import flush_one, locked
from shuseki.errors import DataError, OutputError, ParameterError, ShusekiError
from shuseki.language import Message, say, word
from shuseki.records.parts import cited
from shuseki.results import Result, result
from shuseki.sources import Source

__all__ = ["Access", "Publisher", "Pulled", "publishers", "pull_changes", "pull_table"]

Progress = Callable[[float], None]
"""Called with the share of the rows that is done, 0 to 1."""

TRIES = 3
LONGEST_WAIT_SECONDS = 30.0
MOST_BYTES = 1 << 30
SHOWN = 200
SHORTEST_KEY = 8
"""A shorter one may stand in data by chance."""
BUSY = (429, 500, 502, 503, 504)
CONDITION = re.compile(r"(?:cd|lv)(?:Tab|Area|Time|Cat\d{2})(?:From|To)?")
CACHE = "SHUSEKI_CACHE"
STATE = "state.json"


@dataclass(frozen=True, slots=True)
class Publisher:
    """What is known of a publisher; ``publishers.toml`` says what each means."""

    name: str
    title: str
    publisher: str
    terms: str
    base: str
    place: str
    environment: str
    key: str
    register: str
    no_key: tuple[int, ...]
    source: str
    rows_per_page: int = 0
    days_per_request: int = 0
    first_day: str = ""


def publishers() -> dict[str, Publisher]:
    """Read the publishers that are known, by name."""
    file = resources.files("shuseki.records").joinpath("publishers.toml")
    tables = tomllib.loads(file.read_text(encoding="utf-8"))
    return {
        name: Publisher(name=name, **{**table, "no_key": tuple(table["no_key"])})
        for name, table in tables.items()
    }


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach a publisher.

    Attributes
    ----------
    key
        The user's key; that of the environment when empty.
    base
        Another address in place of the publisher's.
    cache
        Folder for what was fetched; the user's own (``SHUSEKI_CACHE``) when None.
    again
        Whether to ask again for what was fetched before.
    wait_seconds
        How long to wait before a publisher that is busy is asked again; twice that then.
    timeout_seconds
        How long to wait for an answer.
    """

    key: str = field(default="", repr=False)
    base: str = ""
    cache: Path | None = None
    again: bool = False
    wait_seconds: float = 1.0
    timeout_seconds: float = 60.0


@result
class Pulled(Result):
    """What was fetched.

    Attributes
    ----------
    publisher
        Its name in ``publishers``.
    path
        The file, in the cache.
    asked
        What was asked for, without the key.
    rows, pages, bytes
        Of the file.
    sha256
        Its checksum.
    fetched_at
        When its last page came (UTC).
    pages_kept
        Pages that lay in the cache already.
    """

    publisher: str
    path: Path
    asked: Mapping[str, str]
    rows: int
    pages: int
    bytes: int
    sha256: str
    fetched_at: str
    pages_kept: int

    def headline(self) -> Message:
        """Rows, pages and the checksum."""
        return say(
            "{rows:,} rows of {what} in {pages:count(page)}, fetched {day}, sha256 {start}…",
            rows=self.rows,
            what=" ".join(self.asked.values()),
            pages=self.pages,
            day=self.fetched_at[:10],
            start=self.sha256[:12],
        )

    def to_frame(self) -> pd.DataFrame:
        """One row: rows, pages, bytes, checksum, when."""
        names = ["rows", "pages", "bytes", "sha256", "fetched_at"]
        return pd.DataFrame([{name: getattr(self, name) for name in names}])


def pull_table(
    table: str,
    access: Access = Access(),
    *,
    where: Mapping[str, str] | None = None,
    sha256: str = "",
    progress: Progress | None = None,
) -> Pulled:
    """Fetch a table of e-Stat.

    Parameters
    ----------
    table
        Its number (statsDataId), ten digits.
    access
        The key, and how to reach the publisher.
    where
        Conditions of the API, such as ``{"cdArea": "13111", "cdTime": "2021000000"}``.
    sha256
        Checksum that the file must have, to repeat a fetch exactly.
    progress
        Called while working.

    Raises
    ------
    ParameterError
        For a number or a condition that cannot be, and a key that is missing or not known.
    DataError
        For an answer that is no table, is not whole, or has another checksum.
    OutputError
        When the cache cannot be written.
    """
    if not re.fullmatch(r"[0-9]{10}", table):
        raise ParameterError(
            say(
                "The table of e-Stat is {table}. Expected its number of ten digits (statsDataId), "
                "such as 0003286680.",
                table=repr(table),
            )
        )
    asked = dict(where or {})
    for name, value in asked.items():
        if not CONDITION.fullmatch(name) or not re.fullmatch(r"[0-9A-Za-z,_-]{1,2000}", value):
            raise ParameterError(
                say(
                    "The condition {name} = {value} is none of e-Stat. Expected cdArea, cdTime, "
                    "cdTab, cdCat01 … or lvArea …, with codes parted by commas.",
                    name=repr(name),
                    value=repr(value[:40]),
                )
            )
    publisher = publishers()["estat"]
    request = TableOfEstat({"statsDataId": table, **asked}, publisher.rows_per_page)
    return pull(publisher, request, access, sha256, progress)


def pull_changes(
    since: str,
    until: str,
    access: Access = Access(),
    *,
    prefecture: str = "",
    sha256: str = "",
    progress: Progress | None = None,
) -> Pulled:
    """Fetch the changes of the corporate-number register between two days, both included.

    Parameters
    ----------
    since, until
        Days, ISO.
    access
        The key, and how to reach the publisher.
    prefecture
        Code of two digits; all of Japan when empty.
    sha256
        Checksum that the file must have, to repeat a fetch exactly.
    progress
        Called while working.

    Raises
    ------
    ParameterError
        For days or a prefecture that cannot be, and a key that is missing or not known.
    DataError
        For an answer that is no table, is not whole, or has another checksum.
    OutputError
        When the cache cannot be written.
    """
    publisher = publishers()["hojin"]
    try:
        first, last = datetime.date.fromisoformat(since), datetime.date.fromisoformat(until)
    except ValueError:
        raise ParameterError(
            say(
                "The days are {since} and {until}. Expected two days such as 2024-01-31.",
                since=repr(since),
                until=repr(until),
            )
        ) from None
    if not datetime.date.fromisoformat(publisher.first_day) <= first <= last <= today():
        raise ParameterError(
            say(
                "Changes from {since} to {until} cannot be asked for. Expected days from {first} "
                "to today, the first before the last.",
                since=since,
                until=until,
                first=publisher.first_day,
            )
        )
    if prefecture and not re.fullmatch(r"0[1-9]|[1-3][0-9]|4[0-7]|99", prefecture):
        raise ParameterError(
            say(
                "The prefecture is {code}. Expected a code of two digits from 01 to 47, or 99 for "
                "abroad.",
                code=repr(prefecture),
            )
        )
    request = ChangesOfHojin(first, last, prefecture, publisher.days_per_request)
    return pull(publisher, request, access, sha256, progress)


def today() -> datetime.date:
    """The day that it is in Japan."""
    japan = datetime.timezone(datetime.timedelta(hours=9))
    return datetime.datetime.now(japan).date()


# ---- one fetch ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Page:
    """A page that came whole.

    Attributes
    ----------
    rows
        Rows that it holds.
    total
        Rows of all pages of its series, as it says; every page of a series says the same.
    series
        To which series it belongs: a publisher may answer a request in several.
    stand
        What else must be the same in every page of the series, such as the day of the data.
    next
        What to ask for next; None when it is the last.
    sha256, bytes
        Of the page as it came.
    """

    rows: int
    total: int
    series: int
    stand: str
    next: dict[str, str] | None
    sha256: str = ""
    bytes: int = 0


class Request(Protocol):
    """What is asked of a publisher, and how its answers are read."""

    @property
    def asked(self) -> dict[str, str]:
        """What is asked for, as it names the answer."""
        ...

    @property
    def path(self) -> str:
        """Where below the base."""
        ...

    def first(self) -> dict[str, str]:
        """Parameters of the first page."""
        ...

    def read(self, body: bytes, parameters: Mapping[str, str]) -> Page:
        """Look at a page; raises ``Refused`` for what is no whole page."""
        ...

    def rows_to_come(self, pages: Sequence[Page]) -> float:
        """Share of all rows that the pages hold, 0 to 1."""
        ...

    def file(self, pages: Sequence[bytes]) -> Iterator[bytes]:
        """The pages as one file."""
        ...

    def is_settled(self, fetched_at: str) -> bool:
        """Whether what was fetched then is still what would be fetched now."""
        ...


class Refused(Exception):  # noqa: N818
    """A page is not what was expected; its words say why. ``key`` is set where it is the key's."""

    def __init__(self, why: str, *, key: bool = False) -> None:
        super().__init__(why)
        self.why, self.key = why, key


def pull(
    publisher: Publisher,
    request: Request,
    access: Access,
    sha256: str,
    progress: Progress | None,
) -> Pulled:
    """Fetch page by page, and put the file together when all are there."""
    name = json.dumps([publisher.name, request.path, request.asked], sort_keys=True)
    base = address(publisher, access)
    if base != publisher.base:
        name += base
    place = cache_of(access) / publisher.name / hashlib.sha256(name.encode()).hexdigest()[:24]
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked(place):
            found = Fetched.begin(place, request, again=access.again)
            kept = len(found.pages)
            if not found.is_done:
                with Asking(publisher, access, base, key_of(publisher, access)) as asking:
                    found.go_on(asking, request, progress)
            path, digest = found.put_together(request)
    except OSError as error:
        raise OutputError(
            say(
                "The cache {place} cannot be written: {why}. Expected a folder that you may write. "
                "Choose another: {variable}, or --cache.",
                place=place,
                why=error.strerror or str(error),
                variable=CACHE,
            )
        ) from error
    if sha256 and digest != sha256.lower():
        raise DataError(
            say(
                "The file has the checksum {found}. Expected {asked}: the publisher's data are no "
                "longer the same. It lies in {path}; nothing else was written.",
                found=digest,
                asked=sha256.lower(),
                path=path,
            )
        )
    notes: list[Message] = []
    if kept:
        notes.append(
            say(
                "{kept:,} of {pages:count(page)} lay in the cache ({place}); --again asks for them "
                "anew.",
                kept=kept,
                pages=len(found.pages),
                place=place,
            )
        )
    return Pulled(
        publisher=publisher.name,
        path=path,
        asked=request.asked,
        rows=sum(page.rows for page in found.pages),
        pages=len(found.pages),
        bytes=path.stat().st_size,
        sha256=digest,
        fetched_at=found.fetched_at,
        pages_kept=kept,
        notes=tuple(notes),
        sources=(
            Source(
                key=path.stem,
                citation=cited(publisher.publisher, " ".join(request.asked.values())),
                year=say("fetched {date}", date=found.fetched_at[:10]),
                terms=word(publisher.terms),
                origin="public",
            ),
        ),
    )


class Fetched:
    """Pages of one request in a folder of the cache.

    ``state.json`` says which pages are there, each with its checksum; it is written after them.
    """

    def __init__(self, place: Path) -> None:
        self.place = place
        self.pages: list[Page] = []
        self.fetched_at = ""

    @property
    def is_done(self) -> bool:
        """Whether the last page is there."""
        return bool(self.pages) and self.pages[-1].next is None

    @classmethod
    def begin(cls, place: Path, request: Request, *, again: bool) -> "Fetched":
        """Find the pages that are there, and hold them against their checksums."""
        made = cls(place)
        state = place / STATE
        for left in place.glob("*.partial"):
            left.unlink()
        if again:
            made.forget()
        if not state.is_file():
            return made
        try:
            said = json.loads(state.read_text(encoding="utf-8"))
            pages = [Page(**page) for page in said["pages"]]
            fetched_at = str(said["fetched_at"])
        except (ValueError, KeyError, TypeError) as error:
            raise not_as_fetched(place, STATE) from error
        for k, page in enumerate(pages):
            path = made.page(k)
            if not path.is_file() or digest_of(path) != page.sha256:
                raise not_as_fetched(place, path.name)
        made.pages, made.fetched_at = pages, fetched_at
        if made.is_done and not request.is_settled(fetched_at):
            made.forget()
        return made

    def forget(self) -> None:
        """Remove what was fetched: what says so first."""
        self.pages, self.fetched_at = [], ""
        (self.place / STATE).unlink(missing_ok=True)
        for path in self.place.glob("page-*.csv"):
            path.unlink()

    def page(self, k: int) -> Path:
        """The file of a page."""
        return self.place / f"page-{k + 1:05d}.csv"

    def go_on(self, asking: "Asking", request: Request, progress: Progress | None) -> None:
        """Ask for the pages that are not there yet."""
        parameters = self.pages[-1].next if self.pages else request.first()
        while parameters is not None:
            body = asking.get(request.path, parameters)
            try:
                page = request.read(body, parameters)
                self.refuse_changed(page)
            except Refused as error:
                raise asking.refusal(error) from None
            page = Page(
                page.rows, page.total, page.series, page.stand, page.next,
                hashlib.sha256(body).hexdigest(), len(body),
            )  # fmt: skip
            write_whole(self.page(len(self.pages)), [body])
            self.pages.append(page)
            self.fetched_at = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
            said = {"pages": [as_said(one) for one in self.pages], "fetched_at": self.fetched_at}
            write_whole(self.place / STATE, [json.dumps(said, indent=1).encode()])
            if progress is not None:
                progress(request.rows_to_come(self.pages))
            parameters = page.next

    def refuse_changed(self, page: Page) -> None:
        """Refuse a page of another state of the data than the pages before."""
        before = [one for one in self.pages if one.series == page.series]
        if before and (before[0].total, before[0].stand) != (page.total, page.stand):
            raise Refused(
                say(
                    "the data changed between two pages, from {before:,} rows ({stand}) to "
                    "{now:,} ({new}): fetch them anew with --again",
                    before=before[0].total,
                    stand=before[0].stand,
                    now=page.total,
                    new=page.stand,
                )
            )
        if page.next is None or page.next.get("series") != str(page.series):
            rows = sum(one.rows for one in before) + page.rows
            if rows != page.total:
                raise Refused(
                    say(
                        "its pages hold {rows:,} rows of {total:,}: fetch them anew with --again",
                        rows=rows,
                        total=page.total,
                    )
                )

    def put_together(self, request: Request) -> tuple[Path, str]:
        """One file of all pages, and its checksum."""
        path = self.place / f"{'_'.join(map(plain, request.asked.values()))}.csv"
        bodies = (self.page(k).read_bytes() for k in range(len(self.pages)))
        write_whole(path, request.file(list(bodies)))
        return path, digest_of(path)


def as_said(page: Page) -> dict[str, Any]:
    """A page as ``state.json`` says it."""
    return {name: getattr(page, name) for name in Page.__slots__}


def plain(text: str) -> str:
    """A word of a file's name."""
    return re.sub(r"[^\w-]+", "-", text)[:40]


def not_as_fetched(place: Path, name: str) -> DataError:
    """Say that the cache was changed."""
    return DataError(
        say(
            "{name} in the cache {place} is not as it was fetched: its checksum is another. "
            "Expected it unchanged. Fetch everything anew with --again.",
            name=name,
            place=place,
        )
    )


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    return str(pooch.file_hash(str(path), alg="sha256"))


def write_whole(path: Path, blocks: "Iterator[bytes] | Sequence[bytes]") -> None:
    """Write a private file that is there whole or not at all."""
    partial = path.with_name(path.name + ".partial")
    try:
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            for block in blocks:
                out.write(block)
        flush_one(partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def cache_of(access: Access) -> Path:
    """The folder of the cache."""
    said = access.cache or os.environ.get(CACHE)
    return Path(said) if said else Path(pooch.os_cache("shuseki")) / "pull"


# ---- asking -------------------------------------------------------------------------------------


def key_of(publisher: Publisher, access: Access) -> str:
    """The user's key."""
    key = access.key or os.environ.get(publisher.environment, "")
    if not key.strip():
        raise ParameterError(
            say(
                "There is no key for {title}. Expected one in the variable {variable} (or --key). "
                "Register for one at {register}.",
                title=publisher.title,
                variable=publisher.environment,
                register=publisher.register,
            )
        )
    if not re.fullmatch(r"[!-~]{1,200}", key.strip()):
        raise ParameterError(
            say(
                "The key for {title} has letters that no key has, or is too long. "
                "Expected it as the publisher sent it. Copy it again.",
                title=publisher.title,
            )
        )
    return key.strip()


def address(publisher: Publisher, access: Access) -> str:
    """The base that requests go to; the key travels encrypted, or stays on this machine."""
    base = (access.base or os.environ.get(publisher.place, "") or publisher.base).rstrip("/")
    parts = urlsplit(base)
    here = parts.hostname in ("127.0.0.1", "localhost", "::1")
    if parts.scheme != "https" and not (parts.scheme == "http" and here):
        raise ParameterError(
            say(
                "The address is {base}. Expected one that begins with https://, since the key "
                "goes there.",
                base=repr(base),
            )
        )
    return base


@contextmanager
def unlogged() -> Iterator[None]:
    """Keep the lines of httpx, which quote whole addresses, out of every log."""
    logger = logging.getLogger("httpx")

    def silent(record: logging.LogRecord) -> bool:
        return False

    logger.addFilter(silent)
    try:
        yield
    finally:
        logger.removeFilter(silent)


class Asking:
    """A connection to one publisher, which knows the key and never says it."""

    def __init__(self, publisher: Publisher, access: Access, base: str, key: str) -> None:
        self.publisher, self.access, self.base = publisher, access, base
        self._key = key
        self._client = httpx.Client(
            timeout=access.timeout_seconds,
            follow_redirects=False,
            headers={"User-Agent": "shuseki", "Accept": "text/csv, text/plain"},
        )

    def __enter__(self) -> "Asking":
        """Use the connection."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self._client.close()

    def __repr__(self) -> str:
        return f"<Asking {self.publisher.name}>"

    def get(self, path: str, parameters: Mapping[str, str]) -> bytes:
        """One answer, whole.

        Raises
        ------
        ParameterError, DataError
            In the words of ``refusal``.
        """
        wait = self.access.wait_seconds
        sent = {name: value for name, value in parameters.items() if name != "series"}
        for left in reversed(range(TRIES)):
            try:
                with unlogged():
                    return self._once(path, sent)
            except Busy as error:
                if not left:
                    raise self.refusal(Refused(error.why)) from None
                time.sleep(min(max(wait, error.seconds), LONGEST_WAIT_SECONDS))
                wait *= 2
            except Refused as error:
                raise self.refusal(error) from None
        raise AssertionError

    def _once(self, path: str, parameters: Mapping[str, str]) -> bytes:
        asked = {self.publisher.key: self._key, **parameters}
        body = bytearray()
        try:
            with self._client.stream("GET", f"{self.base}/{path}", params=asked) as answer:
                for block in answer.iter_bytes():
                    body += block
                    if len(body) > MOST_BYTES:
                        raise Refused(
                            say("the answer has more than {most:,} bytes", most=MOST_BYTES)
                        )
        except httpx.TimeoutException:
            raise Busy(
                say("no answer came in {seconds:g} seconds", seconds=self.access.timeout_seconds)
            ) from None
        except httpx.RemoteProtocolError:
            raise Busy(say("the answer breaks off after {n:,} bytes", n=len(body))) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Busy(say("it cannot be reached ({kind})", kind=type(error).__name__)) from None
        self._look_at(answer, bytes(body))
        return bytes(body)

    def _look_at(self, answer: httpx.Response, body: bytes) -> None:
        """Refuse an answer that is no data, by its state and its kind."""
        state = answer.status_code
        said = self.first_words(body)
        if state in BUSY:
            seconds = answer.headers.get("Retry-After", "")
            raise Busy(
                say("it is busy or out of order (HTTP {state}): {said}", state=state, said=said),
                waiting(seconds),
            )
        if state in self.publisher.no_key:
            raise Refused(
                say("it does not accept the key (HTTP {state}): {said}", state=state, said=said),
                key=True,
            )
        if 300 <= state < 400:
            host = urlsplit(answer.headers.get("Location", "")).hostname or "?"
            raise Refused(
                say("it points to another address (HTTP {state}, {host})", state=state, host=host)
            )
        if state != 200:
            raise Refused(
                say("it refuses the request (HTTP {state}): {said}", state=state, said=said)
            )
        kind = answer.headers.get("Content-Type", "")
        if "html" in kind or body.lstrip()[:1] == b"<":
            raise Refused(say("it answers with a page, not with data: {said}", said=said))
        if not body.strip():
            raise Refused(say("the answer is empty"))
        if len(self._key) >= SHORTEST_KEY and self._key.encode() in body:
            raise Refused(say("the answer repeats the key, and is not kept"))

    def first_words(self, body: bytes) -> str:
        """What an answer says in its first words; of a page its title; the key blacked out."""
        text = body[: 1 << 16].decode("utf-8", errors="replace")
        title = re.search(r"<title[^>]*>(.*?)</title>", text, re.DOTALL | re.IGNORECASE)
        text = title[1] if title else re.sub(r"<[^>]*>", " ", text)
        text = " ".join(text.split()).replace(self._key, "***")
        return text[:SHOWN] or say("nothing")

    def refusal(self, error: Refused) -> ShusekiError:
        """Say what was wrong with an answer, and what to do."""
        title = self.publisher.title
        if error.key:
            return ParameterError(
                say(
                    "{title}: {why}. Expected the key that the publisher gave you. Check the "
                    "variable {variable} (or --key), or register at {register}.",
                    title=title,
                    why=error.why,
                    variable=self.publisher.environment,
                    register=self.publisher.register,
                )
            )
        return DataError(
            say(
                "{title}: {why}. Expected a table. No half file was written; pages that came whole "
                "are kept. Correct the request, or call again later.",
                title=title,
                why=error.why,
            )
        )


def waiting(said: str) -> float:
    """Seconds that ``Retry-After`` asks for: a number, or a day and time; 0 for neither."""
    if said.strip().isdecimal():
        return float(said)
    try:
        until = parsedate_to_datetime(said)
    except ValueError:
        return 0.0
    now = datetime.datetime.now(datetime.UTC)
    return max((until.astimezone(datetime.UTC) - now).total_seconds(), 0.0)


class Busy(Refused):
    """A publisher may answer when it is asked again."""

    def __init__(self, why: str, seconds: float = 0.0) -> None:
        super().__init__(why)
        self.seconds = seconds


# ---- what the publishers answer -----------------------------------------------------------------


@dataclass(frozen=True)
class TableOfEstat:
    """A table of e-Stat, as ``getSimpleStatsData`` gives it."""

    conditions: Mapping[str, str]
    rows_per_page: int
    path: str = "getSimpleStatsData"

    @property
    def asked(self) -> dict[str, str]:
        """The table and the conditions."""
        first, *others = self.conditions.items()
        return {"table": first[1], **{name: f"{name}={value}" for name, value in others}}

    def first(self) -> dict[str, str]:
        """From the first row on."""
        return self.at(1)

    def at(self, position: int) -> dict[str, str]:
        """From a row on."""
        return {
            **self.conditions,
            "startPosition": str(position),
            "limit": str(self.rows_per_page),
            "metaGetFlg": "N",
            "sectionHeaderFlg": "1",
            "series": "1",
        }

    def read(self, body: bytes, parameters: Mapping[str, str]) -> Page:
        """Read the block of facts, and count the rows below it."""
        facts, header, rows = estat_parts(body)
        status = facts.get("STATUS", "?")
        why = " ".join(facts.get("ERROR_MSG", "").split())
        if status != "0":
            raise Refused(
                say("it says: {why} (status {status})", why=why[:SHOWN], status=status),
                key=status == "100",
            )
        try:
            total, first, last = (
                int(facts[name]) for name in ("TOTAL_NUMBER", "FROM_NUMBER", "TO_NUMBER")
            )
        except (KeyError, ValueError):
            raise Refused(say("the answer does not say which of how many rows it holds")) from None
        names = next(csv.reader([header.decode("utf-8", errors="replace")]), [])
        n = count_rows(rows, len(names))
        if not names or n != last - first + 1 or str(first) != parameters["startPosition"]:
            raise Refused(
                say(
                    "the answer holds {n:,} rows and says that it has rows {first:,} to {last:,}: "
                    "it is not whole",
                    n=max(n, 0),
                    first=first,
                    last=last,
                )
            )
        following = facts.get("NEXT_KEY", "")
        after = self.at(int(following)) if following.isdecimal() else None
        return Page(n, total, 1, facts.get("UPDATED_DATE", ""), after)

    def rows_to_come(self, pages: Sequence[Page]) -> float:
        """By the total that the pages say."""
        return sum(page.rows for page in pages) / max(pages[0].total, 1)

    def file(self, pages: Sequence[bytes]) -> Iterator[bytes]:
        """The facts of the first page, about all rows; the header once; the rows of all pages."""
        _, _, last_rows = estat_parts(pages[-1])
        start = pages[0]
        facts, _, rows = estat_parts(start)
        head = start[: len(start) - len(rows)]
        head = re.sub(rb'(?m)^"?NEXT_KEY"?,.*\r?\n', b"", head)
        total = facts["TOTAL_NUMBER"].encode()
        yield re.sub(rb'(?m)^("?TO_NUMBER"?,)"?\d+"?', rb'\1"' + total + b'"', head)
        for k, page in enumerate(pages):
            rows = last_rows if k == len(pages) - 1 else estat_parts(page)[2]
            yield rows if rows.endswith(b"\n") else rows + b"\n"

    def is_settled(self, fetched_at: str) -> bool:
        """A table is asked for anew when the user wants it."""
        return True


VALUE = re.compile(rb'^"?VALUE"?,?\r?\n', re.MULTILINE)


def estat_parts(body: bytes) -> tuple[dict[str, str], bytes, bytes]:
    """The facts of an answer, its header, and its rows."""
    text = body.removeprefix(b"\xef\xbb\xbf")
    found = VALUE.search(text)
    head, rest = (text[: found.start()], text[found.end() :]) if found else (text[:65536], b"")
    records = csv.reader(io.StringIO(head.decode("utf-8", errors="replace"), newline=""))
    facts = {row[0]: row[1] for row in records if len(row) > 1}
    header, line, rows = rest.partition(b"\n")
    return facts, header + line, rows


def count_rows(rows: bytes, width: int) -> int:
    """Records of CSV; -1 where one has another number of fields, or a quoted one does not end."""
    if rows.count(b'"') % 2:
        return -1
    text = io.StringIO(rows.decode("utf-8", errors="replace"), newline="")
    n = 0
    for record in csv.reader(text):
        if record:
            n += 1
            if len(record) != width:
                return -1
    return n


COLUMNS_OF_HOJIN = 30


@dataclass(frozen=True)
class ChangesOfHojin:
    """Changes of the corporate-number register, as ``diff`` gives them in CSV (Unicode)."""

    since: datetime.date
    until: datetime.date
    prefecture: str
    days_per_request: int
    path: str = "diff"

    @property
    def asked(self) -> dict[str, str]:
        """The days and the prefecture."""
        said = {"what": "hojin", "since": f"{self.since}", "until": f"{self.until}"}
        return said | ({"prefecture": self.prefecture} if self.prefecture else {})

    def windows(self) -> list[tuple[datetime.date, datetime.date]]:
        """The days, in stretches that the publisher answers."""
        step = datetime.timedelta(days=self.days_per_request)
        day = datetime.timedelta(days=1)
        starts = [self.since]
        while starts[-1] + step <= self.until:
            starts.append(starts[-1] + step)
        return [(start, min(start + step - day, self.until)) for start in starts]

    def first(self) -> dict[str, str]:
        """The first part of the first stretch."""
        return self.at(0, 1)

    def at(self, window: int, divide: int) -> dict[str, str]:
        """A part of a stretch."""
        since, until = self.windows()[window]
        asked = {
            "from": since.isoformat(),
            "to": until.isoformat(),
            "type": "02",
            "divide": str(divide),
            "series": str(window),
        }
        return asked | ({"address": self.prefecture} if self.prefecture else {})

    def read(self, body: bytes, parameters: Mapping[str, str]) -> Page:
        """Read the first line (day, rows in all, part, parts), and count the rows below it."""
        head, _, rows = body.removeprefix(b"\xef\xbb\xbf").partition(b"\n")
        cells = next(csv.reader([head.decode("utf-8", errors="replace").strip()]), [])
        try:
            day, (total, divide, parts) = cells[0], map(int, cells[1:4])
            datetime.date.fromisoformat(day)
        except (ValueError, IndexError):
            raise Refused(
                say(
                    "the first line of the answer is {head}, not the day, the rows and the parts",
                    head=repr(head[:SHOWN].decode("utf-8", errors="replace")),
                )
            ) from None
        n = count_rows(rows, COLUMNS_OF_HOJIN)
        if (
            n < 0
            or n > total
            or str(divide) != parameters["divide"]
            or not 1 <= divide <= max(parts, 1)
        ):
            raise Refused(
                say(
                    "the answer is part {part} of {parts} and holds {n:,} of {total:,} rows: it is "
                    "not the part that was asked for, or not whole",
                    part=divide,
                    parts=parts,
                    n=max(n, 0),
                    total=total,
                )
            )
        window = int(parameters["series"])
        after = None
        if divide < parts:
            after = self.at(window, divide + 1)
        elif window + 1 < len(self.windows()):
            after = self.at(window + 1, 1)
        return Page(n, total, window, day, after)

    def rows_to_come(self, pages: Sequence[Page]) -> float:
        """By stretches, and by rows within one."""
        last = pages[-1]
        rows = sum(page.rows for page in pages if page.series == last.series)
        return (last.series + rows / max(last.total, 1)) / len(self.windows())

    def file(self, pages: Sequence[bytes]) -> Iterator[bytes]:
        """The rows of all parts, as in the files that the publisher offers: without a header."""
        for page in pages:
            rows = page.removeprefix(b"\xef\xbb\xbf").partition(b"\n")[2]
            yield rows if rows.endswith(b"\n") or not rows else rows + b"\n"

    def is_settled(self, fetched_at: str) -> bool:
        """What was fetched on the last day itself, or before it was over, may have grown."""
        return datetime.date.fromisoformat(fetched_at[:10]) > self.until
