"""An endpoint's refusal, by status or by an error object, as the ModelError that it means.

Servers share the status codes more or less, the shape of the object less, and the texts not
at all; a text is looked into only where the codes leave something open.
"""

from __future__ import annotations

import email.utils
import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from userbot.errors import ModelError
from userbot.openai_api import sentences
from userbot.openai_api.where import LOOKED_AT, Where
from userbot.texts import _

_TOO_LONG: Final = re.compile(
    r"context.?(length|window|size)|maximum context|too many tokens|prompt is too long", re.I
)
_NO_MODEL: Final = re.compile(r"\bmodel\b.*\b(not found|does not exist|no such|unknown)", re.I)
_NO_CREDIT: Final = frozenset({"insufficient_quota", "billing_hard_limit_reached"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the endpoint said: `status` (0: it named none) and the parts of its error object."""

    status: int
    code: str
    type: str
    param: str
    text: str

    @classmethod
    def of(cls, body: object, status: int = 0) -> Refusal:
        """From an error object in any of the shapes that servers use; missing parts are empty."""
        if not isinstance(body, Mapping):
            # A web page from something in between says nothing to a person.
            plain = isinstance(body, str) and not body.lstrip().startswith("<")
            return cls(status, "", "", "", str(body)[:LOOKED_AT] if plain else "")
        code, type_, param = (str(body.get(name) or "") for name in ("code", "type", "param"))
        if not status and code.isdecimal():
            # Gateways put the status of the server behind them into the object.
            status = int(code)
        texts = (body.get(name) for name in ("message", "detail", "error"))
        text = next((text for text in texts if isinstance(text, str)), "")
        return cls(status, code, type_, param, text[:LOOKED_AT])

    def error(self, where: Where, model: str, headers: Mapping[str, str]) -> ModelError:
        """The error that it means; `headers` are the response's, with lower-case names."""
        slugs = {self.code, self.type}
        if self.status == 401 or "invalid_api_key" in slugs:
            return sentences.unauthorized(where)
        if self.status == 402 or slugs & _NO_CREDIT:
            return sentences.quota(where)
        if "model_not_found" in slugs or (
            self.status in (400, 404) and _NO_MODEL.search(self.text)
        ):
            return sentences.model_not_found(where, model)
        if self.status == 429 or "rate_limit_exceeded" in slugs:
            return sentences.rate_limited(where, self.text, retry_after(headers))
        if "content_filter" in slugs:
            return sentences.content_filter(where)
        if self.status == 413 or (
            self.status < 500 and _TOO_LONG.search(f"{self.code} {self.type} {self.text}")
        ):
            return sentences.context_length(model)
        if self.status == 408:
            return sentences.timeout(where)
        if self.status in (0, 409) or self.status >= 500:
            # 409 is a conflict on the server's side; openai's own client retries it too.
            return sentences.server_error(where, self.text, self.status, retry_after(headers))
        if self.status < 400:
            return sentences.bad_answer(where)
        return sentences.refused_request(where, self.text, self.status, self._hint(where))

    def _hint(self, where: Where) -> str:
        if "stream_options" in (self.param or self.text):
            return _(
                "Set stream = false under [openai]: this server cannot count"
                " tokens while streaming."
            )
        if self.param:
            name = where.quote(self.param)
            section = where.section
            return _(
                "Remove {name} from [{section}], or set it to what this model allows.",
                name=name,
                section=section,
            )
        if self.status == 403:
            return _("Check the key's permissions; some regions need a proxy under [openai].")
        if self.status in (404, 405):
            section = where.section
            return _(
                "Check base_url under [{section}]; for most servers it ends in /v1.",
                section=section,
            )
        return _("Check that the server supports model and the other keys under [openai].")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds until a retry makes sense, 0 if nothing is said, None if it is ruled out.

    ``Retry-After`` is seconds or a date (RFC 9110, 10.2.3); ``retry-after-ms`` and
    ``x-should-retry`` are OpenAI's own.
    """
    if headers.get("x-should-retry") == "false":
        return None
    value = headers.get("retry-after", "")
    try:
        if "retry-after-ms" in headers:
            seconds = float(headers["retry-after-ms"]) / 1000
        elif re.fullmatch(r"[\d.]+", value):
            seconds = float(value)
        else:
            seconds = email.utils.parsedate_to_datetime(value).timestamp() - time.time()
    except (ValueError, OverflowError):
        return 0
    return seconds if math.isfinite(seconds) and seconds > 0 else 0
