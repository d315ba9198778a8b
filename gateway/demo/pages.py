"""The mailbox page: read what Ponte sent, answer as the provider would, by real mail."""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Any, cast

from litestar import MediaType, Request, Response, Router, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency, Provide
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery
from litestar.response import Redirect

from gateway.demo import answers
from gateway.demo.mailbox import Letter, Mailbox
from gateway.runtime import Runtime

Form = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]
#: a letter brings its own styles and may do nothing else
LETTER_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
    ),
    "X-Frame-Options": "SAMEORIGIN",
}


@dataclass(frozen=True, slots=True)
class PostOffice:
    """What the pages need: the instance, its mailbox, and the port of its own SMTP listener."""

    runtime: Runtime
    box: Mailbox
    port: int

    @property
    def address(self) -> str:
        return self.runtime.policy.mail_address or ""

    async def page(
        self, request: Request[Any, Any, Any], opened: Letter | None, query: str
    ) -> Response[str]:
        letters = await asyncio.to_thread(self.box.letters, query)
        if opened is None and letters:
            opened = letters[0]
        context: dict[str, object] = {
            "letters": letters,
            "opened": opened,
            "q": query,
            "sent": request.query_params.get("enviado") == "1",
            "address": self.address,
            "where": f"127.0.0.1:{self.runtime.settings.web.port} · SMTP {self.port}",
        }
        return self.runtime.kit.page(request, "demo/mailbox.html", context)


@get("/caixa", media_type=MediaType.HTML)
async def mailbox_list(
    request: Request[Any, Any, Any], office: NamedDependency[PostOffice], q: FromQuery[str] = ""
) -> Response[str]:
    """Show the newest letter beside the list."""
    return await office.page(request, None, q)


@get("/caixa/{letter_id:str}", media_type=MediaType.HTML)
async def mailbox_show(
    request: Request[Any, Any, Any],
    office: NamedDependency[PostOffice],
    letter_id: FromPath[str],
    q: FromQuery[str] = "",
) -> Response[str]:
    """Show one letter beside the list."""
    return await office.page(request, await asyncio.to_thread(office.box.letter, letter_id), q)


@get("/caixa/{letter_id:str}/html", media_type=MediaType.HTML)
async def mailbox_html(
    office: NamedDependency[PostOffice], letter_id: FromPath[str]
) -> Response[str]:
    """Give the letter itself, for a sandboxed frame."""
    opened = await asyncio.to_thread(office.box.letter, letter_id)
    page = opened.html if opened else ""
    return Response(page, media_type=MediaType.HTML, headers=LETTER_HEADERS)


@get("/caixa/{letter_id:str}/original", media_type=MediaType.TEXT)
async def mailbox_raw(
    office: NamedDependency[PostOffice], letter_id: FromPath[str]
) -> Response[str]:
    """Give the bytes as they came, headers included."""
    raw = await asyncio.to_thread(office.box.raw, letter_id) or b""
    return Response(raw.decode("utf-8", "replace"), media_type="text/plain")


@post("/caixa/{letter_id:str}/responder", status_code=303)
async def mailbox_answer(
    office: NamedDependency[PostOffice], letter_id: FromPath[str], data: Form
) -> Redirect:
    """Send an answer, an absence note or a delivery report into Ponte's own listener."""
    letter = await asyncio.to_thread(office.box.letter, letter_id)
    kind, text = str(data.get("kind", "reply")), str(data.get("text", "")).strip()
    if letter is None or kind not in answers.KINDS or (kind == "reply" and not text):
        return Redirect(f"/demo/caixa/{letter_id}", status_code=303)
    made = answers.answer(letter, kind, text, await _files(data.get("files")))
    await answers.send(made, letter, kind, office.port)
    return Redirect(f"/demo/caixa/{letter_id}?enviado=1", status_code=303)


@post("/caixa/nova", status_code=303)
async def mailbox_write(office: NamedDependency[PostOffice], data: Form) -> Redirect:
    """Send a new mail from any address."""
    sender, text = str(data.get("from", "")).strip(), str(data.get("text", "")).strip()
    if "@" not in sender or not text:
        return Redirect("/demo/caixa", status_code=303)
    made = answers.mail(sender, office.address, str(data.get("subject", "")), text)
    for name, kind, content in await _files(data.get("files")):
        made.add_attachment(content, *kind.split("/", 1), filename=name)
    await answers.deliver(made, sender, [office.address], office.port)
    return Redirect("/demo/caixa?enviado=1", status_code=303)


def router(runtime: Runtime, box: Mailbox, smtp_port: int) -> Router:
    office = PostOffice(runtime, box, smtp_port)
    return Router(
        "/demo",
        dependencies={"office": Provide(lambda: office, sync_to_thread=False)},
        include_in_schema=False,
        route_handlers=[
            mailbox_list,
            mailbox_show,
            mailbox_html,
            mailbox_raw,
            mailbox_answer,
            mailbox_write,
        ],
    )


async def _files(given: object) -> list[answers.Upload]:
    uploads = cast("list[object]", given) if isinstance(given, list) else [given]
    found: list[answers.Upload] = []
    for upload in uploads:
        if isinstance(upload, UploadFile) and upload.filename:
            kind = upload.content_type or "application/octet-stream"
            found.append((upload.filename, kind, await upload.read()))
    return found
