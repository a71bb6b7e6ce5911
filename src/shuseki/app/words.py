"""Which words stand on the pages?

Phrases that the templates need, each once; ``phrases(lang)`` gives them in a language, and a
phrase that is missing is an error, so that no page is half translated. What a question says of
itself stands with the question.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from shuseki.language import Message, say, told

__all__ = ["PHRASES", "phrases"]

PHRASES: Mapping[str, Message] = MappingProxyType(
    {
        "about": say("About"),
        "accounts": say("Accounts"),
        "action": say("Action"),
        "apply": say("Show"),
        "as_command": say("As a command"),
        "as_python": say("In Python"),
        "at": say("Time"),
        "cancel": say("Cancel"),
        "classes": say("Classes"),
        "cluster": say("Cluster"),
        "data": say("Data of this page"),
        "delete": say("Delete"),
        "delete_all": say("Delete everything of mine"),
        "delete_sure": say("This deletes your files, jobs and their results. It cannot be undone."),
        "error": say("This cannot be shown"),
        "file": say("File"),
        "files": say("Files"),
        "job_state": say("State"),
        "key_help": say("Arrow keys move between areas; Enter opens the area."),
        "link": say("Link to this page"),
        "log": say("Log"),
        "map_of": say("Map"),
        "menu": say("Pages"),
        "missing": say("no value"),
        "name": say("Name"),
        "new_study": say("New study"),
        "no_script": say("Figures and the map need JavaScript; tables and files do not."),
        "nothing": say("Nothing here yet."),
        "not_found": say("There is no such page"),
        "not_found_do": say("Choose a page from the list above."),
        "bundled_study": say("A study that comes with shuseki"),
        "chapter_toml": say("as TOML"),
        "created": say("Created"),
        "faults": say("Found"),
        "from_census": say("Without records of your own, the synthetic census is used."),
        "layout": say("Layout"),
        "none_wrong": say("nothing wrong"),
        "or_text": say("Or the whole study file"),
        "own": say("Own data"),
        "progress": say("Progress"),
        "records": say("Records"),
        "rows": say("Rows"),
        "state_cancelled": say("cancelled"),
        "state_done": say("done"),
        "state_failed": say("failed"),
        "state_running": say("running"),
        "state_waiting": say("waiting"),
        "upload_about": say(
            "CSV, Excel, Parquet or JSON, also packed. The file stays on this machine, in a folder "
            "that only the app reads."
        ),
        "wave": say("Wave (year)"),
        "password": say("Password"),
        "report": say("Report"),
        "role": say("Role"),
        "run": say("Run"),
        "sign_in": say("Sign in"),
        "sign_in_wrong": say("Name or password is wrong."),
        "sign_in_wait": say("Too many attempts. Wait a quarter of an hour, then try again."),
        "sign_out": say("Sign out"),
        "skip": say("To the content"),
        "studies": say("Studies"),
        "study_file": say("Study file"),
        "title": say("Title"),
        "upload": say("Upload"),
        "uploads": say("Own records"),
        "year": say("Year"),
        "your_role": say("You need another role for this page"),
    }
)


@cache
def phrases(lang: str) -> Mapping[str, str]:
    """Every phrase in a language, and the name of the other language in itself."""
    found = {key: told(message, lang) for key, message in PHRASES.items()}
    found["language"] = "English" if lang == "ja" else "日本語"
    return MappingProxyType(found)
