"""What may a terminal be sent? Text, and never what a user's file would have it do.

A field of a file can hold control characters that colour, move or erase what a terminal shows, or
turn the direction of a line. ``Terminal`` prints them as signs (``␛``).

Source of the signs: Unicode, block Control Pictures (2400–243F).
"""

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

__all__ = ["Terminal", "visible"]

SIGNS = (
    {code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\t\n"}
    | {0x7F: "\u2421"}
    | dict.fromkeys(
        [*range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)],
        "\N{REPLACEMENT CHARACTER}",
    )
)
"""Control characters and changes of direction → what is shown of them."""


def visible(text: str) -> str:
    r"""Text with signs in place of control characters; tabs and line breaks stay.

    Examples
    --------
    >>> visible("13111\x1b[2J")
    '13111␛[2J'
    """
    return text.translate(SIGNS)


class Terminal(Console):
    """A console that shows control characters, and obeys none but its own."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Lay something out; what styles and moves the cursor comes after it."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=visible(segment.text))
