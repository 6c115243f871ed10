"""A document as one HTML page that needs nothing else."""

from __future__ import annotations

import base64
from html import escape

from registry.document import Block, Document, Picture, Section, Table, Text

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1f2328; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { margin-bottom: 0; } h2 { margin-top: 2.5rem; border-bottom: 1px solid #d0d7de; padding-bottom: .3rem; }
table { border-collapse: collapse; font-size: 13px; margin: 1rem 0; display: block; overflow-x: auto; }
caption { text-align: left; font-weight: 600; padding: .4rem 0; }
figcaption { font-size: 13px; color: #57606a; padding: .4rem 0; }
th, td { border: 1px solid #d0d7de; padding: .25rem .5rem; vertical-align: top; text-align: left; }
th { background: #f6f8fa; } td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tr.failed td { background: #ffebe9; } tr.warning td { background: #fff8c5; }
figure { margin: 1rem 0; } img { max-width: 100%; } footer, .subtitle { color: #57606a; }
td.blank { min-width: 10rem; height: 2rem; }
@media print {
  h2, caption { break-after: avoid; } figure, tr { break-inside: avoid; }
  table { display: table; } img { max-height: 23cm; }
}
"""


def to_html(document: Document) -> str:
    """The page, pictures inline."""
    contents = "".join(
        f'<li><a href="#s{i}">{escape(s.title)}</a></li>' for i, s in enumerate(document.sections)
    )
    body = "".join(_section(i, s) for i, s in enumerate(document.sections))
    return f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(document.title)}</title><style>{STYLE}</style></head>
<body>
<h1>{escape(document.title)}</h1>
<p class="subtitle">{escape(document.subtitle)}</p>
<nav><ol>{contents}</ol></nav>
{body}
<footer><p>{escape(document.foot)}</p></footer>
</body>
</html>
"""


def _section(number: int, section: Section) -> str:
    blocks = "\n".join(map(_block, section.blocks))
    return f'<section id="s{number}"><h2>{number + 1}. {escape(section.title)}</h2>\n{blocks}</section>\n'


def _block(block: Block) -> str:
    if isinstance(block, Text):
        return f"<p>{escape(block.text)}</p>"
    if isinstance(block, Picture):
        data = base64.b64encode(block.png).decode()
        caption = escape(block.caption)
        image = f'<img alt="{caption}" src="data:image/png;base64,{data}">'
        return f"<figure>{image}<figcaption>{caption}</figcaption></figure>"
    return _table(block)


def _table(table: Table) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in table.head())
    kinds = [
        "blank" if b else "number" if n else ""
        for b, n in zip(table.is_blank(), table.is_number(), strict=True)
    ]
    rows = []
    for row in table.rows():
        cells = "".join(
            f"<td{f' class={kind}' if kind else ''}>{escape(text)}</td>"
            for text, kind in zip(row, kinds, strict=True)
        )
        mark = next((v for v in ("failed", "warning") if v in row), "")
        rows.append(f'<tr class="{mark}">{cells}</tr>' if mark else f"<tr>{cells}</tr>")
    parts = f"<caption>{escape(table.caption)}</caption><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody>"
    return f"<table>{parts}</table>"
