"""What the documents say is found by their words."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.agents.tools.docs import Documents


@pytest.fixture
def documents(tmp_path: Path) -> Documents:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "money.md").write_text(
        "Read this first.\n\n# Refunds\n\nRefunds over 20.00 need finance.\n\n## Chargebacks\n\nAsk the bank.\n"
    )
    (tmp_path / "travel.md").write_text("# Travel\n\nTrains, not planes. Refunds are not for travellers.\n")
    (tmp_path / "notes.txt").write_text("# Secret\n\nchargeback codes\n")
    return Documents(tmp_path)


def test_the_section_that_fits_best_comes_first_with_its_place(documents: Documents) -> None:
    found = documents.search("How are refunds approved?")

    assert found[0][:2] == ("deep/money.md", "Refunds")
    assert "need finance" in found[0][2]
    assert ("travel.md", "Travel") in [one[:2] for one in found]


def test_words_are_found_in_other_forms_and_before_the_first_heading(documents: Documents) -> None:
    assert documents.search("chargeback")[0][:2] == ("deep/money.md", "Chargebacks")
    assert documents.search("reading first")[0][:2] == ("deep/money.md", "money")


def test_only_markdown_files_are_documents(documents: Documents) -> None:
    assert len(documents) == 4
    assert all(place.endswith(".md") for place, _, _ in documents.search("secret chargeback codes"))


@pytest.mark.parametrize(
    "question",
    ["", "   ", '"', "NEAR(a b)", "refunds*", "place:travel", "a AND", "' OR 1=1", "(", "ß \u202e"],
)
def test_nothing_in_a_question_is_syntax(documents: Documents, question: str) -> None:
    assert isinstance(documents.search(question), list)
