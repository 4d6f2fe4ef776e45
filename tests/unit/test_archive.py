"""What is found in the archive of a workspace."""

from __future__ import annotations

import io
import tarfile

import pytest
from agents.sandbox.util.tar_utils import validate_tar_bytes

from bot.sandbox.archive import Unpackable, restorable, results


def an_archive(*members: tuple[str, bytes] | tarfile.TarInfo) -> bytes:
    """Pack files, as (name, content), and whatever else."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                tar.addfile(member)
            else:
                info = tarfile.TarInfo(member[0])
                info.size = len(member[1])
                tar.addfile(info, io.BytesIO(member[1]))
    return packed.getvalue()


def a_link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def test_results_are_the_files_below_out() -> None:
    found = results(
        an_archive(("./out/b.png", b"xy"), ("out/charts/a.csv", b""), ("in/c.csv", b"c"), ("out.txt", b"d"))
    )

    assert [(one.name, one.size) for one in found] == [("b.png", 2), ("charts/a.csv", 0)]


def test_links_devices_and_ways_out_are_no_results() -> None:
    device = tarfile.TarInfo("out/null")
    device.type = tarfile.CHRTYPE
    packed = an_archive(
        ("out/a", b"a"), a_link("out/s", "/etc/shadow"), a_link("out/h", "out/a", tarfile.LNKTYPE), device
    )

    assert [one.name for one in results(packed)] == ["a"]
    assert results(an_archive(("out/../../b", b"b"))) == []


def test_a_mark_changes_with_name_and_content_and_nothing_else() -> None:
    first, same = results(an_archive(("out/a", b"1"))), results(an_archive(("x", b""), ("./out/a", b"1")))
    other_name, other_content = results(an_archive(("out/b", b"1"))), results(an_archive(("out/a", b"2")))

    assert first == same
    assert len({one.mark for one in (*first, *other_name, *other_content)}) == 3


def test_a_name_is_shown_as_one_that_nothing_can_misread() -> None:
    (found,) = results(an_archive(("out/a\n*b`/c\udce9.csv", b"1")))

    assert found.name == "a _b_/c_.csv"


def test_results_come_by_name_however_they_were_packed() -> None:
    found = results(an_archive(("out/c", b"1"), ("out/a/b", b"1"), ("out/b", b"1")))

    assert [one.name for one in found] == ["a/b", "b", "c"]


def a_fifo(name: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = tarfile.FIFOTYPE
    return info


@pytest.mark.parametrize(
    ("members", "left_out"),
    [
        ([a_link("py", "/usr/bin/python3")], ["py"]),
        ([a_link("l", "../x")], ["l"]),
        ([("a\\b", b"1")], ["a_b"]),
        ([a_fifo("pipe")], ["pipe"]),
        ([a_link("hard", "kept", tarfile.LNKTYPE)], ["hard"]),
        ([a_link(f"l{n:03}", "/etc/passwd") for n in range(300)], [f"l{n:03}" for n in range(300)]),
    ],
)
def test_what_the_sdk_would_not_restore_is_left_out_and_the_rest_is_kept(
    members: list[tuple[str, bytes] | tarfile.TarInfo], left_out: list[str]
) -> None:
    packed = an_archive(("kept", b"1"), a_link("fine", "kept"), *members)
    with pytest.raises(ValueError, match="unsafe"):
        validate_tar_bytes(packed, allow_external_symlink_targets=False)
    kept, names = restorable(packed)
    validate_tar_bytes(kept, allow_external_symlink_targets=False)

    assert names[: len(left_out)] == left_out or set(left_out) <= set(names)
    with tarfile.open(fileobj=io.BytesIO(kept)) as tar:
        assert tar.extractfile("kept").read() == b"1"  # pyright: ignore[reportOptionalMemberAccess]


def test_an_archive_in_order_is_kept_as_it_is() -> None:
    packed = an_archive(("a", b"1"), a_link("b", "a"))

    assert restorable(packed) == (packed, [])


@pytest.mark.parametrize("garbage", [b"", b"garbage" * 100, b"\x1f\x8b" + bytes(600)])
def test_what_is_no_archive_is_none(garbage: bytes) -> None:
    with pytest.raises(Unpackable):
        restorable(garbage)
    with pytest.raises(Unpackable):
        results(garbage)
