"""The tables, one step each. A step is never edited once it is released: write the next one here."""

from db.store.first_migrations import FTS_COLUMNS as FTS_COLUMNS
from db.store.first_migrations import migrations as migrations
