"""What Telethon makes of Telegram's numbers: no message may be taken for one that was seen."""

from __future__ import annotations

import pytest

from tests.harness import Stage
from tests.path.test_chat_commands import orders


@pytest.mark.parametrize("ahead", [0, 1, 2, 3, 50])
async def test_a_private_message_after_a_command_in_a_supergroup_is_not_lost(
    stage: Stage, ahead: int
) -> None:
    """The result of a deletion there carries the supergroup's number, whatever the account's is."""
    program = await stage.program()
    stage.max.says(stage.olga, "/gpt one")
    await program.tells("answered", chat=stage.max.id)
    olga, club = stage.olga.mailbox, stage.club.mailbox
    # The command moves the supergroup's number by one, and its deletion by one more.
    while olga.pts + ahead <= club.pts + 2:
        stage.lena.says(stage.olga, "only talk")
    while club.pts + 2 < olga.pts + ahead:
        stage.lena.says(stage.club, "only talk")
    await orders(stage, stage.club, "/gpt_usage")
    question = stage.max.says(stage.olga, "/gpt two")
    reply = await stage.max.expects(stage.olga, reply_to=question)
    assert reply.sender is stage.olga
    again = stage.max.says(stage.club, "/gpt three")
    assert await stage.max.expects(stage.club, reply_to=again)  # and without a gap
