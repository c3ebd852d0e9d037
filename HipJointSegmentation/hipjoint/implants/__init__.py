"""A sizing aid for cups and stems of no maker: generic shapes, and what they do to the bones; all from a pose.

No planning approval: real implants have other shapes, and what fits is for a surgeon to say.
"""

ABOUT = (
    "A sizing aid with generic shapes of no maker, for research only: no planning approval. Each pose takes the "
    "implant's own frame to LPS mm; a cup opens along its z axis from the centre of its hemisphere, a stem points up "
    "along z from where its neck leaves it, x to medial."
)
