"""Which pages, pictures and benchmarks are older than the code they speak of?

Every generated page, folder of pictures and section of ``benchmarks/README.md`` carries a line

    <!-- made from 1f2e3d4c5b6a by docs/build.py docs/entry/counts.md -->

with a digest of what it rests on: the code that it runs, every definition of shuseki which that
code uses, directly or through others, the data files of packages that these read, and its output.
Where a digest is no longer the right one, the page is stale, and the line says which command renews
it. Words are left out of the digest: comments, docstrings, annotations, layout, the messages of
errors, and the room of languages. So it takes a change of what is computed to make a page stale,
and only of what it computes.

    python docs/freshness.py         names every stale product; exit code 1 where a page or a
                                     picture is stale, 0 where only sections of benchmarks are

The scripts that make them (``docs/build.py``, ``docs/theory/draw.py``, ``docs/measures/draw.py``,
``benchmarks/sections.py``) write the line. Nothing is run to check it.

Limits: the digest follows names, not values: what is looked up by ``getattr`` or imported by a
computed name is not seen, nor are the versions of other libraries. A function that hides a global
name behind a local one of the same name is taken to use the global.
"""

import ast
import copy
import hashlib
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src"
PACKAGE = "shuseki"
MADE = re.compile(r"\n*<!-- made from ([0-9a-f]+|nothing known) by ([^>]*?) -->\n?")
AT_END = re.compile(MADE.pattern + r"\s*\Z")
"""The line of a page itself; those of its sections stand inside them."""
CODE = re.compile(r"^```(?:python|text)\n.*?^```$", re.DOTALL | re.MULTILINE)
SECTION = re.compile(r"^<!-- ([\w-]+) -->\n(.*?)^<!-- /\1 -->$", re.DOTALL | re.MULTILINE)
READS_FILES = {"files", "resources", "__file__"}
"""Names by which code reaches the data files of its package."""
CATALOGUED = ("shuseki.datasets", "shuseki.geography", "shuseki.industries")
"""Packages whose files the catalogue of data sets names."""
WORDS = f"{PACKAGE}.language"
"""What things are called; nothing is computed there."""


# ---- what a product rests on --------------------------------------------------------------------


def digest(code: str, *, outputs: str = "") -> str:
    """Twelve hexadecimal digits of some code, what it rests on, and what came out."""
    tree = ast.parse(code)
    own, found = Module("", tree), Closure()
    found.follow(tree, own)
    lines = [own.plain(tree), *found.lines(), outputs]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]


class Module:
    """One file: which statement binds a name, and which statements do something on import."""

    def __init__(self, name: str, tree: ast.Module, is_package: bool = False) -> None:
        self.name, self.is_package = name, is_package
        self.bindings: dict[str, list[ast.stmt]] = {}
        self.effects: list[ast.stmt] = []
        self.imports: list[ast.Import | ast.ImportFrom] = []
        self._plain: dict[int, str] = {}
        self._uses: dict[int, tuple[set[tuple[str, str]], set[str]]] = {}
        for node in tree.body:
            self._sort(node)

    def _sort(self, node: ast.stmt) -> None:
        names: list[str] = []
        match node:
            case ast.Import() | ast.ImportFrom():
                names = [alias.asname or alias.name.split(".")[0] for alias in node.names]
                self.imports.append(node)
            case ast.FunctionDef() | ast.ClassDef() | ast.AsyncFunctionDef():
                names = [node.name]
                if any(isinstance(d, ast.Attribute | ast.Call) and "register" in written(d)
                       for d in node.decorator_list):  # fmt: skip
                    self.effects.append(node)
            case ast.Assign() | ast.AnnAssign():
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                names = [n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)]
                if not all(isinstance(t, ast.Name | ast.Tuple) for t in targets):
                    self.effects.append(node)
            case ast.Expr(value=ast.Constant()):
                return
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                return
            case _:
                self.effects.append(node)
                for inner in ast.walk(node):
                    if isinstance(inner, ast.Import | ast.ImportFrom):
                        self._sort(inner)
        for name in names:
            self.bindings.setdefault(name, []).append(node)

    def plain(self, node: ast.AST) -> str:
        """A statement without words and layout."""
        self._look(node)
        return self._plain[id(node)]

    def uses(self, node: ast.AST) -> tuple[set[tuple[str, str]], set[str]]:
        """What a statement takes from other modules, and the names it holds."""
        self._look(node)
        return self._uses[id(node)]

    def _look(self, node: ast.AST) -> None:
        if id(node) in self._plain:
            return
        bare = Wordless().visit(copy.deepcopy(node))
        self._plain[id(node)] = written(bare)
        targets: set[tuple[str, str]] = set()
        names: set[str] = set()
        for inner in ast.walk(bare):
            match inner:
                case ast.Import() | ast.ImportFrom():
                    targets.update(resolved(inner, self))
                case ast.Attribute(value=ast.Name(id=alias), attr=name):
                    targets.update((target, name) for target in aliased(self, alias))
                case ast.Name(id=name):
                    names.add(name)
        self._uses[id(node)] = targets, names


class Closure:
    """Definitions of the package that some code uses, directly or through others."""

    def __init__(self) -> None:
        self.seen: set[tuple[str, str]] = set()
        self.imported: set[str] = set()
        self.dumps: set[str] = set()
        self.data: set[str] = set()

    def lines(self) -> list[str]:
        """Every definition and data file, in an order of their own."""
        folders = set(self.data)
        if any(name.startswith(f"{PACKAGE}.datasets") for name in folders):
            folders.update(CATALOGUED)
        return sorted(self.dumps) + sorted(line for name in folders for line in data_files(name))

    def follow(self, node: ast.AST, module: Module) -> None:
        """Add what a statement of a module uses."""
        targets, names = module.uses(node)
        if names & READS_FILES and module.name:
            self.data.add(module.name.rpartition(".")[0] or PACKAGE)
        for target, name in targets:
            self.enter(target)
            if name:
                self.add(target, name)
        for name in names:
            self.add(module.name, name)

    def enter(self, name: str) -> None:
        """Add what importing a module does: its own statements, and its imports'."""
        if name in self.imported or not name.startswith(f"{PACKAGE}.") or name.startswith(WORDS):
            return
        self.imported.add(name)
        self.enter(name.rpartition(".")[0])
        module = read(name)
        if module is None:
            return
        for node in module.imports:
            for target, _ in resolved(node, module):
                self.enter(target)
        for node in module.effects:
            self._take(name, node, module)

    def add(self, name: str, symbol: str) -> None:
        """Add one name of a module, and all that its definition uses."""
        if (name, symbol) in self.seen or not name or name.startswith(WORDS):
            return
        self.seen.add((name, symbol))
        if name == PACKAGE:  # its names are loaded when first used
            for target, real in homes():
                if real == symbol:
                    self.enter(target)
                    self.add(target, real)
            return
        module = read(name)
        if module is None:
            return
        self.enter(name)
        for node in module.bindings.get(symbol, []):
            if isinstance(node, ast.Import | ast.ImportFrom):
                for target, real in resolved(node, module, only=symbol):
                    self.enter(target)
                    if real:
                        self.add(target, real)
            else:
                self._take(name, node, module)

    def _take(self, name: str, node: ast.stmt, module: Module) -> None:
        line = f"{name} {module.plain(node)}"
        if line not in self.dumps:
            self.dumps.add(line)
            self.follow(node, module)


def resolved(
    node: ast.Import | ast.ImportFrom, module: Module, only: str | None = None
) -> Iterator[tuple[str, str]]:
    """Modules of the package that an import names, each with the name taken from it, or none."""
    for alias in node.names:
        if only is not None and only not in (alias.asname or alias.name.split(".")[0], alias.name):
            continue
        if isinstance(node, ast.Import):
            if alias.name.split(".")[0] == PACKAGE:
                yield alias.name, ""
            continue
        base = node.module or ""
        if node.level:
            parts = module.name.split(".")
            parts = parts[: len(parts) - node.level + module.is_package]
            base = ".".join([*parts, *filter(None, [base])])
        if base.split(".")[0] != PACKAGE:
            continue
        if alias.name == "*":
            star = read(base)
            yield from ((base, name) for name in (star.bindings if star else {}))
        elif read(f"{base}.{alias.name}") is not None:
            yield f"{base}.{alias.name}", ""
        else:
            yield base, alias.name


def aliased(module: Module, alias: str) -> Iterator[str]:
    """Modules of the package that a name of a module stands for."""
    for node in module.bindings.get(alias, []):
        if isinstance(node, ast.Import):
            for each in node.names:
                if alias == (each.asname or each.name.split(".")[0]):
                    yield each.name if each.asname else each.name.split(".")[0]
        elif isinstance(node, ast.ImportFrom):
            yield from (target for target, name in resolved(node, module, only=alias) if not name)


@cache
def read(name: str) -> Module | None:
    """One module of the package; ``None`` where there is none of that name."""
    path = SOURCE.joinpath(*name.split("."))
    for file, is_package in ((path.with_suffix(".py"), False), (path / "__init__.py", True)):
        if file.is_file():
            return Module(name, ast.parse(file.read_text(encoding="utf-8")), is_package)
    return None


@cache
def homes() -> list[tuple[str, str]]:
    """Where the names of the package itself live: (module, name)."""
    tree = ast.parse((SOURCE / PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    inner = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return [(node.module or "", alias.name) for node in inner for alias in node.names]


@cache
def data_files(package: str) -> tuple[str, ...]:
    """Every file below a package that is no Python, with a digest of its content."""
    folder = SOURCE.joinpath(*package.split("."))
    return tuple(
        f"{file.relative_to(SOURCE)} {hashlib.sha256(file.read_bytes()).hexdigest()}"
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.suffix not in (".py", ".pyc", ".nbi", ".nbc")
    )


class Wordless(ast.NodeTransformer):
    """Take out docstrings, annotations of functions, and what errors say."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        """Leave out annotations."""
        self.generic_visit(node)
        node.returns = None
        for argument in ast.walk(node.args):
            if isinstance(argument, ast.arg):
                argument.annotation = None
        return node

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        """Leave out docstrings."""
        self.generic_visit(node)
        return None if isinstance(node.value, ast.Constant) else node

    def visit_Raise(self, node: ast.Raise) -> ast.Raise:
        """Leave out messages."""
        kind = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        return ast.Raise(exc=kind)


UNWRITTEN = {"ctx", "kind", "type_comment", "type_params"}


def written(node: object) -> str:
    """Write a syntax tree; unlike ``ast.dump`` the same in every version of Python."""
    if isinstance(node, list):
        return f"[{','.join(map(written, node))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = ((name, value) for name, value in ast.iter_fields(node) if name not in UNWRITTEN)
    held = [f"{name}={written(value)}" for name, value in fields if value is not None]
    return f"{type(node).__name__}({','.join(held)})"


# ---- products -----------------------------------------------------------------------------------


def line(found: str, command: str) -> str:
    """The line that a product carries."""
    return f"<!-- made from {found} by {command} -->\n"


def without_line(section: str) -> str:
    """A section without its line."""
    return MADE.sub("\n", section).rstrip("\n") + "\n"


def code_of(text: str) -> str:
    """The Python code of a page, doctests included."""
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    code = []
    for block in blocks:
        if block.lstrip().startswith(">>>"):
            kept = [row[4:] for row in block.splitlines() if row.startswith((">>> ", "... "))]
            code.append("\n".join(kept))
        else:
            code.append(block)
    return "\n".join(code)


def of_page(text: str) -> str:
    """Digest of a page but for its sections: its code, what that rests on, the output it shows."""
    text = SECTION.sub("", text)
    return digest(code_of(text), outputs="\n".join(CODE.findall(text)))


def of_script(script: Path, outputs: str) -> str:
    """Digest of what a script wrote."""
    return digest(script.read_text(encoding="utf-8"), outputs=outputs.strip())


def of_figures(script: Path) -> str:
    """Digest of the pictures beside a script that draws them all."""
    pictures = sorted((script.parent / "figures").glob("*.png"))
    shown = [f"{file.name} {hashlib.sha256(file.read_bytes()).hexdigest()}" for file in pictures]
    return of_script(script, "\n".join(shown))


def stamped(page: Path, text: str) -> str:
    """A page's text with its line at the end."""
    script = "docs/theory/draw.py" if page.parent.name == "theory" else "docs/build.py"
    command = script if page.parent.name == "theory" else f"{script} {page.relative_to(ROOT)}"
    body = AT_END.sub("", text).rstrip("\n")
    return f"{body}\n\n{line(of_page(body), command)}"


def products() -> Iterator[tuple[str, str, str, str]]:
    """Every product: its name, the digest it carries, the right one, the command that renews it."""
    for page in sorted((ROOT / "docs").rglob("*.md")):
        text = page.read_text(encoding="utf-8")
        if code_of(SECTION.sub("", text)):
            expected, carried = AT_END.search(stamped(page, text)), AT_END.search(text)
            assert expected is not None
            name = str(page.relative_to(ROOT))
            yield name, carried[1] if carried else "", expected[1], f"python {expected[2]}"
        yield from sections_of(page)
    yield from sections_of(ROOT / "benchmarks" / "README.md")
    script = ROOT / "docs" / "measures" / "draw.py"
    if not script.is_file():
        return
    made = script.parent / "figures" / "made.md"
    carried = MADE.search(made.read_text(encoding="utf-8")) if made.is_file() else None
    yield (
        "docs/measures/figures",
        carried[1] if carried else "",
        of_figures(script),
        "python docs/measures/draw.py",
    )


def sections_of(page: Path) -> Iterator[tuple[str, str, str, str]]:
    """Every section that a benchmark wrote into a page."""
    for section in SECTION.finditer(page.read_text(encoding="utf-8")):
        name, text = section[1], section[2]
        carried = MADE.search(text)
        label = f"{page.relative_to(ROOT)}, section {name}"
        if carried is None:
            script = f"benchmarks/{name.replace('-', '_')}.py"
            known = script if (ROOT / script).is_file() else "the script that wrote it"
            yield label, "", "unknown", f"python {known}"
            continue
        script = ROOT / carried[2].split()[0]
        right = of_script(script, without_line(text)) if script.is_file() else "unknown"
        yield label, carried[1], right, f"python {carried[2]}"


def main() -> int:
    """Name the stale products; the exit code is 1 where a page or a picture is among them.

    A benchmark takes long and wants a machine of its own, so its section is named, not refused.
    """
    stale = [(name, command) for name, carried, right, command in products() if carried != right]
    for name, command in stale:
        print(f"stale: {name}; renew it: {command}")
    return int(any(", section " not in name for name, _ in stale))


if __name__ == "__main__":
    sys.exit(main())
