"""The HTML of updates: the service keeps a few tags, no attributes, closes what is open; what one reads is never what one sent."""

import html
from html.parser import HTMLParser

KEPT = {"p", "b", "strong", "i", "em", "u", "ul", "ol", "li", "h1", "h2", "h3", "blockquote", "table", "tr", "td", "th"}
BLOCKS = {"p", "li", "h1", "h2", "h3", "blockquote", "tr"}
DROPPED_WITH_CONTENT = {"script", "style"}


class _Rewriter(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.out = []
        self.open = []
        self.dropped = 0

    def handle_starttag(self, tag, attrs):
        if tag in DROPPED_WITH_CONTENT:
            self.dropped += 1
        elif tag == "br":
            self.out.append("<br>")
        elif tag in KEPT:
            self.open.append(tag)
            self.out.append(f"<{tag}>")

    def handle_endtag(self, tag):
        if tag in DROPPED_WITH_CONTENT:
            self.dropped = max(0, self.dropped - 1)
        elif tag in self.open:
            while (last := self.open.pop()) != tag:
                self.out.append(f"</{last}>")
            self.out.append(f"</{tag}>")

    def handle_data(self, data):
        if not self.dropped:
            self.out.append(html.escape(data, quote=False))

    def text(self):
        return "".join(self.out) + "".join(f"</{tag}>" for tag in reversed(self.open))


class _PlainText(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.out = []

    def handle_starttag(self, tag, attrs):
        if tag == "br":
            self.out.append("\n")

    def handle_endtag(self, tag):
        if tag in BLOCKS:
            self.out.append("\n")

    def handle_data(self, data):
        self.out.append(data)


def stored(body):
    """The HTML that the service makes of what was sent: always within paragraphs."""
    rewriter = _Rewriter()
    rewriter.feed(body)
    rewriter.close()
    text = rewriter.text()
    return text if text.startswith("<") else f"<p>{text}</p>"


def plain(body):
    """text_body: without tags, a line for each block, a line break at the end."""
    parser = _PlainText()
    parser.feed(body)
    parser.close()
    return "".join(parser.out).rstrip("\n") + "\n"
