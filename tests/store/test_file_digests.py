import os

from evalcore.store.file_digests import file_stamp


def test_a_digest_is_found_while_the_file_has_its_stamp(store, tmp_path):
    file = tmp_path / "weights"
    file.write_bytes(b"one")
    stamp = file_stamp(file)
    store.note_file_digest(str(file), stamp, "d")
    assert store.file_digest(str(file), stamp) == "d"
    file.write_bytes(b"two")
    os.utime(file, ns=(0, 0))
    assert file_stamp(file) != stamp
    assert store.file_digest(str(file), file_stamp(file)) is None
    assert store.file_digest("another", stamp) is None
