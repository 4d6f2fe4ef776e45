"""What had to be on the disk, told from what strace saw."""

from __future__ import annotations

from tests.chaos.syncs import synced

FILE = "11</d/appendonlydir/appendonly.aof.1.incr.aof>"
WRITES = f'7 write({FILE}, ""..., 80) = 80'


def test_what_was_written_when_a_finished_sync_began_is_kept() -> None:
    assert synced(f"{WRITES}\n7 fdatasync({FILE}) = 0\n{WRITES}\n7 +++ killed by SIGKILL +++", 100) == 180


def test_a_sync_that_did_not_come_to_its_end_keeps_nothing() -> None:
    assert synced(f"{WRITES}\n7 fdatasync({FILE} <unfinished ...>\n7 +++ killed by SIGKILL +++", 100) == 100


def test_what_is_written_while_another_thread_syncs_is_not_kept_by_that() -> None:
    lines = [WRITES, f"9 fdatasync({FILE} <unfinished ...>", WRITES, "9 <... fdatasync resumed>) = 0"]
    assert synced("\n".join(lines), 0) == 80


def test_a_write_in_two_halves_counts_when_it_has_ended() -> None:
    begun = f'7 write({FILE}, ""..., 80 <unfinished ...>'
    assert (
        synced(f"{begun}\n9 fdatasync({FILE}) = 0\n7 <... write resumed>) = 80\n7 fdatasync({FILE}) = 0", 0)
        == 80
    )
    assert synced(f"{begun}\n9 fdatasync({FILE}) = 0\n7 <... write resumed>) = 80", 0) == 0


def test_other_files_are_none_of_its_business() -> None:
    other = '7 write(12</d/appendonlydir/temp-appendonly.aof.1.base.rdb>, ""..., 88) = 88'
    assert synced(f"{other}\n{WRITES}\n7 fdatasync({FILE}) = 0", 0) == 80


def test_of_a_file_that_is_written_anew_the_one_counts_in_which_it_goes_on() -> None:
    later = FILE.replace(".1.incr", ".2.incr")
    goes_on = WRITES.replace(FILE, later)
    lines = [WRITES, goes_on, f"9 fdatasync({FILE}) = 0", f"7 fdatasync({later}) = 0", goes_on]
    assert synced("\n".join(lines), 100) == 80
    assert synced("\n".join(lines[:3]), 100) == 0
