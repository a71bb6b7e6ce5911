"""How do docstrings, which are written for a terminal, read on a page?

An extension of griffe. The measures of ``frames.verbs``, which a decorator makes, get the
docstrings that they have once they are made. In all, the roles of reStructuredText
(``:func:`concentration` ``) become code, ``::`` before a block becomes a colon, and simple tables
become blocks of code. The text of the docstrings stays as it is.
"""

import re
from typing import Any

import griffe

VERBS = "shuseki.frames.verbs"
ROLE = re.compile(r":[a-z]+:`~?([^`]+)`")
DOUBLE = re.compile(r"::[ ]*$", re.MULTILINE)
RULE = re.compile(r"^( *)=+(?: +=+)+ *$")


class PlainDocstrings(griffe.Extension):
    """Rewrite every docstring when it is read."""

    def on_attribute_instance(self, *, attr: griffe.Attribute, **_: Any) -> None:
        """Give what ``takes_panel`` or ``takes_sites`` made its docstring."""
        if attr.parent is not None and attr.parent.path == VERBS and "takes_" in str(attr.value):
            made = griffe.dynamic_import(attr.path)
            attr.docstring = griffe.Docstring(markdown(made.__doc__), parent=attr)
            attr.value = attr.annotation = None

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
