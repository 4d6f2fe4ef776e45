"""`countersign policies` and what it makes of one call, where nothing but the program is there."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

REFUND = '{"invoice_id": "INV-1003", "amount": "12000.00", "currency": "USD", "reason": "twice"}'


async def countersign(folder: Path, *words: str, **settings: str) -> tuple[int, str]:
    """Run a command with these settings and no others; its exit code and all it printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={"PATH": os.defpath, "PYTHONPATH": str(Path(__file__).parents[2]), **settings},
        cwd=folder,
    )
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode()


async def test_policies_are_read_without_any_secret(tmp_path: Path) -> None:
    code, out = await countersign(tmp_path, "policies", REFUND_APPROVAL_OVER="50")

    assert code == 0
    assert "amount over 50 " in out
    assert "finance: nobody" in out


async def test_a_call_is_tried_without_any_secret(tmp_path: Path) -> None:
    words = ("policies", "try", "issue_refund", "--args", REFUND, "--as", "U0ANA00001", "--in", "C0SUPPORT1")

    code, out = await countersign(tmp_path, *words, APPROVERS='{"finance": ["S0FINANCE1", "U0ANA00001"]}')

    assert (code, out.splitlines()) == (
        0,
        [
            "issue_refund, asked for by U0ANA00001 in C0SUPPORT1",
            "",
            "  amount over 20.00                                          1 of finance: holds",
            "  amount over 10,000.00                                      2 of finance: holds",
            "  amount over 100.00 in total per invoice_id within 30 days  1 of finance: holds",
            "  more than 20 refunds per requester within a day            1 of finance: does not hold",
            "",
            "Nothing is taken to have been made before; --before names calls.",
            "Asked: 2 of finance, high stakes",
            (
                "  why       Refunds over 10,000.00 need two of finance. Refunds over 20.00 need one of finance. "
                "More than 100.00 USD of refunds on INV-1003 within 30 days."
            ),
            "  who       S0FINANCE1 and who is in that group by then, but never U0ANA00001",
            "  time      72 h, first reminder after 4 h",
            "They may change: amount, reason.",
        ],
    )


async def test_what_is_wrong_is_said_all_the_same_and_what_is_not_used_is_not(tmp_path: Path) -> None:
    wrong = {"REFUND_APPROVAL_OVER": "sesame", "SLACK_BOT_TOKEN": "xapp-1", "MAX_TURNS": "many"}

    code, out = await countersign(tmp_path, "policies", **wrong)

    assert (code, [line[:23] for line in out.splitlines()]) == (2, ["✗ REFUND_APPROVAL_OVER "])
    assert "sesame" not in out
