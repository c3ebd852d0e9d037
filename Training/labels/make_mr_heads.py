"""Make the label maps of the femoral heads in MRI anew from their surfaces.

``python -m Training.labels.make_mr_heads`` writes ``Training/labels/mr/<volume>_heads.nii.gz``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import SimpleITK as sitk

from Training.labels.mr_heads import FOLDER, SURFACES, label_map, read_heads

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--surfaces", type=Path, default=SURFACES)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    a = parser.parse_args()
    for name, heads in read_heads(a.surfaces).items():
        sitk.WriteImage(
            label_map(heads), str(a.folder / f"{name}_heads.nii.gz"), useCompression=True, compressionLevel=9
        )
        print(name)
