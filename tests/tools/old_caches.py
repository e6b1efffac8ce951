"""Copies of the small caches in tests/store/caches, each made by the last version that wrote its format.

All hold runs of three models on `colours` (beside them) and on the demo task, a stopped run, an import, a custom prompt
and four jobs; format 2 and later also two names, a note and a pin, format 4 the baselines' second version
and labels chosen by what they gain over a text without content.
"""

import shutil
import sqlite3

from evalcore.store.database import FILE_NAME
from tests.conftest import ROOT

CACHES = ROOT / "tests" / "store" / "caches"
FORMATS = (1, 2, 3, 4)


def old_cache(folder, number):
    """A copy of the cache of a format, as a folder that `Store` can open."""
    folder.mkdir(mode=0o700)
    shutil.copyfile(CACHES / f"format-{number}.db", folder / FILE_NAME)
    return folder


def as_in_format(number, folder):
    """Take from a cache folder of this version what the formats after this one added."""
    added = {2: ("run_marks",), 3: ("resolutions", "job_reports")}
    with sqlite3.connect(folder / FILE_NAME) as db:
        for later, column in ((4, "label_reference"), (5, "usage")):
            if later > number:
                db.execute(f"ALTER TABLE runs DROP COLUMN {column}")
        for table in (table for later, tables in added.items() if later > number for table in tables):
            db.execute(f"DROP TABLE {table}")
        db.execute(f"PRAGMA user_version = {number}")


def lost_rows(before, after):
    """Rows of an older cache that are not in the newer one, whose rows may go on with further columns."""
    return {
        table: rows - {row[: len(old)] for row in after[table] for old in [next(iter(rows))]}
        for table, rows in before.items()
        if rows
    }


def all_rows(path):
    """The rows of each table, as a set: what a migration must not lose."""
    with sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True) as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {table: set(db.execute(f"SELECT * FROM {table}")) for table in tables}
