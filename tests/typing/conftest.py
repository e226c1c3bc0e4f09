collect_ignore = ["snippets.py"]  # pyright reads it; run, it would show its mistakes
