"""What is said when a model's server fails: a row for each kind, and the server's own words.

Whoever asks looks at two things: the slug, and whether asking again makes sense (`retry_after`
None: somebody has to change something first).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from userbot.errors import ModelError
from userbot.texts import Text, _

QUOTE_LENGTH: Final = 200
"""Characters of a server's own message that are shown."""

LOOKED_AT: Final = 2000
"""Characters of it that are looked at: the patterns' time grows with the square of a word."""

_MASK: Final = "***"
_SHORT_SECRET: Final = 4
"""A configured key below this length is a placeholder of a keyless server, not a secret."""
_KEY_LIKE: Final = re.compile(
    r"\b(?:sk|gsk|pk|rk|xai|key|hf|nvapi|pplx)[-_][\w*-]{6,}"  # the providers' usual prefixes
    r"|\bAIza[\w-]{10,}"
    r"|\S*\*{3,}\S*"  # a key that the server has masked, but for its ends
    r"|(?<=Bearer )\S+"
)
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class ServerProblem(NamedTuple):
    """A kind of failure; what stands in braces is the server's or told to `ServerName.error`."""

    reason: str
    told: Text
    """The sentence. Without a full stop, what the server itself says may follow."""
    hint: Text
    again: bool = False
    """Whether the same request may succeed later."""


CHECK_ADDRESS: Final = _("Check base_url under [{section}]; for most servers it ends in /v1.")

UNAUTHORIZED: Final = ServerProblem(
    "unauthorized",
    _("{host} rejected the key."),
    _("Set OPENAI_API_KEY, or api_key under [{section}]."),
)
NO_KEY: Final = UNAUTHORIZED._replace(told=_("{host} requires a key, and none is set."))
BAD_KEY: Final = ServerProblem(
    "unauthorized",
    _("The API key contains an invalid character."),
    _("Copy it again into OPENAI_API_KEY, or api_key under [{section}]."),
)
MODEL_NOT_FOUND: Final = ServerProblem(
    "model_not_found",
    _("{host} has no model {model}, or the key has no access to it."),
    _("Set model under [{section}]; `userbot doctor` shows what is available."),
)
RATE_LIMITED: Final = ServerProblem(
    "rate_limited",
    _("{host} is rate limiting requests"),
    _("This is your provider's limit: wait, or have it raised there."),
    again=True,
)
QUOTA: Final = ServerProblem(
    "quota",
    _("The account at {host} is out of credit."),
    _("Add credit or raise its limit there, then run `userbot retry`, or reply /gpt_retry."),
)
SERVER_ERROR: Final = ServerProblem(
    "server_error",
    _("{host} failed"),
    _("The problem is on the server's side; try again later."),
    again=True,
)
SERVER_STATUS: Final = SERVER_ERROR._replace(told=_("{host} failed with status {status}"))
UNREACHABLE: Final = ServerProblem(
    "unreachable",
    _("Cannot reach {host}"),
    _("Check the network, and base_url under [{section}]."),
    again=True,
)
BAD_PROXY: Final = ServerProblem(
    "unreachable",
    _("The proxy under [openai] does not work."),
    _("Use http://, https:// or socks5://host:port."),
)
NO_SOCKS: Final = BAD_PROXY._replace(hint=_("For a SOCKS proxy, also install socksio."))
TIMEOUT: Final = ServerProblem(
    "timeout",
    _("{host} sent nothing for {seconds:g} s."),
    _("Raise timeout under [openai], or check whether the server is overloaded."),
    again=True,
)
INTERRUPTED: Final = ServerProblem(
    "interrupted",
    _("{host} broke off in the middle of the answer."),
    _("The connection or the server failed; ask again."),
    again=True,
)
BROKE_OFF: Final = INTERRUPTED._replace(
    told=_("{host} broke off in the middle of the answer (“{said}”).")
)
BAD_ANSWER: Final = ServerProblem(
    "bad_answer", _("{host} did not reply with a chat completion."), CHECK_ADDRESS, again=True
)
NO_TRANSCRIPT: Final = BAD_ANSWER._replace(told=_("{host} did not reply with a transcript."))
NO_VOICE_NOTE: Final = ServerProblem(
    "bad_answer",
    _("{host} did not reply with a voice note."),
    _('Set answer_as = "text" under [voice], or use a server that supports Opus.'),
)
NO_FINISH: Final = ServerProblem(
    "no_finish",
    _("{model} stopped without marking the answer as complete."),
    _("The server closed the connection early; ask again."),
    again=True,
)
EMPTY_ANSWER: Final = ServerProblem(
    "empty_answer", _("{model} gave an empty answer."), _("Ask again, or rephrase.")
)
"""It is paid for: to ask the same again would be paid again, with the same end."""
ONLY_THOUGHTS: Final = EMPTY_ANSWER._replace(
    told=_("{model} thought about it and gave no answer."),
    hint=_("Ask again, or lower reasoning_effort under [openai]."),
)
ONLY_CALLS: Final = EMPTY_ANSWER._replace(
    told=_("{model} called a tool that it was not offered, and gave no answer.")
)
ALL_TOKENS_USED: Final = ServerProblem(
    "empty_answer",
    _("{model} ran out of tokens before the first word of its answer."),
    _("Raise max_completion_tokens under [openai], or lower reasoning_effort."),
)
CONTENT_FILTER: Final = ServerProblem(
    "content_filter",
    _("The content filter at {host} blocked the answer."),
    _("Rephrase the question, or use another model."),
)
CONTEXT_LENGTH: Final = ServerProblem(
    "context_length",
    _("The question with its history is too long for {model}."),
    _("Lower window_tokens under [history], or start over with /gpt_new."),
)
TOOLS_REFUSED: Final = ServerProblem(
    "tools_refused",
    _("{model} does not support tools."),
    _("Set model under [openai] to one that does."),
)
SCAN_UNSEEN: Final = ServerProblem(
    "scan_unseen",
    _("The document is a scan without text, and {model} does not support pictures."),
    _("Send a document that has text, or set model under [openai] to one that sees pictures."),
)
SOUND_TOO_LARGE: Final = ServerProblem(
    "audio_too_large",
    _("The recording is too large for {host}."),
    _("Send it in shorter parts, or set base_url under [voice] to a server that takes more."),
)
NOT_BUILT: Final = ServerProblem(
    "refused_request",
    _("openai's client could not build the request."),
    _("Check that the server supports the keys under [openai]."),
)
REFUSED: Final = ServerProblem(
    "refused_request",
    _("{host} refused the request with status {status}"),
    _("Check that the server supports model and the other keys under [openai]."),
)
REFUSED_COUNTING: Final = _(
    "Set stream = false under [openai]: this server cannot count tokens while streaming."
)
REFUSED_PARAMETER: Final = _("Remove {name} from [{section}], or set it to what this model allows.")
REFUSED_KEY: Final = _("Check the key's permissions; some regions need a proxy under [openai].")
REFUSED_SPEECH: Final = _(
    "This server may not transcribe: set base_url under [voice] to one that does."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerName:
    """A server as messages name it: `host` with its port, `timeout` in seconds of silence, its key.

    `section`: the one of the config that decides about its model, address and key.
    """

    host: str
    timeout: float
    key: str | None = field(default=None, repr=False)
    loopback: bool = False
    section: str = "openai"

    @classmethod
    def of(
        cls, base_url: str, timeout: float, key: str | None, section: str = "openai"
    ) -> ServerName:
        """From an address, whose path and credentials are left out."""
        try:
            parts = urlsplit(base_url)
            host, name = parts.netloc.rpartition("@")[2], parts.hostname
        except ValueError:
            host, name = "", None
        loopback = name in _LOOPBACK
        host = host or "base_url"
        return cls(host=host, timeout=timeout, key=key, loopback=loopback, section=section)

    def error(
        self,
        problem: ServerProblem,
        *,
        detail: str = "",
        hint: Text | None = None,
        retry_after: float | None = 0,
        **values: Any,
    ) -> ModelError:
        """The failure; `hint` in place of the usual one, `retry_after` in seconds if known."""
        values |= {"host": self.host, "section": self.section, "seconds": self.timeout}
        told = problem.told.filled(**values)
        if detail:
            told = _("{told}: {detail}.", told=told, detail=detail)
        elif not told.endswith("."):
            told = _("{told}.", told=told)
        return ModelError(
            told,
            (hint or problem.hint).filled(**values),
            reason=problem.reason,
            retry_after=retry_after if problem.again else None,
        )

    def quote(self, text: str) -> str:
        """One line of the server's own words, shortened, with keys masked."""
        line = " ".join(text[:LOOKED_AT].split())
        if self.key and len(self.key) >= _SHORT_SECRET:
            line = line.replace(self.key, _MASK)
        line = _KEY_LIKE.sub(_MASK, line).rstrip(".")
        return line if len(line) <= QUOTE_LENGTH else f"{line[: QUOTE_LENGTH - 1]}…"
