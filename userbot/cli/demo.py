"""`userbot demo`: the whole program against the sandbox, with no account, key or network.

People talk in the sandbox, the program answers, the visitor may join in.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import select
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from userbot import app
from userbot.cli.common import Common, load_config, program
from userbot.cli.demo_picture import chat_picture, console_picture
from userbot.cli.demo_show import Show
from userbot.cli.language import language as spoken
from userbot.cli.language import speak
from userbot.cli.line_editor import END, LineEditor
from userbot.cli.run import Reporter, console_for
from userbot.config.environment import find_config
from userbot.console.live import Live
from userbot.console.status import Status
from userbot.errors import UsageError, UserbotError, system_reason
from userbot.events import (
    Answered,
    Event,
    Failed,
    Ignored,
    Limited,
    Ready,
    Skipped,
    Stopped,
)
from userbot.sandbox.accounts import Account
from userbot.sandbox.fixtures import Sandbox
from userbot.sandbox.script import (
    GROUP,
    LABEL,
    LINES,
    MAX,
    MODEL,
    OLGA,
    TO_THE_OWNER,
    YES,
    Language,
    written_answer,
)
from userbot.sandbox.state import Message
from userbot.settings import (
    ApprovalsConfig,
    ChatConfig,
    ConsoleConfig,
    HistoryConfig,
    LimitsConfig,
    OpenAIConfig,
    PacingConfig,
    ServerConfig,
    Settings,
    TelegramConfig,
    VoiceConfig,
)
from userbot.texts import _, n_, translated

ANSWER_SECONDS = 120
"""How long the play waits for an answer; a small model on a slow computer takes its time."""
_ANSWER_TOKENS = 300
_PICTURED: dict[Language, tuple[int, ...]] = {"en": (0, 2, 3, 4, 6), "ru": (0, 2, 3, 4, 8)}
"""What of the scene the pictures show: a plan, what follows from it, a refusal, a voice note."""
_COLUMNS = 80
"""Of a picture of the console."""
_FINAL = (Answered, Failed, Ignored, Limited, Skipped)


def demo(
    common: Common,
    own: tuple[OpenAIConfig, VoiceConfig | None] | None,
    language: str | None,
    picture: Path | None,
) -> None:
    """Perform the scene, with the visitor's own model or with written answers."""
    if language not in (None, "en", "ru"):
        raise UsageError(
            _("No demo in “{language}”.", language=language),
            _("Use --language en or ru."),
        )
    if picture is not None:
        _make_room(picture)
    scene = spoken()
    if language is not None:
        speak(language)
        scene = "ru" if language == "ru" else "en"
    asyncio.run(_perform(common, own, scene, picture))


def _make_room(folder: Path) -> None:
    """See that pictures can be drawn there, before a scene is played for them."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except FileExistsError:
        raise UserbotError(
            _("{folder} is a file, not a folder.", folder=folder),
            _("Name a folder that you can write in."),
        ) from None
    except OSError as error:
        why = system_reason(error)
        raise UserbotError(
            _("No pictures can be drawn in {folder}: {why}.", folder=folder, why=why),
            _("Name a folder that you can write in."),
        ) from None


async def _perform(
    common: Common,
    own: tuple[OpenAIConfig, VoiceConfig | None] | None,
    language: Language,
    picture: Path | None,
) -> None:
    with tempfile.TemporaryDirectory(prefix="userbot-demo-") as folder:
        await Play(common, Path(folder), own, language, picture).perform()


def own_model(common: Common, model: str | None) -> tuple[OpenAIConfig, VoiceConfig | None]:
    """[openai] and [voice] of the config if there is one, else what the environment says."""
    voice: VoiceConfig | None
    config = common.config or find_config(os.environ)
    if common.config or config.exists():
        settings = load_config(common).settings
        own, voice = settings.openai, settings.voice
    else:
        own = OpenAIConfig(
            api_key=os.environ.get("OPENAI_API_KEY") or None,
            base_url=os.environ.get("OPENAI_BASE_URL") or None,
        )
        # OpenAI itself transcribes; of another server nobody knows.
        voice = None if own.base_url else VoiceConfig()
    if own.api_key is None and own.base_url is None:
        raise UsageError(
            _("No model is configured."),
            _("Set OPENAI_API_KEY, or OPENAI_BASE_URL for a local server."),
        )
    return (replace(own, model=model) if model else own), voice


class Play:
    """One performance. `own`: the visitor's model and what he says about voice, or None for the
    written answers; without a word about voice the sandbox transcribes.
    """

    def __init__(
        self,
        common: Common,
        folder: Path,
        own: tuple[OpenAIConfig, VoiceConfig | None] | None,
        language: Language,
        picture: Path | None = None,
    ) -> None:
        self._folder = folder
        self._language: Language = language
        self._verbose = common.verbose
        self._own = own
        self._sandbox = Sandbox(responder=written_answer, language=language, links=True)
        self._owner = self._sandbox.people[OLGA.key]
        self._visitor = self._sandbox.people[MAX.key]
        self._console = _recording(language) if picture else console_for(common, language)
        self._end: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._shown = Reporter(self._console, self._end)
        self._picture = picture
        terminal = self._console if isinstance(self._console, Live) else None
        quiet = common.json or picture is not None
        self._show = Show(terminal, language, quiet=quiet)
        # On Windows no loop can wait for what is typed: there the scene is all.
        typed = sys.stdin.isatty() and sys.platform != "win32"
        self._interactive = typed and sys.stdout.isatty() and not common.json and not picture
        self._editor: LineEditor | None = None
        """Where the visitor types: from the first moment on, so that no key spoils a moving row."""
        if self._interactive and terminal is not None:
            self._editor = LineEditor(terminal.console)
        self._ready = asyncio.Event()
        self._ends: dict[int, Event] = {}
        self._news = asyncio.Event()
        self._counts: Counter[str] = Counter()
        self._last_answer: Message | None = None

    async def perform(self) -> None:
        """Play the scene, show the table, let the visitor type. Raises UserbotError."""
        with contextlib.nullcontext() if self._editor is None else self._editor.open():
            await self._played()

    async def _played(self) -> None:
        began = time.monotonic()
        await self._sandbox.start()
        program = asyncio.create_task(
            app.run(self._settings(), self._report, began=began, end=self._end, leaving=self._leave)
        )
        play = asyncio.create_task(self._play())
        moving = asyncio.create_task(self._shown.keep_moving())
        try:
            await asyncio.wait({program, play}, return_when=asyncio.FIRST_COMPLETED)
            played = play.done()
            play.cancel()
            if not self._end.done():
                self._end.set_result("demo_over")
            reason = await program
            with contextlib.suppress(asyncio.CancelledError):
                await play
        finally:
            moving.cancel()
            self._shown.close()
            await self._sandbox.stop()
        if reason == "interrupted":
            if self._editor is not None:
                self._editor.ask("")
            elif self._interactive:
                print(flush=True)  # the terminal shows "^C"
            raise SystemExit(130)
        if self._picture is not None and played:
            self._draw(self._picture)

    def _leave(self) -> None:
        """Leave the terminal as it was found."""
        self._console.close()
        if self._editor is not None:
            self._editor.close()

    def _settings(self) -> Settings:
        telegram, endpoint = self._sandbox.telegram, self._sandbox.endpoint
        url, secret = endpoint.base_url, endpoint.api_key
        model, voice = OpenAIConfig(base_url=url, api_key=secret, model=MODEL), None
        if self._own:
            model, voice = self._own
            # A scene needs no long answers, and a small model would not end one by itself.
            most = model.max_completion_tokens or _ANSWER_TOKENS
            model = replace(model, max_completion_tokens=most)
        key = self._folder / "server.pem"
        telegram.write_public_key(key)
        telegram.seed_session(self._folder / "me.session", self._owner)
        server = ServerConfig(
            dc=telegram.dc, host=telegram.host, port=telegram.port, public_key=key
        )
        may_ask = tuple(self._sandbox.people[who].id for who in ("max", "lena", "timur"))
        return Settings(
            telegram=TelegramConfig(
                api_id=1, api_hash="demo", session=self._folder / "me", server=server
            ),
            openai=model,
            voice=voice or VoiceConfig(base_url=url, api_key=secret),
            chats=(
                ChatConfig(
                    id=self._sandbox.group.id, respond="mention", from_=may_ask, search="askers"
                ),
                *self._alone(),
            ),
            approvals=ApprovalsConfig(ring=False),
            console=ConsoleConfig(language=self._language),
            history=HistoryConfig(database=self._folder / "history.db"),
            limits=LimitsConfig(requests_per_minute=20),
            # As many answers as a group gets in minutes: nobody wants to watch an account wait.
            pacing=PacingConfig(writes_per_second=3, burst=60),
        )

    def _alone(self) -> tuple[ChatConfig, ...]:
        """The chat with the owner alone in which answers wait for her yes; none of the pictures."""
        if self._picture is not None:
            return ()
        who = self._sandbox.people[TO_THE_OWNER[self._language].who.key].id
        asks = ChatConfig(id=who, respond="all", from_=(who,), answer="ask", draft_after=0.5)
        return (asks,)

    def _report(self, event: Event) -> None:
        if isinstance(event, Stopped):
            return
        self._shown(event)
        if not isinstance(event, Ignored) or event.notable or self._verbose:
            self._counts[event.event] += 1  # the table counts what was shown
        if isinstance(event, Ready):
            self._ready.set()
        if isinstance(event, _FINAL) and event.message is not None:
            self._ends[event.message] = event
            self._news.set()

    async def _play(self) -> None:
        own = _("The answers come from your own model.")
        self._show.label(own if self._own else LABEL[self._language])
        await self._ready.wait()
        scene = LINES[self._language]
        shown = _PICTURED[self._language] if self._picture else range(len(scene))
        for line in (scene[at] for at in shown):
            await asyncio.sleep(line.pause)
            reply_to = self._last_answer if line.replies else None
            who = self._sandbox.people[line.who.key]
            if line.recording is None:
                said = self._say(who, line.text, reply_to)
            else:
                said = self._speak(who, line.recording, reply_to)
            if line.answered or not line.who.may_ask:
                await self._until_settled(said)
        if not self._picture and not sys.stdin.isatty() and sys.platform != "win32":
            for typed in _lines_given():
                await self._hear(typed)
        if self._alone():
            await self._ask_the_owner()
        self._show.table(self._counts)
        if self._interactive:
            await self._visit()
        self._show.next_steps(f"{program()} init", f"{program()} sandbox")

    async def _ask_the_owner(self) -> None:
        """Somebody writes to the owner alone: the answer waits in Saved Messages for her yes."""
        line, owner = TO_THE_OWNER[self._language], self._owner
        who, saved = (
            self._sandbox.people[line.who.key],
            translated(_("Saved Messages"), self._language),
        )
        await asyncio.sleep(line.pause)
        said = who.says(owner, line.text)
        self._show.said(said, where=owner.first_name)
        for _look in range(20 * ANSWER_SECONDS):
            if owner.messages(owner):
                break
            await asyncio.sleep(0.05)
        else:
            return
        request = owner.messages(owner)[-1]
        self._show.said(request, by_program=True, where=saved)
        await asyncio.sleep(line.pause)
        word = owner.says(owner, YES[self._language], reply_to=request)
        self._show.said(word, owner=True, where=saved)
        await self._until_settled(said, owner)

    def _say(self, who: Account, text: str, reply_to: Message | None = None) -> Message:
        said = who.says(self._sandbox.group, text, reply_to=reply_to)
        self._show.said(said, who is self._owner)
        return said

    def _speak(self, who: Account, recording: bytes, reply_to: Message | None) -> Message:
        said = who.sends_voice(self._sandbox.group, recording, reply_to=reply_to)
        self._show.said(said)
        return said

    async def _until_settled(self, said: Message, alone: Account | None = None) -> None:
        """Wait until the program has answered a message, or said why it does not.

        `alone`: to whom it was written, if not to all.
        """
        key = said.id_for(self._owner)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                while key not in self._ends:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return
        if isinstance(self._ends[key], Answered):
            where = self._sandbox.group if alone is None else said.sender
            for message in self._owner.messages(where):
                if message.reply_to is said and message.sender is self._owner:
                    to = said.sender.first_name if alone is not None else ""
                    self._show.said(message, by_program=True, where=to)
                    self._last_answer = message

    def _draw(self, folder: Path) -> None:
        """Write the two pictures: the chat as its owner sees it, and the console."""
        members = n_("{count} member", "{count} members", len(self._sandbox.people))
        messages = self._owner.messages(self._sandbox.group)
        chat = chat_picture(
            GROUP[self._language],
            translated(members, self._language),
            [each for each in messages if each.action is None],
            self._owner,
        )
        (folder / "chat.svg").write_text(chat, "utf-8")
        assert isinstance(self._console, Live)
        assert self._console.status is not None
        self._console.status.ready = True
        # What is at the bottom of a terminal is no part of its log.
        self._console.print("", self._console.status.line(self._language, _COLUMNS))
        console = console_picture(self._console.console, "userbot run")
        (folder / "console.svg").write_text(console, "utf-8")

    async def _hear(self, line: str) -> None:
        """Play a line that the visitor typed, or piped in."""
        if line.strip():
            await self._until_settled(self._say(self._visitor, line.strip()))

    async def _visit(self) -> None:
        self._show.invitation(self._visitor.first_name)
        if self._editor is not None:
            await self._listen(self._editor)
            return
        lines: asyncio.Queue[str] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        # Read by the loop rather than in a thread: a thread in a blocked read cannot be ended.
        loop.add_reader(sys.stdin.fileno(), _read_line, lines)
        try:
            while True:
                line = await lines.get()
                if not line:
                    return
                await self._hear(line)
        finally:
            loop.remove_reader(sys.stdin.fileno())

    async def _listen(self, editor: LineEditor) -> None:
        while True:
            self._show.rest()
            editor.ask(self._visitor.first_name)
            line = await editor.lines.get()
            editor.ask("")
            if line == END:
                return
            await self._hear(line)


def _lines_given() -> Iterator[str]:
    """What stands on standard input by now; nobody waits for more, it may stay open for ever."""
    held = b""
    while select.select([0], [], [], 0)[0] and (data := os.read(0, 65536)):
        held += data
    yield from held.decode(errors="replace").splitlines()


def _read_line(lines: asyncio.Queue[str]) -> None:
    """Take what the terminal holds: a line, as its driver hands it over; "" after Ctrl-D."""
    lines.put_nowait(os.read(sys.stdin.fileno(), 65536).decode(errors="replace"))


def _recording(language: Language) -> Live:
    """A console that can be saved as a picture, and is seen nowhere else."""
    paper = Console(
        record=True, width=_COLUMNS, file=io.StringIO(), highlight=False, color_system="truecolor"
    )
    return Live(language, verbose=False, console=paper, status=Status())
