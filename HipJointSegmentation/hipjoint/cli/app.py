"""The commands of ``hipjoint``; heavy libraries are loaded only by the command that needs them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal, NoReturn

import typer

from hipjoint import __version__
from hipjoint.cli.guard import end
from hipjoint.cli.reporters import Mode, Quiet, Reporter, reporter
from hipjoint.evaluation.structures import LABEL_SETS
from hipjoint.film_scale import FilmScale
from hipjoint.inner_surface import DEFAULT, InnerSurface
from hipjoint.job import MESH_FORMATS, Job, RunTask, load_task, run_job
from hipjoint.tasks.registry import TASKS

app = typer.Typer(
    name="hipjoint",
    help="Finds the bones of the hip in a scan: labels, sizes, printable models and a report. For research only.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Input = Annotated[
    Path,
    typer.Argument(
        metavar="INPUT",
        help="The scan: a DICOM folder or .zip, or a .nii, .nii.gz, .nrrd or .mha file; films also .png, .jpg, .tif.",
    ),
]
Device = Annotated[
    Literal["auto", "cpu", "cuda"],
    typer.Option(help="What computes: 'auto' takes an NVIDIA graphics card if it can be used, else the processor."),
]
ProgressMode = Annotated[
    Mode, typer.Option(help="'bar' for people, 'json' for programs (one JSON object a line), 'none' for silence.")
]
MeshFormats = Annotated[
    str, typer.Option(help=f"Formats of the surface models, with commas between: {', '.join(MESH_FORMATS)}.")
]
Threads = Annotated[int | None, typer.Option(min=1, help="Processor cores to use at most.", show_default="all")]


def main() -> None:
    """Entry point of the ``hipjoint`` command."""
    app()


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"hipjoint {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    del version


def _formats(mesh_format: str) -> tuple[str, ...]:
    return tuple(name.strip().lower() for name in mesh_format.split(","))


@app.command()
def segment(
    source: Input,
    out: Annotated[Path, typer.Option("--output", "-o", metavar="OUT", help="Folder for the results, a new one.")],
    task: Annotated[str, typer.Option(help=f"What to look for: {', '.join(TASKS)}.")] = "hip-ct",
    device: Device = "auto",
    progress: ProgressMode = "bar",
    threads: Threads = None,
    mesh_format: MeshFormats = "stl",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the results of an earlier run.")] = False,
    series: Annotated[
        str | None,
        typer.Option(help="Which DICOM series, by its number in 'hipjoint series'.", show_default="best fit"),
    ] = None,
    pixel_mm: Annotated[
        float | None, typer.Option(help="Films: size of a pixel at the hip in mm.", show_default="from the header")
    ] = None,
    ball_mm: Annotated[float | None, typer.Option(help="Films: diameter of a calibration ball on it in mm.")] = None,
    ball_px: Annotated[
        float | None, typer.Option(help="Films: diameter of that ball in pixels.", show_default="measured")
    ] = None,
) -> None:
    """Find the bones in a scan and write labels, models, sizes and a report to a folder.

    Example: hipjoint segment my-scan/ -o results

    Example: hipjoint segment film.png -o results --task hip-radiograph --pixel-mm 0.15
    """

    def job() -> Job:
        scale = FilmScale(pixel_mm, ball_mm, ball_px)
        return Job(source, out, task, device, threads, _formats(mesh_format), overwrite, series, scale)

    run_and_tell(job, reporter(progress))


@app.command()
def onfh(
    labels: Annotated[
        Path,
        typer.Argument(
            metavar="LABELS",
            help="Label map (.nii, .nii.gz, .nrrd or .mha): 1, 2 right, left femoral head; 3, 4 their lesions.",
        ),
    ],
    out: Annotated[Path, typer.Option("--output", "-o", metavar="OUT", help="Folder for the results, a new one.")],
    image: Annotated[
        Path | None, typer.Option(help="The scan that was labelled, for slices in the report: file or DICOM folder.")
    ] = None,
    uncertainty: Annotated[
        float | None,
        typer.Option(
            min=0.05, max=5.0, help="By how many mm the outlines may be wrong.", show_default="from the voxel size"
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the results of an earlier run.")] = False,
    assessment: Annotated[
        Path | None, typer.Option(help="What a clinician chose or changed by hand (JSON), for all results.")
    ] = None,
    series: Annotated[
        str | None, typer.Option(help="Which DICOM series of the scan, by its number, if several show the labels.")
    ] = None,
) -> None:
    """Measure osteonecrosis of the femoral head in a label map: volumes, Steinberg grade, JIC type, necrotic angle.

    Example: hipjoint onfh labels.nii.gz --image scan.nii.gz -o results
    """

    def action() -> None:
        from hipjoint.cli.hip_table import show_hips
        from hipjoint.onfh import OnfhJob, run_onfh

        show_hips(*run_onfh(OnfhJob(labels, out, image, uncertainty, overwrite, assessment, series)), out)

    end(action, Quiet().failed)


@app.command()
def evaluate(
    predictions: Annotated[
        Path,
        typer.Argument(
            metavar="PREDICTIONS",
            help="Folder of label maps (.nii, .nii.gz, .nrrd, .mha) or of results of 'segment'; or one file.",
        ),
    ],
    references: Annotated[
        Path, typer.Argument(metavar="REFERENCES", help="Folder of label maps of the same names drawn by hand; or one.")
    ],
    out: Annotated[Path, typer.Option("--output", "-o", metavar="OUT", help="Folder for the results, a new one.")],
    labels: Annotated[str, typer.Option(help=f"What the values mean: {', '.join(LABEL_SETS)}.")] = "hip-ct",
    case_names: Annotated[
        bool, typer.Option("--case-names", help="Call cases by the names of their files, not by number.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the results of an earlier run.")] = False,
    progress: ProgressMode = "bar",
) -> None:
    """Compare label maps with reference outlines: Dice, surface distances, volumes; of osteonecrosis the grade too.

    Example: hipjoint evaluate predictions/ references/ --labels onfh -o results
    """
    voice = reporter(progress)

    def action() -> None:
        from hipjoint.cli.evaluation_table import show_evaluation
        from hipjoint.evaluation.run import EvaluationJob, run_evaluation

        job = EvaluationJob(predictions, references, out, labels, case_names, overwrite)
        evaluation = run_evaluation(job, voice)
        voice.done(out)
        if progress == "bar":
            show_evaluation(evaluation)

    end(action, voice.failed)


Bones = Annotated[
    Path,
    typer.Argument(
        metavar="BONES",
        help="Label map (.nii, .nii.gz, .nrrd or .mha): 1, 2 right, left femur; 3, 4 hip bones; 5 sacrum. Or the "
        "results of 'segment', or a folder of models (femur_right.stl, ...).",
    ),
]
Placed = Annotated[
    Path | None,
    typer.Option(help="A geometry.json: its cups and stems are measured with the sizes and poses that it has."),
]


@app.command()
def measure(
    source: Bones,
    out: Annotated[Path, typer.Option("--output", "-o", metavar="OUT", help="Folder for the results, a new one.")],
    image: Annotated[
        Path | None, typer.Option(help="The CT in HU, for the canal of the femur: file or DICOM folder.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the results of an earlier run.")] = False,
    series: Annotated[
        str | None, typer.Option(help="Which DICOM series of the scan, by its number, if several show the labels.")
    ] = None,
    landmarks: Annotated[
        Path | None,
        typer.Option(help='A geometry.json: its landmarks with "edited": true take the place of those that are found.'),
    ] = None,
    mesh_format: MeshFormats = "stl",
    report: Annotated[bool, typer.Option("--report/--no-report", help="Draw the report.")] = True,
    implants: Annotated[
        bool, typer.Option("--implants", help="Size a cup and a stem too (generic shapes; the stem needs --image).")
    ] = False,
    placed: Placed = None,
) -> None:
    """Measure the geometry of the hip: head, neck, version, offset, acetabulum, coverage, joint space, pelvis, legs.

    Example: hipjoint measure results/ --image my-scan/ -o geometry
    """

    def action() -> None:
        from hipjoint.cli.geometry_table import show_geometry
        from hipjoint.geometry import GeometryJob, run_geometry

        formats = _formats(mesh_format)
        job = GeometryJob(source, out, image, overwrite, series, landmarks, formats, report, implants, placed)
        show_geometry(run_geometry(job), out / "report.html" if report else out)

    end(action, Quiet().failed)


Femora = Annotated[
    Path | None,
    typer.Option(
        metavar="LABELS",
        help="Label map of the scan: 1, 2 right, left femur; or 11, 12, 21, 22 right and left cortical and "
        "trabecular bone, to be measured as it is.",
        show_default="found by the program",
    ),
]


@app.command()
def compartments(
    source: Input,
    out: Annotated[Path, typer.Option("--output", "-o", metavar="OUT", help="Folder for the results, a new one.")],
    femora: Femora = None,
    inner_surface: Annotated[
        InnerSurface,
        typer.Option(
            help="Where cortical bone ends: 'visible' half-way between both, as QCT programs draw it; 'deconvolved' at "
            "the edge with the blur taken off, for volumes and finite elements.",
        ),
    ] = DEFAULT,
    bmd_slope: Annotated[float | None, typer.Option(help="mg/cm3 for one HU, of a BMD calibration.")] = None,
    bmd_intercept: Annotated[float | None, typer.Option(help="mg/cm3 at 0 HU, of a BMD calibration.")] = None,
    phantom: Annotated[
        str | None, typer.Option(metavar="HU:MG,...", help="HU and mg/cm3 of the rods of a calibration phantom.")
    ] = None,
    device: Device = "auto",
    progress: ProgressMode = "bar",
    threads: Threads = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the results of an earlier run.")] = False,
    series: Annotated[str | None, typer.Option(help="Which DICOM series, by its number in 'hipjoint series'.")] = None,
) -> None:
    """Part the femora in a CT into cortical and trabecular bone: volumes, density, BMD, thickness of the cortex.

    Example: hipjoint compartments my-scan/ --femora labels.nii.gz -o results
    """
    voice = reporter(progress)

    def action() -> None:
        from hipjoint.cli.compartments_table import calibration_of, show_compartments
        from hipjoint.compartments import CompartmentsJob, run_compartments

        calibration = calibration_of(bmd_slope, bmd_intercept, phantom)
        job = CompartmentsJob(source, out, femora, calibration, device, threads, overwrite, series, inner_surface)
        found = run_compartments(job, voice)
        voice.done(out)
        if progress == "bar":
            show_compartments(found, out)

    end(action, voice.failed)


@app.command()
def demo(
    out: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="OUT", help="Folder for the results.", show_default="hipjoint-demo"),
    ] = None,
    device: Device = "auto",
    progress: ProgressMode = "bar",
    threads: Threads = None,
) -> None:
    """Run on the real CT scan that comes with the program, to see what it does."""

    def job() -> Job:
        from hipjoint.resources import sample_path

        folder = out or Path("hipjoint-demo")
        return Job(sample_path(), folder, device=device, threads=threads, overwrite=out is None)

    run_and_tell(job, reporter(progress))


@app.command()
def models(
    verify: Annotated[
        bool, typer.Option("--verify", help="Also read each file and compare its checksum (SHA-256).")
    ] = False,
) -> None:
    """List the trained models that come with the program, with version and licence."""

    def action() -> None:
        from hipjoint.cli.listings import list_models

        list_models(verify=verify)

    end(action, Quiet().failed)


@app.command()
def series(source: Input) -> None:
    """List the DICOM series in a folder or zip, to choose one with 'segment --series'."""

    def action() -> None:
        from hipjoint.cli.listings import list_series

        list_series(source)

    end(action, Quiet().failed)


def run_and_tell(make_job: Callable[[], Job], voice: Reporter, load: Callable[[str], RunTask] = load_task) -> NoReturn:
    """Run a job, tell ``voice`` how it ends, and end the process with the exit code."""

    def action() -> None:
        voice.step("Starting", 0.0)
        job = make_job()
        run_job(job, voice, load)
        voice.done(job.out)

    end(action, voice.failed)
