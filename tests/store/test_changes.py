import os

from evalcore.store.changes import version_of
from evalcore.store.database import Store
from evalcore.tasks.prompt import custom_prompt


def test_reading_leaves_the_version(store):
    before = version_of(store)
    store.runs()
    assert version_of(store) == before


def test_a_write_of_another_process_changes_the_version_even_if_the_files_times_do_not(store):
    before, times = version_of(store), store.path.stat()
    Store(store.folder).save_prompt(custom_prompt("mine", "{labels}", "{text}"))
    os.utime(store.path, ns=(times.st_atime_ns, times.st_mtime_ns))
    counters = [version.split(":")[1] for version in (before, version_of(store))]
    assert counters[0] != counters[1]


def test_a_store_that_cannot_be_written_has_a_new_version_each_time(store):
    store.read_only = True
    assert version_of(store) != version_of(store)
