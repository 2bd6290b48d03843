import io
import zipfile
from hashlib import sha256
from pathlib import Path

from clearpane.cli.demonstration import files

# As EICAR publishes it for the file of 68 octets.
DIGEST = "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f"


def member(archive: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert opened.namelist() == [name]
        return opened.read(name)


def test_it_is_the_eicar_file() -> None:
    assert sha256(files.eicar()).hexdigest() == DIGEST


def test_the_four_downloads() -> None:
    found = files.downloads()
    assert list(found) == ["eicar.com", "eicar.com.txt", "eicar_com.zip", "eicarcom2.zip"]
    assert found["eicar.com"] == found["eicar.com.txt"] == files.eicar()
    assert member(found["eicar_com.zip"], "eicar.com") == files.eicar()
    assert member(found["eicarcom2.zip"], "eicar_com.zip") == found["eicar_com.zip"]


def test_it_stands_whole_neither_in_the_source_nor_in_its_compiled_form() -> None:
    source = Path(files.__file__)
    assert files.eicar() not in source.read_bytes()
    assert not [p for p in source.parent.rglob("files.*.pyc") if files.eicar() in p.read_bytes()]
