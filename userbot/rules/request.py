"""What the model is asked with: the chat's own settings before the general ones."""

from __future__ import annotations

from dataclasses import replace

from userbot.settings import ChatConfig, OpenAIConfig
from userbot.types import ChatRequest, Picture, PromptMessage


def system_text(general: OpenAIConfig, chat: ChatConfig | None) -> str:
    """The system text of a chat."""
    return general.system if chat is None or chat.system is None else chat.system


def request(
    general: OpenAIConfig,
    chat: ChatConfig | None,
    messages: tuple[PromptMessage, ...],
    pictures: tuple[Picture, ...] = (),
) -> ChatRequest:
    """The request with the parameters that are set, and no others; `pictures`: of the question."""
    if pictures:
        messages = (*messages[:-1], replace(messages[-1], pictures=pictures))
    return ChatRequest(
        model=general.model if chat is None or chat.model is None else chat.model,
        messages=messages,
        stream=general.stream,
        temperature=general.temperature,
        max_completion_tokens=general.max_completion_tokens,
        reasoning_effort=general.reasoning_effort,
    )
