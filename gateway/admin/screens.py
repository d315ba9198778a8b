"""The registers that have pages: their addresses, and how the menu of `/cadastros` lists them.

A register of the engine is one line here; a page of its own is one line of `MENU`.
"""

from dataclasses import dataclass

from helpdesk import access
from helpdesk.border import Actor
from helpdesk.errors import NotVisible
from helpdesk.registry import days, described, people, providers, surveys
from helpdesk.registry.shape import Register

ROOT = "/cadastros"


@dataclass(frozen=True, slots=True)
class Screen:
    """`template`: the list's, where it is not the usual one. `pages`: what a record has beside its
    form, by the last word of their addresses (labels of the kind `register_page`)."""

    path: str
    register: Register
    template: str = "admin/list"
    pages: tuple[str, ...] = ()
    #: the file of what was answered to a record, where there is such a thing; {id} is its id
    answers: str = ""

    @property
    def url(self) -> str:
        return f"{ROOT}/{self.path}"

    def url_of(self, record_id: int, page: str) -> str:
        return f"{self.url}/{record_id}/{page}"


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the menu: its name is the label `path` of the kind `register_menu`."""

    path: str
    permission: str


SCREENS: dict[str, Screen] = {
    screen.path: screen
    for screen in (
        Screen("classificacoes", described.CLASSIFICATION, "admin/tree"),
        Screen("subclassificacoes", described.SUBCLASSIFICATION),
        Screen("motivos", described.REASON),
        Screen("status", described.STATUS),
        Screen("setores", described.SECTOR),
        Screen("textos", described.CANNED),
        Screen(
            "formularios",
            surveys.FORM,
            "admin/tree",
            answers="/central/pesquisas/{id}/respostas.csv",
        ),
        Screen("perguntas", surveys.QUESTION),
        Screen("feriados", days.CALENDAR),
        Screen("prestadores", providers.PROVIDER, pages=("pessoas",)),
        Screen("enderecos", providers.ADDRESS),
        Screen("prazos", providers.TERMS),
        Screen("tipos", providers.TYPE),
        Screen("agentes", people.AGENT, pages=("acesso",)),
        Screen("perfis", people.PROFILE),
    )
}

#: the menu: groups (labels of the kind `register_group`) and what each holds, in their order
MENU: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    (
        "tickets",
        (
            Entry("classificacoes", described.CLASSIFICATION.reads),
            Entry("subclassificacoes", described.SUBCLASSIFICATION.reads),
            Entry("motivos", described.REASON.reads),
            Entry("status", described.STATUS.reads),
            Entry("setores", described.SECTOR.reads),
            Entry("textos", described.CANNED.reads),
            Entry("formularios", surveys.FORM.reads),
        ),
    ),
    (
        "calendar",
        (
            Entry("feriados", days.CALENDAR.reads),
            Entry("calendario", days.CALENDAR.reads),
        ),
    ),
    (
        "people",
        (
            Entry("prestadores", providers.PROVIDER.reads),
            Entry("tipos", providers.TYPE.reads),
            Entry("dominios", access.reads("domain")),
            Entry("agentes", people.AGENT.reads),
            Entry("perfis", people.PROFILE.reads),
            Entry("sessoes", people.AGENT.reads),
            Entry("tokens", people.AGENT.reads),
            Entry("webhooks", access.reads("webhook")),
        ),
    ),
    (
        "insurer",
        (
            Entry("parametros", access.reads("parameter")),
            Entry("privacidade", access.reads("privacy")),
        ),
    ),
)


def screen_of(path: str) -> Screen:
    """Raises `NotVisible`."""
    found = SCREENS.get(path)
    if found is None:
        raise NotVisible("register", path)
    return found


def beside(path: str, page: str) -> Screen:
    """The register whose records have `page` beside their form. Raises `NotVisible`."""
    screen = screen_of(path)
    if page not in screen.pages:
        raise NotVisible("register", path)
    return screen


def path_of(register: str) -> str:
    """Where the register of this name has its pages."""
    return next(s.path for s in SCREENS.values() if s.register.name == register)


def menu(actor: Actor) -> list[tuple[str, list[str]]]:
    """What this agent may open: groups with their paths; an empty group is left out."""
    shown = [
        (group, [entry.path for entry in entries if actor.may(entry.permission)])
        for group, entries in MENU
    ]
    return [(group, paths) for group, paths in shown if paths]
