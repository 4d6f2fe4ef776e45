"""What counts as somebody's word that an answer was wrong, language by language, and what is a false friend of that."""

from __future__ import annotations

import pytest

from bot.domain.told_wrong import says_wrong
from bot.domain.wrong_words import LANGUAGES

#: By language: what says so, and what does not.
SAID: dict[str, tuple[list[str], list[str]]] = {
    "German": (
        [
            "Das ist falsch",
            "nein, das stimmt so nicht!",
            "Falsch. Es war INV-1004.",
            "Deine Antwort ist leider immer noch falsch",
        ],
        [
            "Was ist daran falsch?",
            "Die Rechnung sagt falsch",
            "Das ist falsch überwiesen worden, bitte erstatten",
            "Falsch ausgestellte Rechnung stornieren",
            "Das ist nicht falsch",
            "„Das ist falsch“, sagt der Kunde",
            "Das ist falsch, sagt der Kunde",
            "Das ist falsch?",
            "das ist falsch, oder?",
        ],
    ),
    "French": (
        [
            "C’est faux",
            "non, ce n'est pas ça",
            "Ta réponse est fausse.",
            "vous vous trompez, c'était INV-1004",
            "c'est pas ca",
        ],
        [
            "Qu'est-ce qui est faux ?",
            "C'est faux ?",
            "c'est faux, non ?",
            "faux numéro sur INV-3",
            "Le client dit que c'est faux",
            "c'est pas faux",
        ],
    ),
    "Spanish": (
        [
            "Eso está mal",
            "No, eso no es correcto.",
            "te equivocas",
            "está mal, era INV-1004",
            "Eso no es lo que te pedí",
        ],
        [
            "¿Está mal?",
            "¿Qué está mal?",
            "está mal la factura INV-3",
            "La factura dice falso",
            "eso es falso, dice el cliente",
        ],
    ),
    "Italian": (
        ["È sbagliato", "No, questo non è corretto", "ti sbagli!", "la tua risposta è sbagliata"],
        [
            "È sbagliato?",
            "Cosa c'è di sbagliato?",
            "sbagliato importo su INV-3",
            "questo è falso, dice il cliente",
        ],
    ),
    "Portuguese": (
        ["Isso está errado", "não, isso não é verdade", "você se enganou", "não foi isso o que eu pedi"],
        ["Isso está errado?", "O que está errado?", "errado o valor da INV-3", "isso é falso, diz o cliente"],
    ),
    "Dutch": (
        ["Dat is fout", "nee, dat klopt helemaal niet", "je hebt het mis", "Fout antwoord"],
        ["Wat is er fout?", "Is dat fout?", "dat klopt", "fout bedrag op INV-3", "dat is fout, toch?"],
    ),
    "Polish": (
        ["To jest źle", "nie, to nieprawda", "Mylisz się.", "twoja odpowiedź jest błędna", "to zle"],
        ["Co jest źle?", "źle wystawiona faktura INV-3", "to nieprawda?", "to nie jest źle"],
    ),
    "Swedish": (
        ["Det är fel", "nej, det stämmer inte", "du har fel", "Fel svar"],
        ["Vad är fel?", "Fel: fakturan saknas", "fel belopp på INV-3", "det är fel, eller hur?"],
    ),
    "Danish and Norwegian": (
        ["Det er forkert", "nei, det er feil", "du tar feil", "det stemmer ikke"],
        ["Hvad er forkert?", "Feil: ingen faktura", "feil beløp på INV-3", "det er feil, ikke sant?"],
    ),
    "Czech": (
        ["To je špatně", "ne, to není pravda", "Mýlíš se"],
        ["Co je špatně?", "špatně vystavená faktura", "to je špatně, že?"],
    ),
    "Russian and Ukrainian": (
        ["Это неправильно", "нет, это не так!", "вы ошибаетесь", "Це неправда", "это не то, что я просил"],
        ["Что неправильно?", "неправильно выставлен счёт", "Это неправда?", "это неправда, говорит клиент"],
    ),
    "Greek": (
        ["Αυτό είναι λάθος", "όχι, δεν είναι σωστό", "κάνεις λάθος"],
        ["Αυτό είναι λάθος;", "λάθος ποσό στο INV-3", "Τι είναι λάθος;"],
    ),
    "Turkish": (
        ["Bu yanlış", "hayır, bu doğru değil", "YANILIYORSUN", "bu tamamen yanlış"],
        ["Bu yanlış mı?", "Ne yanlış?", "yanlış fatura gönderildi", "bu yanlış, değil mi?"],
    ),
    "Indonesian and Malay": (
        ["Itu salah", "tidak, itu tidak benar", "jawabanmu salah"],
        ["Apa yang salah?", "salah kirim faktur", "itu salah?"],
    ),
    "Vietnamese": (
        ["Câu trả lời này sai rồi", "không, điều đó không đúng", "sai rồi"],
        ["Cái này sai?", "sai số tiền trên INV-3", "điều đó không đúng, phải không?"],
    ),
    "Arabic": (
        ["هذا خطأ", "لا، هذا غير صحيح", "إجابتك خاطئة"],
        ["ما الخطأ؟", "هذا خطأ؟", "خطأ: لا توجد فاتورة", "خطأ في الفاتورة"],
    ),
    "Hebrew": (
        ["זה לא נכון", "לא, זה שגוי", "אתה טועה"],
        ["מה לא נכון?", "זה לא נכון?", "לא נכון לומר שהחשבונית שולמה"],
    ),
    "Hindi": (
        ["यह गलत है", "नहीं, यह सही नहीं है", "यह ग़लत है।", "yeh bilkul galat hai", "aapka jawab galat hai"],
        ["क्या यह गलत है?", "यह गलत है?", "गलती से भेजा गया", "गलत बिल भेजा गया", "galat invoice bheja"],
    ),
    "Thai": (["คำตอบของคุณผิด", "อันนี้ไม่ถูกต้องครับ"], ["อันนี้ผิดไหม", "ผิดตรงไหน", "ผิดนัดชำระ"]),
    "Japanese": (
        [
            "それは違います",
            "いいえ、間違っています。",
            "違うよ",
            "その答えは正しくないです",
            "それは違うと思います",
        ],
        ["違いますか？", "間違っているところはどこですか", "違う請求書を見せて", "それは違います？"],
    ),
    "Chinese": (
        ["这不对", "不，你错了", "不對！", "你的回答是错的", "不是我要的", "答错了啊"],
        [
            "哪里不对？",
            "不对的发票有哪些",
            "对不对",
            "这不对吗？",
            "错误：没有发票",
            "不对称的表格",
            "这不对，是吗？",
        ],
    ),
    "Korean": (
        ["틀렸어요", "아니요, 그건 틀렸습니다.", "답이 틀렸어", "그게 아니라, INV-1004예요", "맞지 않아요"],
        ["뭐가 틀렸어요?", "틀린 송장을 보여줘", "틀렸어요?", "잘못된 송장을 고쳐줘"],
    ),
}


def test_every_language_is_here_with_its_false_friends() -> None:
    assert SAID.keys() == LANGUAGES.keys()
    assert all(said and friends for said, friends in SAID.values())


@pytest.mark.parametrize("language", SAID)
def test_people_say_so_in_their_languages(language: str) -> None:
    assert [text for text in SAID[language][0] if not says_wrong(text)] == []


@pytest.mark.parametrize("language", SAID)
def test_what_asks_or_is_about_something_else_is_none(language: str) -> None:
    assert [text for text in SAID[language][1] if says_wrong(text)] == []


@pytest.mark.parametrize(
    "text",
    [
        "That is wrong.",
        "that's wrong, it was INV-1004",
        "No, that is not right",
        "no! this isn’t what I asked",
        "Your answer was completely wrong",
        "Wrong.",
        "wrong answer",
        "hm, you are mistaken",
        "You're wrong about the date",
        "Actually, it is still incorrect",
        "not true",
        "thats wrong",
        "youre wrong, it was INV-1004",
        "This is just plain wrong",
        "That's wrong it was INV-1004",
        "that was wrong please look again",
        "This is not what I asked for",
        "That's incorrect - the total is 30",
        "it is wrong\nINV-1004 was meant",
    ],
)
def test_a_word_that_an_answer_was_wrong(text: str) -> None:
    assert says_wrong(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "What is wrong with INV-1003?",
        "The customer says that is wrong, please check INV-1003",
        "they sent the wrong invoice",
        "is that right?",
        "wrong number on INV-1003, refund it",
        "that is right",
        "tell me what you are wrong about",
        "that is the wrong customer's fault",
        "not correct invoices: list them",
        '"that is wrong", says the customer',
        "that is wrong, says the customer",
        "that is wrong?",
        "It's wrong to charge them twice, refund INV-1003",
        "It was wrong of us to refuse the refund; pay it",
        "This is wrong invoice, send INV-1004",
        "it's wrong that they were charged twice",
        "this is false positive noise, mute it",
        "This is not what I asked the customer for, write to them",
        "It's not right away needed",
        "It isn't right away needed",
        "you are wrong-footed by the invoice",
        "Wrong answer penalties in the game: explain",
        "its wrong address is on INV-1003",
    ],
)
def test_words_about_other_things_are_none(text: str) -> None:
    assert not says_wrong(text)


def test_a_giant_message_is_read_no_further_than_its_beginning() -> None:
    assert not says_wrong(" " * 1_000 + "that is wrong")
