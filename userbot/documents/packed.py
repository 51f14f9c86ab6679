"""What is packed into a zip: which format it is, and its XML, as far as it does no harm.

A bomb is told by what the archive says of itself; one that lies about it gets no more than it says
(zipfile reads no further), and no more than the process may take.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from xml.parsers import expat

from userbot.documents.extract import UnreadableError

_MOST_MEMBERS = 20_000
_MOST_UNPACKED = 300_000_000
"""Bytes of all that is packed; more does not fit beside itself into what the process may take."""
_BOMB_BYTES, _BOMB_RATIO = 10_000_000, 250
"""What has more bytes, packed so well: no text does, however often it repeats itself."""
_ODF = {
    b"application/vnd.oasis.opendocument.text": "odt",
    b"application/vnd.oasis.opendocument.spreadsheet": "ods",
    b"application/vnd.oasis.opendocument.presentation": "odp",
}
_LONGEST_KIND = 200
"""Bytes of the name of a kind."""
_MANIFEST = "META-INF/manifest.xml"
_NO_MEMORY = expat.errors.codes[expat.errors.XML_ERROR_NO_MEMORY]
_PARTS = (("word/document", "docx"), ("ppt/presentation", "pptx"), ("xl/workbook", "xlsx"))


def opened(data: bytes) -> zipfile.ZipFile:
    """The archive. Raises UnreadableError for one that is damaged."""
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise UnreadableError("broken") from error


def check(archive: zipfile.ZipFile) -> None:
    """Raises UnreadableError for a document that is encrypted, or a bomb."""
    members = archive.infolist()
    if len(members) > _MOST_MEMBERS or sum(one.file_size for one in members) > _MOST_UNPACKED:
        raise UnreadableError("bomb")
    for one in members:
        if one.file_size > _BOMB_BYTES and one.file_size > _BOMB_RATIO * max(1, one.compress_size):
            raise UnreadableError("bomb")
        if one.flag_bits & 1:
            raise UnreadableError("encrypted")
    if _MANIFEST in archive.NameToInfo and b"encryption-data" in member(archive, _MANIFEST):
        raise UnreadableError("encrypted")


def kind_of(archive: zipfile.ZipFile) -> str:
    """What it is: "docx", "odt", …; by its content, whatever its name. Raises UnreadableError.

    It is not checked yet: of all that is packed no more is read than a short name.
    """
    names = archive.namelist()
    told = archive.NameToInfo.get("mimetype")
    if told is not None and told.file_size <= _LONGEST_KIND and not told.flag_bits & 1:
        kind = _ODF.get(member(archive, "mimetype").strip().removesuffix(b"-template"))
        if kind is not None:
            return kind
    if "[Content_Types].xml" in names:
        for begin, kind in _PARTS:
            if any(name.startswith(begin) for name in names):
                return kind
    raise UnreadableError("unknown")


def member(archive: zipfile.ZipFile, name: str) -> bytes:
    """A file of the archive. Raises UnreadableError."""
    try:
        return archive.read(name)
    except (KeyError, zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError) as error:
        raise UnreadableError("broken") from error
    except (NotImplementedError, RuntimeError) as error:
        raise UnreadableError("encrypted") from error


def _passed(_read: str) -> None:
    """For what of XML nothing is made of."""


def check_xml(archive: zipfile.ZipFile, names: list[str]) -> None:
    """Raises UnreadableError if one of these files defines anything of its own before it begins.

    For libraries that would follow it; no program that writes documents does so.
    """
    for name in names:
        with suppress(_BegunError):
            walk(member(archive, name), _stop)


class _BegunError(Exception):
    pass


def _stop(_name: str, _attributes: dict[str, str]) -> None:
    raise _BegunError


def walk(
    data: bytes,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] = _passed,
    text: Callable[[str], None] = _passed,
) -> None:
    """Read XML from its beginning to its end. Names come without their namespaces.

    Raises UnreadableError, also for a document that defines entities.
    """
    parser = _parser()
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, attributes: start(_local(name), attributes)
    parser.EndElementHandler = lambda name: end(_local(name))
    parser.CharacterDataHandler = text
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise UnreadableError("memory" if ran_out(error) else "broken") from error


def ran_out(error: BaseException | None) -> bool:
    """Whether there was no memory left, by whatever that became of it on its way."""
    while error is not None:
        code = error.code if isinstance(error, expat.ExpatError) else None
        if isinstance(error, MemoryError) or code == _NO_MEMORY:
            return True
        error = error.__cause__ or error.__context__
    return False


def _parser() -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)

    def refuse(*_: object) -> None:
        raise UnreadableError("bomb")

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    return parser


def _local(name: str) -> str:
    return name.rpartition(":")[2]
