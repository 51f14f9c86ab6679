"""The few things of the outside world that the path needs, as the path sees them."""

from userbot.ports.clock import Clock
from userbot.ports.models import Audio, ChatModel, Speaker, Transcriber, Workplace
from userbot.ports.reading import Files, Groups, History, Judge, Lookup, Past, Pictures
from userbot.ports.storage import Eraser, Ledger, Names, SeenStore, Store
from userbot.ports.writing import Outbox, Uploaded, VoiceOutbox, Write

__all__ = [
    "Audio",
    "ChatModel",
    "Clock",
    "Eraser",
    "Files",
    "Groups",
    "History",
    "Judge",
    "Ledger",
    "Lookup",
    "Names",
    "Outbox",
    "Past",
    "Pictures",
    "SeenStore",
    "Speaker",
    "Store",
    "Transcriber",
    "Uploaded",
    "VoiceOutbox",
    "Workplace",
    "Write",
]
