"""`inspection keys`: keys by name for programs that talk to the station's API."""

from typing import Annotated

import typer
from pydantic import TypeAdapter

from inspection.cli.console import OUT, print_json
from inspection.cli.reviews import AsJson, Config, StateDir, Who, store_of
from inspection.model.history import user_name
from inspection.people.api_keys import ApiKey, ApiKeys
from inspection.people.key_role import KeyRole

app = typer.Typer(help="Keys by name for programs that talk to the station's API.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="The program's name, as the audit log shall call it.")]


@app.command("add")
def add(
    name: Name,
    role: Annotated[KeyRole, typer.Option(help="What it may do; each role may what those before it may.")],
    config: Config = None,
    state_dir: StateDir = None,
    who: Who = None,
) -> None:
    """Make a key and print it; it is shown this once. The station may run meanwhile and knows it within seconds."""
    with store_of(config, state_dir) as (database, _, _):
        key = ApiKeys(database).add(who or user_name(), name, role)
    print(key)  # noqa: T201 - alone on its line, for a program to take


@app.command("list")
def list_keys(config: Config = None, state_dir: StateDir = None, as_json: AsJson = False) -> None:
    """List all keys there ever were: who made them, what they may do, when they were revoked."""
    with store_of(config, state_dir) as (database, _, _):
        keys = ApiKeys(database).all()
    if as_json:
        print_json(TypeAdapter(list[ApiKey]).dump_python(keys, mode="json"))
        return
    for key in keys:
        state = "good" if key.revoked_utc is None else f"revoked {key.revoked_utc:%Y-%m-%d %H:%M} UTC"
        made = f"made {key.made_utc:%Y-%m-%d %H:%M} UTC by {key.made_by}"
        OUT.print(f"{key.name:<24}{key.role.value:<10}{state}; {made}", markup=False, highlight=False, soft_wrap=True)
    if not keys:
        OUT.print("there are no keys")


@app.command("revoke")
def revoke(name: Name, config: Config = None, state_dir: StateDir = None, who: Who = None) -> None:
    """Take a key's rights away. Programs that use it are cut off within seconds."""
    with store_of(config, state_dir) as (database, _, _):
        ApiKeys(database).revoke(who or user_name(), name)
    OUT.print(f"the key {name} is good no more", markup=False)
