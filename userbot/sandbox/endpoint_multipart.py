"""A form with a file in it: multipart/form-data (RFC 7578), as HTTP clients send it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from typing import Final

_HEADERS_END: Final = b"\r\n\r\n"
_LONGEST_HEADERS: Final = 8192
_MOST_PARTS: Final = 100


class FormError(ValueError):
    """This is no form, or its end is missing."""


@dataclass(frozen=True, slots=True)
class Part:
    """One field; `file_name` is None for a plain one."""

    name: str
    file_name: str | None
    content_type: str
    data: bytes

    @property
    def text(self) -> str:
        return self.data.decode("utf-8", "replace")


def parts_of(body: bytes, content_type: str) -> list[Part]:
    """The fields of a form, in order. Raises FormError."""
    header = Message()
    header["content-type"] = content_type
    boundary = header.get_boundary()
    if header.get_content_type() != "multipart/form-data" or not boundary:
        raise FormError("the content type is not multipart/form-data with a boundary")
    return list(_split(body, b"--" + boundary.encode("latin-1")))


def _split(body: bytes, delimiter: bytes) -> Iterator[Part]:
    """Finds the delimiters without copying the body; only fields are copied, once."""
    if body.startswith(delimiter):
        at = len(delimiter)
    else:
        before = body.find(b"\r\n" + delimiter)
        if before < 0:
            raise FormError("no boundary")
        at = before + 2 + len(delimiter)
    for _ in range(_MOST_PARTS):
        if body.startswith(b"--", at):
            return
        start = body.find(b"\r\n", at, at + _LONGEST_HEADERS) + 2
        blank = body.find(_HEADERS_END, start, start + _LONGEST_HEADERS)
        if start < 2 or blank < 0:
            raise FormError("a field without headers")
        end = body.find(b"\r\n" + delimiter, blank + len(_HEADERS_END))
        if end < 0:
            raise FormError("the form has no end")
        yield _part(body[start:blank], body[blank + len(_HEADERS_END) : end])
        at = end + 2 + len(delimiter)
    raise FormError("too many fields")


def _part(head: bytes, data: bytes) -> Part:
    headers = HeaderParser().parsestr(head.decode("utf-8", "replace"))
    name = headers.get_param("name", header="content-disposition")
    if not isinstance(name, str):
        raise FormError("a field without a name")
    return Part(name, headers.get_filename(), headers.get_content_type(), data)
