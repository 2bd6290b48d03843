import json
from pathlib import Path

import pytest

from clearpane.cli import main
from clearpane.pages.builtin import BUILTIN
from clearpane.pages.samples import SAMPLES

VIRUS = "virus-block-page"


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules" / "pages").mkdir(parents=True)
    return Path("rules/pages")


def write(folder: Path, body: str, name: str = VIRUS) -> None:
    (folder / f"{name}.html").write_text(
        f'<!DOCTYPE html>\n<html lang="en"><title>t</title>\n{body}', "utf-8"
    )


class TestExport:
    def test_every_page_is_written(self, rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["pages", "export", "own/pages"]) == 0
        written = {path.stem: path.read_text("utf-8") for path in Path("own/pages").iterdir()}
        assert written == BUILTIN
        assert capsys.readouterr().out == "own/pages: 9 pages written\n"

    def test_nothing_is_written_over(self, rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
        write(rules, "mine")
        (rules / "url-coach-text.html").symlink_to("nowhere")
        assert main(["pages", "export", str(rules)]) == 2
        assert len(list(rules.iterdir())) == 2, "not one of the others either"
        lines = capsys.readouterr().err.splitlines()
        assert [line.partition(": error: ")[0] for line in lines] == [
            f"clearpane: rules/pages/{VIRUS}.html",
            "clearpane: rules/pages/url-coach-text.html",
        ]


class TestCheck:
    def test_own_pages_without_a_fault(
        self, rules: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["pages", "export", str(rules)]) == 0
        (rules / f"{VIRUS}.html").unlink()
        capsys.readouterr()
        assert main(["pages", "check"]) == 0
        assert capsys.readouterr().out == (
            "rules/pages: 8 pages, 0 errors, 0 warnings; the other 1 are built in\n"
        )

    def test_all_that_is_wrong_with_its_place(
        self, rules: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        write(rules, '<p><fnam/></p>\n<div><img src="https://a.example/x.png">')
        write(rules, "x", "url-coach-text")
        write(rules, "x", "url-blok-page")
        (rules / "file-block-page.html").write_bytes(b"<!DOCTYPE html>\n\xff")
        (rules / "application-block-page.html").mkdir()
        assert main(["pages", "check"]) == 1
        *lines, last = capsys.readouterr().out.splitlines()
        for expected in (
            "rules/pages/virus-block-page.html:3:4: error: unknown token <fnam/> (did you mean",
            "rules/pages/virus-block-page.html:4:1: error: <div> is not closed",
            "rules/pages/virus-block-page.html:4:6: error: external reference src=https://a.exam",
            "rules/pages/url-coach-text.html: error: there is no <pan_form/>",
            "rules/pages/url-blok-page.html: error: there is no page url-blok-page (did you mean",
            "rules/pages/file-block-page.html:2:1: error: this is not UTF-8",
            "rules/pages/application-block-page.html: error: this file is a folder",
        ):
            assert [line for line in lines if line.startswith(expected)], expected
        assert last.startswith("rules/pages: 3 pages, 7 errors, 0 warnings")

    def test_what_the_gateway_passes_over_is_passed_over(
        self, rules: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        write(rules, "x", "._an-editors-own")
        (rules / "README.md").write_text("x", "utf-8")
        assert main(["pages", "check"]) == 0
        assert "0 pages, 0 errors, 0 warnings" in capsys.readouterr().out

    def test_warnings_alone_are_no_fault(
        self, rules: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        write(rules, "<p><issuer/></p>")
        assert main(["pages", "check"]) == 0
        assert "1 page, 0 errors, 1 warning;" in capsys.readouterr().out

    def test_a_page_that_is_too_large(
        self, rules: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        write(rules, "x" * 18_000)
        assert main(["pages", "check"]) == 1
        assert "at most 17,999 are served" in capsys.readouterr().out

    def test_without_any_folder_all_are_built_in(
        self, rules: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["pages", "check", "--rules", "nowhere"]) == 0
        assert "0 pages" in capsys.readouterr().out


class TestPreview:
    @pytest.mark.parametrize("name", list(SAMPLES))
    def test_every_page(self, rules: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
        assert main(["pages", "preview", name]) == 0
        shown = capsys.readouterr().out
        assert shown.startswith("<!DOCTYPE html>") and "alice" in shown

    def test_ones_own_page(self, rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
        write(rules, "<p>mine: <fname/></p>")
        assert main(["pages", "preview", VIRUS]) == 0
        assert "mine: setup.exe" in capsys.readouterr().out

    def test_a_broken_page_is_not_shown(
        self, rules: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        write(rules, "<fnam/>")
        assert main(["pages", "preview", VIRUS]) == 2
        read = capsys.readouterr()
        assert read.out == "" and "unknown token <fnam/>" in read.err

    def test_as_json(self, rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["pages", "preview", VIRUS, "--json-page"]) == 0
        assert json.loads(capsys.readouterr().out)["reason"] == ["virus"]

    def test_into_a_new_file_only(self, rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["pages", "preview", "url-override", "--out", "page.html"]) == 0
        assert 'type="password"' in Path("page.html").read_text("utf-8")
        assert "page.html: " in capsys.readouterr().out
        assert main(["pages", "preview", VIRUS, "--out", "page.html"]) == 2
        assert 'type="password"' in Path("page.html").read_text("utf-8")
        assert "this file is there" in capsys.readouterr().err

    def test_an_unknown_name_is_told_what_there_is(
        self, rules: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as ended:
            main(["pages", "preview", "nothing"])
        assert ended.value.code == 2
        assert "ssl-optout-text" in capsys.readouterr().err
