"""What a form must hold. Mail is exempt: it is taken as it comes."""

from helpdesk import identifiers, text
from helpdesk.border import Channel, Inbound
from helpdesk.catalog import Catalog
from helpdesk.errors import Conflict, FieldError, Invalid
from helpdesk.models import Provider

MOST_TITLE = 100
MOST_TEXT = 4_000
MOST_CONTACT = 100


def check(inbound: Inbound, registers: Catalog) -> None:
    """Raises `Invalid` with every wrong field at once."""
    if inbound.channel is Channel.MAIL and inbound.mail is not None:
        return
    errors = [*text_errors(inbound.text), *file_errors(inbound, registers)]
    if inbound.number is None:
        errors += opening_errors(inbound, registers)
    elif inbound.agent_id is not None:
        errors += contact_errors(inbound)
    if errors:
        raise Invalid(*errors)


def text_errors(body: str) -> list[FieldError]:
    said = text.length(body)
    if not text.normalise(body).strip():
        return [FieldError("text", "required")]
    if said > MOST_TEXT:
        return [FieldError("text", "too_long", (("limit", MOST_TEXT), ("length", said)))]
    return []


def file_errors(inbound: Inbound, registers: Catalog) -> list[FieldError]:
    """What a provider may send in one message; agents are bound by the settings alone."""
    most = registers.parameters.attachment_count
    if inbound.agent_id is None and len(inbound.files) > most:
        return [FieldError("attachments", "too_many", (("limit", most),))]
    return []


def require_menu(inbound: Inbound, provider: Provider, registers: Catalog) -> None:
    """A person opens by themselves only where the menu is switched on for the provider.
    Raises `Conflict`."""
    alone = inbound.person_id is not None and inbound.agent_id is None and not inbound.placed_by
    if alone and not registers.parameters.contact_for(provider.code, provider.type_id):
        raise Conflict("contact_closed")


def opening_errors(inbound: Inbound, registers: Catalog) -> list[FieldError]:
    return [
        *title_errors(inbound.title),
        *classification_errors(inbound, registers),
        *contact_errors(inbound),
    ]


def title_errors(given: str) -> list[FieldError]:
    title = text.normalise(given).strip()
    if not title:
        return [FieldError("title", "required")]
    if len(title) > MOST_TITLE or "\n" in title:
        return [FieldError("title", "too_long", (("limit", MOST_TITLE),))]
    return []


def classification_errors(inbound: Inbound, registers: Catalog) -> list[FieldError]:
    """A person chooses among what is published; an agent among what is active."""
    if not inbound.classification:
        return [FieldError("classification", "required")]
    chosen = registers.classification(inbound.classification)
    if chosen is None or not chosen.active or not (chosen.web or inbound.agent_id):
        return [FieldError("classification", "unknown")]
    children = registers.children(chosen.id, published=inbound.agent_id is None)
    if not inbound.subclassification:
        # An agent may leave it open: what it is becomes clear in the conversation.
        needed = children and inbound.agent_id is None
        return [FieldError("subclassification", "required")] if needed else []
    if inbound.subclassification not in {child.code for child in children}:
        return [FieldError("subclassification", "unknown")]
    return []


def contact_errors(inbound: Inbound) -> list[FieldError]:
    """Chats know their person; forms and agents say whom to ask back."""
    if inbound.channel in {Channel.TELEGRAM, Channel.CHAT}:
        return []
    contact = inbound.contact
    errors: list[FieldError] = []
    values = {
        "contact.name": contact.name if contact else "",
        "contact.phone": contact.phone if contact else "",
        "contact.email": contact.email if contact else "",
    }
    for field, value in values.items():
        if not value.strip():
            errors.append(FieldError(field, "required"))
        elif len(value) > MOST_CONTACT:
            errors.append(FieldError(field, "too_long", (("limit", MOST_CONTACT),)))
    if values["contact.email"].strip() and identifiers.email(values["contact.email"]) is None:
        errors.append(FieldError("contact.email", "invalid"))
    phone = values["contact.phone"].strip()
    if phone and identifiers.phone(phone) is None:
        errors.append(FieldError("contact.phone", "invalid"))
    return errors
