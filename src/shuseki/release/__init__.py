"""May this leave the house, and how?

Every file that a reader gets goes through this gate: ``whole_file`` and ``write_csv`` for one file,
``whole_folder`` for a run. Each is on disk whole or not at all, and neither ever takes the place
of an input, or of anything that is not ours to replace. ``inert`` keeps text from being run as a
formula by a spreadsheet.
"""

from shuseki.release.cells import inert, inert_frame
from shuseki.release.files import check_file, whole_file, write_csv, write_text
from shuseki.release.folders import MANIFEST, check_folder, whole_folder

__all__ = [
    "MANIFEST",
    "check_file",
    "check_folder",
    "inert",
    "inert_frame",
    "whole_file",
    "whole_folder",
    "write_csv",
    "write_text",
]
