"""Every sentence about an endpoint's failure: one function a kind, each giving a ModelError.

The slugs, and whether asking again makes sense (`retry_after`):

unauthorized, model_not_found, quota, content_filter,
context_length, refused_request                        None: somebody has to change something
rate_limited, server_error                             what the endpoint says, else 0
unreachable, timeout, interrupted, bad_answer,
no_finish, empty_answer                                0, unless the cause cannot pass by itself
"""

from __future__ import annotations

from userbot.errors import ModelError
from userbot.openai_api.where import Where
from userbot.texts import _


def unauthorized(where: Where) -> ModelError:
    host = where.host
    return ModelError(
        _("{host} rejected the key.", host=host)
        if where.key
        else _("{host} requires a key, and none is set.", host=host),
        _("Set OPENAI_API_KEY, or api_key under [{section}].", section=where.section),
        reason="unauthorized",
    )


def bad_key(where: Where) -> ModelError:
    return ModelError(
        _("The API key contains an invalid character."),
        _(
            "Copy it again into OPENAI_API_KEY, or api_key under [{section}].",
            section=where.section,
        ),
        reason="unauthorized",
    )


def model_not_found(where: Where, model: str) -> ModelError:
    return ModelError(
        _(
            "{host} has no model {model}, or the key has no access to it.",
            host=where.host,
            model=model,
        ),
        _(
            "Set model under [{section}]; `userbot doctor` shows what is available.",
            section=where.section,
        ),
        reason="model_not_found",
    )


def rate_limited(where: Where, text: str, retry_after: float | None) -> ModelError:
    return ModelError(
        _sentence(_("{host} is rate limiting requests", host=where.host), where.quote(text)),
        _("This is your provider's limit: wait, or have it raised there."),
        reason="rate_limited",
        retry_after=retry_after,
    )


def quota(where: Where) -> ModelError:
    return ModelError(
        _("The account at {host} is out of credit.", host=where.host),
        _("Add credit or raise its limit there, then run `userbot retry`, or reply /gpt_retry."),
        reason="quota",
    )


def server_error(where: Where, text: str, status: int, retry_after: float | None) -> ModelError:
    told = _("{host} failed", host=where.host)
    if status:
        told = _("{host} failed with status {status}", host=where.host, status=status)
    return ModelError(
        _sentence(told, where.quote(text)),
        _("The problem is on the server's side; try again later."),
        reason="server_error",
        retry_after=retry_after,
    )


def unreachable(where: Where, detail: str, hint: str, *, lasting: bool) -> ModelError:
    """`lasting`: it stays so until somebody changes something."""
    return ModelError(
        _sentence(_("Cannot reach {host}", host=where.host), detail),
        hint,
        reason="unreachable",
        retry_after=None if lasting else 0,
    )


def bad_proxy(hint: str) -> ModelError:
    return ModelError(_("The proxy under [openai] does not work."), hint, reason="unreachable")


def timeout(where: Where) -> ModelError:
    return ModelError(
        _("{host} sent nothing for {seconds:g} s.", host=where.host, seconds=where.timeout),
        _("Raise timeout under [openai], or check whether the server is overloaded."),
        reason="timeout",
        retry_after=0,
    )


def interrupted(where: Where) -> ModelError:
    return ModelError(
        _("{host} broke off in the middle of the answer.", host=where.host),
        _("The connection or the server failed; ask again."),
        reason="interrupted",
        retry_after=0,
    )


def bad_answer(where: Where, told: str = "") -> ModelError:
    """`told`: what it sent, where that is said better than here."""
    return ModelError(
        told or _("{host} did not reply with a chat completion.", host=where.host),
        _(
            "Check base_url under [{section}]; for most servers it ends in /v1.",
            section=where.section,
        ),
        reason="bad_answer",
        retry_after=0,
    )


def no_finish(model: str) -> ModelError:
    return ModelError(
        _("{model} stopped without marking the answer as complete.", model=model),
        _("The server closed the connection early; ask again."),
        reason="no_finish",
        retry_after=0,
    )


def empty_answer(model: str, finish_reason: str) -> ModelError:
    if finish_reason == "length":
        return ModelError(
            _("{model} ran out of tokens before the first word of its answer.", model=model),
            _("Raise max_completion_tokens under [openai], or lower reasoning_effort."),
            reason="empty_answer",
        )
    return ModelError(
        _("{model} gave an empty answer.", model=model),
        _("Ask again, or rephrase."),
        reason="empty_answer",
        retry_after=0,
    )


def content_filter(where: Where) -> ModelError:
    return ModelError(
        _("The content filter at {host} blocked the answer.", host=where.host),
        _("Rephrase the question, or use another model."),
        reason="content_filter",
    )


def context_length(model: str) -> ModelError:
    return ModelError(
        _("The question with its history is too long for {model}.", model=model),
        _("Lower window_tokens under [history], or start over with /gpt_new."),
        reason="context_length",
    )


def refused_request(where: Where, text: str, status: int, hint: str) -> ModelError:
    told = _("{host} refused the request", host=where.host)
    if status:
        told = _("{host} refused the request with status {status}", host=where.host, status=status)
    return ModelError(_sentence(told, where.quote(text)), hint, reason="refused_request")


def _sentence(told: str, detail: str) -> str:
    if detail:
        return _("{told}: {detail}.", told=told, detail=detail)
    return _("{told}.", told=told)
