"""How does what a reader brings come and go whole?

Each thing is a private folder, named after when it came. It is made under a name that nobody asks
for and renamed once it is whole, and renamed again before it is deleted: whatever ends the app,
what was left half there is swept at the next start.
"""

import re
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

__all__ = ["KEY", "arriving", "deleted", "ending_of", "keys", "shown_name", "swept"]

KEY = re.compile(r"[0-9]{14}-[0-9a-f]{12}")


def swept(folder: Path) -> None:
    """Make the folder of all, and clear what was left half there."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for left in folder.glob("new-*"):
        shutil.rmtree(left, ignore_errors=True)


@contextmanager
def arriving(folder: Path) -> Iterator[tuple[str, Path]]:
    """Give a new key and where to put its files; whole at the end, gone on any failure."""
    key = f"{datetime.now(UTC):%Y%m%d%H%M%S}-{secrets.token_hex(6)}"
    making = folder / f"new-{key}"
    making.mkdir(mode=0o700)
    try:
        yield key, making
        making.rename(folder / key)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise


def keys(folder: Path, about: str) -> list[str]:
    """Keys of what is there, newest first; ``about`` is the file that each has."""
    found = sorted((path.name for path in folder.iterdir()), reverse=True)
    return [key for key in found if KEY.fullmatch(key) and (folder / key / about).exists()]


def deleted(folder: Path, key: str) -> None:
    """Delete one with all that is in it."""
    gone = folder / f"new-{key}-gone"
    (folder / key).rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def shown_name(name: str) -> str:
    """The name of a file that was brought, without folders and without what cannot be shown."""
    return "".join(c for c in Path(name.replace("\\", "/")).name if c.isprintable())[:120]


def ending_of(shown: str, endings: Sequence[str]) -> str:
    """The longest of the endings that a name has; empty where it has none."""
    fitting = (one for one in endings if shown.lower().endswith(one))
    return max(fitting, key=len, default="")
