"""Records of a cluster in a database; every test runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from shuseki.directory import TABLES, Capability, Directory, Firm, Load, Tie
from shuseki.errors import DataError, OutputError, ParameterError, UnknownCodeError
from shuseki.sourcing.registry.schema import metadata
from shuseki.sourcing.registry.store import AUDIENCES, Registry

NewRegistry = Callable[[str], Registry]


def same(one: Directory, other: Directory) -> bool:
    """Whether two directories hold the same rows, in whatever order."""
    return all(
        sorted(map(repr, getattr(one, table))) == sorted(map(repr, getattr(other, table)))
        for table in TABLES
    )


def test_what_goes_in_comes_out(new_registry: NewRegistry, two_clusters: Directory) -> None:
    own = two_clusters.of_clusters("ota")
    registry = new_registry("ota")
    changes = registry.put(own)
    assert len(changes.added) == len(own)
    assert same(registry.directory(), own)
    again = registry.put(own)
    assert (again.unchanged, again.added, again.changed) == (len(own), (), ())


def test_it_is_opened_again(new_place: Callable[[str], str], two_clusters: Directory) -> None:
    place = new_place("ota")
    own = two_clusters.of_clusters("ota")
    with Registry.create(place, "ota") as registry:
        registry.put(own)
    with Registry.open(place) as registry:
        assert registry.cluster == "ota"
        assert same(registry.directory(), own)
    with pytest.raises(OutputError):
        Registry.create(place, "ota")


def test_the_tables_are_those_that_the_code_knows(new_registry: NewRegistry) -> None:
    registry = new_registry("ota")
    with registry.engine.connect() as connection, connection.begin():
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, metadata) == []


def test_a_registry_of_a_newer_shuseki_is_refused(new_place: Callable[[str], str]) -> None:
    place = new_place("ota")
    with Registry.create(place, "ota") as registry, registry.engine.connect() as connection:
        connection.execution_options(writes=True)
        with connection.begin():
            connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DataError, match="newer shuseki"):
        Registry.open(place)


def test_foreign_records_are_read_only(new_registry: NewRegistry, two_clusters: Directory) -> None:
    with pytest.raises(DataError, match="read-only"):
        new_registry("ota").put(two_clusters)


def test_a_list_of_hours_renews_hours_only(new_registry: NewRegistry) -> None:
    registry = new_registry("ota")
    week = date(2026, 4, 6)
    firms = (Firm("1", "ota", "A"), Firm("2", "ota", "B"))
    registry.put(
        Directory(
            firms,
            (Capability("ota/1", "turning"),),
            loads=(Load("ota/1", week, 8), Load("ota/2", week, 9)),
            ties=(Tie("ota/1", "ota/2"),),
        )
    )
    registry.put(Directory(firms[:1], loads=(Load("ota/1", week, 3),)), tables=("loads",))
    held = registry.directory()
    assert {(load.firm, load.free_hours) for load in held.loads} == {("ota/1", 3), ("ota/2", 9)}
    assert held.capabilities
    assert held.ties
    with pytest.raises(DataError, match="not in the registry"):
        registry.put(Directory((Firm("9", "ota", "C"),)), tables=("loads",))


def test_what_is_removed_takes_its_ties_along(
    new_registry: NewRegistry, two_clusters: Directory
) -> None:
    registry = new_registry("ota")
    own = two_clusters.of_clusters("ota")
    registry.put(own)
    gone = own.ties[0].source
    changes = registry.remove([gone])
    assert changes.removed == (gone,)
    assert same(registry.directory(), own.only(set(own.keys) - {gone}))
    with pytest.raises(UnknownCodeError):
        registry.remove([gone])


def test_a_failure_leaves_everything_as_it_was(
    new_registry: NewRegistry, two_clusters: Directory
) -> None:
    registry = new_registry("ota")
    own = two_clusters.of_clusters("ota")
    registry.put(own)
    heads = [registry.head(audience) for audience in AUDIENCES]
    bad = replace(own.firms[0], name="a\x00b", owner_age=1)
    with pytest.raises(DataError):
        registry.put(replace(own, firms=(bad, *own.firms[1:])))
    with pytest.raises(DataError, match="finite"):
        registry.put(
            Directory(own.firms[:1], loads=(Load(own.keys[0], date(2026, 4, 6), float("inf")),))
        )
    assert same(registry.directory(), own)
    assert [registry.head(audience) for audience in AUDIENCES] == heads


def test_a_change_that_an_audience_may_not_see_is_not_told(
    new_registry: NewRegistry, two_clusters: Directory
) -> None:
    registry = new_registry("ota")
    own = two_clusters.of_clusters("ota")
    registry.put(own)
    before = {audience: registry.head(audience) for audience in AUDIENCES}
    older = replace(own.firms[0], owner_age=(own.firms[0].owner_age or 60) + 1)
    registry.put(replace(own, firms=(older, *own.firms[1:])))
    after = {audience: registry.head(audience) for audience in AUDIENCES}
    assert after["public"] == before["public"]
    assert after["partner"] == before["partner"]
    assert after["coordinator"][0] == before["coordinator"][0] + 1


def test_a_level_that_is_tightened_takes_back_what_was_told(
    new_registry: NewRegistry, two_clusters: Directory
) -> None:
    registry = new_registry("ota")
    registry.put(two_clusters.of_clusters("ota"))
    registry.set_level("firms.address", "private")
    told = "".join(entry.document or "" for entry in registry.told("public", 0, 1000, 1 << 30))
    assert "address" not in told  # nor in the steps before, whose documents are gone
    assert registry.view("private").firms[0].address
    assert not registry.view("coordinator").firms[0].address


@pytest.mark.parametrize("audience", AUDIENCES)
def test_what_is_shared_is_the_view(
    new_registry: NewRegistry, two_clusters: Directory, audience: str
) -> None:
    registry = new_registry("ota")
    registry.put(two_clusters.of_clusters("ota"))
    registry.set_level("firms", "private", two_clusters.of_clusters("ota").keys[2])
    assert same(registry.shared(audience), registry.view(audience, ""))


def test_one_firm_may_hide(new_registry: NewRegistry, two_clusters: Directory) -> None:
    registry = new_registry("ota")
    own = two_clusters.of_clusters("ota")
    registry.put(own)
    hiding = own.ties[0].target
    registry.set_level("firms", "private", hiding)
    seen = registry.view("coordinator")
    assert hiding not in seen.keys
    assert not any(hiding in (tie.source, tie.target) for tie in seen.ties)
    assert any(entry.deleted for entry in registry.told("public", 0, 1000, 1 << 30))
    with pytest.raises(UnknownCodeError):
        registry.set_level("firms", "private", "suwa/0001")
    with pytest.raises(UnknownCodeError):
        registry.set_level("firms.shoe_size", "private")
    with pytest.raises(ParameterError):
        registry.set_level("firms.name", "secret")


def test_peers(new_registry: NewRegistry) -> None:
    registry = new_registry("ota")
    registry.add_peer("suwa", "https://suwa.example", "ab" * 32)
    assert registry.peer("suwa").audience == "partner"
    registry.forget_peer("suwa")
    assert registry.peers() == ()
    key = "ab" * 32
    for wrong in (
        ("suwa", "", "xyz"),
        ("ota", "", key),
        ("suwa", "", key, "private"),
        ("su wa/", "", key),
        ("suwa", "file:///etc/passwd", key),
        ("suwa", "https://", key),
        ("suwa", "http://suwa.example:many", key),
    ):
        with pytest.raises(ParameterError):
            registry.add_peer(*wrong)
    assert registry.peers() == ()
    with pytest.raises(UnknownCodeError):
        registry.peer("nobody")


def test_files_that_are_no_registry(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no registry"):
        Registry.open(tmp_path / "none.sqlite")
    (tmp_path / "text.sqlite").write_text("this is no database, whatever it is called\n" * 100)
    with pytest.raises(DataError):
        Registry.open(tmp_path / "text.sqlite")
    (tmp_path / "empty.sqlite").touch()
    with pytest.raises(DataError, match="no registry"):
        Registry.open(tmp_path / "empty.sqlite")
    with pytest.raises(OutputError):
        Registry.create(tmp_path / "nowhere" / "a.sqlite", "ota")
    with pytest.raises(ParameterError, match="kind"):
        Registry.open("mysql://a@b/c")
    with pytest.raises(ParameterError, match="cluster"):
        Registry.create(tmp_path / "b.sqlite", "o/ta")


def test_a_file_of_a_registry_is_private(tmp_path: Path) -> None:
    Registry.create(tmp_path / "a.sqlite", "ota").close()
    assert stat.S_IMODE(os.stat(tmp_path / "a.sqlite").st_mode) == 0o600


def test_a_password_is_not_told() -> None:
    with pytest.raises(DataError) as refused:
        Registry.open("postgresql://me:secret@127.0.0.1:1/x")
    assert "secret" not in str(refused.value)
