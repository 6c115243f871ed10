"""Frames, pictures and tables as Dagster metadata."""

import base64
from typing import Any

import dagster as dg
import polars as pl


def picture(png: bytes) -> dg.MarkdownMetadataValue:
    """A PNG shown inline in the UI."""
    return dg.MetadataValue.md(f"![](data:image/png;base64,{base64.b64encode(png).decode()})")


def table(frame: pl.DataFrame, digits: int = 4) -> dg.MarkdownMetadataValue:
    """A frame as a Markdown table, figures rounded."""
    names = (name.replace("_", " ") for name in frame.columns)
    head = "| " + " | ".join(names) + " |\n|" + "---|" * frame.width
    rows = ["| " + " | ".join(_cell(v, digits) for v in row) + " |" for row in frame.iter_rows()]
    return dg.MetadataValue.md("\n".join([head, *rows]))


def columns(frame: pl.DataFrame) -> dg.TableSchemaMetadataValue:
    """A frame's column names and types."""
    return dg.MetadataValue.table_schema(
        dg.TableSchema([dg.TableColumn(name, str(dtype)) for name, dtype in frame.schema.items()])
    )


def _cell(value: Any, digits: int) -> str:
    if value is None:
        return "undefined"
    return (
        f"{value:,.{digits}f}"
        if isinstance(value, float)
        else f"{value:,}"
        if isinstance(value, int)
        else str(value)
    )
