"""The share of each request that a provider's prompt cache can reuse, over 100 turns."""

from __future__ import annotations

from tests.bench.prefix import play


def main() -> None:
    print("context_messages   reusable   target   largest request")
    for count, target in ((0, 85), (20, 60)):
        share = play(count)
        print(f"{count:>16}   {share.percent:6.1f} %   {target:>4} %   {share.largest} tokens")


if __name__ == "__main__":
    main()
