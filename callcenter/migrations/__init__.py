"""The one line of migrations of the whole product. Revisions are numbered: 0001, 0002, ..."""
