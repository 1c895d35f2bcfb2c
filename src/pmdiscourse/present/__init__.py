"""From tables to something people read: figures, quotes, tables and HTML reports."""
