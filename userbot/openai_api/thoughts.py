"""What of a model's text is no answer: thoughts, and the marks of its chat template.

Most servers take both out. Others leave them in the text, each model with marks of its own, so
they are recognised by a grammar instead of a list of models:

- a name of thinking in brackets, ``<think>``, ``</seed:think a="b">``, ``[THINK]``, ``◁think▷``,
  ``<|begin_of_thought|>``, ``<|END_THINKING|>``; a thought may hold others;
- channels: ``<|channel|>analysis<|message|>…<|end|><|start|>assistant<|channel|>final<|message|>``
  (https://cookbook.openai.com/articles/openai-harmony), also where a server has dropped the marks
  and left their words, ``analysis…assistantfinal``;
- any other name between bars, ``<|im_end|>``, and the ends of turns, ``</s>``, ``<end_of_turn>``.

A closing mark without an opening one ends a thought that the template began: all before it was
that thought. In code, and as a word of a sentence, all of these are somebody's words.
"""

from __future__ import annotations

import re
from typing import Final

_NAME: Final = (
    r"(?:[\w.-]+:)?(?:thinking|think|thoughts?|thought_process|reasoning|reflections?"
    r"|scratch_?pad|(?:inner|internal)_(?:monologue|thoughts?|reasoning)|chain_of_thought|cot"
    r"|analysis|rationale|deliberation|pondering|cot_budget_reflect)"
)
_ROLE: Final = r"(?:assistant|model|user|human|system|developer|tool)"
_MARK: Final = re.compile(
    rf"""
      <(?P<end>/?){_NAME}(?:\s[^<>]*)?>
    | <(?P<end_d>/?)details(?:\s[^<>]*\btype=["']?reasoning[^<>]*)?>
    | \[(?P<end_s>/?){_NAME}\](?![(:\[])
    | ◁(?P<end_k>/?){_NAME}▷
    | <[|｜]\s?(?:(?P<end_b>/|end_(?:of_)?)|(?:begin|start)_(?:of_)?)?{_NAME}\s?[|｜]>
    | <[|]channel[|]?>\s*(?P<channel>analysis|commentary|final|thought|\w*)
      (?:(?:[ ]to=[\w.]+)?\s*(?:<[|]constrain[|]>\s*\w*)?\s*<[|]message[|]>)?
    | (?P<end_c><channel[|]>)
    | (?P<turn><[|｜](?:im_start|start|start_header_id|turn)[|｜]?>|<start_of_turn>)\s*
      (?P<role>{_ROLE}(?![a-z]))?(?:<[|]end_header_id[|]>)?\n*
    | <[|｜](?P<speaker>assistant|user|human|system)[|｜]>
    | (?P<stray></s>|</?(?:bos|eos|eot|eod|pad)>|<(?:end|begin)_of_\w+>|\[/INST\]|<turn[|]>
      |<[|｜]\s?/?[\w▁.:-]{{1,40}}\s?[|｜]>)
    """,
    re.X | re.I,
)
_TRIGGER: Final = re.compile(r"[<\[◁`~]")
_TOKEN: Final = re.compile(
    rf"(?P<run>`+|~{{3,}})|(?P<blank>\n[ \t]*\n)|{_MARK.pattern}", re.X | re.I
)
_PARTIAL: Final = re.compile(
    rf"(?:<[/|｜]?\s?[\w▁:./-]{{0,60}}\s?[|｜]?|<(?:{_NAME}|details)\s[^<>]{{0,300}}|\[/?[\w:]{{0,40}}"
    rf"|◁/?\w{{0,40}}|`+|~+|\n[ \t]*)\Z",
    re.I,
)
_AHEAD: Final = 90
"""Characters behind a mark that may belong to it: a role, the head of a channel."""
_WRAPPER: Final = re.compile(r"\s*<(answer|response|final_answer|final|output)>\s*", re.I)
_WRAPPERS: Final = ("<answer>", "<response>", "<final_answer>", "<final>", "<output>")
_BARE: Final = re.compile(r"\s*analysis(?=[A-Z\"'])")
_BARE_END: Final = "assistantfinal"
_FENCE_BEFORE: Final = re.compile(r"[ \t>]*(?:[-*+][ \t]+|\d+[.)][ \t]+)?")
_LINE: Final = 120
"""Characters of a line that are looked back at."""
_SENTENCE_ENDS: Final = frozenset(".!?…。！？")
_QUOTES: Final = frozenset("([{\"'“„«‘`=")


class ThoughtFilter:
    """Takes out what is no answer. Feed it pieces; what it gives back is the answer.

    `aloud`: this model is known to think without an opening mark: nothing is given back before
    the closing one, or the end. `withdrawn`: what was given back so far has been a thought.
    """

    def __init__(self, *, aloud: bool = False) -> None:
        self.withdrawn = False
        self._aloud = aloud
        self._held = ""
        """What may be the beginning of a mark."""
        self._line = ""
        """The line before that, as far as it is looked back at."""
        self._code = ""
        """The marks that opened the code which the text is in."""
        self._open: list[str] = []
        """The thoughts that it is in: "tag", "square", "channel" or "bare"."""
        self._perhaps: list[str] | None = None
        """What is the answer if the thought that it is in never ends."""
        self._out: list[str] = []
        self._said = False
        self._thought = False
        self._wrapper = ""
        self._worded = 0
        """Opening marks that were words of a sentence: as many closing ones are."""
        self._over = False
        self._final = False

    def feed(self, text: str) -> str:
        """The part of a piece, and of what was held back, that belongs to the answer."""
        plain = self._said and not (self._held or self._open or self._code or self._aloud)
        if (
            plain
            and not self._over
            and not _TRIGGER.search(text)
            and not text.rstrip(" \t").endswith("\n")  # a blank line may come
        ):
            self._look_back(text)
            return text
        self._held += text
        self._scan()
        return self._given()

    def rest(self, text: str = "") -> str:
        """The same of the last piece: nothing is held back any more; "" within a thought."""
        self._held += text
        self._final = True
        self._scan()
        if self._open:
            perhaps, self._open, self._perhaps = self._perhaps, [], None
            self._emit("".join(perhaps or ()))
        self._aloud = False
        return self._given()

    def _given(self) -> str:
        if self._aloud and not self._final:
            return ""
        given = "".join(self._out)
        if not self._said and not given.strip() and not self._final:
            return ""  # the space before a first word, or before a thought
        self._out = []
        self._said = self._said or bool(given.strip())
        return given

    # -- where a mark may be --

    def _scan(self) -> None:
        at = 0
        while at < len(self._held) and not self._over:
            past = self._thinking(at) if self._open else self._answering(at)
            if past is None:
                break
            at = past
        self._held = "" if self._over else self._held[at:]

    def _thinking(self, at: int) -> int | None:
        """Go on from there within a thought; None if more has to come first."""
        held = self._held
        if self._open[-1] == "bare":
            end = held.find(_BARE_END, at)
            if end < 0:
                kept = 0 if self._final else len(_BARE_END)
                return self._keep(at, max(at, len(held) - kept))
            self._close_all()
            return end + len(_BARE_END)
        found = _MARK.search(held, at)
        if found is None:
            partial = _PARTIAL.search(held, max(at, len(held) - 320))
            return self._keep(at, partial.start() if partial and not self._final else len(held))
        if self._needs_more(found):
            return self._keep(at, found.start())
        self._keep(at, found.start())
        quoted = self._line.endswith("`") and held.startswith("`", found.end())
        kind, closing = _kind(found)
        if quoted:
            pass
        elif kind == "channel":
            self._channel(found)
        elif kind == "role" or (kind == "stray" and self._open[-1] == "channel"):
            self._close_all()
            self._speaks(found)
        elif closing and (kind != "details" or self._open[-1] == kind):
            self._open.pop()
            if self._open:
                self._perhaps = []
            else:
                self._close_all()
        elif not closing and self._stands_alone(found, closing=False):
            self._open.append(kind)
        self._look_back(found[0])
        return found.end()

    def _keep(self, start: int, end: int) -> int | None:
        """Pass over a thought; it may turn out to have been the answer. None: nothing is left."""
        if self._perhaps is not None:
            self._perhaps.append(self._held[start:end])
        self._look_back(self._held[start:end])
        return end if end > start else None

    def _answering(self, at: int) -> int | None:
        """Go on from there within the answer; None if more has to come first."""
        held = self._held
        if not self._code and not self._begun():
            begun = self._beginning(at)
            if begun is not None:
                return begun if begun >= 0 else None
        found = _TOKEN.search(held, at)
        if found is None:
            partial = None if self._final else _PARTIAL.search(held, max(at, len(held) - 320))
            end = partial.start() if partial else len(held)
            self._emit(held[at:end])
            return end if end > at else None
        if found.start() > at:
            self._emit(held[at : found.start()])
            return found.start()
        if found["run"]:
            if found.end() == len(held) and not self._final:
                return None
            self._mark_code(found["run"])
        elif found["blank"]:
            self._code = self._code if len(self._code) > 2 else ""
        elif not self._code:
            if self._needs_more(found):
                return None
            if self._marks(found):
                return found.end()
        self._emit(found[0])
        return found.end()

    def _begun(self) -> bool:
        """Whether anything of the answer was found, given back or not."""
        return self._said or any(map(str.strip, self._out))

    def _needs_more(self, found: re.Match[str]) -> bool:
        if self._final or found[0].endswith("message|>"):
            return False
        behind = self._held[found.end() :]
        if found["channel"] is not None or _kind(found)[0] == "role":
            return len(behind) < _AHEAD
        return not behind.strip(" \t")

    def _beginning(self, at: int) -> int | None:
        """What only stands before the first word: where to go on; -1 to wait; None if nothing."""
        held = self._held
        if bare := _BARE.match(held, at):
            self._open, self._perhaps = ["bare"], [held[at : bare.end()]]
            return bare.end()
        start = held[at:].lstrip()
        waits = not self._final and (not start or "analysis".startswith(start))
        if self._thought:
            if wrapper := _WRAPPER.match(held, at):
                self._wrapper = f"</{wrapper[1]}>"
                return wrapper.end()
            waits = waits or (
                not self._final and any(one.startswith(start.lower()) for one in _WRAPPERS)
            )
        return -1 if waits else None

    # -- what a mark does --

    def _marks(self, found: re.Match[str]) -> bool:
        """Do what a mark in the answer says; whether it is one."""
        kind, closing = _kind(found)
        if (kind == "details" and (closing or "type=" not in found[0])) or (
            found[0].lower() == "</s>" and "<s>" in self._line.lower()
        ):
            return False
        if closing and self._worded:
            self._worded -= 1
            return False
        if not self._stands_alone(found, closing=closing):
            self._worded += kind in ("tag", "square") and not closing
            return False
        if kind == "channel":
            self._channel(found)
        elif kind == "role" or kind == "stray":
            self._speaks(found)
        elif closing:
            self._withdraw()
        else:
            begun = self._begun()
            restore = kind == "square" or (begun and bool(self._line.strip()))
            self._open = [kind]
            self._perhaps = [found[0]] if restore else None
        self._look_back(found[0])
        return True

    def _channel(self, found: re.Match[str]) -> None:
        if found["channel"].lower() in ("analysis", "commentary", "thought"):
            self._open, self._perhaps = ["channel"], None
        else:
            self._close_all()

    def _close_all(self) -> None:
        self._open, self._perhaps, self._thought, self._aloud = [], None, True, False
        if not self._begun():
            self._out = []

    def _speaks(self, found: re.Match[str]) -> None:
        """Somebody's turn begins: all that others than the model say is made up."""
        speaker = (found["role"] or found["speaker"] or "assistant").lower()
        self._over = speaker not in ("assistant", "model")

    def _withdraw(self) -> None:
        self.withdrawn = self.withdrawn or self._said
        self._out, self._said, self._thought, self._aloud = [], False, True, False

    def _stands_alone(self, found: re.Match[str], *, closing: bool) -> bool:
        """Whether it is a mark by its place, and no word of a sentence.

        Marks begin a line, follow a word without a space, or follow a whole sentence; what ends a
        turn may also end a line. `closing`: without an opening one, it has much to say.
        """
        before = self._line
        word = before.rstrip(" \t")
        behind = self._held[found.end() :]
        if not word:
            return True
        if word == before:
            return word[-1] not in _QUOTES
        if word[-1] in _SENTENCE_ENDS:
            return True
        return not closing and _kind(found)[0] == "stray" and not behind.partition("\n")[0].strip()

    def _mark_code(self, run: str) -> None:
        begins_line = _FENCE_BEFORE.fullmatch(self._line) is not None
        if not self._code:
            if begins_line or run[0] == "`":
                self._code = run if begins_line or len(run) < 3 else ""
        elif len(self._code) > 2:
            if begins_line and run[0] == self._code[0] and len(run) >= len(self._code):
                self._code = ""
        elif run == self._code:
            self._code = ""

    def _emit(self, text: str) -> None:
        if self._thought and not self._said and not self._out:
            text = text.lstrip()
        if self._wrapper and text.rstrip().lower().endswith(self._wrapper):
            text = text.rstrip()[: -len(self._wrapper)]
        if text:
            self._out.append(text)
            self._look_back(text)

    def _look_back(self, text: str) -> None:
        self._line = (self._line + text).rpartition("\n")[2][-_LINE:]


def _kind(found: re.Match[str]) -> tuple[str, bool]:
    """What a mark is: "tag", "square", "details", "channel", "role" or "stray"; if it closes."""
    if found["channel"] is not None:
        return "channel", False
    text = found[0].lower()
    if found["stray"]:
        return "stray", False
    if found["turn"] or found["speaker"]:
        return "role", False
    if found["end_d"] is not None:
        return "details", bool(found["end_d"])
    closing = any(found[name] for name in ("end", "end_s", "end_k", "end_b", "end_c"))
    return ("square" if text[0] == "[" else "tag"), closing
