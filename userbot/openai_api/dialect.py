"""What an endpoint's model does without: parameters that it refused once are not sent again.

Servers and models differ in what they take, and no table of them stays true. So everything that is
set is sent, a refusal that names a parameter takes that one away, and what was learned is kept for
as long as the program runs. Each parameter is dropped at most once, so this ends.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from userbot.types import ChatRequest, PromptMessage

SYSTEM: Final = "system"
"""Stands for the system role: its text then leads the first message of the user."""
PICTURES: Final = "pictures"
"""Stands for pictures: without them their captions are sent alone."""
_NO_PICTURES: Final = re.compile(
    r"image|vision|multi-?modal|mmproj|content.{0,40}(string|type|array|list)|invalid.{0,20}content",
    re.I | re.S,
)
_BAD_PICTURE: Final = re.compile(
    r"too (large|big|small|many)|invalid.image|image.?(parse|format)"
    r"|(process|decode|parse|read).{0,20}image",
    re.I | re.S,
)
"""One picture is at fault, not the model."""
_INSTEAD: Final = {"max_completion_tokens": "max_tokens"}
"""The older name of a parameter, tried before it is given up."""
_PARAMETERS: Final = (
    "temperature",
    "max_completion_tokens",
    "max_tokens",
    "stream_options",
    "reasoning_effort",
    "stream",
)
_REFUSING: Final = frozenset({400, 404, 405, 415, 422, 501})
_NO_SYSTEM: Final = re.compile(
    r"system.{0,20}(role|message|prompt|instruction).{0,40}"
    r"(not|n't|un).{0,4}(support|allow|enabled|accept)"
    r"|role.{0,30}(not|n't|un).{0,4}(support|allow).{0,20}system"
    r"|only user.{0,40}roles are supported|roles must alternate",
    re.I | re.S,
)


class Dialect:
    """What one model is not sent."""

    def __init__(self) -> None:
        self.without: set[str] = set()

    def body(self, request: ChatRequest) -> dict[str, Any]:
        """The request as this model takes it. What is not set is not sent either."""
        stream = request.stream and "stream" not in self.without
        values: dict[str, Any] = {
            "temperature": request.temperature,
            "max_completion_tokens": request.max_completion_tokens,
            "reasoning_effort": request.reasoning_effort,
            "stream_options": {"include_usage": True} if stream else None,
        }
        for name, older in _INSTEAD.items():
            if name in self.without:
                values[older] = values[name]
        messages = request.messages
        if SYSTEM in self.without:
            messages = _without_system(messages)
        body: dict[str, Any] = {
            "model": request.model,
            "messages": [{"role": one.role, "content": self._content(one)} for one in messages],
            "stream": stream,
        }
        return body | {
            name: value
            for name, value in values.items()
            if value is not None and name not in self.without
        }

    def learn(self, status: int, said: object, body: dict[str, Any]) -> str | None:
        """Leave out what of `body` a refusal means, and name it; None if nothing can be dropped.

        `said`: the error object, in any shape.
        """
        name = self._refused(status, said, body)
        if name is not None:
            self.without.add(name)
        return name

    def _refused(self, status: int, said: object, body: dict[str, Any]) -> str | None:
        text = said if isinstance(said, str) else json.dumps(said, default=str)
        roles = {message["role"] for message in body["messages"]}
        param = said.get("param") if isinstance(said, dict) else None
        if "system" in roles and SYSTEM not in self.without:
            about_role = isinstance(param, str) and re.fullmatch(r"messages.*role", param)
            if about_role or _NO_SYSTEM.search(text):
                return SYSTEM
        shown = any(isinstance(message["content"], list) for message in body["messages"])
        # Some servers call it their own error.
        about_pictures = _NO_PICTURES.search(text) and not _BAD_PICTURE.search(text)
        if shown and status in _REFUSING | {500} and about_pictures:
            return PICTURES
        if status not in _REFUSING:
            return None
        sent = [name for name in _PARAMETERS if body.get(name)]
        if param in sent:
            return str(param)
        if param:
            return None
        # The longest name first: "stream" is a part of "stream_options".
        named = sorted((n for n in sent if re.search(rf"\b{n}\b", text)), key=len, reverse=True)
        return named[0] if named else None

    def _content(self, message: PromptMessage) -> str | list[dict[str, Any]]:
        if not message.pictures or PICTURES in self.without:
            return message.content
        parts: list[dict[str, Any]] = [{"type": "text", "text": message.content}]
        for picture in message.pictures:
            url = f"data:{picture.mime};base64,{base64.b64encode(picture.data).decode()}"
            parts.append({"type": "image_url", "image_url": {"url": url}})
        return parts


def _without_system(messages: Sequence[PromptMessage]) -> tuple[PromptMessage, ...]:
    system = "\n\n".join(one.content for one in messages if one.role == "system")
    others = [one for one in messages if one.role != "system"]
    for at, one in enumerate(others):
        if one.role == "user":
            others[at] = replace(one, content=f"{system}\n\n{one.content}")
            break
    return tuple(others)
