"""What the tests of safety may ask for."""

from tests.cli.conftest import house

__all__ = ["house"]
