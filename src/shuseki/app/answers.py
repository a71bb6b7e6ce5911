"""What was answered, and may it be kept?

Answers on bundled data do not change while the app runs: the document of a question is kept (the
newest ``KEPT_DOCUMENTS``), and its HTML and figures in each language, compressed (the newest
``KEPT``). An answer that depends on who asks is kept for those readers alone who may see the same:
role, cluster and state of the directory are part of its key.
"""

import json
import threading
import zlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from shuseki.app.question import Asked, Question, Reader, query_of
from shuseki.report.blocks import Document, Section
from shuseki.report.html import ROWS, Fragment, render_fragment
from shuseki.report.words import Text

__all__ = ["FIRST", "KEPT", "KEPT_DOCUMENTS", "Answers", "Kept", "Shown"]

KEPT = 256
KEPT_DOCUMENTS = 24
FIRST = "row"
"""In an address: the first row shown of a long table."""
T = TypeVar("T")


class Kept(Generic[T]):
    """The newest answers, by key; two readers who ask at once share one computation."""

    def __init__(self, most: int = KEPT) -> None:
        self.most = most
        self._found: OrderedDict[Any, T] = OrderedDict()
        self._making: dict[Any, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, key: Any, make: Callable[[], T]) -> T:
        """The kept answer, or a new one."""
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                return self._found[key]
            making = self._making.setdefault(key, threading.Lock())
        with making:
            with self._lock:
                if key in self._found:
                    return self._found[key]
            try:
                made = make()
            finally:
                with self._lock:
                    self._making.pop(key, None)
            with self._lock:
                self._found[key] = made
                while len(self._found) > self.most:
                    self._found.popitem(last=False)
        return made

    def __len__(self) -> int:
        return len(self._found)


@dataclass(frozen=True)
class Shown:
    """An answer in a language, packed.

    Attributes
    ----------
    title
        Of its document.
    """

    title: Text
    _html: bytes
    _figures: bytes

    @classmethod
    def of(cls, title: Text, fragment: Fragment) -> "Shown":
        """Pack a part of a page."""
        figures = ",".join(f"{json.dumps(key)}:{told}" for key, told in fragment.figures.items())
        return cls(title, _packed(fragment.html), _packed(f"{{{figures}}}"))

    @property
    def html(self) -> str:
        """Its sections."""
        return _unpacked(self._html)

    @property
    def figures(self) -> str:
        """A JSON object of its figures by key."""
        return _unpacked(self._figures)


def _packed(text: str) -> bytes:
    return zlib.compress(text.encode("utf-8"), level=1)


def _unpacked(content: bytes) -> str:
    return zlib.decompress(content).decode("utf-8")


class Answers:
    """Answers to questions, kept where they may be."""

    def __init__(self) -> None:
        self.documents: Kept[Document] = Kept(KEPT_DOCUMENTS)
        self.shown: Kept[Shown] = Kept()

    def document(self, question: Question[Any], asked: Asked, reader: Reader) -> Document:
        """What is answered, before it is told in a language."""

        def make() -> Document:
            found = question.answer(asked, reader)
            if isinstance(found, Document):
                return found
            return Document(question.title, [Section("", list(found))])

        return self.documents.get((question.name, _key(asked), _sight(question, reader)), make)

    def show(
        self,
        question: Question[Any],
        asked: Asked,
        reader: Reader,
        query: str | None = None,
        first: int = 1,
    ) -> Shown:
        """The answer as HTML with its figures apart; ``query`` where their address is another.

        Long tables are shown from the row ``first``.
        """
        first = max(first - 1, 0) // ROWS * ROWS + 1

        def make() -> Shown:
            document = self.document(question, asked, reader)
            own = query_of(asked) if query is None else query
            at = f"/api/{question.name}/figures/"
            here = f"/{reader.lang}/{question.name}?{own}{'&' if own else ''}{FIRST}="
            fragment = render_fragment(
                document,
                reader.lang,
                figures_at=f"{at}{reader.lang}?{own}#",
                rows_at=here,
                first=first,
            )
            return Shown.of(document.title, fragment)

        key = (question.name, _key(asked), reader.lang, first, _sight(question, reader))
        return self.shown.get(key, make)


def _sight(question: Question[Any], reader: Reader) -> tuple[str, ...]:
    return reader.sight if question.depends_on_reader else ()


def _key(asked: Asked) -> str:
    return json.dumps(asked.model_dump(mode="json"), sort_keys=True)
