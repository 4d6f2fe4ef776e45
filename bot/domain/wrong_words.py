"""How people say in their languages that an answer was wrong: the data that `bot/domain/told_wrong.py` reads.

Each phrase is a pattern for the words that a message begins with, written as people write it; accents, capitals and
kinds of apostrophes make no difference. `{it}` stands for what they call the answer, `{very}` for words in between.
A language belongs here with its own false friends in `tests/unit/test_told_wrong.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Language:
    """`before`: words that may come first. `asks`: a sign that makes a question, beside those that all have."""

    before: str
    it: str
    very: str
    phrases: tuple[str, ...]
    asks: str = ""


LANGUAGES: Final = {
    "German": Language(
        "nein|nee|nö|doch|äh|ähm|sorry|leider|also|moment|aber|tja|entschuldigung|ich glaube|ich denke",
        "das|dies|es|(?:deine|die|ihre|diese) (?:letzte )?antwort",
        "leider|so|doch|aber|ganz|völlig|komplett|einfach|immer noch|schon wieder|definitiv|auch|total",
        (
            "{it} (?:ist|war){very} (?:falsch|verkehrt|inkorrekt|unrichtig|nicht (?:richtig|korrekt|wahr))",
            "{it} (?:ist|war){very} nicht (?:das,? )?was ich (?:wollte|meinte|(?:gefragt|gemeint|gesagt) habe)",
            "{it} stimmt{very} nicht|das habe ich nicht (?:gefragt|gemeint|gesagt)",
            "(?:du|sie) (?:irrst dich|irren sich|täuschst dich|täuschen sich)|da (?:irrst|täuschst) du dich",
            "du liegst{very} falsch|falsch|schon wieder falsch|falsche antwort|stimmt nicht|nicht richtig",
        ),
    ),
    "French": Language(
        "non|ah|mais|euh|désolée?|pardon|en fait|attends|attendez|je crois que|je pense que",
        "ça|cela|ceci|(?:ta|votre|la|cette) (?:dernière )?réponse",
        "complètement|totalement|tout simplement|toujours|encore|malheureusement|vraiment|tout à fait|carrément",
        (
            "(?:c'est|{it} est|c'était){very} (?:faux|fausse|incorrecte?|inexacte?|erronée?)",
            "(?:c'est|ce n'est|{it} n'est|c'était){very} pas{very} (?:ça|juste|vraie?|exacte?|correcte?)",
            "(?:c'est|ce n'est){very} pas ce que (?:j'ai (?:demandé|dit)|je (?:voulais|demandais|demande))",
            "tu (?:te trompes|as tort|t'es trompée?)|vous (?:vous trompez|avez tort|vous êtes trompée?s?)",
            "faux|incorrect|inexact|mauvaise réponse|pas ça",
        ),
    ),
    "Spanish": Language(
        "no|pero|eh|perdón|perdona|disculpa|lo siento|en realidad|creo que|espera",
        "eso|esto|(?:tu|su|la|esta) (?:última )?respuesta",
        "muy|todavía|aún|completamente|totalmente|simplemente|lamentablemente|otra vez",
        (
            "(?:{it} )?(?:es|está|era|estaba){very} (?:mal|incorrect[oa]|erróne[oa]|equivocad[oa]|fals[oa])",
            "(?:{it} )?no (?:es|está|era|estaba){very} (?:bien|correct[oa]|ciert[oa]|verdad|así)",
            "(?:{it} )?no (?:es|era) lo que (?:te |le )?(?:pedí|pregunté|dije|quería|he pedido)",
            "te equivocas|te equivocaste|te has equivocado|estás equivocad[oa]|se equivoca",
            "incorrecto|falso|mal|respuesta (?:incorrecta|equivocada)",
        ),
    ),
    "Italian": Language(
        "no|ma|eh|ehm|scusa|scusi|mi dispiace|guarda|veramente|in realtà|credo che|penso che",
        "questo|questa|quello|ciò|la (?:tua |sua )?(?:ultima )?risposta",
        "ancora|completamente|totalmente|proprio|semplicemente|purtroppo|del tutto|di nuovo",
        (
            "(?:{it} )?(?:è|era){very} (?:sbagliat[oa]|errat[oa]|fals[oa]|scorrett[oa])",
            "(?:{it} )?non (?:è|era){very} (?:giust[oa]|corrett[oa]|ver[oa]|esatt[oa]|così)",
            "(?:{it} )?non (?:è|era) quello che (?:ho (?:chiesto|detto)|intendevo|volevo)",
            "ti sbagli|si sbaglia|hai sbagliato|ti stai sbagliando",
            "sbagliato|errato|falso|risposta sbagliata",
        ),
    ),
    "Portuguese": Language(
        "não|mas|eh|desculpa|desculpe|na verdade|acho que|espera",
        "isso|isto|a (?:tua |sua )?(?:última )?resposta|(?:tua|sua) resposta",
        "ainda|completamente|totalmente|simplesmente|infelizmente|muito|de novo",
        (
            "(?:{it} )?(?:está|tá|é|estava|era){very} (?:errad[oa]|incorret[oa]|fals[oa]|mal)",
            "(?:{it} )?não (?:está|tá|é|estava|era){very} (?:cert[oa]|corret[oa]|verdade|bem|isso)",
            "(?:{it} )?não (?:é|era|foi) (?:isso )?o que (?:eu )?(?:pedi|perguntei|quis dizer|queria|disse)",
            "(?:você )?está enganad[oa]|estás enganad[oa]|você (?:errou|se enganou)|enganaste-te",
            "errado|incorreto|falso|resposta errada",
        ),
    ),
    "Dutch": Language(
        "nee|neen|maar|eh|sorry|helaas|wacht|volgens mij|ik denk dat",
        "dat|dit|het|(?:je|jouw|uw|het|dit) (?:laatste )?antwoord",
        "helaas|echt|helemaal|gewoon|nog steeds|weer|volledig|ook",
        (
            "{it} (?:is|was){very} (?:fout|verkeerd|onjuist|incorrect|niet (?:juist|goed|waar|correct))",
            "{it} (?:is|was){very} niet wat ik (?:vroeg|bedoelde|wilde|zei)|{it} klopt{very} niet",
            "je hebt het{very} (?:fout|mis|verkeerd)|je vergist je|u vergist zich|u hebt het mis|je zit ernaast",
            "fout|verkeerd|onjuist|klopt niet|(?:fout|verkeerd) antwoord",
        ),
    ),
    "Polish": Language(
        "nie|ale|przepraszam|niestety|chyba|czekaj|moim zdaniem",
        "to|(?:twoja |ta )?odpowiedź",
        "niestety|całkiem|zupełnie|po prostu|nadal|wciąż|znowu",
        (
            "{it}(?: jest| było| była)?{very} (?:źle|błędn[ea]|nieprawda|niepoprawn[ea]|nieprawidłow[ea]|zła)",
            "{it} nie(?: jest| było)?{very} (?:prawda|tak|poprawn[ea]|prawidłow[ea]|to)|to się nie zgadza",
            "to nie(?: jest)? to,? o co (?:pytał[ea]m|prosił[ea]m)",
            "mylisz się|(?:pan|pani) się myli|źle|nieprawda|(?:błędna|zła) odpowiedź",
        ),
    ),
    "Swedish": Language(
        "nej|nä|men|tyvärr|ursäkta|förlåt|jag tror att",
        "det|detta|det här|ditt svar|svaret",
        "helt|tyvärr|fortfarande|ju|bara|verkligen",
        (
            "{it} (?:är|var){very} (?:fel|felaktigt|inkorrekt|inte (?:rätt|sant|korrekt))|{it} stämmer{very} inte",
            "{it} (?:är|var){very} inte (?:det|vad) jag (?:frågade om|menade|bad om|sa)",
            "du har{very} fel|fel|fel svar|stämmer inte",
        ),
    ),
    "Danish and Norwegian": Language(
        "nej|nei|men|desværre|dessverre|undskyld|beklager|jeg tror",
        "det|dette|dit svar|svaret(?: ditt)?",
        "helt|desværre|dessverre|stadig|fortsatt|bare|jo",
        (
            "{it} (?:er|var){very} (?:forkert|feil|galt|uriktig|ikke (?:rigtigt?|riktig|rett|sandt?|sant|korrekt))",
            "{it} (?:er|var){very} ikke (?:det|hva|hvad) jeg (?:spurgte|spurte|mente|bad|ba)(?: om)?",
            "{it} (?:stemmer|passer){very} ikke|du tager{very} fejl|du tar{very} feil",
            "forkert|feil|galt|(?:forkert|feil) svar",
        ),
    ),
    "Czech": Language(
        "ne|ale|bohužel|promiň|promiňte|myslím, že",
        "to|tohle|(?:tvoje|vaše|ta) odpověď",
        "bohužel|úplně|zcela|pořád|stále|zase",
        (
            "{it} (?:je|bylo|byla){very} (?:špatně|chybně|nesprávně|špatná|chybná|nesprávná|omyl)",
            "{it} není{very} (?:pravda|správně|správná|dobře)|to nesedí",
            "mýlíš se|mýlíte se|pleteš se|pletete se|špatně|špatná odpověď",
        ),
    ),
    "Russian and Ukrainian": Language(
        "нет|но|извини|извините|к сожалению|вообще-то|по-моему|ні|але|вибач|вибачте|на жаль",
        "это|(?:твой |ваш |этот )?ответ|це|(?:твоя |ваша |ця )?відповідь",
        "совсем|просто|всё ещё|опять|к сожалению|зовсім|знову|на жаль",
        (
            "{it}{very} (?:неправильн(?:о|ый|а)|неверн(?:о|ый)|невірн[оа]|неправда|не (?:так|то|те|верно|правда))",
            "это{very} не то,? (?:что|о чём) я (?:просила?|спрашивала?|имела? в виду)",
            "це{very} не те,? (?:що|про що) я (?:просив|просила|питав|питала)",
            "ты (?:не права?|ошибаешься|ошибся)|вы (?:не правы|ошибаетесь|ошиблись)",
            "ти помиляєшся|ви помиляєтес[ья]|неправильно|неверно|невірно|неправда|не так|не то|не те",
        ),
    ),
    "Greek": Language(
        "όχι|μα|αλλά|συγγνώμη|δυστυχώς|νομίζω ότι",
        "αυτό|η απάντηση(?: σου| σας)?",
        "δυστυχώς|εντελώς|τελείως|ακόμα|πάλι",
        (
            "{it} (?:είναι|ήταν){very} (?:λάθος|λανθασμένο|λανθασμένη|εσφαλμένο|εσφαλμένη)",
            "(?:{it} )?δεν (?:είναι|ήταν){very} (?:σωστό|σωστή|αλήθεια|αυτό που (?:ζήτησα|ρώτησα|εννοούσα))",
            "κάνεις λάθος|κάνετε λάθος|λάθος|λάθος απάντηση|δεν ισχύει",
        ),
        asks=";",
    ),
    "Turkish": Language(
        "hayır|yok|ama|pardon|maalesef|üzgünüm|bence",
        "bu|(?:verdiğin |son )?(?:cevap|cevabın|cevabınız|yanıtın|yanıtınız)",
        "maalesef|hâlâ|tamamen|yine|kesinlikle|da",
        (
            "{it}{very} (?:yanlış|yanlıştı|hatalı|doğru değil(?:di)?|sorduğum(?: şey)? değil(?:di)?)",
            "(?:sorduğum|istediğim)(?: şey)? bu değil(?:di)?",
            "yanılıyorsun|yanılıyorsunuz|yanlış|yanlış cevap|doğru değil",
        ),
    ),
    "Indonesian and Malay": Language(
        "tidak|bukan|maaf|tapi|eh",
        "itu|ini|jawabanmu|jawabannya|jawaban (?:anda|kamu)",
        "masih|sama sekali|memang",
        (
            "{it}{very} (?:salah|keliru|tidak (?:benar|betul|tepat)|bukan yang saya (?:minta|tanyakan|maksud))",
            "(?:kamu|anda) (?:salah|keliru)|salah|keliru|tidak benar",
        ),
    ),
    "Vietnamese": Language(
        "không|nhưng|xin lỗi|tiếc là",
        "cái này|điều này|điều đó|câu trả lời(?: này| của bạn)?|vậy|thế",
        "vẫn|hoàn toàn|là",
        (
            "{it}{very} (?:sai|sai rồi|không (?:đúng|chính xác|phải))",
            "bạn (?:sai|nhầm)(?: rồi)?|sai|sai rồi|không đúng|không phải vậy",
        ),
    ),
    "Arabic": Language(
        "لا|كلا|لكن|عذرا|آسف|للأسف",
        "هذا|هذه|ذلك|إجابتك|جوابك|الإجابة|الجواب",
        "للأسف|تماما|ما زال",
        (
            "{it}{very} (?:خطأ|خاطئة?|غلط|غير صحيحة?|ليس صحيحا|ليست صحيحة)",
            "(?:هذا )?ليس (?:صحيحا|ما (?:طلبته|سألت عنه|قصدته))",
            "أنت (?:مخطئة?|على خطأ)|خطأ|غلط|غير صحيح",
        ),
    ),
    "Hebrew": Language(
        "לא|אבל|סליחה|לצערי",
        "זה|זאת|התשובה(?: שלך)?",
        "פשוט|עדיין|ממש|לצערי",
        (
            "{it}{very} (?:שגוי|שגויה|טעות|לא (?:נכון|נכונה|מה ש(?:שאלתי|ביקשתי|התכוונתי)))",
            "(?:אתה|את) טועה|לא נכון|תשובה שגויה",
        ),
    ),
    "Hindi": Language(
        "नहीं|जी नहीं|पर|लेकिन|माफ़ कीजिए|nahin?|lekin|sorry",
        "यह|ये|वह|वो|(?:आपका |तुम्हारा )?(?:जवाब|उत्तर)|yeh?|woh?|(?:aapka |tumhara )?(?:jawab|answer)",
        "बिल्कुल|बिलकुल|अभी भी|फिर से|bilkul|abhi bhi|phir se",
        (
            "{it}{very} (?:गलत|सही नहीं|ठीक नहीं|सच नहीं) (?:है|था)|आप गलत (?:हैं|हो)|तुम गलत हो",
            "मैंने (?:यह|ये) नहीं (?:पूछा|माँगा|मांगा|कहा)(?: था)?|गलत|गलत है|गलत जवाब|सही नहीं है",
            "{it}{very} (?:galat|ghalat|sahi nahin?|theek nahin?) (?:hai|tha)|(?:galat|ghalat|sahi nahin?)(?: hai)?",
        ),
    ),
    "Thai": Language(
        "ไม่|แต่|ขอโทษ",
        "อันนี้|นี่|นั่น|มัน|คำตอบ(?:ของคุณ|นี้)?",
        "ยัง",
        ("(?:{it})?{very} ?(?:ผิด(?:แล้ว)?|ไม่ถูก(?:ต้อง)?|ไม่ใช่แบบนี้) ?(?:นะ)?(?:ครับ|ค่ะ|คะ)?",),
    ),
    "Japanese": Language(
        "いいえ|いや|いえ|でも|すみません|あの|えっと|残念ながら",
        "(?:それ|これ|(?:その|この|さっきの|今の)?(?:答え|回答))(?:は|が|も)?",
        "まだ|また|全然|全く|完全に",
        (
            "(?:{it})?{very} ?(?:違います|違う|ちがいます|ちがう|違いました|違ってい?ます|違ってい?る)(?:よね?|ね)?",
            "(?:{it})?{very} ?(?:間違い(?:です)?|間違[っえ]てい?ます|間違[っえ]てい?る|誤り(?:です)?)(?:よね?|ね)?",
            "(?:{it})?{very} ?(?:正しくありません|正しくない(?:です)?|そうではありません|そうじゃない(?:です)?)",
            "(?:{it})?{very} ?(?:違う|間違い(?:だ)?|間違っている)と思います",
        ),
    ),
    "Chinese": Language(
        "不|不是|但是|可是|抱歉|对不起|對不起|等等",
        "(?:这|這|那|你|您|(?:这|這|那)[个個]|(?:你|您|这个|這個)?的?(?:答案|回答|回复|回覆))(?:是|都|就是)?",
        "还是|還是|完全|又",
        (
            "(?:{it})?{very}(?:[错錯](?:了|的)?|[错錯][误誤]的|不[对對]|不正[确確]|有[误誤]|有[错錯])[啊呀哦喔啦]?",
            "(?:{it})?{very}(?:[弄搞答说說][错錯]了|不是[这這][样樣]的?|不是我(?:要|问|問|说|說|想要)的)[啊呀哦喔啦]?",
        ),
    ),
    "Korean": Language(
        "아니|아니요|아니오|아뇨|근데|하지만|음|죄송하지만",
        "그건|그게|그거|이건|이게|이거|(?:네 |그 |당신의? )?(?:답|대답|답변)[이은]",
        "완전히|아직도|또|여전히",
        (
            "(?:{it} ?)?{very} ?틀(?:렸|리)(?:어|어요|습니다|네|네요|다)|(?:{it} ?)?틀려요",
            "(?:{it} ?)?{very} ?(?:잘못됐|잘못되었)(?:어|어요|습니다|네요)|잘못된 (?:답|답변)(?:이에요|입니다)",
            "(?:{it} ?)?{very} ?(?:맞지|정확하지|옳지) 않(?:아|아요|습니다)|(?:{it} ?)?사실이 아니(?:야|에요)",
            "그게 아니(?:야|에요|라|고)|(?:{it} ?)?사실이 아닙니다",
        ),
    ),
}
