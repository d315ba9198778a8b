"""The engine of the registers (cadastros): one description each, everything else follows from it.

A register is a `Register`: its table, its `Field`s, what names a record, what points at one, who
may read and write. From that come the list, the form, history, CSV out and in (`gateway/admin`),
and here the verbs. To add one:

1. describe it in a module of `helpdesk/` (see `described.py`), `Register(name="sector", …)`;
2. add it to `gateway/admin/screens.py` with its address;
3. write its words in `gateway/admin/words.py` (a test names each that is missing).

What a form or a CSV line brings is text by field name; `reading.values` makes values of it, or
raises `Invalid` with every wrong field. A form sends every field; a CSV line may leave columns out,
which keeps what is stored. Where a plain field is not enough:

- `Field.clean`: text to its stored spelling, None when it is none (`identifiers.document`);
- `Register.check`: what several fields say together, as `FieldError`s;
- `Register.settle`: columns that follow from others (`sort_name`), before the row is written;
- `Register.find`: the search of a table too large to be read whole; its `order` needs an index;
- `Register.foresee` and `Register.act`: what a change does elsewhere, shown before it is saved and
  done with it.

| module | what |
|---|---|
| `shape` | `Register`, `Field`, `Record` |
| `reading` | text to values and back |
| `listing` | pages, one record, choices of a reference |
| `keeping` | create, change, switch on and off, remove; each writes the log |
| `importing` | a CSV: what each line would change, then all or nothing |
| `history` | who changed what of a record |
"""
