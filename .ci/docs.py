#!/usr/bin/env python3
"""Check the documents: links lead somewhere, named files exist, the two READMEs say the same code.

Prints one line for each thing that is wrong, and nothing else.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
# A path in backquotes: folders end with a slash, files with an extension.
NAMED = re.compile(r"`([\w.-]+(?:/[\w.-]+)*(?:/|\.(?:rs|py|toml|md|csv|json|h|c|pyi|sh|yml)))`")
COMMENT = re.compile(r"(?:^|\s+)(?:#(?!include).*|//.*|/\*.*?\*/)$", re.M)


def slug(heading: str) -> str:
    """Make the anchor of a heading."""
    text = re.sub(r"[`*]", "", heading.strip().lower())
    return re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", text))


def anchors(page: Path) -> set[str]:
    """Collect the anchors of a page."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    return {slug(heading) for heading in re.findall(r"^#+ (.*)$", text, re.M)}


def check_links(page: Path, wrong: list[str]) -> None:
    """Check relative links and their anchors."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for link in LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists():
            wrong.append(f"{page.relative_to(ROOT)}: the link {link} leads nowhere")
        elif anchor and target.suffix == ".md" and anchor not in anchors(target):
            wrong.append(f"{page.relative_to(ROOT)}: {path or 'the page'} has no heading #{anchor}")


def check_named(page: Path, wrong: list[str]) -> None:
    """Check that files and folders in backquotes exist, seen from the page, the top, core/src or examples."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    bases = [
        page.parent,
        ROOT,
        ROOT / "core/src",
        ROOT / "core",
        ROOT / "examples/c",
        ROOT / "examples/python",
    ]
    # Files that a build or a reader makes.
    made = {"first.c", "first.py", "sanwang.toml"}
    for name in sorted(set(NAMED.findall(text))):
        if name in made or name.startswith(("target/", ".venv/", "dist/")):
            continue
        if not any((base / name).exists() for base in bases):
            wrong.append(f"{page.relative_to(ROOT)}: {name} does not exist")


def blocks(page: Path) -> list[tuple[str, str]]:
    """Collect code blocks without comments, which are translated."""
    found = FENCE.findall(page.read_text(encoding="utf-8"))
    return [(language, COMMENT.sub("", code).strip()) for language, code in found]


def check_readmes(wrong: list[str]) -> None:
    """Check that both languages show the same code."""
    english, chinese = blocks(ROOT / "README.md"), blocks(ROOT / "README.zh-CN.md")
    if len(english) != len(chinese):
        wrong.append(f"README.md has {len(english)} code blocks, README.zh-CN.md {len(chinese)}")
    for number, (one, other) in enumerate(zip(english, chinese, strict=False), 1):
        if one[0] == "text":
            continue
        if one != other:
            wrong.append(f"code block {number} differs between README.md and README.zh-CN.md")


def check_version(wrong: list[str]) -> None:
    """Check that the changelog has an entry for the version of the workspace."""
    cargo = (ROOT / "Cargo.toml").read_text(encoding="utf-8")
    version = re.search(r'^version = "(.*)"', cargo, re.M)
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    if version is None or f"## [{version.group(1)}]" not in changelog:
        wrong.append("CHANGELOG.md has no entry for the version in Cargo.toml")


def main() -> int:
    """Check every page."""
    wrong: list[str] = []
    pages = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("tests/**/*.md")])
    for page in pages:
        check_links(page, wrong)
        if page.parent == ROOT or page.parent.name == "docs":
            check_named(page, wrong)
    check_readmes(wrong)
    check_version(wrong)
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
