"""What an executed notebook proves: what was run, in which order, how long, and with what.

Notebooks here are dictionaries as nbformat or json reads them.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

# Cells that papermill puts in; they are no part of a lesson.
INSERTED = {"injected-parameters", "papermill-error-cell-tag"}


def source(cell: Mapping[str, Any]) -> str:
    """A cell's text, which may be stored as a list of lines."""
    text = cell.get("source", "")
    return "".join(text) if isinstance(text, list) else str(text)


def tags(cell: Mapping[str, Any]) -> set[str]:
    """The tags of a cell."""
    return set(cell.get("metadata", {}).get("tags", []))


def lesson_cells(notebook: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The cells of the lesson itself, without those that running it puts in."""
    return [cell for cell in notebook["cells"] if not tags(cell) & INSERTED]


def source_hash(notebook: Mapping[str, Any]) -> str:
    """sha256 of what was written, whatever has been executed and put out."""
    told = [(cell["cell_type"], source(cell)) for cell in lesson_cells(notebook)]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def execution(notebook: Mapping[str, Any]) -> dict[str, Any]:
    """How a notebook was executed.

    Returns:
        cells, executed: code cells, and how many of them ran; in_order: whether they are numbered
        1, 2, 3, … from top to bottom, as one fresh kernel does; errors: the names of exceptions;
        started, ended (UTC in ISO form or ""), seconds (or None), parameters: as papermill noted.
    """
    code = [c for c in notebook["cells"] if c["cell_type"] == "code" and source(c).strip()]
    counts = [cell.get("execution_count") for cell in code]
    done = [count for count in counts if count is not None]
    papermill = notebook.get("metadata", {}).get("papermill", {})
    errors = [
        str(output.get("ename"))
        for cell in code
        if "raises-exception" not in tags(cell)
        for output in cell.get("outputs", [])
        if output.get("output_type") == "error"
    ]
    return {
        "cells": len(code),
        "executed": len(done),
        "in_order": done == list(range(1, len(done) + 1)),
        "errors": errors,
        "started": papermill.get("start_time") or "",
        "ended": papermill.get("end_time") or "",
        "seconds": papermill.get("duration"),
        "parameters": dict(papermill.get("parameters") or {}),
    }
