"""What the Telegram transport is told."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr


def _base_url(url: str) -> str:
    if not url.startswith(("https://", "http://")):
        msg = "should begin with https:// (http:// for a Bot API server of your own)"
        raise ValueError(msg)
    return url.rstrip("/")


class TelegramConfig(BaseModel):
    """The section `telegram`: `PONTE_TELEGRAM__…`. Without a token the channel is off.

    `base_url` is the Bot API server without path; `webhook` needs a public https address.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    token: SecretStr | None = None
    base_url: Annotated[str, AfterValidator(_base_url)] = "https://api.telegram.org"
    mode: Literal["polling", "webhook"] = "polling"
