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


def unauthorized(where: Where) -> ModelError:
    told = "does not accept the key" if where.key else "wants a key, and none is set"
    return ModelError(
        f"{where.host} {told}.",
        "Set OPENAI_API_KEY, or api_key under [openai].",
        reason="unauthorized",
    )


def bad_key() -> ModelError:
    return ModelError(
        "The API key holds a character that no key has.",
        "Copy it again into OPENAI_API_KEY, or api_key under [openai].",
        reason="unauthorized",
    )


def model_not_found(where: Where, model: str) -> ModelError:
    return ModelError(
        f"{where.host} has no model {model}, or the key may not use it.",
        "Set model under [openai]; `userbot doctor` shows what is offered.",
        reason="model_not_found",
    )


def rate_limited(where: Where, text: str, retry_after: float | None) -> ModelError:
    return ModelError(
        _sentence(f"{where.host} takes no more requests for now", where.quote(text)),
        "It is your provider's limit; wait, or have it raised there.",
        reason="rate_limited",
        retry_after=retry_after,
    )


def quota(where: Where) -> ModelError:
    return ModelError(
        f"The account at {where.host} has no credit left.",
        "Add credit or raise its limit there, then run `userbot retry`, or reply /gpt_retry.",
        reason="quota",
    )


def server_error(where: Where, text: str, status: int, retry_after: float | None) -> ModelError:
    told = f"{where.host} failed" + (f" with status {status}" if status else "")
    return ModelError(
        _sentence(told, where.quote(text)),
        "This is the endpoint's trouble; try again later.",
        reason="server_error",
        retry_after=retry_after,
    )


def unreachable(where: Where, detail: str, hint: str, *, lasting: bool) -> ModelError:
    """`lasting`: it stays so until somebody changes something."""
    return ModelError(
        _sentence(f"{where.host} cannot be reached", detail),
        hint,
        reason="unreachable",
        retry_after=None if lasting else 0,
    )


def bad_proxy(hint: str) -> ModelError:
    return ModelError("The proxy under [openai] cannot be used.", hint, reason="unreachable")


def timeout(where: Where) -> ModelError:
    return ModelError(
        f"{where.host} said nothing for {where.timeout:g} s.",
        "Raise timeout under [openai], or see whether the endpoint is overloaded.",
        reason="timeout",
        retry_after=0,
    )


def interrupted(where: Where) -> ModelError:
    return ModelError(
        f"{where.host} broke off in the middle of the answer.",
        "The connection or the endpoint failed; ask again.",
        reason="interrupted",
        retry_after=0,
    )


def bad_answer(where: Where) -> ModelError:
    return ModelError(
        f"{where.host} answered with something that is not a chat completion.",
        "Check base_url under [openai]; for most servers it ends in /v1.",
        reason="bad_answer",
        retry_after=0,
    )


def no_finish(model: str) -> ModelError:
    return ModelError(
        f"The answer of {model} ended without a word that it is complete.",
        "The endpoint broke off quietly; ask again.",
        reason="no_finish",
        retry_after=0,
    )


def empty_answer(model: str, finish_reason: str) -> ModelError:
    if finish_reason == "length":
        return ModelError(
            f"{model} used up its tokens before the first word of an answer.",
            "Raise max_completion_tokens under [openai], or lower reasoning_effort.",
            reason="empty_answer",
        )
    return ModelError(
        f"{model} gave an empty answer.",
        "Ask again, or in other words.",
        reason="empty_answer",
        retry_after=0,
    )


def content_filter(where: Where) -> ModelError:
    return ModelError(
        f"The content filter of {where.host} stopped the answer.",
        "Ask in other words, or use another model.",
        reason="content_filter",
    )


def context_length(model: str) -> ModelError:
    return ModelError(
        f"The question with its history is longer than {model} can read.",
        "Lower window_tokens under [history], or begin anew with /gpt_new.",
        reason="context_length",
    )


def refused_request(where: Where, text: str, status: int, hint: str) -> ModelError:
    told = f"{where.host} refused the request" + (f" with status {status}" if status else "")
    return ModelError(_sentence(told, where.quote(text)), hint, reason="refused_request")


def _sentence(told: str, detail: str) -> str:
    return f"{told}: {detail}." if detail else f"{told}."
