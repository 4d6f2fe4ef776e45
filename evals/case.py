"""A case as `cases.yaml` has it: what people do, what must come of it; and what did."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

#: Who may speak, by the names of the demo's workspace; Gus is a guest, Omar and Mei are of finance.
Person = Literal["ana", "omar", "mei", "theo", "gus"]


class Strict(BaseModel):
    """A word that is misspelt in a case is an error, and no wish that is never looked at."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Asked(Strict):
    """Messages in one thread, one after the other; and what those who are asked decide, if they do.

    `files` come with the first message: their names, and the text of each. `sandbox`: it takes one, which not every
    machine has.
    """

    says: list[str] = Field(min_length=1)
    files: dict[str, str] = {}
    sandbox: bool = False
    by: Person = "ana"
    decides: Literal["approve", "reject"] | None = None
    reason: str = ""


class Call(Strict):
    """A call of a tool; of a wish the arguments that matter."""

    tool: str
    arguments: dict[str, Any] = {}


class Ask(Strict):
    """What people were asked to agree to: the call, the role, and how many of it."""

    tool: str
    role: str
    people: int = 1
    arguments: dict[str, Any] = {}


class Wanted(Strict):
    """What must come of it. What is not named must not be: nobody asked, nothing paid, no tool called, no file sent.

    `specialist` is who has the thread in the end, empty where no agent was reached. `calls` are all calls but those in
    `may_call`, in order; so are `asks`. Of the files that people get, `sends` are the ends of the names. `says` stand in what people read, in any case and order; `never_says` do not.
    """

    specialist: str
    calls: list[Call] = []
    may_call: list[str] = []
    asks: list[Ask] = []
    refunds: list[str] = []
    sends: list[str] = []
    says: list[str] = Field(min_length=1)
    never_says: list[str] = []


class Happened(Strict):
    """What came of it."""

    specialist: str
    calls: list[Call]
    asks: list[Ask]
    refunds: list[str]
    sent: list[str]
    said: str
