"""What is found in the archive of a workspace."""

from __future__ import annotations

import io
import tarfile

from bot.sandbox.archive import content, results


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


def test_content_is_found_by_mark() -> None:
    packed = an_archive(("out/a", b"1"), ("out/b", b"2"))
    wanted = results(packed)[1]

    assert content(packed, {wanted.mark}) == {wanted.mark: b"2"}
