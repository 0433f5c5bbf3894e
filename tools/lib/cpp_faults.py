"""Small faults in C++ sources: where they can be, and how a source has them all compiled in with one chosen
at run time. An expression e becomes mutant(k) ? e' : e. For tools/dev/mutate, which runs the tests.
"""

import collections
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

FOLDERS = ("attack", "nn", "backend", "certify", "train", "data", "evaluate", "defence", "page", "core/exact")

SWITCH_H = """#pragma once
extern "C" int signflip_fault;
extern "C" unsigned char signflip_reached[];
inline bool mutant(int k) { signflip_reached[k] = 1; return k == signflip_fault; }
"""
SWITCH_CPP = """#include <cstdlib>
extern "C" { int signflip_fault = -1; unsigned char signflip_reached[%d]; }
// Before all other initialisation, which may ask already.
__attribute__((constructor(101))) static void choose() {
  if (const char* k = std::getenv("SIGNFLIP_FAULT")) signflip_fault = std::atoi(k);
}
"""
Token = collections.namedtuple("Token", "text start end")
TOKEN = re.compile(
    r'(?P<skip>\s+|//[^\n]*|/\*.*?\*/|^[ \t]*\#(?:[^\n\\]|\\\n|\\.)*)'
    r'|(?P<token>R"\((?:.|\n)*?\)"|"(?:[^"\\\n]|\\.)*"|(?<![0-9A-Za-z_])\'(?:[^\'\\\n]|\\.)+\''
    r"|0[xX][0-9a-fA-F']+(?:\.[0-9a-fA-F]*)?(?:[pP][+-]?\d+)?[fFuUlLzZ]*"
    r"|(?:\d[\d']*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fFuUlLzZ]*"
    r'|[A-Za-z_]\w*|<<=|>>=|<=>|->|\+\+|--|&&|\|\||::|[-+*/%&|^<>=!]=|<<|.)', re.S | re.M)

SWAPS = {"<": ["<="], "<=": ["<"], ">": [">="], ">=": [">"], "==": ["!="], "!=": ["=="], "+": ["-"], "-": ["+"],
         "*": ["/"], "/": ["*"], "&&": ["||"], "||": ["&&"]}
NAMES = {"min": "max", "max": "min", "true": "false", "false": "true", "floor": "ceil", "ceil": "floor"}
CONTROL = {"if", "while"}
OPEN, CLOSE = "([{", ")]}"


def tokens_of(text):
    return [Token(m["token"], m.start(), m.end()) for m in TOKEN.finditer(text) if m["token"]]


def closing(tokens, i):
    """The index of the bracket that closes the one at i."""
    depth = 0
    for j in range(i, len(tokens)):
        if tokens[j].text in OPEN:
            depth += 1
        elif tokens[j].text in CLOSE:
            depth -= 1
            if depth == 0:
                return j
    return len(tokens) - 1


class Site:
    """A piece of source that faults may replace: `kind` is value, condition, statement or constant."""

    def __init__(self, kind, start, end):
        self.kind, self.start, self.end = kind, start, end


def changed_number(text):
    """Another number: whole ones grow by one, others double; None where it is no plain number."""
    match = re.fullmatch(r"(\d+)([uUlLzZ]*)", text)
    if match:
        return str(int(match[1]) + 1) + match[2]
    match = re.fullmatch(r"(\d*\.\d*(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)([fF]?)", text)
    if match and float(match[1]) > 0:
        return repr(2 * float(match[1])) + match[2]
    return None


def changes(text, tokens):
    """(start, end, replacement) of each small fault in an expression."""
    for n, t in enumerate(tokens):
        spaced = text[t.start - 1:t.start].isspace() and text[t.end:t.end + 1].isspace()
        before = tokens[n - 1].text if n else ""
        after = tokens[n + 1].text if n + 1 < len(tokens) else ""
        if t.text in SWAPS and spaced and n:
            if t.text == "+" and any(u.text.startswith('"') for u in tokens):
                continue  # texts are put together, not taken apart
            for other in SWAPS[t.text]:
                yield t.start, t.end, other
        elif t.text == "!" and not spaced:
            yield t.start, t.end, ""
        elif t.text == "-" and not spaced and after and after != "-":
            yield t.start, t.end, ""
        elif t.text in NAMES and (t.text in ("true", "false") or (before == "::" and after in ("(", "{"))):
            yield t.start, t.end, NAMES[t.text]
        elif t.text[0].isdigit() and before not in ("<", "::"):
            other = changed_number(t.text)
            if other:
                yield t.start, t.end, other


def is_call(tokens):
    """f(…), a.b(…), a[i]->b(…): one postfix expression that ends in a call."""
    if not tokens or tokens[-1].text != ")" or not re.match(r"[A-Za-z_]", tokens[0].text):
        return False
    i, name = 0, False
    while i < len(tokens):
        text = tokens[i].text
        if text in ("(", "["):
            i = closing(tokens, i)
            name = True
        elif re.match(r"[A-Za-z_]", text):
            if name:
                return False
            name = True
        elif text in (".", "->", "::"):
            name = False
        else:
            return False
        i += 1
    return tokens[0].text not in ("return", "co_return", "throw", "delete", "static_assert", "case", "goto")


def statement_faults(text, body, end):
    """Site and replacement for each fault of one statement without nested blocks."""
    first = body[0].text
    if first in ("using", "typedef", "static_assert", "friend", "template", "public", "private", "extern"):
        return
    whole = Site("statement", body[0].start, end)
    if body[-1].text in ("default", "delete") and body[-2].text == "=":
        return
    memory = len(body) > 2 and any(t.text in ("reserve", "shrink_to_fit") for t in body)  # only what it costs
    if not memory and (first in ("break", "continue") or is_call(body)):
        yield whole, "", "left out"
    depth, split, commas = 0, None, False
    for n, t in enumerate(body):
        if t.text in OPEN:
            depth += 1
        elif t.text in CLOSE:
            depth -= 1
        elif depth == 0 and t.text == ",":
            commas = True
        elif depth == 0 and split is None and t.text in ("=", "+=", "-=", "*=", "/=", "|=", "&="):
            split = n
    if commas and first != "return":
        return
    if first == "return":
        value = body[1:]
    elif split is not None and split + 1 < len(body):
        value = body[split + 1:]
        target = body[:split]
        declares = any(re.match(r"[A-Za-z_]", a.text) and re.match(r"[A-Za-z_]", b.text)
                       for a, b in zip(target, target[1:])) or any(t.text in ("&", "const", ">", "*") for t in target[1:])
        if not declares:
            yield whole, "", "left out"
            other = {"+=": "-=", "-=": "+=", "*=": "/=", "/=": "*="}.get(body[split].text)
            if other:
                line = text[whole.start:body[split].start] + other + text[body[split].end:end]
                yield whole, line, f"{body[split].text} → {other}"
    else:
        value = body if is_call(body) else []
        if value:  # what a call is told
            for start, stop, other in changes(text, value):
                line = text[whole.start:start] + other + text[stop:end]
                yield whole, line, f"{text[start:stop]} → {other or 'nothing'}"
        return
    if not value:
        return
    kind = "constant" if first in ("constexpr", "inline") else "value"
    if kind == "constant" and not re.fullmatch(
            r"(inline )?constexpr (double|float|int|std::size_t) k\w+", " ".join(
                t.text for t in body[:split]).replace(" :: ", "::")):
        return
    site = Site(kind, value[0].start, value[-1].end)
    site.statement = (body[0].start, end)
    for start, stop, other in changes(text, value):
        line = text[site.start:start] + other + text[stop:site.end]
        yield site, line, f"{text[start:stop]} → {other or 'nothing'}"


def faults_of(text):
    """All faults of one file: (site, replacement, description)."""
    tokens = tokens_of(text)
    found, i = [], 0

    def condition(group):
        if not group or any(t.text in (";", "{", "=") for t in group):
            return
        site = Site("condition", group[0].start, group[-1].end)
        for start, stop, other in changes(text, group):
            line = text[site.start:start] + other + text[stop:site.end]
            found.append((site, line, f"{text[start:stop]} → {other or 'nothing'}"))

    while i < len(tokens):
        t = tokens[i].text
        if t in CONTROL or t in ("for", "switch"):
            if tokens[i + 1].text == "constexpr" or tokens[i + 1].text != "(":
                i += 2
                continue
            end = closing(tokens, i + 1)
            inside = tokens[i + 2:end]
            if t in CONTROL:
                condition(inside)
            elif t == "for":
                ends, depth = [], 0
                for n, token in enumerate(inside):
                    depth += (token.text in OPEN) - (token.text in CLOSE)
                    if depth == 0 and token.text == ";":
                        ends.append(n)
                if len(ends) == 2:
                    condition(inside[ends[0] + 1:ends[1]])
            i = end + 1
        elif t in ("case", "default"):
            while i < len(tokens) and tokens[i].text != ":":
                i += 1
            i += 1
        elif t in ("else", "do", "try") or t in (";", "{", "}", ")", ":", ","):
            i += 1
        else:
            depth, j, block = 0, i, None
            while j < len(tokens):
                text_j = tokens[j].text
                if depth == 0 and (text_j == ";" or text_j == "}"):
                    break
                if text_j == "{" and block is None:
                    block = j
                    if depth == 0:
                        break
                depth += (text_j in OPEN) - (text_j in CLOSE)
                if depth < 0:
                    break
                j += 1
            if block is not None:
                i = block + 1
                continue
            if j < len(tokens) and tokens[j].text == ";" and j > i:
                found.extend(statement_faults(text, tokens[i:j], tokens[j].end))
            i = j + 1
    return found


def equivalent(root):
    """The faults of tools/dev/equivalent-faults.json as (file, description, value); ends where one is no fault."""
    known = set()
    for entry in json.loads((root / "tools/dev/equivalent-faults.json").read_text()):
        text = (root / entry["file"]).read_text() if (root / entry["file"]).exists() else ""
        found = {(what, " ".join(text[site.start:site.end].split())) for site, _, what in faults_of(text)}
        if (entry["fault"], entry["value"]) not in found:
            sys.exit(f"mutate: equivalent-faults.json has what {entry['file']} has not: {entry['value']}")
        known.add((entry["file"], entry["fault"], entry["value"]))
    return known


class Fault:
    """`nth` of its kind in its file; its key, under which results are kept, does not depend on lines elsewhere."""

    def __init__(self, file, line, original, replacement, description, site, name="", nth=1):
        self.file, self.line, self.site, self.name = file, line, site, name
        self.original, self.replacement, self.description = original, replacement, description
        self.key = hashlib.sha256(f"{file}\0{original}\0{replacement}\0{description}\0{nth}".encode()).hexdigest()[:12]
        self.number = -1

    def folder(self):
        place = self.file[len("src/"):]
        return next(f for f in (*FOLDERS, "core", "device") if place.startswith(f + "/"))

    def __str__(self):
        if self.name:
            return f"{self.file}:{self.line}: {self.name}: {' '.join(self.replacement.split()) or 'left out'}"
        return f"{self.file}:{self.line}: {self.description}: {' '.join(self.original.split())[:110]}"


def planted(text, faults, include):
    """The text with these faults in it, and the lines at which each stands."""
    sites = {}
    for fault in faults:
        sites.setdefault((fault.site.start, fault.site.end), []).append(fault)
    ordered, last = [], 0
    for (start, end), group in sorted(sites.items()):
        if start >= last:  # sites do not overlap
            ordered.append((start, end, group))
            last = group[0].site.statement[1] if group[0].site.kind == "constant" else end
    out, last, lines = ["#define _GLIBCXX_ASSERTIONS 1\n", '#include "mutant.h"\n' if include else "\n"], 0, {}

    def line():
        return sum(piece.count("\n") for piece in out) + 1

    def alternatives(group, original, form):
        for fault in group:
            out.append(form[0].format(fault.number))
            first = line() + 1
            out.append(f"\n{fault.replacement}\n")
            lines[fault.number] = (first, line())
            out.append(form[1])
        out.append(f"{form[2]}{original}{form[3]}")

    for start, end, group in ordered:
        original = text[start:end]
        if group[0].site.kind == "constant":
            begin, stop = group[0].site.statement
            head = re.match(r"(?:inline )?constexpr (\S+) (k\w+)", text[begin:stop])
            out.append(text[last:begin])
            at_top = begin == 0 or text[begin - 1] == "\n"
            if at_top:
                out.append(f"[[maybe_unused]] static inline {head[1]} {head[2]}_() {{ return ")
            else:
                out.append(f"const {head[1]} {head[2]} = ")
            alternatives(group, original, ("mutant({}) ? (", ") : ", "(", ")"))
            out.append(f"; }}\n#define {head[2]} {head[2]}_()\n" if at_top else ";")
            last = stop
            continue
        out.append(text[last:start])
        if group[0].site.kind == "condition":
            out.append("(")
            alternatives(group, original, ("mutant({}) ? static_cast<bool>(", ") : ", "static_cast<bool>(", "))"))
        elif group[0].site.kind == "value":
            out.append("(")
            alternatives(group, original, ("mutant({}) ? (", ") : ", "(", "))"))
        else:
            out.append("{ ")
            alternatives(group, original, ("if (mutant({})) {{", "} else ", "{ ", " } }"))
        last = end
    out.append(text[last:])
    return "".join(out), lines


SAMPLE = """
namespace {
constexpr double kShare = 0.5;
int calls = 0;
void count(int by) { calls += by; }
}
int main(int, char** argv) {
  const int n = argv[1][0] - '0';
  int total = n + 3;
  for (int i = 0; i < n; ++i) {
    if (i == 1 && n > 2) continue;
    count(i + 2);
  }
  const char* const text = "a < b";  // c < d
  if (!(total > 4)) return 100;
  return static_cast<int>(kShare * total) + 10 * calls + (text[0] - 'b');
}
"""


def self_test():
    """Plants every fault of a small program, and checks that each makes another program of it."""
    found = []
    for number, (site, replacement, description) in enumerate(faults_of(SAMPLE)):
        found.append(Fault("src/core/sample.cpp", 1, SAMPLE[site.start:site.end], replacement, description, site))
        found[-1].number = number
    assert not any("a <= b" in f.replacement or "c <= d" in f.replacement for f in found), "words are not code"
    kinds = collections.Counter(f.site.kind for f in found)
    assert min(kinds[k] for k in ("value", "condition", "statement", "constant")) > 0, kinds
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        text, lines = planted(SAMPLE, found, True)
        for name, content in (("mutant.h", SWITCH_H), ("switch.cpp", SWITCH_CPP % len(found)), ("sample.cpp", text)):
            (folder / name).write_text(content)
        program = folder / "program"
        subprocess.run(["g++", "-std=c++20", "-O1", "-w", folder / "sample.cpp", folder / "switch.cpp", "-o", program],
                       check=True)

        def answers(number):
            return [subprocess.run([program, str(n)], env={**os.environ, "SIGNFLIP_FAULT": str(number)}).returncode
                    for n in range(6)]
        plain = answers(-1)
        assert plain == [100, 100, 51, 62, 112, 173], plain
        same = [str(f) for f in found if f.number in lines and answers(f.number) == plain]
        assert not same, same
        assert len(lines) > 12, lines
    print(f"mutate: {len(lines)} faults planted in a small program, each changes what it says")
