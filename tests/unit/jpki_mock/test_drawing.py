"""What is drawn on a synthetic card: formats, sizes, and the same bytes for the same text."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from jpki_mock.drawing import silhouette, text_image


def opened(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


def test_the_photo_is_a_small_grey_picture() -> None:
    photo = opened(silhouette())
    assert (photo.format, photo.mode, photo.size) == ("JPEG2000", "L", (60, 76))
    assert len(silhouette()) < 4_000


@pytest.mark.parametrize(
    ("text", "size"),
    [("", (32, 32)), ("1234", (104, 32)), ("見" * 30, (728, 32)), ("見" * 31, (728, 64)), ("𠮷", (32, 32))],
)
def test_a_text_is_one_bit_deep_and_broken_into_lines(text: str, size: tuple[int, int]) -> None:
    image = opened(text_image(text))
    assert (image.format, image.mode, image.size) == ("PNG", "1", size)


def test_the_same_text_gives_the_same_bytes_and_another_text_others() -> None:
    assert text_image("見本　花子") == text_image("見本　花子")
    assert text_image("見本　花子") != text_image("見本　花江")
