"""How does a folder of results appear on disk whole, or not at all, and delete nothing of others?

Everything is written into a private folder beside the place (``disk.scratch``). Only when the work
is done, ``manifest.json`` lists every file with its SHA-256 and size, and all has reached the disk,
does it take its place, by renaming. On an error, an interrupt or a termination nothing is left, and
whatever stood at the place still stands there.

A run replaces only an empty folder, or an earlier run that is exactly as it was written: the
manifest is ours and unchanged (``seal``), every file that it lists is there with that hash, and
nothing else is. A run to which something was added, or in which a file was edited, is the user's:
it is refused and named, and nothing in it is touched. So is a folder that holds an input or the
working directory, and one inside a store.

When a run is replaced, the earlier one is first moved into the private folder (``kept``), and its
listed files are deleted last. Should the process be killed in between, the next ``whole_folder``
in the same place puts it back, or finishes.

Limits: two runs that finish at the same place one after the other: the later stands.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from shuseki.disk import (
    KEPT,
    Scratch,
    abandoned,
    explained,
    fingerprint,
    flush,
    flush_one,
    termination_as_exit,
)
from shuseki.errors import OutputError, examples
from shuseki.language import say

__all__ = ["MANIFEST", "check_folder", "whole_folder"]

MANIFEST = "manifest.json"
"""The file that says what a folder of ours holds."""

FORMAT = "shuseki folder 1"
HOME = "home"
"""Name inside the private folder of the file that says where ``kept`` belongs."""


def check_folder(path: str | Path, apart: Iterable[str | Path] = ()) -> None:
    """Refuse a place where a run may not be written, before any work.

    Parameters
    ----------
    path
        Where the finished folder shall stand.
    apart
        Files and folders that the run reads: the place may be none of them, hold none of them,
        and lie in none of them.

    Raises
    ------
    OutputError
        Something that is not an unchanged earlier run stands there, or the place cannot be
        written.
    """
    target = _place(path)
    _check_place(target)
    _refuse_inputs(target, apart)
    _refuse_foreign(target)


@contextmanager
def whole_folder(path: str | Path, apart: Iterable[str | Path] = ()) -> Iterator[Path]:
    """Open a folder to write into, which appears at ``path`` only when all went well.

    Parameters
    ----------
    path
        Where the finished folder shall stand. Its parents are made when they are missing.
    apart
        Files and folders that the run reads (``check_folder``).

    Yields
    ------
    Path
        An empty folder to write into. A ``manifest.json`` written there is completed with the list
        of files; without one it holds that list alone.

    Raises
    ------
    OutputError
        Something at ``path`` is not ours to replace; the place cannot be written; or the disk is
        full. Other errors of the work pass through unchanged.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as place:
    ...     with whole_folder(Path(place, "run")) as folder:
    ...         _ = (folder / "a.csv").write_text("x")
    ...     sorted(file.name for file in Path(place, "run").iterdir())
    ['a.csv', 'manifest.json']
    """
    target = _place(path)
    with termination_as_exit():
        made = _start(target, tuple(apart))
        try:
            new = made.place / "new"
            new.mkdir()
            yield new
            _list_files(new)
            flush(new)
            _refuse_foreign(target)
            _exchange(new, target, made.place)
        except Exception as error:
            told = explained(error, target, made.place)
            if told is error:
                raise
            raise told from error
        finally:
            made.close()


class Replacement(Scratch):
    """The private folder beside the place, and in it the earlier folder while it is replaced."""

    def _clear(self) -> None:
        if self._held >= 0:
            _finish(self.place)
        super()._clear()


def _start(target: Path, apart: Iterable[str | Path]) -> Replacement:
    """Clear up after killed runs, check the place, and make the private folder beside it."""
    try:
        _recover(target.parent)
        check_folder(target, apart)
        target.parent.mkdir(parents=True, exist_ok=True)
        return Replacement(target.parent, "folder")
    except OSError as error:
        told = explained(error, target)
        if told is error:
            raise
        raise told from error


def _place(path: str | Path) -> Path:
    """Where a path leads, its last name as it stands: links and ``..`` above it are followed.

    A way through the folder itself (``run/../run``) would end while it is replaced.
    """
    given = Path(path).absolute()
    if given.name == "..":
        return Path(os.path.realpath(given))
    return Path(os.path.realpath(given.parent), given.name)


# ---- what may be replaced -----------------------------------------------------------------------


def _check_place(target: Path) -> None:
    """Refuse a place below a file, or below a folder that may not be written."""
    above = target.parent
    while not os.path.lexists(above):
        above = above.parent
    if not above.is_dir():
        raise OutputError(
            say(
                "{above} is not a folder, so {target} cannot be made. Choose another place.",
                above=above,
                target=target,
            )
        )
    if not os.access(above, os.W_OK | os.X_OK):
        raise OutputError(
            say(
                "Writing {target} is not allowed. Expected a folder that you may write. Choose "
                "another folder, or ask for the permission.",
                target=target,
            )
        )


def _refuse_inputs(target: Path, apart: Iterable[str | Path]) -> None:
    """Refuse a place that is, holds or lies in what the run reads or where it runs."""
    real = Path(os.path.realpath(target))
    here = Path.cwd().resolve()
    if here == real or here.is_relative_to(real):
        raise OutputError(
            say(
                "{target} is the folder in which you work, or holds it. Expected a folder of its "
                "own for the results. Choose another, such as --out runs/mine.",
                target=target,
            )
        )
    for given in apart:
        read = Path(os.path.realpath(given))
        inside = read.is_dir() and real.is_relative_to(read)
        if read == real or read.is_relative_to(real) or inside:
            where = say("lies in") if inside and read != real else say("holds")
            raise OutputError(
                say(
                    "{target} {where} {read}, which this run reads. Expected a folder of its own "
                    "for the results. Choose another.",
                    target=target,
                    where=where,
                    read=read,
                )
            )


def _refuse_foreign(target: Path) -> None:
    """Refuse to replace what is neither an empty folder nor an unchanged run of ours."""
    if not os.path.lexists(target):
        return
    if target.is_symlink():
        why: str = say("a link")
    elif not target.is_dir():
        why = say("not a folder")
    elif not any(target.iterdir()):
        return
    else:
        why = _why_foreign(target)
        if not why:
            return
    raise OutputError(
        say(
            "{target} exists and is {why}. Expected a free name, an empty folder or an earlier "
            "run as it was written, which would be replaced. Nothing was touched. Choose another "
            "folder, or move that one away.",
            target=target,
            why=why,
        )
    )


def _why_foreign(folder: Path) -> str:
    """Say why a folder is not a run as it was written; empty when it is one."""
    listed = _listed(folder)
    if listed is None:
        return say(
            "no earlier run (no {manifest} of ours, or one that was changed)", manifest=MANIFEST
        )
    found: list[str] = []
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(place, name)
            inside = path.relative_to(folder).as_posix()
            if name in folders:
                known = any(file.startswith(f"{inside}/") for file in listed)
            else:
                known = inside == MANIFEST or inside in listed
            if path.is_symlink() or not known:
                found.append(inside)
    if found:
        return say("a run to which others were added: {names}", names=examples(sorted(found)))
    edited = [name for name, told in listed.items() if not _is_as_written(folder / name, told)]
    if edited:
        return say("a run in which files were edited or removed: {names}", names=examples(edited))
    return ""


def _listed(folder: Path) -> Mapping[str, Any] | None:
    """Give the files that a manifest of ours lists; None when it is not ours, or was changed."""
    path = folder / MANIFEST
    if path.is_symlink() or not path.is_file():
        return None
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        return None
    listed = said.get("outputs")
    if said.pop("seal", None) != _seal(said) or not isinstance(listed, dict):
        return None
    return listed


def _is_as_written(path: Path, told: Mapping[str, Any]) -> bool:
    with suppress(OSError):
        return not path.is_symlink() and path.is_file() and fingerprint(path) == told
    return False


def _list_files(folder: Path) -> None:
    """Complete the manifest: every file with its hash and size, and the seal."""
    path = folder / MANIFEST
    said = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    files = sorted(file for file in folder.rglob("*") if file.is_file() and file != path)
    said["format"] = FORMAT
    said["outputs"] = {file.relative_to(folder).as_posix(): fingerprint(file) for file in files}
    said["seal"] = _seal(said)
    text = json.dumps(said, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def _seal(said: Mapping[str, Any]) -> str:
    text = json.dumps(said, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


# ---- exchanging ---------------------------------------------------------------------------------


def _exchange(new: Path, target: Path, place: Path) -> None:
    """Let the finished folder take its place; put the earlier one back if it cannot."""
    kept = place / KEPT
    if target.exists():
        (place / HOME).write_text(target.name, encoding="utf-8")
        flush_one(place / HOME)
        target.rename(kept)
    new.rename(target)
    flush_one(target.parent)


def _finish(place: Path) -> None:
    """Put the earlier folder back where nothing took its place; else delete what it lists.

    What is not as it was written stays, in ``kept``, and the private folder with it.
    """
    kept = place / KEPT
    if not os.path.lexists(kept):
        return
    with suppress(OSError, UnicodeDecodeError):
        target = place.parent / (place / HOME).read_text(encoding="utf-8")
        if not os.path.lexists(target):
            kept.rename(target)
            return
        listed = _listed(kept)
        for name, told in (listed or {}).items():
            if _is_as_written(kept / name, told):
                (kept / name).unlink()
        folders = [Path(place_) for place_, _, _ in os.walk(kept)]
        others = [path for path in kept.rglob("*") if path != kept / MANIFEST and not path.is_dir()]
        if listed is not None and not others:
            (kept / MANIFEST).unlink(missing_ok=True)
        for folder in sorted(folders, key=lambda path: len(path.parts), reverse=True):
            with suppress(OSError):
                folder.rmdir()


def _recover(parent: Path) -> None:
    """Finish or undo the replacements that killed processes left half way."""
    for place in abandoned(parent):
        _finish(place)
