"""What the agents of Azure Pipelines, GitHub and GitLab take for commands in a log.

Written after their sources: the Azure agent looks for ##vso[ anywhere in a line, GitHub's runner for :: at the
begin of a trimmed line and, of old, for ##[ anywhere; both read lines as .NET does. GitLab's job log page looks for
section markers that end with a carriage return.
"""
import re


IGNORABLE = re.compile("[\\x01-\\x08\\x0e-\\x1f\\x7f-\\x9f\u00ad\u200b-\u200f\u2060\ufeff]")


def lines(log):
    """.NET compares texts as people do: what cannot be seen does not count."""
    return [IGNORABLE.sub("", line) for line in re.split(r"\r\n|\r|\n", log)]


def azure(log):
    """(area.action, properties, text) of each command, in order; ("group", {}, title) and ("endgroup", {}, "")."""
    found = []
    for line in lines(log):
        at = line.lower().find("##vso[")
        if at >= 0:
            head, _, text = line[at + 6:].partition("]")
            name, _, rest = head.partition(" ")
            properties = dict(part.split("=", 1) for part in rest.split(";") if part)
            found.append((name, {key: unescape(value) for key, value in properties.items()}, unescape(text)))
            continue
        mark = re.search(r"##\[(\w+)\](.*)", line)
        if mark:
            found.append((mark[1], {}, mark[2]))
    return found


def unescape(text):
    for escaped, plain in (("%3B", ";"), ("%5D", "]"), ("%0A", "\n"), ("%0D", "\r"), ("%AZP25", "%")):
        text = text.replace(escaped, plain)
    return text


def github(log):
    found = []
    for line in lines(log):
        trimmed = line.strip()
        match = re.match(r"::(.*?)::(.*)", trimmed)
        if match:
            name, _, rest = match[1].partition(" ")
            properties = dict(part.split("=", 1) for part in rest.split(",") if part)
            found.append((name, {key: plain(value) for key, value in properties.items()}, plain(match[2])))
            continue
        match = re.search(r"##\[(\w+)[^\]]*\](.*)", line)
        if match:
            found.append((match[1], {}, match[2]))
    return found


def plain(text):
    for escaped, raw in (("%2C", ","), ("%3A", ":"), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
        text = text.replace(escaped, raw)
    return text


def gitlab(log):
    return [(match[1], {"time": match[2], "name": match[3]}, "")
            for match in re.finditer(r"section_(start|end):(\d+):([a-zA-Z0-9_.-]+)\r", log)]
