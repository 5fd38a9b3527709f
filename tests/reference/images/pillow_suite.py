#!/usr/bin/env python3
"""Images as Pillow decodes, resizes and turns them, and as the Hugging Face processors on Pillow and NumPy prepare them.

  pillow_suite.py ROOT      writes ROOT/*.png, *.jpg, processors.json and expected.safetensors

decoded/FILE is [height, width, 3]; resized/FILTER/WIDTHxHEIGHT is the same of photo.png at that size; prepared/NAME/FILE is
[3, height, width] of a file under the preprocessor_config.json that processors.json has under NAME.
"""

import io
import json
import math
import random
import struct
import sys
import zlib
from pathlib import Path

import numpy
import torch
from PIL import Image, ImageOps

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import checkpoint

FILTERS = {"nearest": Image.NEAREST, "lanczos": Image.LANCZOS, "bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC,
           "box": Image.BOX, "hamming": Image.HAMMING}
SIZES = [(61, 47), (30, 23), (7, 5), (1, 1), (122, 94), (61, 20), (20, 47), (150, 9), (224, 224)]
IMAGENET = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
CLIP = {"image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711]}
PROCESSORS = {
    "vit": {"image_processor_type": "ViTImageProcessor", "do_resize": True, "size": {"height": 32, "width": 32}, "resample": 2,
            "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True, "image_mean": [0.5] * 3, "image_std": [0.5] * 3},
    "old-vit": {"feature_extractor_type": "ViTFeatureExtractor", "do_resize": True, "size": 32, "resample": 2, "do_normalize": True, **IMAGENET},
    "deit": {"image_processor_type": "DeiTImageProcessor", "size": {"height": 40, "width": 40}, "resample": 3, "do_center_crop": True,
             "crop_size": {"height": 32, "width": 32}, **IMAGENET},
    "dinov2": {"image_processor_type": "BitImageProcessor", "size": {"shortest_edge": 36}, "resample": 3, "do_center_crop": True,
               "crop_size": {"height": 28, "width": 28}, "rescale_factor": 0.00392156862745098, **IMAGENET},
    "clip": {"feature_extractor_type": "CLIPFeatureExtractor", "size": 32, "resample": 3, "do_center_crop": True, "crop_size": 32, **CLIP},
    "siglip": {"image_processor_type": "SiglipImageProcessor", "size": {"height": 32, "width": 32}, "do_convert_rgb": None,
               "image_mean": [0.5] * 3, "image_std": [0.5] * 3},
    "padded": {"image_processor_type": "CLIPImageProcessor", "do_resize": False, "do_center_crop": True,
               "crop_size": {"height": 75, "width": 40}, **CLIP},
    "bytes": {"image_processor_type": "ViTImageProcessor", "do_resize": False, "do_rescale": False, "do_normalize": False},
}


def photo(width, height, seed):
    """Smooth colours, edges and noise."""
    draw = numpy.random.RandomState(seed)
    y, x = numpy.mgrid[0:height, 0:width]
    layers = [127 + 90 * numpy.sin(x / (4 + c) + seed) * numpy.cos(y / (6 - c)) + 30 * ((x // 9 + y // 7 + c) % 2) for c in range(3)]
    return Image.fromarray(numpy.clip(numpy.stack(layers, -1) + draw.normal(0, 12, (height, width, 3)), 0, 255).astype(numpy.uint8))


def png(path, width, height, depth, colour, rows, passes=None):
    """A PNG of given rows (bytes), all with the filter that their number has; interlaced where passes are given."""
    raw = bytearray()
    for part in passes or [rows]:
        above, pixel = None, max(1, depth * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour] // 8)
        for number, row in enumerate(part):
            above = above or bytes(len(row))
            kind = number % 5
            raw.append(kind)
            for i, value in enumerate(row):
                a, b, c = (row[i - pixel] if i >= pixel else 0), above[i], (above[i - pixel] if i >= pixel else 0)
                nearest = min((a, b, c), key=lambda v: abs(a + b - c - v))
                raw.append((value - (0, a, b, (a + b) // 2, nearest)[kind]) % 256)
            above = row

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    packed = zlib.compress(bytes(raw))
    palette = chunk(b"PLTE", bytes(range(30, 30 + 3 * 16))) if colour == 3 else b""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 1 if passes else 0)
    half = len(packed) // 2
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"tEXt", b"Comment\0none") + palette
                     + chunk(b"IDAT", packed[:half]) + chunk(b"IDAT", b"") + chunk(b"IDAT", packed[half:]) + chunk(b"IEND", b""))


def interlaced(image):
    """Rows of the seven passes of an RGB image."""
    pixels = numpy.asarray(image)
    steps = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    return [[row.tobytes() for row in pixels[y::dy, x::dx] if row.size] for x, y, dx, dy in steps]


def restarting_jpeg(path, columns, rows, interval):
    """A grey JPEG with restart markers: the tables of Pillow, coefficients of our own."""
    buffer = io.BytesIO()
    Image.new("L", (8 * columns, 8 * rows)).save(buffer, "jpeg", quality=60)
    data, draw = buffer.getvalue(), random.Random(3)
    scan = data.index(b"\xff\xda")
    tables, at = {}, 2
    while at < scan:
        marker, length = data[at + 1], struct.unpack(">H", data[at + 2:at + 4])[0]
        body = data[at + 4:at + 2 + length]
        while marker == 0xC4 and body:
            counts, code, names = body[1:17], 0, iter(body[17:])
            for bits, count in enumerate(counts, 1):
                for _ in range(count):
                    tables[body[0], next(names)] = format(code, f"0{bits}b")
                    code += 1
                code <<= 1
            body = body[17 + sum(counts):]
        at += 2 + length

    def number(value):
        size = abs(value).bit_length()
        return size, format(value if value > 0 else value + (1 << size) - 1, f"0{size}b") if size else ""

    out, bits, previous = bytearray(), "", 0

    def flush():
        nonlocal bits
        bits += "1" * (-len(bits) % 8)
        for i in range(0, len(bits), 8):
            out.append(int(bits[i:i + 8], 2))
            if out[-1] == 0xFF:
                out.append(0)
        bits = ""

    for block in range(columns * rows):
        if block and block % interval == 0:
            flush()
            out.extend([0xFF, 0xD0 + (block // interval - 1) % 8])
            previous = 0
        direct = draw.randrange(-40, 40)
        size, text = number(direct - previous)
        previous, k = direct, 1
        bits += tables[0, size] + text
        for _ in range(draw.randrange(6)):
            run, (size, text) = draw.choice([0, 0, 1, 3, 17]), number(draw.choice([-9, -2, -1, 1, 5]))
            if k + run > 63:
                break
            bits += tables[0x10, 0xF0] * (run // 16) + tables[0x10, run % 16 << 4 | size] + text
            k += run + 1
        if k < 64:
            bits += tables[0x10, 0]
    flush()
    header = data[scan:scan + 2 + struct.unpack(">H", data[scan + 2:scan + 4])[0]]
    path.write_bytes(data[:scan] + b"\xff\xdd\x00\x04" + struct.pack(">H", interval) + header + bytes(out) + b"\xff\xd9")


def write_files(root):
    image, small = photo(61, 47, 1), photo(17, 9, 5)
    image.save(root / "photo.png")
    image.convert("L").save(root / "grey.png")
    image.convert("1").save(root / "bits.png")
    image.quantize(16).save(root / "palette.png")
    image.quantize(200).save(root / "colours.png")
    alpha = Image.fromarray(numpy.random.RandomState(2).randint(0, 255, (47, 61), dtype=numpy.uint8))
    transparent = image.copy()
    transparent.putalpha(alpha)
    transparent.save(root / "alpha.png")
    Image.merge("LA", (image.convert("L"), alpha)).save(root / "grey-alpha.png")
    draw = random.Random(7)
    for depth, colour, bytes_per_row in [(2, 0, 6), (4, 0, 11), (16, 2, 126), (16, 6, 168), (16, 4, 84), (2, 3, 6), (4, 3, 11)]:
        rows = [bytes(draw.randrange(256) for _ in range(bytes_per_row)) for _ in range(13)]
        png(root / f"depth-{depth}-{colour}.png", 21, 13, depth, colour, rows)
    png(root / "interlaced.png", 61, 47, 8, 2, None, interlaced(image))
    png(root / "interlaced-small.png", 3, 2, 8, 2, None, interlaced(small.crop((0, 0, 3, 2))))
    for name, options in {"plain": {"quality": 90, "subsampling": 0}, "half": {"quality": 75, "subsampling": 1}, "quarter": {"quality": 80, "subsampling": 2},
                          "progressive": {"quality": 85, "progressive": True, "subsampling": 2}, "progressive-plain": {"quality": 97, "progressive": True, "subsampling": 0},
                          "coarse": {"quality": 5}, "optimised": {"quality": 95, "optimize": True}}.items():
        image.save(root / f"{name}.jpg", **options)
        small.save(root / f"{name}-small.jpg", **options)
    for width, height in [(1, 1), (2, 3), (3, 2), (5, 16), (16, 17), (33, 8)]:
        photo(width, height, 9).save(root / f"{width}x{height}.jpg", quality=88)
    upright = photo(23, 31, 4)
    upright.save(root / "tall.jpg", quality=60)
    image.convert("L").save(root / "grey.jpg", quality=70)
    image.convert("L").save(root / "grey-progressive.jpg", quality=70, progressive=True)
    restarting_jpeg(root / "restarts.jpg", 7, 5, 4)
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        image.save(root / f"orientation-{orientation}.jpg", exif=exif)


def resize(image, config):
    size = config["size"]
    if isinstance(size, int):
        size = {"shortest_edge": size} if config.get("feature_extractor_type", "").startswith("CLIP") else {"height": size, "width": size}
    if "shortest_edge" in size:
        short, long = sorted(image.size)
        new_short, new_long = size["shortest_edge"], int(size["shortest_edge"] * long / short)
        target = (new_short, new_long) if image.width <= image.height else (new_long, new_short)
    else:
        target = (size["width"], size["height"])
    return image.resize(target, config.get("resample", Image.BICUBIC))


def center_crop(pixels, height, width):
    """[rows, columns, 3] -> [height, width, 3], with zeros around where the image is smaller."""
    rows, columns = pixels.shape[:2]
    top, left = (rows - height) // 2, (columns - width) // 2
    bottom, right = top + height, left + width
    if top >= 0 and bottom <= rows and left >= 0 and right <= columns:
        return pixels[top:bottom, left:right]
    new_height, new_width = max(height, rows), max(width, columns)
    padded = numpy.zeros((new_height, new_width, 3), pixels.dtype)
    top_pad, left_pad = math.ceil((new_height - rows) / 2), math.ceil((new_width - columns) / 2)
    padded[top_pad:top_pad + rows, left_pad:left_pad + columns] = pixels
    top, bottom, left, right = top + top_pad, bottom + top_pad, left + left_pad, right + left_pad
    return padded[max(0, top):min(new_height, bottom), max(0, left):min(new_width, right)]


def prepare(image, config):
    if config.get("do_resize", True):
        image = resize(image, config)
    pixels = numpy.asarray(image)
    if config.get("do_center_crop"):
        crop = config["crop_size"]
        height, width = (crop, crop) if isinstance(crop, int) else (crop["height"], crop["width"])
        pixels = center_crop(pixels, height, width)
    if config.get("do_rescale", True):
        pixels = (pixels * config.get("rescale_factor", 1 / 255)).astype(numpy.float32)
    pixels = pixels.astype(numpy.float32)
    if config.get("do_normalize", True):
        mean, std = (numpy.array(config[key], dtype=numpy.float32) for key in ("image_mean", "image_std"))
        pixels = (pixels - mean) / std
    return pixels.transpose(2, 0, 1)


def tensor(array):
    return torch.from_numpy(numpy.ascontiguousarray(array, dtype=numpy.float32))


def main():
    root = Path(sys.argv[1])
    root.mkdir(parents=True)
    write_files(root)
    decoded = {path.name: ImageOps.exif_transpose(Image.open(path)).convert("RGB") for path in sorted(root.iterdir())}
    expected = {f"decoded/{name}": tensor(image) for name, image in decoded.items()}
    for name, kind in FILTERS.items():
        for size in SIZES:
            expected[f"resized/{name}/{size[0]}x{size[1]}"] = tensor(decoded["photo.png"].resize(size, kind))
    for name, config in PROCESSORS.items():
        for file in ("photo.png", "orientation-6.jpg", "grey-alpha.png", "16x17.jpg"):
            expected[f"prepared/{name}/{file}"] = tensor(prepare(decoded[file], config))
    (root / "processors.json").write_text(json.dumps(PROCESSORS))
    checkpoint.write(root / "expected.safetensors", expected)


if __name__ == "__main__":
    main()
