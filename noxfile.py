# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checks of this collection, each a session of nox: `nox --list` shows them, `nox -s NAME` runs one.

The default sessions are those of `make test`; `make test-all` runs the others, too. CONTRIBUTING.md says what each of
them guards. Each session makes its virtual environment anew, and each that runs tests its copy of the collection and
its home folder, too. So no session depends on another one, or on an earlier run.
"""

from __future__ import annotations

import ast
import atexit
import configparser
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import antsibull_nox
import nox

ROOT = Path(__file__).resolve().parent
COLLECTION = Path("ansible_collections/community/vonage")
GROUPS = nox.project.load_toml("pyproject.toml")

# The ansible-cores that the collection supports, each on one of the Pythons that it supports, so that each Python from
# 3.10 on is one of a controller. pyproject.toml has the releases, in the groups core-2-16 and so on.
CORES = {"2.16": "3.10", "2.17": "3.12", "2.18": "3.13", "2.19": "3.11", "2.20": "3.12", "2.21": "3.13"}
OLDEST, MIDDLE, NEWEST = "2.16", "2.19", "2.21"
ON_MIDDLE = CORES[MIDDLE]
# The oldest Python that modules run on.
OLDEST_PYTHON = "3.9"

# The release of pip that the ansible-test of each core asks for.
PIP = {"2.16": "23.1.2", "2.17": "23.1.2", "2.18": "24.2", "2.19": "24.2", "2.20": "25.2", "2.21": "25.2"}

# The system tests that need services beside Vonage, and the collections that speak to these.
SERVICE_FAULTS = "tests/system/test_service_faults.py"
SERVICES = (
    "tests/system/test_central_consumers.py",
    "tests/system/test_fake_kubernetes.py",
    "tests/system/test_stores.py",
    SERVICE_FAULTS,
)

Session = Callable[[nox.Session], None]

nox.needs_version = ">=2025.5.1"
nox.options.default_venv_backend = "uv|virtualenv"


# -- the environment of all sessions -----------------------------------------------------------------------------------


def set_environment() -> None:
    """Make the environment the same on every machine."""
    # A developer's own settings and, above all, the credentials of a real account must not get into a test.
    tools = ("GIT_", "MAKE", "PYTEST_", "PYTHON", "VIRTUAL_ENV")
    services = ("ANSIBLE_", "AWS_", "CONTROLLER_", "K8S_", "KUBECONFIG", "TOWER_", "VAULT_", "VONAGE_")
    for name in [name for name in os.environ if name.startswith(tools + services)]:
        del os.environ[name]
    os.environ["LC_ALL"] = "C.UTF-8"
    # A shim of pyenv exists for every Python that was ever installed, and fails for those that are not chosen.
    # ansible-test calls each python3.x that it finds, so the Pythons themselves stand in PATH, and no shims.
    path = os.environ.get("PATH", os.defpath).split(os.pathsep)
    shims = [Path(folder) for folder in path if Path(folder).name == "shims" and "pyenv" in folder]
    roots = [Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser(), *(folder.parent for folder in shims)]
    pythons = [str(folder) for root in dict.fromkeys(roots) for folder in sorted(root.glob("versions/3.*/bin"))]
    os.environ["PATH"] = os.pathsep.join([*(folder for folder in path if Path(folder) not in shims), *pythons])
    # uv does not read the settings of pip.
    os.environ.setdefault("UV_PYTHON_DOWNLOADS", "never")
    os.environ.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    variables = {"index-url": "UV_DEFAULT_INDEX", "extra-index-url": "UV_INDEX", "cert": "SSL_CERT_FILE"}
    for key in variables.keys() & PIP_SETTINGS.keys():
        os.environ.setdefault(variables[key], " ".join(PIP_SETTINGS[key].split()))


def read_pip_settings() -> dict[str, str]:
    """Read where the user's pip takes packages from."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    lines = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    settings = {}
    # The environment, which pip lists as ":env:", comes last, since it overrides the files.
    for line in sorted(lines, key=lambda line: line.startswith(":env:")):
        name, value = line.split("=", maxsplit=1)
        key = name.rpartition(".")[2]
        if key in ("cert", "client-cert", "extra-index-url", "find-links", "index-url", "proxy", "trusted-host"):
            settings[key] = ast.literal_eval(value)
    return settings


PIP_SETTINGS = read_pip_settings()
set_environment()


# -- what the sessions share -------------------------------------------------------------------------------------------


def add(name: str, function: Session, python: str | None = None, *, default: bool = False, tag: str = "") -> None:
    """Add a session.

    :param name: Its name.
    :param function: What it does; its docstring is the description.
    :param python: The Python of its environment; by default the one that runs nox.
    :param default: Whether `make test` runs it.
    :param tag: `test-all` for a session that only `make test-all` runs.
    """
    nox.session(name=name, python=python, default=default, tags=[tag] if tag else [])(function)


def install(session: nox.Session, *groups: str) -> None:
    """Install groups of pyproject.toml."""
    session.install(*nox.project.dependency_groups(GROUPS, *groups))


def temporary_folder() -> Path:
    """Make a folder that lasts as long as nox runs.

    It lies outside of the repository: inside, ansible-test would ask git which files to test, hear that the folder is
    ignored, test nothing, and end well.
    """
    folder = Path(tempfile.mkdtemp(prefix="vonage-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def copy_collection() -> Path:
    """Copy what git would commit to a new folder, and return the folder above ansible_collections.

    ansible-test and mypy want the collection under this name, and see through symbolic links.
    """
    place = temporary_folder()
    command = ["git", "ls-files", "-coz", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    for path in filter(None, listed.split("\0")):
        # git also lists what was deleted and not yet committed.
        if os.path.lexists(ROOT / path):
            target = place / COLLECTION / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / path, target, follow_symlinks=False)
    return place


def environment(session: nox.Session, **more: str) -> dict[str, str]:
    """The environment of everything that is tested: a new home folder, and the certificates of the session's Python.

    :param more: Further variables.
    """
    home = temporary_folder()
    config = configparser.RawConfigParser()
    config["global"] = PIP_SETTINGS
    file = home / ".config/pip/pip.conf"
    file.parent.mkdir(parents=True)
    file.touch(mode=0o600)
    with file.open("w") as stream:
        config.write(stream)
    # Libraries such as the Kubernetes client keep caches there.
    (home / "tmp").mkdir()
    env = {"HOME": str(home), "NO_COLOR": "1", "TMPDIR": str(home / "tmp"), **more}
    # With this variable, requests forgets Session.verify. Some machines have it, so all tests run with it.
    for bundle in Path(session.virtualenv.location).glob("lib/python3.*/site-packages/certifi/cacert.pem"):
        env["REQUESTS_CA_BUNDLE"] = str(bundle)
    return env


def build(session: nox.Session) -> tuple[Path, Path]:
    """Build the tarball, and install it into a clean path as a user would.

    :returns: The tarball, and the path that it is installed in.
    """
    place, target = copy_collection(), temporary_folder()
    galaxy = ("ansible-galaxy", "collection")
    env = environment(session)
    with session.chdir(place / COLLECTION):
        session.run(*galaxy, "build", "--output-path", str(target), silent=True, env=env)
    (tarball,) = target.glob("*.tar.gz")
    session.run(*galaxy, "install", "--offline", str(tarball), "-p", str(target / "collections"), silent=True, env=env)
    return tarball, target / "collections"


def ansible_test(session: nox.Session, core: str, *commands: str, variables: dict[str, bool] | None = None) -> Path:
    """Run commands of ansible-test in a copy of the collection.

    :param core: Of ansible-core, for the pip that it asks for.
    :param commands: Each without the word ansible-test.
    :param variables: For the integration targets.
    :returns: The copy.
    """
    env = environment(session)
    # ansible-test downloads a script that installs pip, unless it finds one here; see tests/tools/get_pip.py.
    cache = Path(env["HOME"], ".ansible/test/cache")
    cache.mkdir(parents=True)
    shutil.copy2("tests/tools/get_pip.py", cache / f"get_pip_{PIP[core].replace('.', '_')}.py")
    session.install("--target", str(cache / f"pip-{PIP[core]}"), f"pip=={PIP[core]}")
    copy = copy_collection() / COLLECTION
    if variables:
        (copy / "tests/integration/integration_config.yml").write_text(json.dumps(variables), encoding="utf-8")
    with session.chdir(copy):
        for command in commands:
            output = session.run(
                "ansible-test", *command.split(), *session.posargs, "--color", "no", env=env, silent=True
            )
            print(output)
            # It says so and ends well when it found nothing to test.
            if "All targets skipped" in str(output):
                session.error("ansible-test found nothing to test")
            # It warns of a Python that it does not find, and ends well. A later one than those below is not supported.
            missing = sorted(set(re.findall(r"on Python (3\.(?:9|1[0-3])) because it could not be found", str(output))))
            if missing:
                session.skip(f"all but the tests on Python {', '.join(missing)} passed: this machine does not have it")
    return copy


# -- linters and packaging ---------------------------------------------------------------------------------------------


def ruff(session: nox.Session) -> None:
    """Lint all Python and check its format."""
    install(session, "ruff")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", "--diff", ".")


def mypy(session: nox.Session) -> None:
    """Check the types of plugins, simulator, tools, proof and benchmark."""
    install(session, "mypy")
    place = copy_collection()
    with session.chdir(place / COLLECTION):
        for path, target in (
            (place, ("-p", "ansible_collections.community.vonage.plugins")),
            ("roles/simulator/files", ("-p", "vonage_simulator")),
            ("", ("noxfile.py", "tests/tools")),
            (f"tests/proof:roles/simulator/files:{place}", ("tests/proof",)),
            ("tests/bench:roles/simulator/files", ("tests/bench",)),
        ):
            session.run("mypy", *target, env={"MYPYPATH": str(path)})


def changelog(session: nox.Session) -> None:
    """Check the changelog fragments."""
    install(session, "changelog")
    session.run("antsibull-changelog", "lint")


def galaxy(session: nox.Session) -> None:
    """Build, install and verify the collection, and import it as Galaxy does."""
    install(session, "galaxy")
    tarball, collections = build(session)
    env = environment(session, ANSIBLE_COLLECTIONS_PATH=str(collections))
    session.run("ansible-galaxy", "collection", "verify", "--offline", "community.vonage", env=env)
    # An execution environment must be given what the modules import.
    found = session.run("ansible-builder", "introspect", "--sanitize", str(collections), silent=True, env=env)
    if "requests" not in str(found):
        session.error("ansible-builder does not find the requirement 'requests'")
    with session.chdir(tarball.parent):
        log = session.run(
            *("python", "-m", "galaxy_importer.main", tarball.name),
            env={**env, "GALAXY_IMPORTER_CHECK_REQUIRED_TAGS": "true"},
            silent=True,
        )
    # It ends well in spite of findings. (That is why this is not the session build-import-check of antsibull-nox.)
    findings = [line for line in str(log).splitlines() if line.startswith(("WARNING", "ERROR"))]
    if findings:
        session.error("\n".join(findings))


# -- tests -------------------------------------------------------------------------------------------------------------


def pytest(session: nox.Session, core: str, *arguments: str, extra: str = "", installed: bool = False) -> None:
    """Run tests with pytest in a copy of the collection; paths among the arguments of nox replace those below.

    :param core: Of ansible-core.
    :param extra: The group of pyproject.toml that has what the tests need beside ansible-core and pytest.
    :param installed: Whether Ansible is to find the collection as a user installs it, too.
    """
    install(session, group_of(core), *([extra] if extra else []))
    place = copy_collection()
    more = {"ANSIBLE_COLLECTIONS_PATH": str(build(session)[1])} if installed else {"PYTHONPATH": str(place)}
    named = any(argument.startswith("tests/") for argument in session.posargs)
    kept = [argument for argument in arguments if not (named and argument.startswith("tests/"))]
    with session.chdir(place / COLLECTION):
        session.run("pytest", "-n", "2", *kept, *session.posargs, env=environment(session, **more))


def system_tests(session: nox.Session, core: str, *selection: str) -> None:
    """Run system tests that need no services beside Vonage."""
    ignored = [f"--ignore={file}" for file in SERVICES]
    pytest(session, core, "tests/system", *ignored, *selection, extra="system", installed=True)


def group_of(core: str) -> str:
    return f"core-{core.replace('.', '-')}"


def add_core(core: str, python: str) -> None:
    """Add the sessions that exist for each ansible-core.

    :param core: Of ansible-core.
    :param python: Of the controller.
    """
    group = group_of(core)

    def units(session: nox.Session) -> None:
        pytest(session, core, "tests/unit")

    def sanity(session: nox.Session) -> None:
        install(session, group)
        ansible_test(session, core, "sanity")

    def integration(session: nox.Session) -> None:
        install(session, group)
        ansible_test(session, core, f"integration --python {python}")

    def rotation(session: nox.Session) -> None:
        system_tests(session, core, "-k", "test_a_rotation_and_a_second_run")

    def system(session: nox.Session) -> None:
        system_tests(session, core, "-m", "every_core")

    def services(session: nox.Session) -> None:
        service_tests(session, core, "-m", "every_core")

    def proof(session: nox.Session) -> None:
        pytest(session, core, "tests/proof/test_matrix.py", "tests/proof/test_check_mode.py")

    units.__doc__ = f"Run the unit tests on ansible-core {core} and Python {python}."
    sanity.__doc__ = f"Run the sanity tests of ansible-core {core}."
    integration.__doc__ = f"Run the integration targets on ansible-core {core} and Python {python}."
    rotation.__doc__ = f"Rotate once on ansible-core {core}."
    system.__doc__ = f"Run the system tests of the marker every_core on ansible-core {core}."
    proof.__doc__ = f"Play the whole crash matrix, and check mode from all states, on ansible-core {core}."
    services.__doc__ = f"Run the tests of the session services with the marker every_core on ansible-core {core}."
    # The session coverage runs the unit tests and the integration targets of the middle core.
    tag = "" if core == MIDDLE else "test-all"
    add(f"units-{core}", units, python, default=core == NEWEST, tag=tag)
    add(f"sanity-{core}", sanity, python, default=core == NEWEST, tag="test-all")
    add(f"integration-{core}", integration, python, tag=tag)
    add(f"rotation-{core}", rotation, python, default=core in (OLDEST, NEWEST), tag=tag)
    if core in (OLDEST, NEWEST):
        add(f"system-{core}", system, python, tag=tag)
        add(f"services-{core}", services, python, tag=tag)
    if core in (OLDEST, MIDDLE, NEWEST):
        add(f"proof-{core}", proof, python, tag="test-all")


def units_oldest_python(session: nox.Session) -> None:
    """Run the unit tests of what a module needs on the oldest Python and the oldest requests."""
    # Ansible carries these parts of ansible-core to a Python that it does not run on. ansible-test does the same, but
    # runs each test in a process of its own, in four times the time.
    ansible = temporary_folder()
    (core,) = [one for one in nox.project.dependency_groups(GROUPS, "demo") if one.startswith("ansible-core")]
    session.install("--no-deps", "--python-version", ON_MIDDLE, "--target", str(ansible), core)
    install(session, f"units-python-{OLDEST_PYTHON.replace('.', '-')}")
    place = copy_collection()
    env = environment(session, PYTHONPATH=f"{place}{os.pathsep}{ansible}")
    with session.chdir(place / COLLECTION):
        paths = ("tests/unit/plugins/module_utils", "tests/unit/plugins/modules")
        session.run("pytest", "-n", "2", *paths, *session.posargs, env=env)


def integration_oldest_python(session: nox.Session) -> None:
    """Run one case of each kind of the integration targets, as modules on the oldest Python, and in process."""
    run_on_oldest_python(session, {"first_cases": True})


def integration_oldest_python_full(session: nox.Session) -> None:
    """Run all integration targets, as modules on the oldest Python and the oldest requests, and in process."""
    run_on_oldest_python(session, {})


def run_on_oldest_python(session: nox.Session, variables: dict[str, bool]) -> None:
    if not shutil.which(f"python{OLDEST_PYTHON}"):
        message = f"Python {OLDEST_PYTHON} not found"
        session.error(message) if antsibull_nox.IN_CI else session.skip(message)
    install(session, group_of(MIDDLE))
    controller = f"--controller origin:python=venv/{CORES[MIDDLE]}"
    target = f"--target controller:python=venv/{OLDEST_PYTHON}"
    ansible_test(session, MIDDLE, f"integration --requirements {controller} {target}", variables=variables)


def proof(session: nox.Session) -> None:
    """Prove that a rotation survives anything: some cases of the crash matrix, scenarios, mutants, histories."""
    pytest(session, MIDDLE, "tests/proof", "-m", "not full")


def proof_full(session: nox.Session) -> None:
    """Prove it at each moment of two runs at once, and in the scenarios that take many runs."""
    pytest(session, MIDDLE, "tests/proof/test_scenarios.py", "-m", "full")


def proof_deep(session: nox.Session) -> None:
    """Play histories of rotations that are new each time."""
    session.env["PROOF_PROFILE"] = "deep"
    pytest(session, MIDDLE, "tests/proof/test_any_history.py")


def system(session: nox.Session) -> None:
    """Run the system tests without the marker full."""
    system_tests(session, MIDDLE, "-m", "not full")


def system_full(session: nox.Session) -> None:
    """Run the system tests with the marker full: further cases of what the session system shows."""
    system_tests(session, MIDDLE, "-m", "full")


def service_tests(session: nox.Session, core: str, *selection: str) -> None:
    """Run system tests with stores and consumers beside Vonage."""
    extra = f"services-{core.replace('.', '-')}"
    pytest(session, core, *SERVICES, *selection, extra=extra, installed=True)


def services(session: nox.Session) -> None:
    """Run the system tests with stores and consumers beside Vonage."""
    service_tests(session, MIDDLE, "-m", "not full")


def services_full(session: nox.Session) -> None:
    """Run the further cases of the session services."""
    service_tests(session, MIDDLE, "-m", "full")


def coverage(session: nox.Session) -> None:
    """Measure which lines and branches of plugins/ the unit tests and the integration targets run; at least 95 %."""
    install(session, group_of(MIDDLE), "coverage")
    copy = ansible_test(
        session,
        MIDDLE,
        f"units --coverage --python {CORES[MIDDLE]}",
        f"integration --coverage --python {CORES[MIDDLE]}",
        "coverage combine",
    )
    with session.chdir(copy):
        # A file that nothing imported is in no data: this adds it, with none of its lines run.
        session.run("coverage", "run", "--append", "-m", "compileall", "-q", "plugins")
        session.run("coverage", "report")


def devel(session: nox.Session) -> None:
    """Run the unit tests on the development branch of ansible-core, where it can be had."""
    install(session, "units")
    source = "https://github.com/ansible/ansible/archive/devel.tar.gz"
    try:
        session.install(f"ansible-core @ {source}", silent=True)
    except nox.command.CommandFailed:
        session.skip(f"{source} cannot be downloaded or installed")
    place = copy_collection()
    with session.chdir(place / COLLECTION):
        session.run(
            *("pytest", "-n", "2", "tests/unit", *session.posargs), env=environment(session, PYTHONPATH=str(place))
        )


# -- the demo, the benchmark and what is written by a program ----------------------------------------------------------


def demo(session: nox.Session) -> None:
    """Rotate an API secret against the simulator, with the collection as a user gets it."""
    install(session, "demo")
    _tarball, collections = build(session)
    session.run("python", "tests/demo/demo.py", env=environment(session, ANSIBLE_COLLECTIONS_PATH=str(collections)))


def bench_self_test(session: nox.Session) -> None:
    """Run the first part of the benchmark with the smallest numbers: that it runs, and not how fast anything is."""
    run_bench_self_test(session, "--loop")


def bench_self_test_full(session: nox.Session) -> None:
    """Run all parts of the benchmark with the smallest numbers."""
    run_bench_self_test(session)


def run_bench_self_test(session: nox.Session, *arguments: str) -> None:
    install(session, "bench")
    _tarball, collections = build(session)
    session.run(
        *("python", "tests/bench/self_test.py", "--collections", str(collections), *arguments),
        env=environment(session),
    )


def bench(session: nox.Session) -> None:
    """Measure what the collection costs; arguments are names of parts, and --rounds."""
    install(session, "bench")
    _tarball, collections = build(session)
    first = first_version(session)
    session.run(
        *("python", "tests/bench/bench.py", "--collections", str(collections)),
        *(["--first", str(first)] if first else []),
        *session.posargs,
        env=environment(session),
    )


def first_version(session: nox.Session) -> Path | None:
    """Take the first version of the role, which the rotation is compared with, from the history of the repository."""
    commit = "09c073530b72c08ea812b1ad68c8a253f081f3c4"
    place = temporary_folder()
    (place / COLLECTION).mkdir(parents=True)
    archive = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=False)
    if archive.returncode:
        session.warn(f"Commit {commit[:7]} is not in this repository: git fetch --unshallow completes a shallow clone")
        return None
    subprocess.run(["tar", "-x", "-C", str(place / COLLECTION)], input=archive.stdout, check=True)
    return place


def crash_matrix(session: nox.Session) -> None:
    """Play all cases of tests/proof/matrix.py, and write docs/crash-matrix.md."""
    install(session, group_of(MIDDLE))
    place = copy_collection()
    with session.chdir(place / COLLECTION):
        page = session.run(
            "python", "tests/proof/matrix.py", env=environment(session, PYTHONPATH=str(place)), silent=True
        )
    Path("docs/crash-matrix.md").write_text(str(page), encoding="utf-8")


def service_faults(session: nox.Session) -> None:
    """Try each central consumer and each store with each fault of its service, and write docs/service-faults.md."""
    session.env["WRITE_SERVICE_FAULTS"] = str(ROOT / "docs" / "service-faults.md")
    # In one process, which writes the page.
    pytest(session, MIDDLE, SERVICE_FAULTS, "-n", "0", extra=f"services-{MIDDLE.replace('.', '-')}", installed=True)


# -- the list, beginning with what takes longest -----------------------------------------------------------------------

add("system", system, ON_MIDDLE, default=True)
add("system-full", system_full, ON_MIDDLE, tag="test-all")
add("coverage", coverage, ON_MIDDLE, tag="test-all")
add("proof-deep", proof_deep, ON_MIDDLE, tag="test-all")
add("proof-full", proof_full, ON_MIDDLE, tag="test-all")
add("integration-oldest-python", integration_oldest_python, ON_MIDDLE, default=True)
add("integration-oldest-python-full", integration_oldest_python_full, ON_MIDDLE, tag="test-all")
add("proof", proof, ON_MIDDLE, default=True)
add("services", services, ON_MIDDLE, default=True)
for core, python in reversed(CORES.items()):
    add_core(core, python)
add("units-oldest-python", units_oldest_python, OLDEST_PYTHON, default=True)
add("services-full", services_full, ON_MIDDLE, tag="test-all")
add("galaxy", galaxy, ON_MIDDLE, default=True)
add("bench-self-test", bench_self_test, default=True)
add("bench-self-test-full", bench_self_test_full, tag="test-all")
add("demo", demo, default=True)
add("mypy", mypy, ON_MIDDLE, default=True)
antsibull_nox.load_antsibull_nox_toml()
add("ruff", ruff, default=True)
add("changelog", changelog, default=True)
add("devel", devel, CORES[NEWEST], tag="test-all")
add("bench", bench)
add("crash-matrix", crash_matrix, ON_MIDDLE)
add("service-faults", service_faults, ON_MIDDLE)
