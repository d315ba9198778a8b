"""A contact on paper, and what the portal says of its accessibility."""

import asyncio

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation

from channels.kit import Kit
from channels.web import conversation
from channels.web.visitors import HOME, PortalRequest, entered

#: margins, in millimetres
MARGIN = 20
#: what the fonts that every reader has can write; anything else is a question mark
ENCODING = "cp1252"


@get(f"{HOME}/{{ref:str}}/conversa.pdf")
async def contact_pdf(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]], ref: FromPath[str]
) -> Response[bytes]:
    """The whole conversation as its provider sees it. Raises `NotVisible`."""
    visitor, now = entered(request), kit.clock()
    found = await kit.work.read(conversation.load, visitor, ref, policy=kit.policy, now=now)
    page = kit.render("web/paper.html", {"found": found, "now": now})
    data = await asyncio.to_thread(_drawn, page)
    name = f"conversa-{conversation.reference(found.thread.row)}.pdf"
    return Response(
        data,
        media_type="application/pdf",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
        },
    )


@get("/acessibilidade")
async def accessibility_show(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]]
) -> Response[str]:
    return kit.page(request, "web/accessibility.html", {})


def _drawn(page: str) -> bytes:
    # With its fonts a seventh of what a start of the server reads, for what few ask for.
    from fpdf import FPDF  # noqa: PLC0415

    paper = FPDF(format="A4")
    paper.set_margin(MARGIN)
    paper.set_auto_page_break(auto=True, margin=MARGIN)
    paper.core_fonts_encoding = ENCODING
    paper.set_font("Helvetica", size=10)
    paper.set_lang("pt-BR")
    paper.add_page()
    paper.write_html(page.encode(ENCODING, "replace").decode(ENCODING))
    return bytes(paper.output())
