"""Does a built site need the network?

    python docs/offline.py build/site

Names every script, style, font or picture that a page would fetch from elsewhere; exit code 1 when
there is one. Links that a reader follows are not fetched, and may lead anywhere.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

FETCHED = re.compile(
    r"""<(?:script|img|iframe|source|video|audio|embed)\b[^>]*?\bsrc=["']?((?:https?:)?//[^"'\s>]+)"""
    r"""|<link\b(?=[^>]*rel=["']?(?:stylesheet|preload|preconnect|icon|modulepreload))"""
    r"""[^>]*?href=["']?((?:https?:)?//[^"'\s>]+)"""
)
STYLED = re.compile(
    r"""@import\s+["']?((?:https?:)?//[^"')\s]+)|url\(["']?((?:https?:)?//[^"')]+)"""
)


def fetched(site: Path) -> Iterator[tuple[str, str]]:
    """Page or style, and the address that it would fetch."""
    for path in sorted(site.rglob("*")):
        pattern = {".html": FETCHED, ".css": STYLED}.get(path.suffix)
        if pattern is None:
            continue
        for found in pattern.finditer(path.read_text(encoding="utf-8")):
            yield str(path.relative_to(site)), next(filter(None, found.groups()))


def main(arguments: list[str]) -> int:
    """Name what a site fetches."""
    found = list(fetched(Path(arguments[0])))
    for page, address in found:
        print(f"{page} fetches {address}")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
