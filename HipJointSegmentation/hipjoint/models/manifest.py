"""The manifest of the trained models: what each model needs to be used rightly stands there and nowhere else."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    PositiveInt,
    PrivateAttr,
    ValidationError,
    model_validator,
)

from hipjoint.errors import ModelError
from hipjoint.resources import models_dir
from hipjoint.strict import Strict, first_problem

SCHEMA = 1
FILE_NAME = "models.json"
_REMEDY = "install hipjoint again"


def _rising(window: tuple[float, float]) -> tuple[float, float]:
    if window[0] >= window[1]:
        raise ValueError("the lower end must be below the upper end")
    return window


class ModelInput(Strict):
    """What goes in: grid spacing in mm along the LPS axes, names of the channels, what becomes -1 and 1.

    For CT that is a ``window`` in HU, for MRI two ``percentiles`` of the values. A ``film`` has no spacing: the network
    sees the "whole" film on its patch, or all of it at the scale of the femoral "head" (``tasks/film_inputs.py``), its
    columns to the patient's left and its rows to the feet ("LF").
    """

    spacing_mm: float = Field(default=0.0, gt=0)  # 0 for films only
    orientation: Literal["LPS", "LF"]
    channels: tuple[str, ...] = Field(min_length=1)
    window: Annotated[tuple[float, float], AfterValidator(_rising)] | None = None
    percentiles: Annotated[tuple[float, float], AfterValidator(_rising)] | None = None
    film: Literal["whole", "head"] | None = None

    @model_validator(mode="after")
    def _one_scale(self) -> ModelInput:
        if [self.window, self.percentiles, self.film].count(None) != 2:
            raise ValueError("one of a window, percentiles and a film is needed")
        if ((self.film is None), (self.orientation == "LPS")) != ((self.spacing_mm > 0),) * 2:
            raise ValueError("a volume needs a spacing and is oriented LPS, a film needs none and is oriented LF")
        return self


class ModelOutput(Strict):
    """What comes out: names of the classes, background first."""

    channels: tuple[str, ...] = Field(min_length=2)


class Training(Strict):
    """Where the weights come from: the training's record in the documentation, its data and its date."""

    record: str
    data: str
    date: str


class ModelEntry(Strict):
    """One trained model: an ONNX file from channels (1, C, Z, Y, X) to probabilities (1, K, Z, Y, X); no Z of films."""

    name: str
    file: str = Field(pattern=r"^[\w.-]+\.onnx$")
    version: str
    licence: str
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    task: str
    role: str
    input: ModelInput
    patch: tuple[PositiveInt, ...] = Field(min_length=2, max_length=3)
    output: ModelOutput
    training: Training

    @model_validator(mode="after")
    def _as_many_axes(self) -> ModelEntry:
        if len(self.patch) != (3 if self.input.film is None else 2):
            raise ValueError("the patch of a volume has three sides, that of a film two")
        return self

    _folder: Path = PrivateAttr(default=Path())

    def model_post_init(self, context: Any, /) -> None:
        """Keep the folder of the manifest, which the context of the validation names."""
        if context:
            self._folder = context["folder"]

    @property
    def path(self) -> Path:
        """The model file, not verified; ``model_path`` verifies it."""
        return self._folder / self.file


class Manifest(Strict):
    """All models that come with the program."""

    schema_number: int = Field(alias="schema")
    models: tuple[ModelEntry, ...]

    @model_validator(mode="after")
    def _one_model_a_role(self) -> Manifest:
        roles = [(entry.task, entry.role) for entry in self.models]
        twice = next((role for role in roles if roles.count(role) > 1), None)
        if twice:
            raise ValueError(f"task {twice[0]!r} has two models for the role {twice[1]!r}")
        return self


def load_manifest(folder: Path | None = None) -> Manifest:
    """The manifest in ``folder``, by default that of the program's own models; raises ``ModelError``."""
    folder = folder or models_dir()
    path = folder / FILE_NAME
    content = _read(path, "list of models")
    try:
        _check_schema(path, _Schema.model_validate_json(content).schema_number)
        return Manifest.model_validate_json(content, context={"folder": folder})
    except ValidationError as error:
        problem = first_problem(error)
        raise ModelError(f"The list of models {path} is not valid ({problem}): {_REMEDY}.") from error


def find_model(task: str, role: str, folder: Path | None = None) -> ModelEntry:
    """The verified entry for a role ("coarse", "fine", ...) of a task; raises ``ModelError``."""
    manifest = load_manifest(folder)
    for entry in manifest.models:
        if (entry.task, entry.role) == (task, role):
            model_path(entry)
            return entry
    known = ", ".join(f"{entry.task} {entry.role}" for entry in manifest.models) or "none"
    raise ModelError(f"There is no model for the task {task!r} with the role {role!r}: {FILE_NAME} lists {known}.")


def model_path(entry: ModelEntry) -> Path:
    """Path of the file of an entry; raises ``ModelError`` if it is missing or not the file that was shipped."""
    if hashlib.sha256(_read(entry.path, "model file")).hexdigest() != entry.sha256:
        raise ModelError(f"The model file {entry.path} is damaged (wrong SHA-256 checksum): {_REMEDY}.")
    return entry.path


def _read(path: Path, what: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"The {what} {path} cannot be read ({error.strerror}): {_REMEDY}.") from error


class _Schema(BaseModel):
    """The part of a manifest that every version of the program can read."""

    schema_number: int = Field(alias="schema")


def _check_schema(path: Path, number: int) -> None:
    if number != SCHEMA:
        raise ModelError(
            f"The list of models {path} has schema {number} but this program reads schema {SCHEMA}: "
            "use the models and the program of one release."
        )
