"""Why something happened, or did not: words for the stable slugs of events and of the history."""

from __future__ import annotations

from typing import Final

from userbot.texts import _

REASONS: Final = {
    # ignored
    "ours": _("our own answer"),
    "service": _("a service message"),
    "bot": _("a bot"),
    "via_bot": _("sent via a bot"),
    "via_business_bot": _("sent by a bot connected to the account"),
    "edited_late": _("edited into a question too late"),
    "away": _("an automatic away message"),
    "imported": _("imported from another messenger"),
    "post": _("a channel post"),
    "channel_sender": _("an anonymous admin or a channel"),
    "no_sender": _("unknown sender"),
    "blocked": _("you blocked this person"),
    "before_start": _("older than the program's first start"),
    "not_owner_command": _("only the owner may give commands"),
    "owner_no_prefix": _("your own message without the prefix"),
    "not_allowed": _("not on the list of people who may ask"),
    "not_listed": _("the chat is not selected"),
    "no_mention": _("you were not addressed"),
    "no_prefix": _("no prefix"),
    "forgotten": _("you asked to forget this person"),
    "other_bots_command": _("a command to a bot"),
    "voice_off": _("voice is off in this chat"),
    "view_once": _("view-once media"),
    "protected": _("protected from copying"),
    "no_wake_word": _("addressed to somebody else"),
    "off": _("answers are off in this chat"),
    "bare_prefix": _("no question after the prefix"),
    "no_text": _("no text"),
    "malformed": _("unreadable message"),
    # waits
    "draft_after": _("for more of the question"),
    "limit_held": _("answers in progress may use up a limit: waiting for them to finish"),
    "governor": _("to keep the account safe"),
    "blocked_unknown": _("who you blocked is not known yet, retrying"),
    "flood_wait": _("Telegram asks for a pause"),
    "flood_wait_account": _("Telegram asks the whole account for a pause"),
    "slow_mode": _("slow mode in this chat"),
    "network": _("no connection to Telegram, retrying"),
    "telegram_trouble": _("Telegram has internal problems, retrying"),
    "transcribing": _("transcribing"),
    "recordings": _("other recordings come first"),
    "pictures": _("other questions with pictures come first"),
    "documents": _("other documents are read first"),
    "page": _("Telegram is still looking at the address"),
    "large_recordings": _("large recordings are processed one at a time"),
    "transcription_again": _("retrying the transcription"),
    "edit_again": _("retrying the edit"),
    "model_again": _("retrying the request to the model"),
    "tool_server_again": _("connecting again"),
    "tool_server_starts": _("connecting"),
    "storage_busy": _("the history database is busy"),
    "storage_full": _("the disk is full"),
    # skipped
    "too_old": _("too old to answer"),
    "deleted": _("deleted before it was answered"),
    "in_doubt": _("may have been answered already"),
    "joined": _("answered together with the next message"),
    "edited": _("edited: no longer a question"),
    "stood_down": _("you wrote there first"),
    "begun_before_move": _("its answer was begun before the group became a supergroup"),
    "owner_answered": _("you answered it yourself"),
    "answer_gone": _("its answer was deleted"),
    "silence": _("no speech in it"),
    "phantom": _("only noise in it"),
    # notices
    "answer_deleted": _("the answer was deleted while it was being written"),
    "slow_mode_rest": _("the chat is in slow mode: the rest of the answer was not sent"),
    "overlong": _("the model did not stop writing: cut off"),
    "peer_flood": _("Telegram restricted the account (PEER_FLOOD): nothing more is sent"),
    "question_edited": _("edited: asking the new version"),
    "answer_moved": _("the group became a supergroup: the answer starts again there"),
    "question_parted": _("one of its messages was deleted: asking without it"),
    "taken_up": _("its answer was begun earlier: finishing that message"),
    "answer_kept": _("its answer was complete already: the model is not asked again"),
    "lost_counted": _("requests cut off when the program ended: their cost is counted"),
    "looked_for": _("Telegram did not confirm the message: looking for it in the chat"),
    # ends
    "interrupted": _("interrupted"),
    "terminated": _("terminated"),
    "disconnected": _("disconnected"),
}
ENDED: Final = {
    "length": _("cut off at the maximum length"),
    "overlong": _("cut off: the model did not stop writing"),
    "deleted": _("deleted while it was being written"),
    "stopped": _("stopped; what was written is kept"),
}
"""Why an answer ended early."""
_FAILURES: Final = {
    "stopped": _("stopped"),
    "interrupted": _("the answer broke off"),
    "no_finish": _("the answer broke off"),
    "hung": _("the answer never finished"),
    "endless": _("the answer never finished"),
    "empty_answer": _("empty answer"),
    "bad_answer": _("unexpected reply from the server"),
    "server_error": _("server error"),
    "timeout": _("the server did not reply"),
    "unreachable": _("the server was unreachable"),
    "rate_limited": _("rate limited by the server"),
    "refused_request": _("the server refused the request"),
    "unauthorized": _("the server rejected the key"),
    "no_such_chat": _("no such chat, or none that may be searched"),
    "quota": _("out of credit"),
    "model_not_found": _("no such model"),
    "context_length": _("too long for the model"),
    "content_filter": _("blocked by a content filter"),
    "audio_gone": _("the recording was gone"),
    "audio_no_room": _("no disk space for the recording"),
    "audio_too_large": _("the recording was too large"),
    "audio_too_long": _("the recording was too long"),
    "audio_unreadable": _("the recording was unreadable"),
    "ffmpeg_missing": _("the recording needs ffmpeg"),
    "internal": _("internal error"),
}
"""Of failures the history keeps the slug alone."""
_LIMITS: Final = {
    "requests_per_minute": _("too many questions in a minute"),
    "tokens_per_day": _("today's tokens were used up"),
    "answers_per_hour": _("too many answers in an hour"),
    "person_tokens_per_day": _("this person's tokens for the day were used up"),
    "own_tokens_per_day": _("your own tokens for the day were used up"),
    "cost_per_day": _("the day's budget was used up"),
}


def unanswered(reason: str) -> str:
    """Why a question of the history has no answer; the slug itself if it is Telegram's."""
    known = _FAILURES.get(reason) or _LIMITS.get(reason) or REASONS.get(reason)
    return known or reason
