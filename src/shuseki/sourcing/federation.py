"""How do registries share records without trusting each other more than they must?

Each cluster owns its records. What it tells an audience is a log: step 1, 2, 3 …, each with the id
of a firm, a version, the SHA-256 of its document, and a chain

    c₀ = 0…0,   cₖ = SHA-256(cₖ₋₁ ‖ stepₖ).

Who pulls says how far it has read and a number of its own choosing (a nonce); the answer repeats
both, and the owner's Ed25519 signature covers every byte of it. So a changed byte, an answer to
another question (replay), a log that has become shorter or another one (rollback), a version that
goes backwards or a record of somebody else's firm is refused, and nothing of that page is taken.
Pages that came before stay, and the next pull goes on where the last one ended. A removed record
is a step without a document (a tombstone).

An answer has at most 8 MiB and 30 seconds, whatever the peer says of it; redirections and packed
answers are not followed. One peer that fails does not keep the others from being pulled.

Sources: Ed25519 by ``cryptography`` (RFC 8032).
Limits: a signature tells who speaks, not whether it is true; over plain HTTP others can read along.
"""

import asyncio
import json
import os
import re
import secrets
import stat
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pandas as pd
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from shuseki.errors import DataError, OutputError, ParameterError, ShusekiError
from shuseki.language import Message, joined, say, words_of
from shuseki.results import Result, result
from shuseki.sourcing.registry.documents import (
    Document,
    canonical,
    digest,
    read_document,
    read_json,
    refused,
)
from shuseki.sourcing.registry.store import START, Entry, Peer, Registry, check_address

__all__ = [
    "Pulled",
    "Request",
    "check_page",
    "create_key",
    "load_key",
    "page",
    "public_key_of",
    "pull",
    "pull_all",
    "signed_request",
    "verify",
]

PROTOCOL = 1
PAGE_ENTRIES = 500
PAGE_BYTES = 1 << 20
MOST_BYTES = 1 << 23
MOST_SECONDS = 30.0
MOST_PAGES = 2_000
NONCE = re.compile(r"[0-9a-f]{32}")
HEX = re.compile(r"[0-9a-f]{64}")


# ---- keys ----------------------------------------------------------------------------------------


def create_key(path: str | Path) -> Ed25519PrivateKey:
    """Make the key that a registry signs with; only its owner may read the file.

    Raises
    ------
    OutputError
        There is one already, or it cannot be written.
    """
    key = Ed25519PrivateKey.generate()
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(text)
    except FileExistsError:
        raise OutputError(
            say(
                "There is a key at {path} already. Expected a new file. Use it, or choose another "
                "name.",
                path=path,
            )
        ) from None
    except OSError as error:
        raise OutputError(
            say(
                "The key cannot be written to {path}: {strerror}. Expected a folder that may be "
                "written. Choose another.",
                path=path,
                strerror=error.strerror,
            )
        ) from None
    return key


def load_key(path: str | Path) -> Ed25519PrivateKey:
    """Read the key of a registry.

    Raises
    ------
    DataError
        There is none, it is no Ed25519 key, or others may read it.
    """
    place = Path(path)
    try:
        mode = place.stat().st_mode
        text = place.read_bytes()
    except OSError as error:
        raise DataError(
            say(
                "The key {place} cannot be read: {strerror}. Expected the key of the registry. "
                "Check the name.",
                place=place,
                strerror=error.strerror,
            )
        ) from None
    if stat.S_IMODE(mode) & 0o077:
        raise DataError(
            say(
                "Others may read the key {place}. Expected one that only its owner may read. Run "
                "chmod 600 {place}, and make a new key if somebody has read it.",
                place=place,
            )
        )
    try:
        key = load_pem_private_key(text, None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise DataError(
            say(
                "{place} holds no Ed25519 key. Expected a PEM file. Check the name.",
                place=place,
            )
        )
    return key


def public_key_of(key: Ed25519PrivateKey) -> str:
    """Public half of a key, 64 hexadecimal digits: what peers are told."""
    return key.public_key().public_bytes_raw().hex()


def verify(public_key: str, signature: str, message: bytes) -> bool:
    """Whether a signature is of a key and a message."""
    try:
        known = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        known.verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True


# ---- what is asked -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks an owner for what, and when (seconds since 1970)."""

    cluster: str
    owner: str
    target: str
    at: int
    nonce: str

    @property
    def message(self) -> bytes:
        """What the reader signs."""
        told = ["shuseki request", self.cluster, self.owner, self.target, self.at, self.nonce]
        return canonical(told).encode()


def signed_request(key: Ed25519PrivateKey, request: Request) -> dict[str, str]:
    """Headers by which a reader proves who it is."""
    return {
        "x-shuseki-cluster": request.cluster,
        "x-shuseki-at": str(request.at),
        "x-shuseki-nonce": request.nonce,
        "x-shuseki-signature": key.sign(request.message).hex(),
    }


def page(
    registry: Registry, key: Ed25519PrivateKey, audience: str, after: int, nonce: str
) -> bytes:
    """Give the next part of a log: the signature, a line break, and what it covers.

    Raises
    ------
    ParameterError
        A step below 0, or a nonce that is none.
    """
    if after < 0 or not NONCE.fullmatch(nonce):
        raise ParameterError(
            say(
                "A step below 0, or a nonce that is not 32 hexadecimal digits. Expected both as "
                "`shuseki directory pull` sends them. Correct the request."
            )
        )
    seq, chain = registry.head(audience)
    at, after_chain = registry.head(audience, after) if after else (0, START)
    entries = registry.told(audience, after, PAGE_ENTRIES, PAGE_BYTES) if at == after else ()
    body = canonical(
        {
            "protocol": PROTOCOL,
            "cluster": registry.cluster,
            "nonce": nonce,
            "after": after,
            "after_chain": after_chain if at == after else "",
            "head": {"seq": seq, "chain": chain},
            "entries": [
                {
                    "seq": one.seq,
                    "id": one.id,
                    "version": one.version,
                    "hash": one.hash,
                    "deleted": one.deleted,
                    "document": one.document,
                }
                for one in entries
            ],
        }
    ).encode()
    return key.sign(body).hex().encode() + b"\n" + body


# ---- what is answered ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Page:
    """A page that was checked."""

    entries: tuple[tuple[Entry, Document | None], ...]
    seq: int
    chain: str
    head: int


def check_page(
    content: bytes, peer: Peer, nonce: str, versions: Mapping[str, int] | None = None
) -> Page:
    """Check a page against the peer's key and what was read before.

    Parameters
    ----------
    peer
        With ``seq`` and ``chain`` up to which its log was read.
    versions
        Id → version that was taken in before.

    Raises
    ------
    DataError
        Anything is not as it must be; nothing may be taken.
    """
    if len(content) > MOST_BYTES:
        raise refused(say("an answer of more than {most:,} bytes", most=MOST_BYTES))
    signature, found, body = content.partition(b"\n")
    if not found or not verify(peer.public_key, signature.decode("ascii", "replace"), body):
        raise refused(say("an answer that {cluster} did not sign", cluster=peer.cluster))
    told = read_json(body)
    if not isinstance(told, dict) or told.get("protocol") != PROTOCOL:
        raise refused(say("an answer of another protocol"))
    if told.get("cluster") != peer.cluster:
        raise refused(
            say(
                "an answer in the name of another cluster than {cluster}",
                cluster=peer.cluster,
            )
        )
    if told.get("nonce") != nonce or told.get("after") != peer.seq:
        raise refused(say("an answer to another request (a replay)"))
    head = told.get("head")
    if not isinstance(head, dict) or not _whole(head.get("seq")) or head["seq"] < peer.seq:
        raise refused(
            say(
                "a log that has become shorter than {seq} steps (a rollback). If {cluster} made "
                "its registry anew, forget the peer and add it again",
                seq=peer.seq,
                cluster=peer.cluster,
            )
        )
    if told.get("after_chain") != peer.chain:
        raise refused(
            say(
                "another log than the one read before, at step {seq} (a rollback). If {cluster} "
                "made its registry anew or answers as to another audience, forget the peer and "
                "add it again",
                seq=peer.seq,
                cluster=peer.cluster,
            )
        )
    entries = told.get("entries")
    if not isinstance(entries, list) or len(entries) > PAGE_ENTRIES:
        raise refused(say("entries that are not a list of at most {most:,}", most=PAGE_ENTRIES))
    if not entries and head["seq"] > peer.seq:
        raise refused(say("a page without entries before the end of the log"))
    known = dict(versions or {})
    seq, chain = peer.seq, peer.chain
    taken: list[tuple[Entry, Document | None]] = []
    for content_of in entries:
        entry = _entry(content_of, seq + 1)
        if entry.version <= known.get(entry.id, 0):
            raise refused(
                say(
                    "version {version} of {id!r} again (a rollback)",
                    version=entry.version,
                    id=entry.id[:40],
                )
            )
        known[entry.id] = entry.version
        chain = digest(chain + entry.link)
        taken.append((entry, _document(entry, peer.cluster)))
        seq = entry.seq
    if seq > head["seq"] or (seq == head["seq"] and chain != head.get("chain")):
        raise refused(say("a chain of hashes that does not match its entries"))
    if seq == head["seq"]:
        last = {entry.id: (entry, document) for entry, document in taken}
        open_ones = [id for id, (e, document) in last.items() if document is None and not e.deleted]
        if open_ones:
            raise refused(say("a record without its document: {id!r}", id=open_ones[0][:40]))
    return Page(tuple(taken), seq, chain, head["seq"])


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 31


def _entry(content: Any, seq: int) -> Entry:
    names = {"seq", "id", "version", "hash", "deleted", "document"}
    if not isinstance(content, dict) or set(content) != names:
        raise refused(say("an entry with missing or unknown fields"))
    if content["seq"] != seq or not _whole(content["seq"]):
        raise refused(
            say(
                "step {found} in place of {expected} (a repeated or missing step)",
                found=repr(content["seq"])[:20],
                expected=seq,
            )
        )
    if not _whole(content["version"]) or content["version"] < 1:
        raise refused(say("a version that is not a whole number above 0"))
    if not isinstance(content["deleted"], bool) or not isinstance(content["id"], str):
        raise refused(say("an entry with values of the wrong type"))
    text, hash = content["document"], content["hash"]
    if not isinstance(hash, str) or (text is not None and not isinstance(text, str)):
        raise refused(say("an entry with values of the wrong type"))
    if content["deleted"]:
        if text is not None or hash:
            raise refused(say("a removed record with a document"))
    elif not HEX.fullmatch(hash) or (text is not None and digest(text) != hash):
        raise refused(say("a document that does not match its hash"))
    return Entry(seq, content["id"], content["version"], hash, content["deleted"], "", text)


def _document(entry: Entry, cluster: str) -> Document | None:
    if entry.document is None:
        return None
    content = read_json(entry.document)
    document = read_document(content, cluster, entry.id)
    if canonical(content) != entry.document:
        raise refused(say("a document that is not in canonical form"))
    return document


# ---- pulling -------------------------------------------------------------------------------------


@result
class Pulled(Result):
    """What came from each peer, and which of them failed."""

    frame: pd.DataFrame

    @property
    def failed(self) -> tuple[str, ...]:
        """Peers whose pull ended early."""
        return tuple(self.frame.loc[self.frame["error"] != "", "cluster"])

    def headline(self) -> Message:
        """Records in all, and failures."""
        return say(
            "{n:count(peer)}: {changed:,} records new or changed, {removed:,} removed; {failed:,} "
            "failed",
            n=len(self.frame),
            changed=int((self.frame["added"] + self.frame["changed"]).sum()),
            removed=int(self.frame["removed"].sum()),
            failed=len(self.failed),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per peer."""
        return self.frame


def pull(
    registry: Registry,
    cluster: str,
    key: Ed25519PrivateKey | None = None,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
) -> dict[str, Any]:
    """Read on in a peer's log, page by page; each page is taken whole or not at all.

    Parameters
    ----------
    key
        Of this registry, to be read as the audience that the peer granted; as the public without.
    transport
        Another way to the peer than the network, for tests.

    Returns
    -------
    dict
        ``cluster``, ``pages``, ``added``, ``changed``, ``removed``, ``error`` (empty).

    Raises
    ------
    DataError
        The peer cannot be reached, or sent what was refused; pages before stay.
    """
    peer = registry.peer(cluster)
    check_address(cluster, peer.url)
    told: dict[str, Any] = {
        "cluster": cluster, "pages": 0, "added": 0, "changed": 0, "removed": 0, "error": ""
    }  # fmt: skip
    try:
        for _ in range(MOST_PAGES):
            nonce = secrets.token_hex(16)
            content = asyncio.run(_fetched(registry.cluster, peer, key, nonce, transport))
            checked = check_page(content, peer, nonce, registry.versions(cluster))
            changes = registry.receive(cluster, checked.entries, checked.seq, checked.chain)
            told["pages"] += 1
            for name in ("added", "changed", "removed"):
                told[name] += len(getattr(changes, name))
            if checked.seq >= checked.head:
                break
            peer = registry.peer(cluster)
    except ShusekiError as error:
        registry.note_error(cluster, str(error))
        raise
    return told


def pull_all(
    registry: Registry,
    key: Ed25519PrivateKey | None = None,
    clusters: Iterable[str] = (),
    *,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Pulled:
    """Pull from several peers, by default all that have an address; a failure stops no other."""
    wanted = tuple(clusters) or tuple(peer.cluster for peer in registry.peers() if peer.url)
    rows: list[dict[str, Any]] = []
    for cluster in wanted:
        try:
            rows.append(pull(registry, cluster, key, transport=transport))
        except ShusekiError as error:
            rows.append(
                {
                    "cluster": cluster,
                    "pages": 0,
                    "added": 0,
                    "changed": 0,
                    "removed": 0,
                    "error": joined([words_of(error)]),
                }
            )
    columns = ["cluster", "pages", "added", "changed", "removed", "error"]
    frame = pd.DataFrame(rows, columns=columns)
    # sentences stay sentences, to be told in either language
    frame["error"] = pd.Series([row["error"] for row in rows], dtype=object)
    return Pulled(frame=frame)


async def _fetched(
    reader: str,
    peer: Peer,
    key: Ed25519PrivateKey | None,
    nonce: str,
    transport: httpx.AsyncBaseTransport | None,
) -> bytes:
    """Fetch one page within its bounds of bytes and seconds."""
    target = "/log?" + urlencode({"after": peer.seq, "nonce": nonce})
    asked = Request(reader, peer.cluster, target, int(time.time()), nonce)
    headers = {"accept-encoding": "identity"}
    headers |= {} if key is None else signed_request(key, asked)
    content = bytearray()
    try:
        async with (
            asyncio.timeout(MOST_SECONDS),
            httpx.AsyncClient(
                timeout=10.0, follow_redirects=False, trust_env=False, transport=transport
            ) as client,
            client.stream("GET", peer.url.rstrip("/") + target, headers=headers) as answer,
        ):
            if answer.headers.get("content-encoding", "identity") != "identity":
                raise refused(say("a compressed answer"))
            async for piece in answer.aiter_raw(1 << 16):
                content += piece
                if len(content) > MOST_BYTES:
                    raise refused(say("an answer of more than {most:,} bytes", most=MOST_BYTES))
    except TimeoutError:
        raise refused(
            say("an answer that took more than {most:g} seconds", most=MOST_SECONDS)
        ) from None
    except httpx.HTTPError as error:
        raise DataError(
            say(
                "{cluster} at {url} cannot be read: {kind}. Expected an answer. Check the "
                "address, or try again later.",
                cluster=peer.cluster,
                url=peer.url,
                kind=type(error).__name__,
            )
        ) from None
    except httpx.InvalidURL:
        raise ParameterError(
            say(
                "{cluster} has the address {url!r}. Expected one such as "
                "https://registry.example. Add the peer again with its address.",
                cluster=peer.cluster,
                url=peer.url,
            )
        ) from None
    if answer.status_code != 200:
        raise DataError(
            say(
                "{cluster} answered {status_code}: {said}. Expected a page. Ask the peer whether "
                "it knows this registry's key.",
                cluster=peer.cluster,
                status_code=answer.status_code,
                said=_said(bytes(content)),
            )
        )
    return bytes(content)


def _said(content: bytes) -> str:
    """First words of a refusal, as far as they can be shown."""
    try:
        told = json.loads(content[:2000])
        text = str(told.get("error", "")) if isinstance(told, dict) else ""
    except (ValueError, RecursionError):
        text = ""
    return re.sub(r"[^\w\s.,:;'()-]", "?", text)[:200] or say("no reason given")
