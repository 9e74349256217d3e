"""What the env tools are given: the text of a .env file, or the variables themselves. Spec section 6."""

from typing import Annotated

from pydantic import Field, StringConstraints

from codeb.adapters.env_files import DotenvText, read_dotenv
from codeb.domain.variables import MOST, MOST_NAME, require_variables
from codeb.errors import InvalidInput
from codeb.tools.params import DryRun, EnvironmentParams

Dotenv = Annotated[str, StringConstraints(max_length=1_000_000)]
Name = Annotated[str, StringConstraints(max_length=MOST_NAME)]


class SyncParams(EnvironmentParams, DryRun):
    content: Dotenv | None = Field(default=None, description="text in the format of a .env file")
    env_content: Dotenv | None = Field(default=None, description="the same; an older name")
    variables: dict[str, str] | None = Field(
        default=None, max_length=MOST, description="names and values, instead of a text; values are taken as they are"
    )
    merge: bool = Field(default=True, description="keep the variables that are not named; false replaces them all")
    remove: list[Name] = Field(default=[], max_length=MOST, description="names to take away; only where merge is true")


def given(params: SyncParams) -> DotenvText:
    """The variables to store. Raises InvalidInput with the field, the line's number or a name, never with a value."""
    texts = [read(field, text) for field, text in _texts(params)]
    if params.variables is not None:
        require_variables("variables", params.variables)
        texts.append(DotenvText(params.variables))
    if any(each.variables != texts[0].variables for each in texts):
        raise InvalidInput("variables", "content, envContent and variables say different things; send one of them")
    found = texts[0] if texts else DotenvText({})
    _require_sense(params, found, anything=bool(texts))
    return found


def read(field: str, text: str) -> DotenvText:
    found = read_dotenv(text, field)
    require_variables(field, found.variables)
    return found


def _texts(params: SyncParams) -> list[tuple[str, str]]:
    texts = {"content": params.content, "envContent": params.env_content}
    return [(field, text) for field, text in texts.items() if text is not None]


def _require_sense(params: SyncParams, found: DotenvText, *, anything: bool) -> None:
    if params.remove and not params.merge:
        raise InvalidInput("remove", "merge is false, which takes away whatever is not named; leave one of them out")
    if both := sorted(found.variables.keys() & set(params.remove)):
        raise InvalidInput("remove", f"{both[0]} is to be stored and to be taken away")
    if not anything and not params.remove:
        raise InvalidInput("content", "there is nothing to store: send the text of a .env file, or variables")
