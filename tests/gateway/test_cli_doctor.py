"""`ponte doctor`: every part on its line, against real parts."""

from pathlib import Path

import pytest
from rich_click.testing import CliRunner

from gateway.cli import main
from tests.doubles.bot_api import BotApi
from tests.doubles.dovecot import Dovecot
from tests.doubles.processes import free_port
from tests.doubles.relay import Relay
