"""How do docstrings, which are written for a terminal, read on a page?

An extension of griffe: the roles of reStructuredText (``:func:`concentration` ``) become code,
``::`` before a block becomes a colon, and its simple tables become blocks of code. The text of the
docstrings stays as it is.
"""

import re
from typing import Any

import griffe

ROLE = re.compile(r":[a-z]+:`~?([^`]+)`")
DOUBLE = re.compile(r"::[ ]*$", re.MULTILINE)
RULE = re.compile(r"^( *)=+(?: +=+)+ *$")


class PlainDocstrings(griffe.Extension):
    """Rewrite every docstring when it is read."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite one."""
        if obj.docstring is not None:
            obj.docstring.value = markdown(obj.docstring.value)


def markdown(text: str) -> str:
    """A docstring in the Markdown of the page."""
    text = DOUBLE.sub(":", ROLE.sub(r"`\1`", text))
    lines: list[str] = []
    rules = 0
    for line in text.splitlines():
        if RULE.match(line):
            if rules % 3 == 0:
                lines += ["", "```text"]
            lines.append(line)
            if rules % 3 == 2:
                lines += ["```", ""]
            rules += 1
        else:
            lines.append(line)
    return "\n".join(lines)
