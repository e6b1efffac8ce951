"""Whether a longer answer denies a label that it mentions: "It is not spam", "spam? No.", "Rather than spam".

One rule for all languages, on the safe side: what may be denied counts as denied. A word that denies is in force

- forwards to the end of its sentence or paragraph. A comma, bracket, dash or line break ends it sooner, once another
  clause begins, which is where a word follows that is no "and", "or" or article ("The text does not mention money, the
  label is a", but "not b, a"). If the word is directly before that mark, only the end of the sentence ends it ("not, I
  think, a"). A colon ends nothing ("These do not apply: a");
- backwards in its clause, unless the clause gives a reason ("a is wrong", but "a because it is not b");
- backwards over the mark that ended the clause, if the word is the answer to it: after `?`, `:` or `=` ("a? No",
  "a: false"), or as the only word ("a. No.").

"No" and similar words deny nothing if a mark other than a colon follows ("No, it is a"). A word in a quotation of some
words denies nothing outside of it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from evalcore.parse.words import WORD, fold


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_INTERJECTIONS = _words("""
    no nope nah nein nö non não nao nee nej nei nie нет ні לא hayır hayir لا کلا नहीं không 不 不是 否 没有 沒有 いいえ
    いや 아니요 아니오 아뇨 아니
""")
"""Answers to a question. They deny nothing that follows after a comma; most of them deny otherwise."""
_DENYING = (
    _INTERJECTIONS
    | _words("""
    not never neither nor none nothing nobody cannot excluded excludes eliminated hardly scarcely barely unlikely
    doubtful inapplicable incorrect anti aint arent cant couldnt didnt doesnt dont hasnt havent isnt shouldnt wasnt
    werent wont wouldnt
    nicht nichts kein keine keinen keinem keiner keines niemals weder
    ne pas jamais aucun aucune ni nullement
    nunca jamás jamas ningún ningun ninguna ninguno tampoco
    mai né nessun nessuna nessuno
    nem nenhum nenhuma
    niet geen nooit noch
    nigdy żaden żadna żadne ani
    не ни никогда нельзя ніколи
    není nikdy nije nisu žádný nincs sem δεν όχι μην ούτε niciodată
    inte ikke ej aldrig aldri ingen inget ingenting
    değil değildir degil yok asla bukan tidak chẳng
    ليس ليست وليس وليست ولا لم لن غير نیست نه نہیں
    नही न ना मत না নয় இல்லை אין אינו אינה אינם
    ≠ != ¬ ❌ ✗ ✘ 🚫 ⛔ ☐
""")
    | {"[ ]"}
)
_PREPOSITIONS = _words("""
    without except excluding exclude besides unlike ohne statt anstatt anstelle außer ausser sans sauf sin excepto senza
    tranne sem exceto zonder bez oprócz без кроме utan uten uden بدون בלי
""")
"""These deny only what follows: "without b, a"."""
_DENYING_PAIRS = frozenset(
    tuple(pair.split())
    for pair in (
        "rather than", "instead of", "other than", "opposed to", "anything but", "everything but", "all but",
        "far from", "apart from", "aside from", "opposite of", "lack of", "absence of", "free of", "contrary to",
        "ruled out", "rule out", "rules out", "plutôt que", "lieu de", "vez de", "lugar de", "invece di", "anders als",
    )
)  # fmt: skip
_DENYING_BEFORE = _words("""
    wrong incorrect false untrue invalid unlikely inapplicable irrelevant impossible ruled excluded eliminated rejected
    falsch unzutreffend ausgeschlossen faux fausse incorrecte falso falsa incorrecto incorrecta errato errata sbagliato
    sbagliata incorreto incorreta errado errada onjuist fout błędny błędna błędne неверно неправильно неверный fel
    forkert feil yanlış خطأ خاطئ गलत 错误 錯誤 错 誤り 間違い
""")
"""These deny only what is before them: "a is wrong"."""
_VALUE = re.compile(r"null|nil|n|f|0+(?:[.,]0+)?")
"""Values that deny their label: `{"a": 0}`."""
_NEGATED = re.compile(r"n't$|^n'")
_DOUBTS = _words("doubt zweifel doute duda dubbio dúvida twijfel сомнения")
"""These deny, except after a denial: "no doubt"."""
# Chinese, Japanese, Korean and Thai write these inside words, or without spaces.
_INSIDE = re.compile(
    "(?:不|非(?!常)|没|沒|無|无|未|别|否|ない|なく|なし|ません|아니|아닙|아닌|아닐|않|없|못|ไม่)[是属屬算]?"
)
_FILLERS = _words("""
    really quite exactly at all likely applicable sure certain certainly definitely absolutely probably correct right
    true possible it this that here
""")
"""A denial followed only by these is still a denial by itself: "a, not really"."""
_LINKS = _words("""
    and or nor but & a an the any either even just only und oder ein eine einen der die das et ou un une le la les y e o
    u el los las il lo gli i uma um os as en of de het een и или а lub oraz ve veya و أو और या
""")
"""After a comma these continue a list and begin no new clause."""
_REASONS = _words("""
    because since as for when where while if though although so given due that which who whose whereas
    weil da denn obwohl dass wenn welche welcher car parce puisque qui quand porque pues cuando aunque
    perché poiché quando pois omdat want aangezien ponieważ gdyż bo że потому так что если который
    çünkü لأن क्योंकि 因为 因為
""")
"""These begin a reason; a denial in it does not concern the label before it."""

_MARKED = re.compile(
    rf"""(?P<sign>!=|[≠¬❌✗✘🚫⛔☐]|\[\ \])
    | (?P<word>\d+(?:[.,]\d+)*(?![^\W_])|{WORD}(?:['’ʼ]{WORD})*)
    | (?P<colon>[:：=])
    | (?P<asked>[?？؟])
    | (?P<end>[!;。！；؛।॥]|(?<!\b\w)(?<!\.)\.(?![^\W_])(?!\.)|\n[^\S\n]*\n\s*)
    | (?P<comma>[,，、،(){{}}\[\]|（）—―→\n\t]|(?<=\s)[-–](?=\s)|[-=]>)
    | (?P<quote>(?<![^\W_])["“„«»「『”]|["“”»«」』](?![^\W_]))""",
    re.VERBOSE,
)
_NO_MENTION = -1
_QUOTED_WORDS = 4
"""The least words of a quotation; fewer may be an emphasis: `"not" a`."""


@dataclass(frozen=True, slots=True)
class _Force:
    """Whether a denial is in force. If `held`, no comma ends it; if `ending`, there has been a comma."""

    negated: bool = False
    held: bool = False
    ending: bool = False


class _Clauses:
    """Reads the words and marks of an answer in order, and keeps which mentions are denied.

    Attributes:
        denied: for each mention so far, whether it is denied.
        force: of the last denial, if any.
        open: the mention in whose clause the reader is; `asked`: the one whose clause has just been ended by a mark,
            and `firm`: whether that mark asks for an answer.
        lone: the mention that the last word denies if no other word follows in its clause.
        previous: what was read last: a kind of `_MARKED`, "mention", "denial" or "interjection".
        last_word: the last word.
    """

    def __init__(self) -> None:
        self.denied: list[bool] = []
        self.force = self._before_denial = _Force()
        self.open = self.asked = self.lone = _NO_MENTION
        self.firm = False
        self.previous = self.last_word = ""
        self._quoted: _Force | None = None
        self._words_quoted = 0

    def mention(self) -> None:
        """A label that the answer mentions."""
        self.denied.append(self.force.negated)
        self.open, self.asked, self.lone = len(self.denied) - 1, _NO_MENTION, _NO_MENTION
        self.previous = "mention"

    def word(self, raw: str) -> None:
        """Any other word, or a sign that denies."""
        word = fold(raw).replace("’", "'").replace("ʼ", "'")
        inside = None if raw.isascii() else _INSIDE.search(word)
        after_denial = self.previous in ("denial", "interjection") or self.last_word == "any"
        pair, self.last_word = (self.last_word, word), word
        self._words_quoted += 1
        if word not in _FILLERS:
            self.lone = _NO_MENTION
        if word in _DOUBTS and after_denial:
            self.force, self.previous = self._before_denial, "word"  # "no doubt"
        elif word in _PREPOSITIONS or pair in _DENYING_PAIRS:
            self._deny_what_follows(word)
        elif word in _DENYING or word in _DOUBTS or _NEGATED.search(word):
            self._deny_what_stands_before()
            self._deny_what_follows(word)
        elif inside:
            self._deny_what_stands_before()
            self._deny_what_follows(word)
            if inside.end() < len(word):
                self.previous = "word"
        elif word in _DENYING_BEFORE or (self.asked != _NO_MENTION and _VALUE.fullmatch(word)):
            self._deny_what_stands_before()
            self.previous = "word"
        else:
            self._plain_word(word)

    def mark(self, kind: str) -> None:
        """A mark between clauses, or a quotation mark."""
        if kind == "quote":
            self._quote()
            return
        self._confirm()
        if kind != "colon":
            if self.previous == "interjection":
                self.force = self._before_denial
            elif kind == "comma":
                self.force = replace(self.force, ending=True, held=self.force.held or self.previous == "denial")
            if kind in ("end", "asked"):
                self.force = _Force()
        if self.open != _NO_MENTION:
            self.asked, self.firm, self.open = self.open, kind in ("colon", "asked"), _NO_MENTION
        self.previous = kind

    def finish(self) -> list[bool]:
        """The end of the answer."""
        self._confirm()
        return self.denied

    def _plain_word(self, word: str) -> None:
        if word not in _FILLERS:
            self.asked = _NO_MENTION
        elif self.previous == "colon":
            self.firm = False  # "a: it is not here yet" explains
        if word in _REASONS:
            self.open = _NO_MENTION
        if self.force.ending and not self.force.held and word not in _LINKS:
            self.force = _Force()
        self.previous = "word"

    def _deny_what_follows(self, word: str) -> None:
        self._before_denial, self.force = self.force, _Force(negated=True)
        self.asked = _NO_MENTION
        self.previous = "interjection" if word in _INTERJECTIONS else "denial"

    def _deny_what_stands_before(self) -> None:
        if self.open != _NO_MENTION:
            self.denied[self.open] = True
        if self.asked != _NO_MENTION and self.firm:
            self.denied[self.asked] = True
        self.lone, self.asked = self.asked, _NO_MENTION

    def _confirm(self) -> None:
        if self.lone != _NO_MENTION:
            self.denied[self.lone] = True
        self.lone = _NO_MENTION

    def _quote(self) -> None:
        if self._quoted is None:
            self._quoted, self._words_quoted = self.force, 0
            return
        if self._words_quoted >= _QUOTED_WORDS:
            self.force = self._quoted
        self._quoted = None


def denied(text: str, mentions: Sequence[tuple[int, int]]) -> list[bool]:
    """Whether each mention of a label is denied by the words around it.

    Args:
        text: the answer.
        mentions: where they stand (start, end), in order. Words inside of them deny nothing: a label may be called
            `card_not_working`.
    """
    walk = _Clauses()
    starts = [start for start, _ in mentions]
    passed = 0
    for found in _MARKED.finditer(text):
        start = found.start()
        while passed < len(mentions) and starts[passed] <= start:
            walk.mention()
            passed += 1
        at = bisect_right(starts, start) - 1
        if at >= 0 and start < mentions[at][1]:
            continue
        kind = found.lastgroup or ""
        if kind in ("word", "sign"):
            walk.word(found.group())
        elif walk.previous != "colon" or not found.group().isspace():
            walk.mark(kind)
    for _ in mentions[passed:]:
        walk.mention()
    return walk.finish()
