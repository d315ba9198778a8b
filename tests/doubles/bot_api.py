"""A Bot API server of our own on loopback, and the hands of the people who write to the bot.

Speaks what python-telegram-bot asks of it: long polling with confirmed offsets, webhooks, keyboards,
files both ways. A test injects a failure for the next call of a method and reads what was sent.
"""

import asyncio
import contextlib
import io
import json
from collections import defaultdict, deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, unquote

import httpx
import python_multipart
from python_multipart.multipart import Field as FormField
from python_multipart.multipart import File as FormFile

TOKEN = "123456:double"
BOT = {"id": 123456, "is_bot": True, "first_name": "Ponte", "username": "ponte_bot"}
#: 2026-11-24 12:00 UTC
DATE = 1_795_521_600


@dataclass(frozen=True)
class Sent:
    """What the bot sent to a chat. `keys` maps the words on each button to its data."""

    message_id: int
    text: str
    keys: dict[str, str]
    filename: str | None = None
    data: bytes | None = None


@dataclass
class Fault:
    """How the next call of a method fails; `status` 0 drops the connection without an answer."""

    status: int
    description: str
    retry_after: int | None = None
    #: the call takes effect all the same: only its answer is lost
    after: bool = False


@dataclass
class BotApi:
    """State of the server and driver of the tests; made by `running`."""

    url: str = ""
    calls: list[tuple[str, dict[str, str]]] = field(
        default_factory=list[tuple[str, dict[str, str]]]
    )
    webhook: dict[str, str] = field(default_factory=dict[str, str])
    commands: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    left: list[int] = field(default_factory=list[int])
    #: updates nobody confirmed yet
    updates: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    _next_update: int = 1_000
    _next_message: int = 1
    _faults: defaultdict[str, deque[Fault]] = field(default_factory=lambda: defaultdict(deque))
    _chats: defaultdict[int, list[Sent]] = field(default_factory=lambda: defaultdict(list))
    _files: dict[str, tuple[str, bytes]] = field(default_factory=dict[str, tuple[str, bytes]])
    _connections: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    # What people do.

    async def says(self, chat: int, text: str) -> int:
        return await self.push({"message": self._message(chat, text=text)})

    async def edits(self, chat: int, text: str) -> int:
        edited = self._message(chat, text=text) | {"edit_date": DATE + 1}
        return await self.push({"edited_message": edited})

    async def presses(self, chat: int, words: str) -> int:
        """Press the newest button with these words."""
        shown = next(s for s in reversed(self._chats[chat]) if words in s.keys)
        return await self.presses_data(chat, shown.keys[words], shown.message_id)

    async def presses_data(self, chat: int, data: str, message_id: int = 1) -> int:
        message = self._message(chat, text="…") | {"message_id": message_id, "from": BOT}
        query = {
            "id": f"q{self._next_update}",
            "from": _user(chat),
            "chat_instance": "1",
            "message": message,
            "data": data,
        }
        return await self.push({"callback_query": query})

    async def sends_file(self, chat: int, name: str, data: bytes, caption: str = "") -> int:
        document = self._keep(name, data) | {"file_name": name, "mime_type": ""}
        return await self.push(
            {"message": self._message(chat, document=document, **_caption(caption))}
        )

    async def sends_photo(self, chat: int, data: bytes, caption: str = "") -> int:
        small = self._keep("small.jpg", b"small") | {"width": 90, "height": 60}
        large = self._keep("photos/file_1.jpg", data) | {"width": 900, "height": 600}
        return await self.push(
            {"message": self._message(chat, photo=[small, large], **_caption(caption))}
        )

    async def sends(self, chat: int, **content: Any) -> int:
        """Anything else a message may hold: `sticker`, `voice`, `location`…"""
        return await self.push({"message": self._message(chat, **content)})

    async def adds_to_group(self, chat: int, text: str) -> int:
        message = self._message(chat, text=text)
        message["chat"] = {"id": chat, "type": "group", "title": "Faturamento"}
        return await self.push({"message": message})

    async def push(self, update: dict[str, Any]) -> int:
        numbered = {"update_id": self._next_update} | update
        self._next_update += 1
        await self.redeliver(numbered)
        return numbered["update_id"]

    async def redeliver(self, update: dict[str, Any]) -> httpx.Response | None:
        """Deliver by webhook when one is set, else to whoever polls."""
        if self.webhook:
            headers = {"X-Telegram-Bot-Api-Secret-Token": self.webhook.get("secret_token", "")}
            async with httpx.AsyncClient() as client:
                return await client.post(self.webhook["url"], json=update, headers=headers)
        async with self._changed:
            self.updates.append(update)
            self._changed.notify_all()
        return None

    # What tests see and break.

    def sent(self, chat: int) -> list[Sent]:
        return list(self._chats[chat])

    def last(self, chat: int) -> Sent:
        return self._chats[chat][-1]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something the bot does makes the condition true."""
        async with self._changed:
            await self._changed.wait_for(condition)

    async def quiet(self) -> None:
        """Wait until every update was confirmed."""
        await self.until(lambda: not self.updates)

    def fail(
        self,
        method: str,
        status: int,
        description: str = "",
        *,
        retry_after: int | None = None,
        after: bool = False,
    ) -> None:
        words = description or HTTPStatus(status).phrase
        self._faults[method].append(Fault(status, words, retry_after, after))

    def drop(self, method: str, *, after: bool = False) -> None:
        self._faults[method].append(Fault(0, "dropped", after=after))

    # What the bot asks for.

    async def answer(self, method: str, given: dict[str, str], files: dict[str, FormFile]) -> Any:
        self.calls.append((method, given))
        handlers: dict[str, Callable[[], Awaitable[Any]]] = {
            "getMe": lambda: _now(BOT),
            "getUpdates": lambda: self._get_updates(given),
            "getFile": lambda: _now(self._get_file(given["file_id"])),
            "sendMessage": lambda: self._deliver(given, given["text"]),
            "sendDocument": lambda: self._deliver(given, "", files["document"]),
            "sendPhoto": lambda: self._deliver(given, "", files["photo"]),
            "setMyCommands": lambda: self._set(commands=json.loads(given.get("commands", "[]"))),
            "setWebhook": lambda: self._set(webhook=given),
            "deleteWebhook": lambda: self._set(webhook={}),
            "leaveChat": lambda: self._set(left=[*self.left, int(given["chat_id"])]),
            "answerCallbackQuery": self._set,
            "sendChatAction": self._set,
            "editMessageReplyMarkup": self._set,
        }
        return await handlers[method]()

    async def _set(self, **values: Any) -> bool:
        async with self._changed:
            for name, value in values.items():
                setattr(self, name, value)
            self._changed.notify_all()
        return True

    def _get_file(self, file_id: str) -> dict[str, Any]:
        name, data = self._files[file_id]
        return _file(file_id, data) | {"file_path": f"{file_id}/{name}"}

    async def _get_updates(self, given: dict[str, str]) -> list[dict[str, Any]]:
        offset, patience = int(given.get("offset", 0)), float(given.get("timeout", 0))
        async with self._changed:
            self.updates = [u for u in self.updates if u["update_id"] >= offset]
            self._changed.notify_all()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await self._changed.wait_for(lambda: bool(self.updates))
            return self.updates[: int(given.get("limit", 100))]

    async def _deliver(
        self, given: dict[str, str], text: str, file: FormFile | None = None
    ) -> dict[str, Any]:
        chat = int(given["chat_id"])
        rows = json.loads(given.get("reply_markup", "{}")).get("inline_keyboard", [])
        keys = {key["text"]: key["callback_data"] for row in rows for key in row}
        message: dict[str, Any] = self._message(chat, text=text) | {"from": BOT}
        name, data = None, None
        if file is not None:
            name, data = (file.file_name or b"").decode(), _bytes(file)
            message["document"] = self._keep(name, data) | {"file_name": name}
        async with self._changed:
            self._chats[chat].append(Sent(message["message_id"], text, keys, name, data))
            self._changed.notify_all()
        return message

    def _message(self, chat: int, **content: Any) -> dict[str, Any]:
        number = self._next_message
        self._next_message += 1
        user = _user(chat)
        where = {"id": chat, "type": "private", "first_name": user["first_name"]}
        return {"message_id": number, "date": DATE, "chat": where, "from": user, **content}

    def _keep(self, name: str, data: bytes) -> dict[str, Any]:
        file_id = f"f{len(self._files)}"
        self._files[file_id] = (name.rpartition("/")[2], data)
        return _file(file_id, data)

    # HTTP/1.1, as much as a client in a test needs.

    def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A plain function, so that asyncio leaves the task, and its end, to us."""
        task = asyncio.create_task(self._converse(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def close(self) -> None:
        connections = list(self._connections)
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                while await self._exchange(reader, writer):
                    pass
        finally:
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        path = unquote(head[0].split(" ")[1])
        headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in head[1:]) if k}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        method = "download" if path.startswith("/file/") else path.rpartition("/")[2]
        fault = self._faults[method].popleft() if self._faults[method] else None
        status, answer = 200, b""
        if fault is None or fault.after:
            status, answer = await self._respond(path, method, headers, body)
        if fault is not None and fault.status == 0:
            return False
        if fault is not None:
            status, answer = fault.status, _error(fault)
        writer.write(
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(answer)}\r\n\r\n".encode()
            + answer
        )
        await writer.drain()
        return True

    async def _respond(
        self, path: str, method: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, bytes]:
        if path.startswith(f"/file/bot{TOKEN}/"):
            file_id = path.removeprefix(f"/file/bot{TOKEN}/").partition("/")[0]
            return 200, self._files[file_id][1]
        if not path.startswith(f"/bot{TOKEN}/"):
            return 401, _error(Fault(401, "Unauthorized"))
        given, files = _form(headers.get("content-type", ""), body)
        result = await self.answer(method, given, files)
        return 200, json.dumps({"ok": True, "result": result}).encode()


@contextlib.asynccontextmanager
async def running() -> AsyncGenerator[BotApi]:
    """Serve on a free port of loopback; `url` is what `TelegramConfig.base_url` wants."""
    api = BotApi()
    server = await asyncio.start_server(api.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    api.url = f"http://127.0.0.1:{port}"
    try:
        yield api
    finally:
        server.close()
        await api.close()


async def _now(value: Any) -> Any:
    return value


def _user(chat: int) -> dict[str, Any]:
    return {"id": chat, "is_bot": False, "first_name": "Luciana", "language_code": "pt-br"}


def _caption(text: str) -> dict[str, str]:
    return {"caption": text} if text else {}


def _file(file_id: str, data: bytes) -> dict[str, Any]:
    return {"file_id": file_id, "file_unique_id": file_id, "file_size": len(data)}


def _error(fault: Fault) -> bytes:
    answer: dict[str, Any] = {
        "ok": False,
        "error_code": fault.status,
        "description": fault.description,
    }
    if fault.retry_after is not None:
        answer["parameters"] = {"retry_after": fault.retry_after}
    return json.dumps(answer).encode()


def _bytes(file: FormFile) -> bytes:
    stream = file.file_object
    stream.seek(0)
    return stream.read()


def _form(content_type: str, body: bytes) -> tuple[dict[str, str], dict[str, FormFile]]:
    if content_type.startswith("multipart/form-data"):
        fields: dict[str, str] = {}
        files: dict[str, FormFile] = {}

        def on_field(part: FormField) -> None:
            fields[(part.field_name or b"").decode()] = (part.value or b"").decode()

        def on_file(part: FormFile) -> None:
            files[(part.field_name or b"").decode()] = part

        headers = {"Content-Type": content_type.encode()}
        python_multipart.parse_form(headers, io.BytesIO(body), on_field, on_file)
        return fields, files
    if content_type.startswith("application/json"):
        return json.loads(body or b"{}"), {}
    return {k: v[0] for k, v in parse_qs(body.decode(), keep_blank_values=True).items()}, {}
