"""Writes expected.txt: what Pillow makes of small formula images. Run with Pillow 9.4 and numpy: python3 make_expected.py

A line holds the image (formula, width, height, channels), the operation with its arguments, and the first 16 digits of the
SHA-256 of the result's pixels.
"""
import hashlib
import os

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

FILL = (124, 116, 104)
RESAMPLING = {"nearest": Image.NEAREST, "bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC}


def lively(width, height, channels):
    y, x, c = np.mgrid[0:height, 0:width, 0:channels]
    return (x * 37 + y * 91 + c * 53 + x * y * 7 + ((x * x * y) % 11) * 13).astype(np.uint8)


def smooth(width, height, channels):
    y, x, c = np.mgrid[0:height, 0:width, 0:channels]
    return (40 + (x * (3 + c) + y * 2 + c * 17) % 140 + (x * y) % 5).astype(np.uint8)


def flat(width, height, channels):
    return np.full((height, width, channels), 77, np.uint8)


def transform(image, matrix, resampling):
    fill = FILL if image.mode == "RGB" else FILL[0]
    return image.transform(image.size, Image.AFFINE, matrix, RESAMPLING[resampling], fillcolor=fill)


def rotate(image, degrees, resampling):
    return image.rotate(degrees, RESAMPLING[resampling], fillcolor=FILL if image.mode == "RGB" else FILL[0])


def solarize_add(image, amount):
    return image.point([min(255, i + amount) if i < 128 else i for i in range(256)] * len(image.getbands()))


def hue(image, shift):
    if image.mode == "L":
        return image
    h, s, v = image.convert("HSV").split()
    values = np.array(h, dtype=np.uint8) + np.int32(shift * 255).astype(np.uint8)
    return Image.merge("HSV", (Image.fromarray(values.astype(np.uint8), "L"), s, v)).convert("RGB")


OPERATIONS = {
    "autoContrast": (ImageOps.autocontrast, [()]),
    "equalize": (ImageOps.equalize, [()]),
    "invert": (ImageOps.invert, [()]),
    "grey": (lambda image: image.convert("L").convert(image.mode), [()]),
    "posterize": (ImageOps.posterize, [(0,), (1,), (2,), (4,), (7,), (8,)]),
    "solarize": (ImageOps.solarize, [(0,), (26,), (100.5,), (128,), (256,)]),
    "solarizeAdd": (solarize_add, [(0,), (33,), (99,), (110,)]),
    "color": (lambda image, f: ImageEnhance.Color(image).enhance(f), [(0,), (0.1,), (0.46,), (1,), (1.27,), (1.9,)]),
    "contrast": (lambda image, f: ImageEnhance.Contrast(image).enhance(f), [(0,), (0.1,), (0.46,), (1,), (1.27,), (1.9,)]),
    "brightness": (lambda image, f: ImageEnhance.Brightness(image).enhance(f), [(0,), (0.1,), (0.46,), (1,), (1.27,), (1.9,)]),
    "sharpness": (lambda image, f: ImageEnhance.Sharpness(image).enhance(f), [(0,), (0.1,), (0.46,), (1,), (1.27,), (1.9,)]),
    "hue": (hue, [(-0.5,), (-0.1,), (0.0,), (0.02,), (0.37,), (0.5,)]),
    "blur": (lambda image, r: image.filter(ImageFilter.GaussianBlur(r)), [(0.1,), (0.5,), (1,), (1.37,), (2,), (5,)]),
    "shearX": (lambda image, f, r: transform(image, (1, f, 0, 0, 1, 0), r), [(-0.3,), (0.027,), (0.27,), (0.99,)]),
    "shearY": (lambda image, f, r: transform(image, (1, 0, 0, f, 1, 0), r), [(-0.3,), (0.027,), (0.27,), (0.99,)]),
    "translateX": (lambda image, p, r: transform(image, (1, 0, p, 0, 1, 0), r), [(-4,), (3.25,), (0.405 * 32,), (40,)]),
    "translateY": (lambda image, p, r: transform(image, (1, 0, 0, 0, 1, p), r), [(-4,), (3.25,), (0.405 * 32,), (40,)]),
    "rotate": (rotate, [(0,), (-9,), (27.3,), (-30,), (45,), (90,), (135,), (180,), (270,)]),
}
GEOMETRIC = {"shearX", "shearY", "translateX", "translateY", "rotate"}


SIZES = {
    lively: [(32, 32, 3), (21, 34, 3), (19, 16, 1), (1, 1, 3)],
    smooth: [(32, 32, 3), (19, 16, 1), (2, 3, 3)],
    flat: [(5, 4, 3)],
}


def lines():
    for formula, sizes in SIZES.items():
        for width, height, channels in sizes:
            pixels = formula(width, height, channels)
            image = Image.fromarray(pixels if channels == 3 else pixels[:, :, 0])
            for name, (operation, arguments) in OPERATIONS.items():
                for argument in arguments:
                    for kind in sorted(RESAMPLING) if name in GEOMETRIC else [""]:
                        words = [*argument, kind] if kind else list(argument)
                        digest = hashlib.sha256(np.asarray(operation(image, *words)).tobytes()).hexdigest()[:16]
                        yield " ".join(str(word) for word in [formula.__name__, width, height, channels, digest, name, *words])


with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "expected.txt"), "w", encoding="ascii") as file:
    file.writelines(line + "\n" for line in lines())
