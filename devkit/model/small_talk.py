"""What can be answered without any tool: greetings, thanks, questions about the bot, a haiku."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

from devkit.model import notes, samples, team
from devkit.model.dialogue import Answer, Dialogue
from devkit.model.wording import ASKS, stems

#: The bot says before a message whose it is, if it is not of who asked.
WHOSE: Final = re.compile(r"^\[[^\]\n]{0,200} writes:\]\n")
_GREETINGS: Final = {
    "Hola": "hola|buen[oa]s (?:d[ií]as|tardes|noches)",
    "Bonjour": "bonjour|bonsoir|salut|coucou",
    "Hallo": "hallo|guten (?:tag|morgen|abend)|moin|servus|gr[üu](?:ß|ss|e)[ \\w]{0,8}",
    "Ciao": "ciao|buongiorno|buonasera|salve",
    "Olá": "ol[áa]|bom dia|boa (?:tarde|noite)",
    "Hej": "hej|hei|god morgen|god dag",
    "Cześć": "cześć|czesc|dzień dobry",
    "Привет": "привет|здравствуйте",
    "Merhaba": "merhaba|selam",
    "Namaste": "namaste|नमस्ते",
    "مرحبا": "مرحبا|السلام عليكم|salaam|marhaba",
    "こんにちは": "こんにちは|konnichiwa",
    "你好": "你好|您好|ni hao",
    "안녕하세요": "안녕하세요",
    "Hello": "hi|hiya|hello|hey|howdy|yo|greetings|good (?:morning|afternoon|evening|day)",
}
_GREETED: Final = [
    (name, re.compile(rf"^\W*(?:{words})(?!\w)", re.IGNORECASE)) for name, words in _GREETINGS.items()
]
THANKS: Final = re.compile(
    r"^\W*(?:(?:ok|okay|great|cool|perfect|nice|awesome|wonderful|super)\W+)?(?:many thanks|thanks?|thank you|thx|ty|cheers"
    r"|gracias|merci|danke|grazie|obrigad[oa]|arigato|tack|dzięki|спасибо|谢谢|ありがとう)(?!\w)",
    re.IGNORECASE,
)
BYE: Final = re.compile(
    r"^\W*(?:bye|goodbye|good night|see (?:you|ya)|ciao for now|adios|au revoir|tsch[üu]ss)\b", re.IGNORECASE
)
PRAISE: Final = re.compile(
    r"^\W*(?:ok(?:ay)?|great|cool|nice|perfect|good|well done|good job|awesome|wow|yes|yep|sure|got it|fine|lol|haha\w*)\W*$",
    re.IGNORECASE,
)
NO: Final = re.compile(r"^\W*(?:no|nope|nothing|not now|no,? thanks?|never ?mind|stop)\W*$", re.IGNORECASE)
SORRY: Final = re.compile(r"^\W*(?:sorry|my bad|oops|i apologi[sz]e)\b", re.IGNORECASE)
HOW_ARE_YOU: Final = re.compile(
    r"\bhow are (?:you|u)\b|\bhow(?:'s| is) it going\b|\bwhat'?s up\b", re.IGNORECASE
)
ASKS_WHO: Final = re.compile(
    r"\b(?:who|what) are you\b|\b(?:which|what)(?: language)? (?:model|llm)\b|\bare you (?:a |an )?(?:real|human|bot|robot|ai|"
    r"person|chatgpt|gpt\S*|llm)\b|\bwhat is (?:your name|countersign)\b|\bwho (?:made|built) you\b",
    re.IGNORECASE,
)
HELP: Final = re.compile(
    r"^\W*(?:help|help me|what now)\W*$|\bwhat (?:can|could|do) (?:you|i|we) (?:do|ask|try)\b|\bhow can you help\b"
    r"|\bwhat can you\b|\bcan you help\b|\bwhat are you able\b|\bi need help\W*$",
    re.IGNORECASE,
)
POEM: Final = re.compile(r"\b(?:haikus?|poems?|limericks?|verses?|sonnets?|rhymes?)\b", re.IGNORECASE)
JOKE: Final = re.compile(r"\bjokes?\b|\bmake me laugh\b|\bsomething funny\b", re.IGNORECASE)
CLOCK: Final = re.compile(
    r"\bwhat (?:time|day|date) is (?:it|today)\b|\bwhat(?:'s| is) (?:the time|today'?s date)\b", re.IGNORECASE
)
APPROVES: Final = re.compile(
    r"^\W*(?:i |we )?(?:hereby )?(?:approved?|confirm(?:ed)?|go ahead|yes,? do it|do it|lgtm)(?: (?:it|this|that))?\W*$"
    r"|\bi approve\b",
    re.IGNORECASE,
)
#: Asks for a rule: who has to agree, where a limit is, how things are done here.
RULE: Final = re.compile(
    r"\bpolic(?:y|ies)\b|\bwho\b.{0,30}\b(?:approves?|agrees?|decides?|signs?)\b|\b(?:how|why|what)\b.{0,40}\bapprov"
    r"|\b(?:limit|threshold)s?\b|\bneeds? (?:an )?approval\b|\bwhat happens\b|\brules? (?:for|of|about)\b",
    re.IGNORECASE,
)
_RULES: Final = {"policy", "limit", "threshold", "rul", "approv", "happen"}
SUM: Final = re.compile(
    r"^\W*(?:what(?:'s| is)|how much is|calculate|compute)?\s*(-?\d{1,12}(?:\.\d{1,6})?)\s*([-+*/x×÷]|plus|minus|times|divided by)\s*"
    r"(-?\d{1,12}(?:\.\d{1,6})?)\s*=?\s*\??\s*$",
    re.IGNORECASE,
)
_SIGNS: Final = {"+": "+", "plus": "+", "-": "-", "minus": "-", "/": "/", "÷": "/", "divided by": "/"}
#: Written to be of a certain length, so nothing is added.
_SAMPLES: Final = {"", samples.LONG, samples.VERY_LONG}
_EMOJI: Final = re.compile(r":[a-z0-9_+'-]+:")
_GOOD: Final = re.compile(
    r"👍|👌|✅|🎉|❤|😀|😄|😊|🙏|:\+1:|:thumbsup:|:tada:|:heart:|:ok_hand:|:white_check_mark:|:pray:|:smile:"
)


def introduced(dialogue: Dialogue, answer: Answer) -> Answer:
    """Say once in a thread, behind an answer, that no real model gives it."""
    if answer.calls or answer.text in _SAMPLES or samples.STAND_IN in f"{dialogue.said}{answer.text}":
        return answer
    return Answer(f"{answer.text}\n\n{samples.ONCE}")


def chat(dialogue: Dialogue) -> Answer:
    """Answer without tools, whatever was said."""
    return certain(dialogue) or casual(dialogue) or unknown(dialogue)


def certain(dialogue: Dialogue) -> Answer | None:
    """Answer what is small talk whatever tools there are."""
    text, said = plain(dialogue), dialogue.said
    if recalled := notes.recall(dialogue):
        return recalled
    if re.search(r"very long answer", text, re.IGNORECASE):
        return Answer(samples.VERY_LONG)
    if re.search(r"long answer", text, re.IGNORECASE):
        return Answer(samples.LONG)
    for pattern, answers in (
        (ASKS_WHO, (samples.WHO_AGAIN if samples.STAND_IN in said else samples.WHO,)),
        (POEM, samples.HAIKU),
        (JOKE, samples.JOKES),
        (HOW_ARE_YOU, ("I am fine, thank you. What can I do for you?",)),
        (APPROVES, (samples.BUTTONS,)),
        (CLOCK, (_clock(dialogue),)),
    ):
        if pattern.search(text):
            return Answer(_next(answers, said))
    return _wordless(text) or _sum(text) or _thanks(text)


def casual(dialogue: Dialogue) -> Answer | None:
    """Answer what is small talk if no tool fits."""
    text = plain(dialogue)
    if HELP.search(text):
        return Answer(help_text(dialogue))
    for name, pattern in _GREETED:
        if (found := pattern.match(text)) and len(stems(text[found.end() :])) <= 4:
            foreign = "" if name == "Hello" else " I understand English best."
            return Answer(f"{name}!{foreign} {help_text(dialogue)}")
    for pattern, answer in (
        (BYE, "Goodbye! This thread stays as it is: write here whenever you like."),
        (SORRY, "No harm done. What can I do for you?"),
        (NO, "All right."),
        (PRAISE, "Good. Tell me if there is anything else."),
    ):
        if pattern.search(text):
            return Answer(answer)
    return None


def unknown(dialogue: Dialogue) -> Answer:
    """Say plainly that there is nothing to answer from, and what there is instead."""
    openings = (
        "I can't answer that from what I have here.",
        "That is outside of what I can do here.",
        "I have no answer to that, and would not want to make one up.",
    )
    able = help_text(dialogue)
    told = able if able not in dialogue.said else "Ask *what can you do?* to see what I can."
    return Answer(f"{_next(openings, dialogue.said)} {told}")


def asks_rule(text: str, offered: str = "") -> bool:
    """Whether a question is about how things are done here, and not about something that is offered."""
    asks = ASKS.match(text) or "?" in text or re.match(r"\W*(?:tell|explain|describe)\b", text, re.IGNORECASE)
    return bool(asks and RULE.search(text)) and not _RULES & set(stems(text)) & set(stems(offered))


def help_text(dialogue: Dialogue) -> str:
    """What can be asked for, as far as the request shows."""
    if team.is_support(dialogue) or not dialogue.tools:
        return samples.HELP
    able = team.abilities(dialogue)
    return f"Here is what you can ask for:\n\n{able}" if able else "I have no tools here, so I can only talk."


def policy_text(dialogue: Dialogue) -> str:
    """What is known of policies where nothing can be looked up."""
    return samples.REFUND_POLICY if team.is_support(dialogue) else samples.POLICY


def plain(dialogue: Dialogue) -> str:
    """What the person wrote last, without what the bot put before it."""
    return WHOSE.sub("", dialogue.question).replace("’", "'")


def _next(answers: Sequence[str], said: str) -> str:
    """The first answer that was not given yet, or else the last one."""
    return next((answer for answer in answers if answer not in said), answers[-1])


def _clock(dialogue: Dialogue) -> str:
    """The moment of the message, as the bot wrote it before its words; a model has no other clock."""
    if not dialogue.sent:
        return "I have no clock here: what I know is what this thread says."
    return f"It was {dialogue.sent} when you asked."


def _wordless(text: str) -> Answer | None:
    if re.search(r"\w", _EMOJI.sub("", text)):
        return None
    if _GOOD.search(text):
        return Answer("🙂 Tell me if there is anything else.")
    return Answer("I see no words there. Tell me in a sentence what you need, or ask *what can you do?*")


def _thanks(text: str) -> Answer | None:
    found = THANKS.match(text)
    more = re.search(r"\?|\bplease\b|\b(?:and|now|but|then|also) \w+", text[found.end() :]) if found else None
    return Answer("You are welcome! Tell me if there is anything else.") if found and not more else None


def _sum(text: str) -> Answer | None:
    found = SUM.match(text)
    if found is None:
        return None
    left, right = Decimal(found[1]), Decimal(found[3])
    sign = _SIGNS.get(found[2].lower(), "*")
    try:
        made = {"+": left + right, "-": left - right, "*": left * right}.get(sign)
        made = left / right if made is None else made
    except (InvalidOperation, ZeroDivisionError):
        return Answer("Nothing can be divided by zero.")
    return Answer(f"That is {made.normalize():f}.")
