"""How a result is shown: pages and figures, laid out for a screen, Markdown and CSV."""
