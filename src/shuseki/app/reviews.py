"""Which pairs of two registers does a person decide, and what was decided?

Two registers are linked by likeness in a process of their own; the pairs that are nearest to even
odds are laid out with what both registers say and how the weight adds up. A decision (same,
different, don't know) is on disk before the next pair is shown; linking again takes the decisions
as labels. Each review is a private folder of its owner::

    <key>/review.json     whose, when, the names the files had
    <key>/left.csv        the registers, with their own endings; right.csv
    <key>/pairs.json      what was found: headline, pairs, weights
    <key>/decisions.json  what was decided
    <key>/process.lock    held while it is linked
    <key>/errors.json     why it could not be

The decisions go out as the table that ``shuseki link --labels`` reads.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Literal, get_args

import numpy as np
import pandas as pd

from shuseki.app.jobs import is_held
from shuseki.app.kept import KEY, arriving, deleted, ending_of, keys, shown_name, swept
from shuseki.app.uploads import check_unpacked
from shuseki.errors import DataError, ParameterError, ShusekiError, UnknownCodeError
from shuseki.language import LANGUAGES, say, told, word, words_of
from shuseki.linkage.imputation import draw_links
from shuseki.linkage.likeness import link
from shuseki.linkage.review import in_words, to_review
from shuseki.reading.tables import read_table
from shuseki.release import inert_frame, write_text
from shuseki.report.words import column_words
from shuseki.sources import USER

__all__ = ["ANSWERS", "Decision", "Review", "Reviews", "prepare"]

ENDINGS = (".csv", ".tsv", ".txt", ".parquet", ".xlsx", ".csv.gz")
TEXT = ("id", "name", "address", "municipality", "industry", "legal_form", "opened")
Decision = Literal["same", "different", "unknown"]
ANSWERS: tuple[Decision, ...] = get_args(Decision)
MATCH: Mapping[str, int | None] = {"same": 1, "different": 0, "unknown": None}
MOST_PAIRS = 500
MOST_UNPACKED = 400_000_000
AT_ONCE = 2
DRAWS = 50


@dataclass(frozen=True)
class Review:
    r"""A review, as its folder says.

    Attributes
    ----------
    state
        ``linking``, ``ready`` or ``failed``.
    found
        Of a ready one: ``headlines`` by language, ``columns``, ``pairs``.
    decisions
        ``"left\nright"`` → what was decided.
    """

    folder: Path
    key: str
    owner: str
    created: str
    names: tuple[str, str]
    endings: tuple[str, str]
    asked: int
    state: Literal["linking", "ready", "failed"]
    found: Mapping[str, Any]
    decisions: Mapping[str, Decision]

    @property
    def title(self) -> str:
        """The names of the two files."""
        return " – ".join(self.names)

    @property
    def pairs(self) -> list[dict[str, Any]]:
        """The pairs, the most telling first."""
        return list(self.found.get("pairs", ()))

    def refused(self, lang: str) -> str:
        """Why it could not be linked, in a language."""
        ended = told(say("Linking ended before it was done. Link again."), lang)
        return str(_read(self.folder / ERRORS).get(lang, ended))

    def decided(self, pair: Mapping[str, Any]) -> Decision | Literal[""]:
        """What was decided of a pair; empty before."""
        return self.decisions.get(key_of(pair["left"], pair["right"]), "")

    def next_open(self, after: int = -1) -> int:
        """Number of the next pair without a decision; of the one after, where there is none."""
        order = [*range(after + 1, len(self.pairs)), *range(after + 1)]
        found = next((k for k in order if not self.decided(self.pairs[k])), None)
        return min(after + 1, max(len(self.pairs) - 1, 0)) if found is None else found

    def table(self, lang: str) -> pd.DataFrame:
        """The pairs with their decisions, as ``shuseki link --labels`` reads them."""
        columns = list(self.found.get("columns", ()))
        rows = []
        for pair in self.pairs:
            row: dict[str, Any] = {name: pair[name] for name in ("left", "right", "probability")}
            decided = self.decided(pair)
            row["match"] = MATCH[decided] if decided else None
            for name in columns:
                row[f"{name}_left"], row[f"{name}_right"] = pair["records"][name]
            rows.append(row)
        frame = pd.DataFrame(rows, columns=[
            "left", "right", "probability", "match",
            *(f"{name}_{side}" for name in columns for side in ("left", "right")),
        ])  # fmt: skip
        frame["match"] = frame["match"].astype("Int64")
        return in_words(frame, lang) if lang == "ja" else frame

    def to_csv(self, lang: str) -> str:
        """The same as text; no cell of it is a formula."""
        return str(inert_frame(self.table(lang)).to_csv(index=False, lineterminator="\n"))


class Reviews:
    """The reviews of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        swept(folder)

    def add(
        self, files: tuple[BinaryIO, BinaryIO], names: tuple[str, str], owner: str, pairs: int
    ) -> Review:
        """Take two registers in, and begin to link them.

        Raises
        ------
        ParameterError
            An ending that registers do not have, too many pairs, or two are being linked already.
        DataError
            A packed file that unpacks to more than is allowed.
        """
        if not 1 <= pairs <= MOST_PAIRS:
            raise ParameterError(
                say(
                    "{pairs} pairs. Expected 1 to {most_pairs}. Ask for fewer.",
                    pairs=pairs,
                    most_pairs=MOST_PAIRS,
                )
            )
        shown = [shown_name(name) for name in names]
        endings = [ending_of(name, ENDINGS) for name in shown]
        if not all(endings):
            wrong = next(name for name, e in zip(shown, endings, strict=True) if not e)
            raise ParameterError(
                say(
                    "The file {wrong!r}. Expected a register as {known}. Save it as one.",
                    wrong=wrong,
                    known=", ".join(ENDINGS),
                )
            )
        with arriving(self.folder) as (key, making):
            for side, source, ending in zip(("left", "right"), files, endings, strict=True):
                with (making / f"{side}{ending}").open("xb") as place:
                    shutil.copyfileobj(source, place)
                check_unpacked(making / f"{side}{ending}", f"{side}{ending}", MOST_UNPACKED)
            about = {
                "owner": owner,
                "created": datetime.now(UTC).isoformat(timespec="seconds"),
                "names": shown,
                "endings": endings,
                "asked": pairs,
            }
            write_text(making / "review.json", json.dumps(about, ensure_ascii=False) + "\n")
        self.link(key)
        return self.get(key)

    def link(self, key: str) -> None:
        """Link, or link again with what was decided.

        Raises
        ------
        ParameterError
            Two are being linked already.
        """
        folder = self.get(key).folder
        with self._lock:
            running = sum(is_held(one / LOCK) for one in self.folder.iterdir() if one.is_dir())
            if running >= AT_ONCE:
                raise ParameterError(
                    say(
                        "{running} reviews are being linked. Expected fewer than {at_once}. Wait "
                        "until one has ended, then link again.",
                        running=running,
                        at_once=AT_ONCE,
                    )
                )
            lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                (folder / ERRORS).unlink(missing_ok=True)
                code = "import sys; from shuseki.app.reviews import prepare; prepare(sys.argv[1])"
                process = subprocess.Popen(
                    [sys.executable, "-c", code, str(folder)],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                    pass_fds=[lock],
                )
            finally:
                os.close(lock)
        threading.Thread(target=process.wait, daemon=True).start()

    def get(self, key: str) -> Review:
        """One review.

        Raises
        ------
        UnknownCodeError
            No such review.
        """
        folder = self.folder / key
        if not KEY.fullmatch(key) or not (folder / "review.json").exists():
            raise UnknownCodeError(
                say(
                    "There is no review {key_given!r}. Expected one of your list.",
                    key_given=key[:60],
                )
            )
        about = _read(folder / "review.json")
        is_linking = is_held(folder / LOCK)
        ready = (folder / "pairs.json").exists() and not (folder / ERRORS).exists()
        return Review(
            folder=folder,
            key=key,
            owner=about["owner"],
            created=about["created"],
            names=tuple(about["names"]),
            endings=tuple(about["endings"]),
            asked=about["asked"],
            state="linking" if is_linking else "ready" if ready else "failed",
            found=_read(folder / "pairs.json"),
            decisions=_read(folder / "decisions.json"),
        )

    def all(self, owner: str) -> list[Review]:
        """Reviews of an owner, newest first."""
        known = (self.get(key) for key in keys(self.folder, "review.json"))
        return [one for one in known if one.owner == owner]

    def decide(self, key: str, pair: int, decision: str) -> None:
        """Keep a decision: it is on disk when this returns.

        Raises
        ------
        UnknownCodeError
            A pair or an answer that there is not.
        """
        with self._lock:
            one = self.get(key)
            if not 0 <= pair < len(one.pairs):
                raise UnknownCodeError(
                    say(
                        "There is no pair {given}. Expected 1 to {n}. Choose one.",
                        given=pair + 1,
                        n=len(one.pairs),
                    )
                )
            if decision not in ANSWERS:
                raise UnknownCodeError.among("answer", [decision], list(ANSWERS))
            now = dict(one.decisions)
            now[key_of(one.pairs[pair]["left"], one.pairs[pair]["right"])] = decision
            write_text(one.folder / "decisions.json", json.dumps(now, ensure_ascii=False) + "\n")

    def delete(self, key: str) -> None:
        """Delete a review with its registers and decisions."""
        deleted(self.folder, self.get(key).key)


LOCK = "process.lock"
ERRORS = "errors.json"


def key_of(left: Any, right: Any) -> str:
    """Names a pair by the ids of its records."""
    return f"{left}\n{right}"


def prepare(where: str | Path) -> None:
    """Link the registers of a folder with what was decided, and lay the pairs out."""
    folder = Path(where)
    try:
        found = laid_out(folder)
    except ShusekiError as error:
        _write_errors(folder, words_of(error))
    except Exception as error:  # a process of its own: its owner must learn that it ended
        _write_errors(folder, say("Linking ended with {kind}.", kind=type(error).__name__))
        raise
    else:
        write_text(folder / "pairs.json", json.dumps(found, ensure_ascii=False) + "\n")


def _write_errors(folder: Path, said: str) -> None:
    told_of = {lang: str(told(said, lang)) for lang in LANGUAGES}
    write_text(folder / ERRORS, json.dumps(told_of, ensure_ascii=False) + "\n")


def laid_out(folder: Path) -> dict[str, Any]:
    """Everything that the pages of a review show."""
    about = _read(folder / "review.json")
    decisions: dict[str, Decision] = _read(folder / "decisions.json")
    tables = [
        read_table(folder / f"{side}{ending}", text=TEXT).reset_index(drop=True)
        for side, ending in zip(("left", "right"), about["endings"], strict=True)
    ]
    for table, name in zip(tables, about["names"], strict=True):
        if not len(table) or "id" not in table:
            raise DataError(
                say(
                    "{name_given} has {n} rows and the columns {given}. Expected one row per "
                    "establishment, with an id and a name, address or municipality. Check the "
                    "file.",
                    name_given=name,
                    n=len(table),
                    given=", ".join(map(str, table.columns))[:200],
                )
            )
    known = [
        (*pair.split("\n"), MATCH[decision])
        for pair, decision in decisions.items()
        if MATCH[decision] is not None
    ]
    labels = pd.DataFrame(known, columns=["left", "right", "match"]) if known else None
    links = link(*tables, labels=labels, sources=(USER,))
    drawn = draw_links(links, draws=DRAWS)
    listed = to_review(links, *tables, pairs=about["asked"])
    columns = [name for name in tables[0].columns if name in tables[1].columns and name != "id"]
    pairs = [
        _pair(
            {str(key): value for key, value in row.items()},
            columns,
            links.waterfall(row["left"], row["right"]),
        )
        for row in listed.to_dict("records")
    ]
    before = {key_of(one["left"], one["right"]) for one in pairs}
    earlier = [
        one
        for one in _read(folder / "pairs.json").get("pairs", ())
        if key_of(one["left"], one["right"]) in decisions.keys() - before
    ]
    return {
        "headlines": {
            lang: [str(told(one.headline(), lang)) for one in (links, drawn)] for lang in LANGUAGES
        },
        "columns": columns,
        "pairs": [*pairs, *earlier],
        "decided": len(known),
    }


def _pair(row: Mapping[str, Any], columns: list[str], steps: pd.DataFrame) -> dict[str, Any]:
    return {
        "left": _plain(row["left"]),
        "right": _plain(row["right"]),
        "probability": float(row["probability"]),
        "records": {
            name: [_plain(row[f"{name}_{side}"]) for side in ("left", "right")] for name in columns
        },
        "steps": [
            {
                "step": [column_words(str(one["step"]), lang) for lang in LANGUAGES],
                "level": [str(told(word(str(one["level"])), lang)) for lang in LANGUAGES],
                "bits": round(float(one["weight_bits"]), 2),
                "total": round(float(one["total_bits"]), 2),
            }
            for one in steps.to_dict("records")
        ],
    }


def _plain(value: Any) -> Any:
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return ""
    found = value.item() if hasattr(value, "item") else value
    if isinstance(found, float) and found.is_integer():
        return int(found)
    return found if isinstance(found, int | float) else str(found)


def _read(place: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if place.exists():
        found = json.loads(place.read_text(encoding="utf-8"))
    return found
