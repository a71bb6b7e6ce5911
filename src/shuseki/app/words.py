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
        "areas": say("Own areas"),
        "areas_about": say(
            "A table with the columns municipality and area (and name_en, name_ja), or outlines as "
            "GeoJSON in degrees: a municipality belongs to the outline in which its centre lies. "
            "Map, ranking, weights, comparison and profile then know these areas. Whoever uses the "
            "application sees them."
        ),
        "areas_bring": say("Take in"),
        "areas_empty": say("Outlines without a municipality"),
        "areas_file": say("Table or GeoJSON"),
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
        "another_process": say("Another process"),
        "bring_in": say("Take the list in"),
        "can_do": say("What it can do"),
        "close_firm": say("Close the record"),
        "close_sure": say(
            "The firm is taken out of the registry, and those who had copies are told so."
        ),
        "cluster_code": say("Code of the cluster"),
        "edit": say("Change"),
        "firm_id": say("Id"),
        "firm_list": say("List of firms (CSV, Excel, Parquet, JSON)"),
        "firms": say("Firms' records"),
        "firms_none": say(
            "The firms shown are synthetic. Bring a list of your own in, and they are yours."
        ),
        "form_faults": say("Some fields cannot be as they are; what to write stands beside each."),
        "history": say("History"),
        "keep": say("Keep"),
        "level_coordinator": say("coordinators"),
        "level_default": say("as usual"),
        "level_partner": say("partners"),
        "level_private": say("the firm alone"),
        "level_public": say("everybody"),
        "look_first": say("Look at it first"),
        "new_firm": say("New firm"),
        "not_kept": say("Nothing was kept"),
        "not_yet_kept": say("Nothing is kept yet. Correct the file, or take the list in."),
        "process_removed": say("A process without a choice is taken out."),
        "version": say("Version"),
        "who_sees": say("Seen by"),
        "all_pairs": say("All pairs"),
        "answer_different": say("Different"),
        "answer_same": say("The same"),
        "answer_unknown": say("Don't know"),
        "codes_of": say("Codes of"),
        "compared": say("Compared"),
        "decided": say("Decided"),
        "decisions": say("Decisions"),
        "decisions_about": say(
            "Each is kept at once. The file is the one that shuseki link --labels reads; linking "
            "again takes what was decided as known."
        ),
        "earlier_register": say("Earlier register"),
        "later_register": say("Later register"),
        "level": say("Level"),
        "link": say("Link to this page"),
        "link_again": say("Link again with the decisions"),
        "link_them": say("Link"),
        "links": say("Links to review"),
        "links_about": say(
            "Two registers are linked by likeness; the pairs nearest to even odds come here, side "
            "by side, to be decided by a person. Columns: id, name, address, municipality, "
            "industry, employees and others, as CSV, Excel or Parquet."
        ),
        "no_pairs": say("No pair is in doubt."),
        "pair": say("Pair"),
        "pair_after": say("next pair"),
        "pair_before": say("pair before"),
        "pairs_to_review": say("Pairs to review"),
        "probability": say("Probability of a pair"),
        "review_failed": say("failed"),
        "review_keys": say("Keys: S the same, D different, K don't know, arrows between pairs."),
        "review_linking": say("being linked"),
        "review_ready": say("ready"),
        "total_bits": say("Total, bits"),
        "weight_adds_up": say("How the weight adds up"),
        "weight_bits": say("Weight, bits"),
        "log": say("Log"),
        "map_of": say("Map"),
        "menu": say("Pages"),
        "missing": say("no value"),
        "members": say("Municipalities"),
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
        "no": say("no"),
        "not_run": say("Nothing was run"),
        "yes": say("yes"),
        "none_wrong": say("nothing wrong"),
        "or_file": say("Or a file: CSV, Excel or LaTeX"),
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
