"""Files that people attach reach the sandbox; what the agent makes of them comes back, once."""

from __future__ import annotations

import io
import random

import openpyxl
import pytest

from devkit.slack.files import Download
from devkit.slack.workspace import Message
from tests.world import ANA, BOT_USER, OMAR, SUPPORT, THEO, World

CSV = b"""invoice,date,customer,amount
INV-1,2026-08-02,Ada,100.50
INV-2,2026-08-09,Bo,220
INV-1,2026-08-02,Ada,100.50
INV-3,2026-09-01,Cy,999
"""
TASK = f"<@{BOT_USER}> the attached CSV has duplicate invoices: find them, plot spend per month, send me a clean file"


def sent(world: World, thread: str) -> list[Message]:
    """The messages of a thread by which the bot sent files."""
    return [message for message in world.replies(thread) if message.files]


async def test_a_csv_comes_back_clean_with_a_chart_and_its_files_are_there_for_the_next_question(
    world: World,
) -> None:
    async with world.sandboxes() as bridge, world.bot():
        thread = await world.slack.says(ANA, SUPPORT, TASK, files=[("invoices.csv", CSV)])
        told = await world.hears(thread, "Done.")
        await world.slack.until(lambda: sent(world, thread))
        assert "4 rows, 1 duplicate: `INV-1` (2 times)" in told.shown
        files = {file.name: file.content for file in sent(world, thread)[0].files}
        assert sorted(files) == ["clean.csv", "spend.png"]
        assert files["spend.png"].startswith(b"\x89PNG")
        assert files["clean.csv"].count(b"INV-1") == 1
        await world.swept(bridge)
    async with world.sandboxes(), world.bot():
        await world.asks("which month was highest?", thread=thread)
        await world.hears(thread, "highest: 2026-09 999.00")

    assert len(sent(world, thread)) == 1  # nothing was sent a second time


async def test_files_of_real_life_are_read_or_refused_in_words(world: World) -> None:
    """As Excel exports them in Germany, a spreadsheet, and what is no table: told in one answer, without a traceback."""
    german = "Rechnung;Datum;Kunde;Betrag\r\nINV-1;02.08.2026;Müller;1.234,56\r\ninv-1 ;02.08.2026;Müller;1.234,56\r\n"
    book = openpyxl.Workbook()
    for row in (["Invoice", "Date", "Amount"], ["A", "03/04/2026", -20], ["B", "03/25/2026", "$120.50"]):
        book.worksheets[0].append(row)
    book.create_sheet("Old")
    book.save(sheet := io.BytesIO())
    attached = [
        ("EXPORT.CSV", german.encode("cp1252")),
        ("Sales.xlsx", sheet.getvalue()),
        ("scan.csv", b"%PDF-1.7\n\xff"),
    ]
    async with world.sandboxes(), world.bot():
        thread = await world.slack.says(ANA, SUPPORT, TASK, files=attached)
        told = await world.hears(thread, "scan.csv")
        await world.slack.until(lambda: sent(world, thread))
        for said in (
            *("2 rows, 1 duplicate", "2026-08: 1,234.56", "Windows-1252", "differ only in case or spaces"),
            *(
                "2026-03: 100.50",
                "I read the first sheet, `Sheet`, and not `Old`",
                "Days have the month first.",
            ),
            "`scan.csv` is a PDF, which I cannot read as a table.",
        ):
            assert said in told.shown
        assert "Traceback" not in told.shown
        files = {file.name: file.content for file in sent(world, thread)[0].files}
        assert sorted(files) == [
            *("EXPORT-clean.csv", "EXPORT-spend.png", "Sales-clean.csv", "Sales-spend.png"),
        ]
        assert files["EXPORT-clean.csv"].decode("utf-8-sig").splitlines() == german.splitlines()[:2]
        await world.asks("run `python3 -c 'import nothing_such'`", thread=thread)
        broken = await world.hears(thread, "The program broke off")

        assert "No module named 'nothing_such'" in broken.shown
        assert "Traceback" not in broken.shown


async def test_words_are_not_needed_where_there_is_a_file(world: World) -> None:
    direct = world.slack.workspace.direct(ANA).id
    async with world.sandboxes(), world.bot():
        thread = await world.slack.says(ANA, direct, "", files=[("invoices.csv", CSV)])
        await world.hears(thread, "1 duplicate", channel=direct)


async def test_a_file_of_a_follow_up_joins_those_that_are_there(world: World) -> None:
    async with world.sandboxes(), world.bot():
        thread = await world.asks("run `mkdir -p in; ls in`")
        await world.hears(thread, "Done.")
        await world.slack.says(ANA, SUPPORT, "run `ls in`", thread_ts=thread, files=[("../b $(x).txt", b"b")])
        await world.hears(thread, "__b _(x).txt")


async def test_a_file_that_comes_while_a_command_waits_is_there_when_the_run_goes_on(world: World) -> None:
    async with world.sandboxes(), world.bot():
        thread = await world.asks("run `curl -V | head -c 4; ls in`")
        card = await world.card(thread)
        await world.slack.says(THEO, SUPPORT, "run `ls in`", thread_ts=thread, files=[("late.txt", b"x")])
        await world.hears(thread, "Noted.")
        await world.approves(OMAR, card)
        await world.hears(thread, "late.txt")


@pytest.mark.parametrize(
    "wrong", [Download(status=404), Download(page=True), Download(location="http://127.0.0.1:1/")]
)
async def test_a_file_that_slack_does_not_give_is_said_and_the_rest_is_done(
    world: World, wrong: Download
) -> None:
    async with world.sandboxes(), world.bot():
        world.slack.files.faults.append(wrong)
        thread = await world.slack.says(
            ANA, SUPPORT, f"<@{BOT_USER}> run `ls in`", files=[("gone.txt", b"g"), ("there.txt", b"t")]
        )
        told = await world.hears(thread, "I could not read")

        assert "`gone.txt`" in told.shown
        assert "there.txt" in told.shown


async def test_what_is_too_large_is_left_out_and_named(world: World) -> None:
    async with world.sandboxes(), world.bot():
        files = [("large.bin", bytes(20_000_001)), ("small.txt", b"s")]
        thread = await world.slack.says(ANA, SUPPORT, f"<@{BOT_USER}> run `ls in`", files=files)
        told = await world.hears(thread, "I left `large.bin` out: it has 20.0 MB")

        assert "small.txt" in told.shown


async def test_without_a_sandbox_files_are_said_not_to_be_read(world: World) -> None:
    async with world.bot(SANDBOX_BACKEND="none"):
        thread = await world.slack.says(ANA, SUPPORT, f"<@{BOT_USER}> hello", files=[("a.txt", b"a")])
        await world.hears(thread, "I cannot read files here")


async def test_an_upload_that_gets_lost_is_made_again_and_not_twice(world: World) -> None:
    async with world.sandboxes(), world.bot():
        world.slack.files.lose_next = True
        thread = await world.asks("run `mkdir -p out; echo result > out/a.txt`")
        await world.slack.until(lambda: sent(world, thread))
        await world.hears(thread, "Done.")

    assert [file.content for message in sent(world, thread) for file in message.files] == [b"result\n"]


async def test_an_answer_of_slack_that_gets_lost_sends_nothing_twice(world: World) -> None:
    async with world.sandboxes(), world.bot():
        world.slack.files.mute_next = True
        thread = await world.asks("run `mkdir -p out; echo result > out/a.txt`")
        await world.hears(thread, "Done.")

    assert len(sent(world, thread)) == 1


async def test_files_that_slack_refuses_are_said_to_be_refused(world: World) -> None:
    async with world.sandboxes(), world.bot():
        world.slack.fault("files.getUploadURLExternal", error="storage_limit_reached")
        thread = await world.asks("run `mkdir -p out; echo result > out/a.txt`")
        await world.hears(thread, "Slack did not take the files that I made.")


async def test_a_result_that_was_sent_is_sent_again_only_when_it_has_changed(world: World) -> None:
    async with world.sandboxes(), world.bot():
        thread = await world.asks("run `mkdir -p out; echo one > out/a.txt; touch out/empty`")
        first = await world.hears(thread, "Done.")
        await world.asks("run `cat out/a.txt`", thread=thread)
        await world.slack.until(lambda: len(world.done(thread)) == 3)
        await world.asks("run `echo two > out/a.txt`", thread=thread)
        await world.slack.until(lambda: len(sent(world, thread)) == 2)

        assert "I did not send `empty`: there is nothing in it." in first.shown
        assert [file.content for message in sent(world, thread) for file in message.files] == [
            b"one\n",
            b"two\n",
        ]


async def test_a_download_that_fails_for_a_moment_is_tried_again(world: World) -> None:
    async with world.sandboxes(), world.bot():
        world.slack.files.faults += [Download(status=503), Download(status=429)]
        thread = await world.slack.says(ANA, SUPPORT, f"<@{BOT_USER}> run `ls in`", files=[("a.txt", b"a")])
        told = await world.hears(thread, "a.txt")

        assert "could not read" not in told.shown


async def test_an_upload_that_never_works_is_given_up_and_the_thread_goes_on(world: World) -> None:
    async with world.sandboxes(), world.bot():
        world.slack.fault("files.getUploadURLExternal", status=500, times=100)
        thread = await world.asks("run `mkdir -p out; echo result > out/a.txt`")
        await world.slack.until(
            lambda: any("Slack did not take" in m.shown for m in world.done(thread)), timeout=60
        )
        await world.asks("run `echo next`", thread=thread)
        await world.hears(thread, "next")

    assert sent(world, thread) == []


@pytest.mark.filterwarnings("ignore:Sending a large body")  # the SDK hands its client more than 1 MiB
async def test_very_many_results_that_cannot_be_sent_cost_no_answer_and_are_said_once(world: World) -> None:
    async with world.sandboxes(), world.bot():
        thread = await world.asks("run `mkdir -p out; for i in $(seq 1100); do : > out/f$i; done; echo made`")
        made = await world.hears(thread, "made")
        assert "and 997 more: there is nothing in it." in made.shown
        assert "There are 1,100 files in `out`." in made.shown
        await world.asks("run `echo later`", thread=thread)
        told = await world.hears(thread, "later")

        assert "there is nothing in it" not in told.shown


async def test_a_result_whose_name_is_no_text_is_sent_under_one_that_is(world: World) -> None:
    async with world.sandboxes(), world.bot():
        thread = await world.asks("run `mkdir -p out; echo hi > out/$(printf 'caf\\351').csv`")
        await world.hears(thread, "Done.")
        await world.slack.until(lambda: sent(world, thread))
        await world.asks("run `ls out | wc -l`", thread=thread)
        await world.slack.until(lambda: len(world.done(thread)) == 3)

    assert [file.name for message in sent(world, thread) for file in message.files] == ["caf_.csv"]


async def test_what_was_left_out_is_said_where_the_answer_waits_and_where_it_joins_a_run(
    world: World,
) -> None:
    large = ("large.bin", bytes(20_000_001))
    async with world.sandboxes(), world.bot():
        thread = await world.slack.says(ANA, SUPPORT, f"<@{BOT_USER}> run `curl -V`", files=[large])
        await world.hears(thread, "I left `large.bin` out")
        await world.card(thread)
        await world.slack.says(
            THEO, SUPPORT, f"<@{BOT_USER}> see this", thread_ts=thread, files=[("other.bin", large[1])]
        )
        await world.hears(thread, "I left `other.bin` out")


async def test_a_file_that_has_no_place_is_said_and_the_thread_goes_on(world: World) -> None:
    async with world.sandboxes(), world.bot():
        thread = await world.asks("run `echo a > in`")
        await world.hears(thread, "Done.")
        await world.slack.says(ANA, SUPPORT, "run `cat in`", thread_ts=thread, files=[("b.txt", b"b")])
        await world.hears(thread, "there is no place for it")
        await world.asks("run `echo next`", thread=thread)
        told = await world.hears(thread, "next")

        assert "no place" not in told.shown


async def test_a_file_with_the_longest_name_of_the_largest_letters_arrives(world: World) -> None:
    async with world.sandboxes(), world.bot():
        name = "\U00010400" * 200 + ".csv"
        thread = await world.slack.says(
            ANA, SUPPORT, f"<@{BOT_USER}> run `ls in | wc -l`", files=[(name, b"b")]
        )
        told = await world.hears(thread, "Done.")

        assert "could not read" not in told.shown


@pytest.mark.parametrize("size", [1_500_000, 20_000_000])
async def test_large_files_go_in_and_come_out_whole(world: World, size: int) -> None:
    """Each on its way is sent in pieces: aiohttp warns of what is not, and here a warning is an error."""
    content = random.Random(size).randbytes(size)
    async with world.sandboxes(), world.bot():
        command = f"<@{BOT_USER}> run `mkdir -p out; mv in/large.bin out/back.bin`"
        thread = await world.slack.says(ANA, SUPPORT, command, files=[("large.bin", content)])
        await world.slack.until(lambda: sent(world, thread))
        told = await world.hears(thread, "Done.")
        assert "could not read" not in told.shown
        assert "too large" not in told.shown

    assert [file.content == content for message in sent(world, thread) for file in message.files] == [True]
