"""The links of a page, followed: every file and every place on it must be there."""

from collections import Counter
from html.parser import HTMLParser
from urllib.parse import unquote


class _Links(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.targets, self.ids = [], Counter()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name == "id":
                self.ids[value] += 1
            elif name in ("href", "src", "srcset", "action", "poster") or (name == "data" and tag == "object"):
                self.targets.append(value)
            elif name in ("aria-labelledby", "aria-describedby", "for", "data-surface"):
                self.targets.append(f"#{value}")


def broken_links(page):
    """Return what is wrong with the links of a page, a sentence each; none leads out of its folder's neighbours."""
    found = _Links(page.read_text())
    faults = [f"{each} is there {count} times" for each, count in found.ids.items() if count > 1]
    for target in found.targets:
        path, _, place = target.partition("#")
        if target.startswith("data:"):
            continue
        if "://" in target or target.startswith("//"):
            faults.append(f"{target} leads to the network")
        elif path and not (page.parent / unquote(path)).is_file():
            faults.append(f"{target} leads to no file")
        elif not path and (not place or unquote(place) not in found.ids):
            faults.append(f"{target} leads to no place on the page")
    return faults
