"""What tickets are sorted by that stands elsewhere: copies on the ticket, kept by triggers.

A list of a million tickets cannot sort by a joined name: no index leads there. The database keeps
the copies, so that no verb, import or bulk load can forget them.
"""

#: an agent's or provider's new name reaches its tickets, a ticket takes its names with it
CREATE = {
    "sqlite": (
        """
        CREATE TRIGGER ticket_sorted_new AFTER INSERT ON ticket
        WHEN NEW.sort_provider IS NOT (SELECT sort_name FROM provider WHERE id = NEW.provider_id)
          OR NEW.sort_agent IS NOT
             coalesce((SELECT sort_name FROM agent WHERE id = NEW.assignee_id), '')
          OR NEW.sort_protocol IS NOT coalesce(NEW.protocol, '')
        BEGIN
          UPDATE ticket SET
            sort_provider = (SELECT sort_name FROM provider WHERE id = NEW.provider_id),
            sort_agent = coalesce((SELECT sort_name FROM agent WHERE id = NEW.assignee_id), ''),
            sort_protocol = coalesce(NEW.protocol, '')
          WHERE number = NEW.number;
        END
        """,
        """
        CREATE TRIGGER ticket_sorted AFTER UPDATE OF provider_id, assignee_id, protocol ON ticket
        BEGIN
          UPDATE ticket SET
            sort_provider = (SELECT sort_name FROM provider WHERE id = NEW.provider_id),
            sort_agent = coalesce((SELECT sort_name FROM agent WHERE id = NEW.assignee_id), ''),
            sort_protocol = coalesce(NEW.protocol, '')
          WHERE number = NEW.number;
        END
        """,
        """
        CREATE TRIGGER provider_sorted AFTER UPDATE OF sort_name ON provider
        WHEN NEW.sort_name IS NOT OLD.sort_name
        BEGIN
          UPDATE ticket SET sort_provider = NEW.sort_name WHERE provider_id = NEW.id;
        END
        """,
        """
        CREATE TRIGGER agent_sorted AFTER UPDATE OF sort_name ON agent
        WHEN NEW.sort_name IS NOT OLD.sort_name
        BEGIN
          UPDATE ticket SET sort_agent = NEW.sort_name WHERE assignee_id = NEW.id;
        END
        """,
    ),
    "postgresql": (
        """
        CREATE FUNCTION ticket_sorted() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          NEW.sort_provider := (SELECT sort_name FROM provider WHERE id = NEW.provider_id);
          NEW.sort_agent := coalesce((SELECT sort_name FROM agent WHERE id = NEW.assignee_id), '');
          NEW.sort_protocol := coalesce(NEW.protocol, '');
          RETURN NEW;
        END $$
        """,
        """
        CREATE TRIGGER ticket_sorted
        BEFORE INSERT OR UPDATE OF provider_id, assignee_id, protocol ON ticket
        FOR EACH ROW EXECUTE FUNCTION ticket_sorted()
        """,
        """
        CREATE FUNCTION provider_sorted() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          UPDATE ticket SET sort_provider = NEW.sort_name WHERE provider_id = NEW.id;
          RETURN NULL;
        END $$
        """,
        """
        CREATE TRIGGER provider_sorted AFTER UPDATE OF sort_name ON provider
        FOR EACH ROW WHEN (NEW.sort_name IS DISTINCT FROM OLD.sort_name)
        EXECUTE FUNCTION provider_sorted()
        """,
        """
        CREATE FUNCTION agent_sorted() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          UPDATE ticket SET sort_agent = NEW.sort_name WHERE assignee_id = NEW.id;
          RETURN NULL;
        END $$
        """,
        """
        CREATE TRIGGER agent_sorted AFTER UPDATE OF sort_name ON agent
        FOR EACH ROW WHEN (NEW.sort_name IS DISTINCT FROM OLD.sort_name)
        EXECUTE FUNCTION agent_sorted()
        """,
    ),
}
#: the copies of tickets that are older than the triggers
FILL = """
UPDATE ticket SET
  sort_provider = (SELECT sort_name FROM provider WHERE id = ticket.provider_id),
  sort_agent = coalesce((SELECT sort_name FROM agent WHERE id = ticket.assignee_id), ''),
  sort_protocol = coalesce(protocol, '')
"""
