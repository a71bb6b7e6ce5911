"""How is the profile of an area asked from a terminal?

``profile`` prints what is known of one area, or one part of it, and writes the page, the PDF, the
workbook, the slides and the data; ``compare`` sets several areas side by side.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from shuseki.cli.gate import WRITES
from shuseki.cli.show import Lang, show, wide
from shuseki.cli.terminal import Terminal
from shuseki.errors import MissingExtraError, ParameterError, UnknownCodeError
from shuseki.geography.bundled import COUNTRY
from shuseki.geography.districts import BUNDLED, Division, division_from_table
from shuseki.language import Message, check_language, say, told
from shuseki.panel import Panel
from shuseki.profile.profiles import PARTS, Comparison, Profile
from shuseki.profile.profiles import compare as compare_areas
from shuseki.profile.profiles import profile as profile_area
from shuseki.reading.tables import read_table
from shuseki.release import whole_file, whole_folder
from shuseki.report.profile_files import PROFILE_ENDINGS, profile_bytes

__all__ = ["app"]

app = typer.Typer(add_completion=False)

By = Annotated[
    str | None,
    typer.Option(
        "--by",
        help="Division: district-253, municipality, prefecture, commuting-zone-1995, or a table of "
        "your own with the columns municipality and area.",
    ),
]
Out = Annotated[
    Path | None,
    typer.Option("--out", help="Folder for page, PDF, workbook, slides and data."),
]
File = Annotated[
    Path | None,
    typer.Option("--output", help=f"Write one file: {', '.join(PROFILE_ENDINGS)}."),
    WRITES,
]


@app.command()
def profile(
    area: Annotated[str, typer.Argument(help="Code or name of an area, Japanese or English.")],
    by: By = None,
    panel: Annotated[
        Path | None,
        typer.Option(help="Your own plants and employment by area, industry and period."),
    ] = None,
    part: Annotated[str | None, typer.Option(help=f"One part: {', '.join(PARTS)}.")] = None,
    given: Annotated[
        list[str] | None,
        typer.Option(help="A fact that only firms can say, such as brokerage_share=0.6."),
    ] = None,
    indicators: Annotated[Path | None, typer.Option(help="TOML file of more indicators.")] = None,
    frameworks: Annotated[Path | None, typer.Option(help="TOML file of more frameworks.")] = None,
    directions: Annotated[Path | None, typer.Option(help="TOML file of more directions.")] = None,
    out: Out = None,
    output: File = None,
    lang: Lang = "en",
) -> None:
    """Where does an area stand, why, and what follows?"""
    check_language(lang)
    if part is not None and part not in PARTS:
        raise UnknownCodeError.among("part", [part], PARTS)
    answer = profile_area(
        area,
        by=_division(by, panel),
        panel=_panel(panel) if panel is not None else None,
        indicators=indicators,
        frameworks=frameworks,
        directions=directions,
        given=_given(given or []),
    )
    console = wide()
    if part is None:
        _tell(answer, lang, console)
    else:
        _tell_part(answer, part, lang, console)
    _write(answer, out, output, lang, console)


@app.command()
def compare(
    areas: Annotated[list[str], typer.Argument(help="Two areas or more of one division.")],
    by: By = None,
    out: Out = None,
    output: File = None,
    lang: Lang = "en",
) -> None:
    """Set several areas side by side."""
    check_language(lang)
    answer = compare_areas(areas, by=_division(by, None))
    console = wide()
    show(answer, lang=lang, console=console, table=answer.directions_frame())
    _write(answer, out, output, lang, console)


# ---- telling -------------------------------------------------------------------------------------


def _tell(answer: Profile, lang: str, console: Terminal) -> None:
    def line(text: Any, style: str | None = None) -> None:
        console.print(str(told(text, lang)), style=style, markup=False, highlight=False,
                      soft_wrap=True)  # fmt: skip

    line(say("Profile of {area}", area=answer.area_name), "bold")
    lines: list[Message] = [answer.character.headline()]
    if answer.character.beside_the_paper is not None:
        lines.append(answer.character.beside_the_paper)
    if answer.papers is not None:
        lines += [answer.papers.headline(), *answer.papers.told()]
    if answer.prefecture_industries is not None:
        lines.append(answer.prefecture_industries.headline())
    lines += [answer.position.headline(), *answer.frameworks.verdicts(), answer.trend.headline()]
    lines += [one.headline() for one in answer.entry.values()]
    lines += [answer.peers.headline()]
    if answer.lock_in is not None:
        lines.append(answer.lock_in.headline())
    for one in lines:
        line(one)
    line(answer.directions.headline(), "bold")
    for judged in answer.directions.of("applies"):
        line(say("- {direction}", direction=judged.direction.label))
        for sentence in judged.evidence:
            line(say("    {sentence}", sentence=sentence), "dim")
    line(say("Missing: {n:count(item)}; see --part position.", n=len(answer.missing)), "dim")


def _tell_part(answer: Profile, part: str, lang: str, console: Terminal) -> None:
    if part == "entry":
        if not answer.entry:
            raise ParameterError(
                say(
                    "No equation of entry is known for these areas. Expected areas of the bundled "
                    "public statistics."
                )
            )
        for one in answer.entry.values():
            show(one, lang=lang, console=console)
        return
    found = getattr(answer, part)
    if found is None:
        raise ParameterError(
            say(
                "{part} cannot be said of {area_name}. Expected an area whose data allow it. "
                "Choose another part.",
                part=part,
                area_name=answer.area_name,
            )
        )
    show(found, lang=lang, console=console)


def _write(
    answer: Profile | Comparison,
    out: Path | None,
    output: Path | None,
    lang: str,
    console: Terminal,
) -> None:
    def line(text: Message) -> None:
        console.print(str(told(text, lang)), markup=False, highlight=False, soft_wrap=True)

    if output is not None:
        with whole_file(output) as work:
            work.write_bytes(profile_bytes(answer, output.suffix.lower(), lang))
        line(say("Written: {file}", file=output))
    if out is not None:
        name = "profile" if isinstance(answer, Profile) else "comparison"
        with whole_folder(out) as folder:
            for ending in PROFILE_ENDINGS:
                try:
                    content = profile_bytes(answer, ending, lang)
                except MissingExtraError as error:
                    line(say("No PDF: {why}", why=str(error)))
                    continue
                (folder / f"{name}{ending}").write_bytes(content)
        line(say("Written: {file}", file=out))


# ---- what was given ------------------------------------------------------------------------------


def _division(by: str | None, panel: Path | None) -> str | Division | None:
    if by is None or by in BUNDLED:
        return by
    path = Path(by)
    if not path.is_file():
        raise UnknownCodeError.among("division", [by], BUNDLED)
    return division_from_table(path, name=path.stem, codes="any" if panel is not None else COUNTRY)


def _panel(path: Path) -> Panel:
    frame = read_table(
        path,
        codes=["area"],
        codes_if_any=["industry", "period"],
        numbers=["plants", "employment", "latitude", "longitude"],
        required=["area", "industry", "plants", "employment"],
        text=["area_name"],
    )
    period = "period" if "period" in frame else None
    made = Panel.from_frame(
        frame, period=period, variables=["plants", "employment"], division=path.stem
    )
    first = frame.drop_duplicates("area").set_index("area").loc[list(made.areas)]
    about: dict[str, Any] = {}
    if "area_name" in frame:
        about["area_names"] = tuple(first["area_name"].astype(str))
    if {"latitude", "longitude"} <= set(frame.columns):
        about["centres"] = first[["latitude", "longitude"]].to_numpy(float)
    return Panel.from_frame(
        frame, period=period, variables=["plants", "employment"], division=path.stem, **about
    )


def _given(pairs: list[str]) -> dict[str, float]:
    found = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        try:
            found[name.strip()] = float(value)
        except ValueError:
            raise ParameterError(
                say(
                    "{pair!r} is no fact. Expected name=number, such as brokerage_share=0.6.",
                    pair=pair,
                )
            ) from None
    return found
