"""The [measures] section, the files a user brings, the commands, the pictures."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from shuseki.cli.measure import app
from shuseki.errors import DataError, ParameterError, UnknownCodeError
from shuseki.language import told
from shuseki.measures.change.trends import contributions
from shuseki.measures.clusters.clusters import point_clusters
from shuseki.measures.clusters.local_moran import local_moran
from shuseki.measures.distance.mfunction import m_function
from shuseki.measures.indices.concentration import coagglomeration, scale_sweep
from shuseki.measures.indices.quotients import shift_share
from shuseki.records.panels import read_panel, read_sites
from shuseki.report.plots import plot
from shuseki.results import Result
from shuseki.sites import Sites
from shuseki.sources import Source
from shuseki.study.chapters.measures import Measures, measure

SYNTHETIC = Source("Invented", "Invented for a test", "2026", origin="synthetic")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A user's panel of 30 areas × 4 industries × 8 years, and her plants, as CSV."""
    path = tmp_path_factory.mktemp("user")
    rng = np.random.default_rng(0)
    rows = []
    centres = np.stack([rng.uniform(34.5, 36, 30), rng.uniform(138, 140, 30)], axis=1)
    base = rng.poisson(60, (30, 4)) + 5
    base[:4, 1] += 200
    for year in range(2001, 2009):
        for a in range(30):
            for i, code in enumerate("ABCD"):
                plants = round(base[a, i] * 0.97 ** (year - 2001)) + int(rng.integers(0, 3))
                rows.append((f"{a:02d}", code, year, *centres[a], plants, plants * 12))
    columns = ["area", "industry", "period", "latitude", "longitude", "plants", "employment"]
    frame = pd.DataFrame(rows, columns=columns)
    frame["employment"] = frame["employment"].astype(object)
    frame.loc[3, "employment"] = "X"
    frame.to_csv(path / "panel.csv", index=False)
    pd.DataFrame(
        {
            "latitude": rng.uniform(35, 36, 400),
            "longitude": rng.uniform(138, 139, 400),
            "industry": rng.choice(list("ABCD"), 400),
            "employment": np.ceil(rng.lognormal(2, 1, 400)),
        }
    ).to_csv(path / "sites.csv", index=False)
    return path


@pytest.fixture(scope="module")
def answers(folder) -> dict[str, Result]:
    return measure(
        read_panel(folder / "panel.csv"),
        read_sites(folder / "sites.csv"),
        {
            "quotients": {"since": "2001"},
            "concentration": True,
            "kdensity": {"range_km": 100},
            "clusters": {"industries": ["B"], "simulations": 9},
            "trends": {"areas": ["00", "01"]},
            "types": {"local_products": ["A"], "metals": ["B"], "machinery": ["C", "D"]},
            "lifecycle": {"areas": ["00", "01"]},
            "externalities": {"spans": [[2001, 2008]], "replicates": 5},
        },
    )


def test_a_section_runs_all_measures(answers):
    assert list(answers) == [
        "quotients",
        "specialisation",
        "shift_share",
        "concentration",
        "disagreement",
        "kdensity",
        "clusters_B",
        "trends_plants",
        "types",
        "lifecycle",
        "externalities",
    ]
    for answer in answers.values():
        assert answer.headline().endswith(".")
        assert len(answer.to_frame()) >= 0


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_every_answer_has_a_picture_in_both_languages(answers, folder, lang):
    panel = read_panel(folder / "panel.csv")
    sites = read_sites(folder / "sites.csv")
    last = panel.select(periods=["2008"])
    more = {
        "m": m_function(sites, ["A"]),
        "points": point_clusters(sites, "A", smallest=5),
        "coagglomeration": coagglomeration(last),
        "local_moran": local_moran(last, "B", permutations=99),
        "shift_share": shift_share(panel, "plants", start="2001", end="2008"),
        "contributions": contributions(panel, "plants", start="2001", end="2008"),
        "sweep": scale_sweep({"fine": last, "same": last}),
    }
    for answer in (answers | more).values():
        figure = plot(answer, lang=lang)
        assert len(figure.data)
        japanese = any("\u3040" <= letter <= "\u9fff" for letter in figure.layout.title.text)
        assert japanese == (lang == "ja")


def test_synthetic_plants_are_marked_in_the_picture(folder):
    sites = read_sites(folder / "sites.csv")
    invented = Sites(
        sites.latitude,
        sites.longitude,
        sites.industry,
        sites.industries,
        sites.employment,
        sources=(SYNTHETIC,),
    )
    answer = m_function(invented, ["A"])
    assert answer.is_synthetic
    assert "Synthetic data" in plot(answer).layout.title.text
    assert "合成データ" in plot(answer, lang="ja").layout.title.text


def test_suppressed_and_nil_cells_of_a_file(folder, tmp_path):
    panel = read_panel(folder / "panel.csv")
    assert np.isnan(panel.values["employment"]).sum() == 1
    assert panel.centres.shape == (30, 2)
    (tmp_path / "nil.csv").write_text('area,plants\n01,-\n02,"1,200"\n')
    assert read_panel(tmp_path / "nil.csv").values["plants"].ravel().tolist() == [0, 1200]
    (tmp_path / "bad.csv").write_text("area,plants\n01,many\n")
    with pytest.raises(DataError, match="not numbers: 'many' in row 2"):
        read_panel(tmp_path / "bad.csv")
    (tmp_path / "none.csv").write_text("town,plants\n01,3\n")
    with pytest.raises(DataError, match="Expected area, industry"):
        read_panel(tmp_path / "none.csv")
    with pytest.raises(DataError, match="There is no file"):
        read_panel(tmp_path / "absent.csv")


def test_unknown_measures_and_options_are_refused(folder):
    panel = read_panel(folder / "panel.csv")
    with pytest.raises(UnknownCodeError, match="Did you mean kdensity"):
        measure(panel, None, {"kdensty": True})
    with pytest.raises(ParameterError, match=r"measures\.concentration\.colour: unknown key"):
        measure(panel, None, {"concentration": {"colour": "red"}})
    with pytest.raises(ParameterError, match="true, false or a table"):
        measure(panel, None, {"concentration": "yes"})
    with pytest.raises(ParameterError, match=r"trends\.areas"):
        measure(panel, None, {"trends": True})
    assert measure(panel, None, dict.fromkeys(Measures.model_fields, False)) == {}


@pytest.mark.parametrize(
    "command",
    [
        ["quotients"],
        ["concentration"],
        ["kdensity", "--range-km", "100"],
        ["clusters", "B", "--simulations", "3"],
        ["trends", "--area", "00"],
        ["lifecycle", "--area", "00"],
    ],
    ids=lambda command: command[0],
)
def test_commands_on_the_users_panel(folder, tmp_path, command):
    table, picture = tmp_path / "table.csv", tmp_path / "picture.html"
    told = CliRunner().invoke(
        app,
        [
            *command,
            "--internal",
            "--panel",
            str(folder / "panel.csv"),
            "--output",
            str(table),
            "--figure",
            str(picture),
        ],
    )
    assert told.exit_code == 0, told.output
    assert "data_origin" in pd.read_csv(table).columns
    assert "plotly" in picture.read_text(encoding="utf-8")[:20_000]


def test_commands_on_public_statistics():
    told = CliRunner().invoke(app, ["trends"])
    assert told.exit_code == 0
    assert "1990 = 100" in told.output
    told = CliRunner().invoke(app, ["types", "--area", "133"])
    assert told.exit_code == 0
    assert "company town" in told.output


def test_empty_and_broken_files_are_refused_by_name(tmp_path):
    (tmp_path / "empty.csv").write_text("area,plants\n")
    with pytest.raises(DataError, match=r"empty.csv has no rows"):
        read_panel(tmp_path / "empty.csv")
    (tmp_path / "sites.csv").write_text("latitude,longitude,industry,employment\n35,139,A,abc\n")
    with pytest.raises(DataError, match="'employment': 1 cells are not numbers: 'abc' in row 2"):
        read_sites(tmp_path / "sites.csv")


def test_pairs_single_plants_and_neighbours(folder):
    panel, sites = read_panel(folder / "panel.csv"), read_sites(folder / "sites.csv")
    found = measure(
        panel,
        sites,
        {
            "kdensity": {"pairs": [["A", "B"]], "range_km": 100},
            "m_function": {"pairs": [["A", "B"]], "individual": ["A"], "radii_km": [5, 50]},
            "ripley": {"industries": ["A"], "simulations": 39},
        },
    )
    assert list(found) == ["joint_kdensity", "joint_m_function", "individual_m_A", "ripley"]
    for answer in found.values():
        assert told(answer.headline(), "ja").endswith("。")
        for lang in ("en", "ja"):
            figure = plot(answer, lang=lang)
            assert len(figure.data)
            japanese = any("\u3040" <= letter <= "\u9fff" for letter in figure.layout.title.text)
            assert japanese == (lang == "ja")
    with pytest.raises(ParameterError, match="ripley asks for points"):
        measure(panel, None, {"ripley": True})


@pytest.mark.parametrize(
    "command",
    [
        ["kdensity", "--pair", "A:B", "--range-km", "100"],
        ["m-function", "--pair", "A:B", "--radius-km", "50"],
        ["m-function", "--individual", "A", "--radius-km", "50"],
        ["ripley", "--industry", "A", "--simulations", "39"],
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_commands_on_the_users_sites(folder, tmp_path, command):
    table = tmp_path / "table.csv"
    told = CliRunner().invoke(
        app, [*command, "--sites", str(folder / "sites.csv"), "--internal", "--output", str(table)]
    )
    assert told.exit_code == 0, told.output
    assert table.stat().st_size


def test_a_pair_needs_a_colon_and_points(folder):
    for words in (["--pair", "AB", "--sites", str(folder / "sites.csv")], ["--pair", "A:B"]):
        assert CliRunner().invoke(app, ["kdensity", *words]).exit_code == 2


def test_sites_on_a_plane_are_read(tmp_path):
    (tmp_path / "plane.csv").write_text("x_km,y_km,industry\n0,0,A\n300,400,A\n")
    assert read_sites(tmp_path / "plane.csv").plane


@pytest.mark.parametrize(
    ("areas", "totals"),
    [
        (["00000", "01000", "01100", "01202"], "00000, 01000"),
        (["00000", "01000", "13000"], "00000"),  # a panel of prefectures with the nation
        (["14100", "14101", "14102"], "14100"),  # a city beside its wards
        (["全国", "大田区"], "全国"),
        (["00", "01", "02"], "00"),  # 2 = 1 + 1
    ],
)
def test_rows_that_add_up_others_are_refused(tmp_path, areas, totals):
    rows = "".join(f"{a},29,2001,{2 if a == '00' else 1}\n" for a in areas)
    (tmp_path / "p.csv").write_text("area,industry,period,plants\n" + rows, encoding="utf-8")
    with pytest.raises(DataError, match=f"add up others: {totals}\\."):
        read_panel(tmp_path / "p.csv")


@pytest.mark.parametrize(
    "areas", [["01000", "13000"], ["01100", "01202"], ["14101", "14102"], ["00", "01"]]
)
def test_areas_that_are_no_totals_are_read(tmp_path, areas):
    rows = "".join(f"{a},29,2001,{k + 1}\n" for k, a in enumerate(areas))
    (tmp_path / "p.csv").write_text("area,industry,period,plants\n" + rows, encoding="utf-8")
    assert read_panel(tmp_path / "p.csv").areas == tuple(areas)


def test_empty_codes_words_and_places_that_cannot_be(tmp_path):
    path = tmp_path / "p.csv"
    for code in ("", "nan", " "):
        path.write_text(f"area,plants\n01100,5\n{code},7\n")
        with pytest.raises(DataError, match="'area': no code in rows 3"):
            read_panel(path)
    path.write_bytes("area,plants,備考\n01100,５,良\nNA,△2,\n".encode("cp932"))
    panel = read_panel(path)
    assert panel.areas == ("01100", "NA")  # Naples
    assert panel.values["plants"].ravel().tolist() == [5, -2]
    assert panel.notes == ("Columns of text were left out: 備考.",)
    path.write_text("area,plants,latitude,longitude\n1,5,139.7,35.6\n")
    with pytest.raises(DataError, match="exchanged: swap the columns"):
        read_panel(path)
    path.write_text("latitude,longitude,industry\n139.7,35.6,A\n")
    with pytest.raises(DataError, match=r"row 2 \(139.7, 35.6\).*exchanged"):
        read_sites(path)
    path.write_text("latitude,longitude,industry\n35.6,139.7,\n")
    with pytest.raises(DataError, match="'industry': no code in rows 2"):
        read_sites(path)
