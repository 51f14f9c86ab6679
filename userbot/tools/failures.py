"""What the SDK raises, as one sentence: why a server of tools cannot be used, and what to do.

Rule 1: a call was certainly not carried out where it never left, or where its server did not know
the tool or its arguments. Whatever else goes wrong, an error of its own or HTTP 502 of whatever
stands before it, may have come after it was done.
"""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from typing import Final

from userbot.errors import ToolServerError, causes, system_reason
from userbot.rules.tool_words import one_line
from userbot.settings import ToolsConfig
from userbot.texts import _

_SAID: Final = 200
"""Characters of what a server says of its trouble."""
_NO_KEY: Final = (401, 403)
_NOT_THERE: Final = (404, 405)
_FAULTY: Final = 400
"""From there on HTTP tells an error."""
_KEY: Final = _(
    "Set a key that it accepts in headers under [[tools]], as in config.toml.example. OAuth is not"
    " supported."
)
_URL: Final = _("Start the server, or check url under [[tools]].")
_COMMAND: Final = _(
    "Run its command by hand: it must be an MCP server that uses standard input and output."
)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why, and what that says of the connection. `silent`: it may have died, or be slow."""

    error: ToolServerError
    lost: bool = False
    silent: bool = False


def failure(
    error: BaseException, config: ToolsConfig, *, left: bool, status: int, said: str
) -> Failure:
    """What an exception says of a server.

    `left`: it came of a call. `status`: of the last answer over HTTP, 0 where there is none.
    `said`: the last line of its program's standard error.
    """
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, ModuleNotFoundError):
        return Failure(
            ToolServerError(
                _("Tools need the package mcp, which is not installed."),
                _("Install it: `make tools`, or `pip install '.[tools]'`."),
            )
        )
    if isinstance(error, FileNotFoundError | PermissionError) and config.command:
        what = one_line(config.command[0])
        return Failure(
            ToolServerError(
                _(
                    "The tool server “{name}” cannot be started: {why}.",
                    name=config.name,
                    why=what,
                ),
                _("Install that program, or give its full path in command under [[tools]]."),
            )
        )
    from mcp import MCPError
    from mcp.types import CONNECTION_CLOSED, INVALID_PARAMS, METHOD_NOT_FOUND, REQUEST_TIMEOUT

    code = error.code if isinstance(error, MCPError) else None
    silent = isinstance(error, TimeoutError) or code == REQUEST_TIMEOUT
    answered = code is not None and code not in (CONNECTION_CLOSED, REQUEST_TIMEOUT)
    system = _system_error(error)
    hint: str = "" if left else _COMMAND if config.url is None else _URL
    if silent:
        why: str = _("it was silent for too long")
    elif code == CONNECTION_CLOSED and config.url is not None:
        why = _("it closed the connection without a reply")
    elif code == CONNECTION_CLOSED:
        why = _("its program ended")
        hint = _("Its last output: {said}", said=said) if said else hint
    elif answered and status >= _FAULTY:
        why = _("it answered with HTTP {status}", status=status)
        if status in _NO_KEY:
            why, hint = _("it wants a key, or a different one (HTTP {status})", status=status), _KEY
    elif system is not None:
        why = _reason(system)
    else:
        why = one_line(str(error) or type(error).__name__, _SAID).rstrip(".")
    told = _("The tool server “{name}” failed: {why}.", name=config.name, why=why)
    begun = code not in (METHOD_NOT_FOUND, INVALID_PARAMS)
    gone = code == CONNECTION_CLOSED or system is not None or config.url is not None
    return Failure(
        ToolServerError(told, hint, left=left and begun),
        lost=status in _NOT_THERE or (not answered and gone),
        silent=silent,
    )


def _system_error(error: BaseException) -> OSError | None:
    """What the operating system said first, of all that an exception was made of."""
    found = [one for one in causes(error) if isinstance(one, OSError)]
    return found[-1] if found else None


def _reason(error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return _("the host name is unknown")
    if isinstance(error, ssl.SSLCertVerificationError):
        return _("its certificate is not trusted")
    return system_reason(error)
