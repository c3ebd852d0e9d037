"""The trained models: manifest, run-time back ends, sliding window."""

from hipjoint.models.backend import Backend
from hipjoint.models.backends import open_backend
from hipjoint.models.manifest import Manifest, ModelEntry, find_model, load_manifest, model_path
from hipjoint.models.sliding import predict

__all__ = ["Backend", "Manifest", "ModelEntry", "find_model", "load_manifest", "model_path", "open_backend", "predict"]
