"""``sanwang.text.preview`` against the counts of the text vectors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import sanwang
from sanwang.text import preview

VECTORS = Path(__file__).parents[2] / "tests" / "vectors" / "text.json"
CODINGS = {
    "utf16be": "ucs2",
    "ascii": "ascii",
    "gb18030": "gb18030",
    "gsm7": "gsm7",
    "gsm7-packed": "gsm7-packed",
}


def cases():
    for case in json.loads(VECTORS.read_text(encoding="utf-8")):
        # The other cases cut at limits of their own, or stand for codings with a class.
        if case["kind"] == "count" or (case["kind"] == "text" and case["encoding"] in CODINGS):
            yield pytest.param(case, id=case["name"])


@pytest.mark.parametrize("case", list(cases()))
def test_counts(case):
    settings = {"udh": 16 if case.get("udh") == "concat16" else 8, "max_segments": 255}
    if case["kind"] == "text":
        text = case["text"]
        settings["coding"] = CODINGS[case["encoding"]]
        limit = case["single_limit"] * (2 if case["encoding"] == "utf16be" else 1)
        if case["encoding"] != "gsm7-packed":
            settings["single_limit"] = limit
        if settings["coding"] in ("ucs2", "ascii", "gb18030"):
            settings["coding"] = case["coding"]
    else:
        text = case["text_repeat"][0] * case["text_repeat"][1]
        settings["coding"] = case["coding"]
    if "error" in case:
        with pytest.raises(sanwang.TooLong, match="255"):
            preview(text, **settings)
        return
    seen = preview(text, **settings)
    segments = case["segment_count"] if case["kind"] == "count" else len(case["segments"])
    assert (seen.segments, seen.units, seen.coding) == (segments, case["total_units"], case["coding"])
    assert seen.characters == len(text)


def test_the_room_that_is_left():
    seen = preview("你好😀")
    assert (seen.coding, seen.characters, seen.units, seen.unit) == (8, 3, 4, "utf16")
    assert (seen.segments, seen.room_left, seen.room_per_segment) == (1, 66, 70)
    assert repr(seen) == "Preview(1 segment, coding 8 (UCS-2), 4 utf16 units, 66 left)"
    assert seen == preview("你好😀", "sgip")
    assert hash(seen) == hash(preview("你好😀", "sgip"))
    assert preview("你好", "smgp").coding == 15
    assert preview("你好", signature_head=6, signature_tail=4).room_left == 58
    assert preview("hi", flash=True).coding == 16


def test_what_cannot_be_written():
    with pytest.raises(sanwang.BadCoding, match="你"):
        preview("你", coding="ascii")
    with pytest.raises(sanwang.TooLong, match="segments"):
        preview("字" * 200, max_segments=2)
    with pytest.raises(sanwang.ConfigError, match="did you mean"):
        preview("x", codin="ucs2")
    with pytest.raises(sanwang.ConfigError, match="use cmpp, sgip or smgp"):
        preview("x", "smpp")
