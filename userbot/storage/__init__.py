"""The history database: one file of SQLite, local and synchronous, in parts that a store holds."""
