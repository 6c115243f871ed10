"""The files that people edit in the folders of a coordinator and of a bank."""

import pytest

from credit.errors import FederationError
from federated.engines.coordinator import Coordinator
from federated.membership import load_membership


@pytest.mark.parametrize(
    ("file", "read", "content", "told"),
    [
        (
            "coordinator.yaml",
            Coordinator,
            "hosts: [a]\ngate_port: 70000\n",
            "line 2, column 1: gate_port: .*65535",
        ),
        ("coordinator.yaml", Coordinator, "hosts: [a\n", "line 2, column 1: not valid YAML"),
        ("bank.yaml", load_membership, "name: x\nname: y\n", "line 2, column 1: name is named twice"),
        ("bank.yaml", load_membership, "name: 01\n", "line 1, column 1: name: .*put quotes around it"),
    ],
)
def test_a_wrong_setting_is_refused_at_its_line(tmp_path, file, read, content, told):
    (tmp_path / file).write_text(content)
    with pytest.raises(FederationError, match=f"{file}, {told}"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("read", "command"), [(Coordinator, "coordinator init"), (load_membership, "bank init")]
)
def test_a_folder_without_its_file_names_the_command_that_makes_it(tmp_path, read, command):
    with pytest.raises(FederationError, match=f"make .* by `fedcredit {command}`"):
        read(tmp_path)
