"""Simulated hip CT: real bone shapes, random anatomy, disease, soft tissue and scanner.

The recipe follows SynthSeg (Billot et al., Med Image Anal 2023): label maps in, randomised images out. Unlike it, the
bones are signed distance fields, so cortex thickness, joint gap and partial volume are exact at any resolution.
"""
