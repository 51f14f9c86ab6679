"""Whether what people read in Russian is Russian."""

from __future__ import annotations

import re

_AS_IS = re.compile(
    r"`[^`]*`|“[^”]*”|«[^»]*»|\"[^\"]*\"|https?://\S+|\S*[/_=@]\S*|\[[^]]*\]|--\S+|(?<!\S)-[a-z]\b"
    r"|userbot [a-z]+|\bOLGA\b|PKCS#1 RSA"
)
"""What is typed as it stands: commands, keys, addresses, names and titles."""


def english_in(text: str) -> list[str]:
    """The English that is left in a text: two words of it that follow each other."""
    return re.findall(r"\b[A-Za-z]?[a-z]+ [a-z]{2,}\b", _AS_IS.sub(" · ", text))
