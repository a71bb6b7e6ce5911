"""How are firms imported, searched and shared from a terminal?"""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from shuseki.cli.firms import MaybeStore, Role
from shuseki.cli.show import Lang, Output, bar, show, tell_rows
from shuseki.datasets.clusters import synthetic_clusters
from shuseki.directory import TABLES
from shuseki.disk import sweep
from shuseki.errors import ParameterError
from shuseki.language import check_language, joined, say, told
from shuseki.reading.toml import read_toml
from shuseki.release import inert_frame, whole_file, write_text
from shuseki.sourcing.exchange import directory_json, serve
from shuseki.sourcing.federation import create_key, load_key, public_key_of, pull_all
from shuseki.sourcing.importing import Imported, check_directory, known_layouts, read_list
from shuseki.sourcing.registry.store import Registry
from shuseki.sourcing.registry.visibility import view
from shuseki.sourcing.search import VERDICTS, Found
from shuseki.sourcing.search import search as search_for

__all__ = ["app"]

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Who can do what: import, search, check, export, share between clusters.",
)
LONGEST = 60
"""Letters of a value that a terminal shows."""

Store = Annotated[
    str,
    typer.Option("--store", help="File of the registry (SQLite), or postgresql://user@host/name."),
]
LayoutName = Annotated[
    str,
    typer.Option(
        "--layout", help="auto, a known layout (`directory layouts`), or a TOML file of yours."
    ),
]
Cluster = Annotated[
    str | None, typer.Option("--cluster", help="Code of the cluster that owns the records: ota …")
]
Key = Annotated[
    Path | None,
    typer.Option("--key", help="File of the signing key; beside a file of a registry by default."),
]
Encoding = Annotated[str, typer.Option("--encoding", help="Of the text, when it cannot be found.")]
Sheet = Annotated[str, typer.Option("--sheet", help="Sheet of a workbook.")]


@app.command(name="import")
def take_in(
    file: Annotated[Path, typer.Argument(help="CSV, xlsx, Parquet or JSON of a chamber's list.")],
    store: Store,
    cluster: Cluster = None,
    layout: LayoutName = "auto",
    encoding: Encoding = "auto",
    sheet: Sheet = "",
    whole: Annotated[
        bool, typer.Option("--whole", help="The file is the whole cluster: remove other firms.")
    ] = False,
    lang: Lang = "en",
    output: Output = None,
) -> None:
    """Take a list of firms, free hours, ties or ratings into a registry; made if absent.

    What is wrong is named row by row; --output writes all of it into a file.
    """
    check_language(lang)
    with ExitStack() as stack:
        registry = _opened(store, cluster)
        owner, known = cluster or "", None
        if registry is not None:
            stack.enter_context(registry)
            owner, known = registry.cluster, registry.directory()
        stack.enter_context(bar(told(say("Reading"), lang)))
        read = read_list(
            file, owner, layout=_layout(layout), known=known, encoding=encoding, sheet=sheet
        )
        if registry is None:  # made with what it shall hold: a list that is refused makes none
            registry = stack.enter_context(Registry.making(store, owner))
        changes = registry.put(read.directory, tables=read.tables, whole=whole)
    if "://" not in store and known is None and not _key_file(store, None).exists():
        create_key(_key_file(store, None))
    show(read, lang=lang, output=output, table=faults_table(read), also=[changes])


@app.command()
def check(
    file: Annotated[
        Path | None, typer.Argument(help="A list that would be imported; without it, the registry.")
    ] = None,
    store: MaybeStore = None,
    cluster: Cluster = None,
    layout: LayoutName = "auto",
    encoding: Encoding = "auto",
    sheet: Sheet = "",
    lang: Lang = "en",
    output: Output = None,
) -> None:
    """Say what is wrong with a list, or with a registry; nothing is changed.

    Exit code 0: nothing wrong; 1: findings.
    """
    check_language(lang)
    known = None
    if store is not None:
        with Registry.open(store) as registry:
            known, cluster = registry.directory(), cluster or registry.cluster
    if file is None:
        if known is None:
            raise ParameterError(
                say("Nothing to check. Expected a file, or --store. Name one of the two.")
            )
        found = Imported(
            file=str(store),
            directory=known,
            rows=len(known.firms),
            faults=check_directory(known),
            tables=(),
        )
    else:
        if cluster is None:
            raise ParameterError(
                say("No cluster. Expected --cluster, or --store. Name one of them.")
            )
        found = read_list(
            file, cluster, layout=_layout(layout), known=known, encoding=encoding, sheet=sheet
        )
    show(found, lang=lang, output=output, table=faults_table(found))
    if not found.is_clean:
        raise typer.Exit(1)


@app.command()
def search(
    query: Annotated[
        str, typer.Argument(help="'研磨 SUS304 φ20 IT6 鯖江から100km', or the like in English.")
    ],
    store: MaybeStore = None,
    role: Role = "private",
    cluster: Annotated[
        str | None, typer.Option("--cluster", help="Cluster of the reader; the registry's own.")
    ] = None,
    everybody: Annotated[
        bool, typer.Option("--all", help="Also those that cannot, with the reason.")
    ] = False,
    seed: Annotated[
        int, typer.Option("--seed", min=0, help="Of the synthetic firms, when there is no --store.")
    ] = 1,
    lang: Lang = "en",
    output: Output = None,
) -> None:
    """Find who can do it, and say why each firm matched or not.

    Without --store the firms are synthetic: to try it out.
    """
    check_language(lang)
    if store is None:
        seen = view(synthetic_clusters(seed), role, cluster or "")
    else:
        with Registry.open(store) as registry:
            seen = registry.view(role, cluster)
    found = search_for(seen, query)
    show(found, lang=lang, output=output, table=hits_table(found, everybody))


@app.command()
def export(
    store: Store,
    output: Annotated[
        Path, typer.Option("--output", "--out", help="File: .json for all, .csv for one table.")
    ],
    role: Role = "public",
    cluster: Annotated[
        str, typer.Option("--cluster", help="Cluster of the reader; empty for a stranger.")
    ] = "",
    table: Annotated[
        str, typer.Option("--table", help=f"Of a CSV: {', '.join(TABLES)}.")
    ] = "firms",
    lang: Lang = "en",
) -> None:
    """Write what a role may see into a file; the public's view by default."""
    check_language(lang)
    with Registry.open(store) as registry:
        seen = registry.view(role, cluster)
    if output.suffix.lower() == ".json":
        write_text(output, directory_json(seen) + "\n", inputs=[store])
    elif output.suffix.lower() == ".csv":
        frame = inert_frame(seen.to_frame(table))
        with whole_file(output, [store]) as place:
            frame.to_csv(place, index=False, lineterminator="\n")
    else:
        raise ParameterError(
            say(
                "The file {output}. Expected .json or .csv. Choose one of these endings.",
                output=output,
            )
        )
    typer.echo(
        told(
            say("{file}: {n:count(firm)} as seen by {role}", file=output, n=len(seen), role=role),
            lang,
        )
    )


@app.command()
def pull(
    store: Store,
    peers: Annotated[
        list[str] | None, typer.Argument(help="Clusters; all peers with an address by default.")
    ] = None,
    key: Key = None,
    lang: Lang = "en",
) -> None:
    """Read what peers have told since the last time; signed pages only.

    Exit code 0: done; 1: a peer failed, the others are in.
    """
    check_language(lang)
    with Registry.open(store) as registry:
        pulled = pull_all(registry, load_key(_key_file(store, key)), peers or ())
    show(pulled, lang=lang)
    if pulled.failed:
        raise typer.Exit(1)


@app.command()
def peer(
    store: Store,
    cluster: Annotated[str | None, typer.Argument(help="Whom to add; without it, list.")] = None,
    public_key: Annotated[str, typer.Argument(help="What `directory key` prints there.")] = "",
    url: Annotated[str, typer.Option("--url", help="Where it is pulled from: https://…")] = "",
    audience: Annotated[
        str, typer.Option("--as", help="As whom it reads here: public, partner, coordinator.")
    ] = "partner",
    forget: Annotated[
        bool, typer.Option("--forget", help="Forget it, and the copies of its records.")
    ] = False,
    lang: Lang = "en",
) -> None:
    """Add a peer, forget it, or list those that are known."""
    check_language(lang)
    with Registry.open(store) as registry:
        if cluster is not None and forget:
            registry.forget_peer(cluster)
        elif cluster is not None:
            registry.add_peer(cluster, url, public_key, audience)
        rows = [
            (one.cluster, one.url, one.public_key, one.audience, one.seq, one.last_error)
            for one in registry.peers()
        ]
    columns = ["cluster", "url", "public_key", "audience", "steps", "error"]
    tell_rows(pd.DataFrame(rows, columns=columns), lang)


@app.command()
def level(
    store: Store,
    name: Annotated[str, typer.Argument(help="Table or field, such as firms.owner_age.")],
    to: Annotated[str, typer.Argument(help="public, partner, coordinator or private.")],
    firm: Annotated[str, typer.Option("--firm", help="For this firm only: ota/0001.")] = "",
    lang: Lang = "en",
) -> None:
    """Set who may see a table or a field, for all firms or for one."""
    check_language(lang)
    with Registry.open(store) as registry:
        registry.set_level(name, to, firm)
    typer.echo(told(say("{name}: {level}", name=name, level=to), lang))


@app.command(name="key")
def show_key(store: Store, key: Key = None, lang: Lang = "en") -> None:
    """Print the public key that peers need; the private one is made if absent."""
    check_language(lang)
    with Registry.open(store):
        place = _key_file(store, key)
        typer.echo(public_key_of(load_key(place) if place.exists() else create_key(place)))


@app.command(name="serve")
def answer(
    store: Store,
    host: Annotated[str, typer.Option("--host", help="Address to stand on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535)] = 8765,
    key: Key = None,
    certificate: Annotated[
        Path | None, typer.Option("--certificate", help="PEM file, for HTTPS.")
    ] = None,
    certificate_key: Annotated[
        Path | None, typer.Option("--certificate-key", help="PEM file, for HTTPS.")
    ] = None,
    behind_proxy: Annotated[
        bool, typer.Option("--behind-proxy", help="A proxy before it does HTTPS.")
    ] = False,
    lang: Lang = "en",
) -> None:
    """Answer other registries until stopped; on this machine only unless told otherwise."""
    check_language(lang)
    with Registry.open(store) as registry:
        typer.echo(f"{registry.cluster}: http{'s' if certificate else ''}://{host}:{port}")
        serve(
            registry,
            load_key(_key_file(store, key)),
            host=host,
            port=port,
            certificate=None if certificate is None else str(certificate),
            certificate_key=None if certificate_key is None else str(certificate_key),
            behind_proxy=behind_proxy,
        )


@app.command()
def layouts(lang: Lang = "en") -> None:
    """List the known layouts of lists."""
    check_language(lang)
    rows = [(name, one.table, one.title) for name, one in known_layouts().items()]
    tell_rows(pd.DataFrame(rows, columns=["layout", "table", "title"]), lang)


# ---- what a terminal shows -----------------------------------------------------------------------


def faults_table(read: Imported) -> pd.DataFrame:
    """The faults, with values cut to what a terminal holds."""
    frame = read.to_frame()
    values = [value[:LONGEST] for value in frame["value"]]
    return frame.assign(value=values, row=[str(row) for row in frame["row"]])


def hits_table(found: Found, everybody: bool) -> pd.DataFrame:
    """Firms that can, and those of which it is not known; all of them when asked for."""
    rows = [
        (
            hit.firm.key,
            hit.firm.name,
            VERDICTS[hit.verdict],
            joined([check.reason for check in hit.failing or hit.checks], "; "),
            hit.distance_km,
        )
        for hit in found.hits
        if everybody or hit.verdict != "conflict"
    ]
    columns = ["firm", "name", "verdict", "reason", "distance_km"]
    frame = pd.DataFrame(rows, columns=columns, dtype=object).astype({"distance_km": float})
    return frame if found.query.place else frame.drop(columns="distance_km")


# ---- what was said -------------------------------------------------------------------------------


def _opened(store: str, cluster: str | None) -> Registry | None:
    """The registry, or nothing where there is none yet and the cluster for one is told."""
    if Path(store).exists() or ("://" in store and Registry.is_at(store)):
        registry = Registry.open(store)
        if "://" not in store:
            sweep(Path(store).parent)  # what an import that was killed here left
        if cluster is not None and cluster != registry.cluster:
            registry.close()
            raise ParameterError(
                say(
                    "The registry is that of {cluster}, not of {cluster_2}. Expected records of "
                    "its own cluster. Give another --store.",
                    cluster=registry.cluster,
                    cluster_2=cluster,
                )
            )
        return registry
    if cluster is None:
        raise ParameterError(
            say(
                "There is no registry at {store} yet. Expected --cluster, to make one. Give it.",
                store=store,
            )
        )
    return None


def _key_file(store: str, key: Path | None) -> Path:
    if key is not None:
        return key
    if "://" in store:
        raise ParameterError(
            say(
                "A registry on a server has its key in a file of its own. Expected --key. Name "
                "the file."
            )
        )
    return Path(store).with_suffix(".key")


def _layout(said: str) -> str | Mapping[str, Any]:
    return read_toml(Path(said)) if said.endswith(".toml") else said
