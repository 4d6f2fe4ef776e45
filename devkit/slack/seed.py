"""Who and what is in the workspace when the stand-in starts."""

from __future__ import annotations

from devkit.slack.shapes import Channel, Person

TEAM_ID = "T0ACME0001"
TEAM_NAME = "Acme"
TEAM_URL = "https://acme.slack.com/"
BOT_USER = "U0COUNTER1"
BOT_ID = "B0COUNTER1"
APP_ID = "A0COUNTER1"

ANA = "U0ANA00001"
OMAR = "U0OMAR0001"
MEI = "U0MEI00001"
THEO = "U0THEO0001"
GUS = "U0GUEST001"

PEOPLE = (
    Person(ANA, "ana", "Ana Ruiz", "Customer support", "8a5a44"),
    Person(OMAR, "omar", "Omar Haddad", "Finance", "2f7d6b"),
    Person(MEI, "mei", "Mei Lin", "Finance", "3b6ea8"),
    Person(THEO, "theo", "Theo Brandt", "Engineering", "a0517f"),
    Person(GUS, "gus", "Gus Guest", "Guest", "7a6a2f", is_restricted=True),
    Person(BOT_USER, "countersign", "countersign", "App", "1f3a34", is_bot=True),
)

#: The group whose members decide about money.
FINANCE = "S0FINANCE1"
USERGROUPS = {FINANCE: ("finance", (OMAR, MEI))}

_STAFF = (ANA, OMAR, MEI, THEO, BOT_USER)
CHANNELS = (
    Channel("C0GENERAL1", "general", is_im=False, members=_STAFF),
    Channel("C0SUPPORT1", "support", is_im=False, members=(*_STAFF, GUS)),
    Channel("C0FINANCE1", "finance", is_im=False, members=_STAFF),
    *(
        Channel(f"D{person.id[1:]}", person.name, is_im=True, members=(person.id, BOT_USER))
        for person in PEOPLE
        if not person.is_bot
    ),
)
