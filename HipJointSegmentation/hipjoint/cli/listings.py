"""The tables that ``hipjoint models`` and ``hipjoint series`` print to standard output."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hipjoint.models.manifest import ModelEntry, load_manifest, model_path
from hipjoint.volume import SeriesInfo
from hipjoint.volume import list_series as series_in


def list_models(*, verify: bool) -> None:
    """Print the trained models; with ``verify`` raise ``ModelError`` at the first that is not as shipped."""
    entries = load_manifest().models
    if verify:
        for entry in entries:
            model_path(entry)
    heads = ("Model", "Version", "Task", "Role", "Licence", "SHA-256")
    print_table(heads, (_model_row(entry) for entry in entries))
    if verify:
        Console(highlight=False).print(f"All {len(entries)} model files are what was shipped.")


def list_series(source: Path) -> None:
    """Print the DICOM series in a folder or zip; raise ``InputError`` if there is none."""
    heads = ("Series", "Kind", "Slices", "Spacing, mm", "Kernel", "Remark")
    print_table(heads, (_series_row(series) for series in series_in(source)))


def _model_row(entry: ModelEntry) -> Sequence[str]:
    return entry.name, entry.version, entry.task, entry.role, entry.licence, f"{entry.sha256[:16]}..."


def _series_row(series: SeriesInfo) -> Sequence[str]:
    spacing = " x ".join(f"{step:.3g}" for step in series.spacing_mm) if series.spacing_mm else "unknown"
    remark = series.problem or ("is taken if no series is named" if series.is_best else "")
    return series.key, series.modality, str(series.slices), spacing, series.kernel, remark


def print_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows of words under their heads."""
    table = Table(*heads, box=box.SIMPLE_HEAD)
    for row in rows:
        # A kernel may be called B30[2]: square brackets are not markup here.
        table.add_row(*(escape(cell) for cell in row))
    Console(highlight=False).print(table, soft_wrap=True)
