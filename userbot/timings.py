"""The times and limits that decide how long things take: fixed for people, shorter in tests.

What people may set stands in the config; nobody needs to set these. They are one value, so that a
test of what happens after five minutes says so, and takes half a second.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds, bytes and numbers of things; each with why it is what it is."""

    connect_seconds: float = 12.0
    """How long Telegram may take to answer a command before a person is told that it does not."""
    drain_seconds: float = 10.0
    """How long an answer being written may still take after Ctrl-C or SIGTERM."""
    contacts_seconds: float = 5.0
    """How long the first messages wait for the account's contacts."""
    page_limit: int = 20
    """Pages of 100 messages that one look at a chat brings at most."""

    hung_seconds: float | None = None
    """After how long an answer counts as hung; None: more than its steps may take together."""
    limit_held_seconds: float = 300.0
    """How long a question waits for what answers under way may take of a limit."""
    silences: int = 10
    """One answer may take so many times what the endpoint may be silent (`[openai].timeout`)."""
    preview_seconds: float | None = None
    """After which an answer's next preview comes; None: as `[pacing].edit_seconds` says."""
    late_edit_seconds: float = 5.0
    """After which an edit whose connection was lost is taken to be carried out, or never to be."""
    picture_questions: int = 8
    """Questions with pictures in work at the same time, all conversations together: some 50 MB."""

    page_seconds: float = 3.0
    """How long Telegram may still look at an address in a question before it is asked without."""
    documents: int = 2
    """Documents that are read at the same time, all conversations together."""
    document_seconds: float = 20.0
    """How long reading one may take."""
    document_bytes: int = 512_000_000
    """And how much memory: of a large table, or of pages that are drawn."""

    recordings: int = 8
    """Recordings in work at the same time, all conversations together."""
    large_recording_bytes: int = 2_000_000
    """Ten minutes of a voice note; of what has more, one is in work at a time."""
    transcription_seconds: float = 60.0
    """How long a transcription may take besides the length of the recording, in which a small
    computer listens to it."""
    telegram_seconds: float = 60.0
    """How long Telegram may take for a transcription; then the endpoint is asked."""
    whole_bytes: int = 25_000_000
    """What transcription endpoints take at once (OpenAI: 25 MB)."""
    whole_seconds: float = 1200.0
    """Newer models refuse more than some 1400 s at once."""
    part_seconds: float = 600.0
    """About how long a part is: what every endpoint takes, and short enough to be tried again."""
    window_seconds: float = 120.0
    """How much of a recording pydub holds at a time."""
    ffmpeg_seconds: float = 600.0
    """How long one run of ffmpeg may take; two hours of sound take about one minute."""


USUAL = Timings()
"""As they are for people."""
