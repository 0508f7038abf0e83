"""RecipeManagement and ConfigurationManagement: what the line may be changed over to, and what judges now."""

from collections import OrderedDict
from datetime import UTC, datetime
from typing import Any

from asyncua import ua
from asyncua.common.utils import ServiceError

from inspection.line.opcua.identities import configuration, external_recipe, internal_recipe, title_of
from inspection.line.opcua.methods import ERRORS, Call, structure
from inspection.line.opcua.vision import ROOT, Vision
from inspection.line.orders import AskRecipes, CancelRecipe, PrepareRecipe
from inspection.line.refusal import Refused
from inspection.line.result import Named
from inspection.people.key_role import KeyRole

RECIPES, CONFIGURATIONS = f"{ROOT}.RecipeManagement", f"{ROOT}.ConfigurationManagement"
_RECIPE_PREPARED = "1022"
_MOST_PREPARED = 100
_FALSE, _TRUE = 0, 1
_SEVERITY = 100


class Recipes:
    """Methods of both objects."""

    def __init__(self, vision: Vision) -> None:
        self._vision = vision
        self.prepared: OrderedDict[str, Named] = OrderedDict()
        """Recipes that partners have prepared, by their SHA-256, the last one last."""
        self._since = datetime.now(UTC)
        self._shown: str | None = None

    async def build(self) -> None:
        """Have the methods answered."""
        add = self._vision.add_method
        add(f"{RECIPES}.PrepareRecipe", self._prepare)
        add(f"{RECIPES}.UnprepareRecipe", self._unprepare)
        add(f"{RECIPES}.GetRecipeListFiltered", self._list)
        add(f"{CONFIGURATIONS}.ActivateConfiguration", self._activate)
        add(f"{CONFIGURATIONS}.GetConfigurationById", self._configuration)
        add(f"{CONFIGURATIONS}.GetConfigurationList", self._configurations)
        await self.show()

    async def show(self) -> None:
        """What judges now."""
        setup = self._setup()
        if setup != self._shown:
            self._shown, self._since = setup, datetime.now(UTC)
            told = ua.Variant(self._told_configuration(), ua.VariantType.ExtensionObject)
            await self._vision.write(f"{CONFIGURATIONS}.ActiveConfiguration", told)

    def in_force(self) -> Named:
        """The recipe that judges now."""
        return self._vision.link.status.recipe

    async def _prepare(self, call: Call, external: Any, internal: Any) -> tuple[Any, ...]:
        async with self._vision.turn:
            if self._vision.machines.automatic != "Ready" or not self._vision.machines.is_operational:
                self._vision.check("PrepareRecipe")
            wanted, digest = _asked(external), _asked(internal)
            name = wanted or digest
            if name is None:
                return internal_recipe(_NONE), False, ERRORS["invalid"]
            if wanted is not None and digest is not None and wanted != digest:
                return internal_recipe(_NONE), False, ERRORS["conflict"]
            try:
                recipe = await self._load(call, name, _hash(internal) or _hash(external))
            except Refused as refused:
                if refused.name == "forbidden":
                    raise
                return internal_recipe(_NONE), False, ERRORS[refused.name]
            self.prepared[recipe.sha256] = recipe
            self.prepared.move_to_end(recipe.sha256)
            while len(self.prepared) > _MOST_PREPARED:
                self.prepared.popitem(last=False)
            if self._vision.machines.automatic == "Initialized":
                await self._vision.step("PrepareRecipe")
            extension = ua.VariantType.ExtensionObject
            fields = {
                "InternalId": ua.Variant(internal_recipe(recipe), extension),
                "ExternalId": ua.Variant(external_recipe(recipe), extension),
                "ProductId": ua.Variant(structure("ProductIdDataType", Id=""), extension),
            }
            await self._vision.tell(_RECIPE_PREPARED, f"{title_of(recipe)} is prepared", _SEVERITY, fields)
            return internal_recipe(recipe), True, 0

    async def _load(self, call: Call, name: str, digest: str | None) -> Named:
        """The recipe, ready to judge. Raises Refused: unknown, another hash, broken."""
        now = self.in_force()
        if name in (now.name, title_of(now)):
            self._vision.may(call, KeyRole.TRIGGER)
            if digest is not None and digest != now.sha256:
                raise Refused("recipe-refused", f"{title_of(now)} has the SHA-256 {now.sha256}, not {digest}.")
            return now
        why = f"PrepareRecipe by {call.by or 'an OPC UA partner'}"
        told = await self._vision.ask(call, PrepareRecipe(recipe=name, why=why, sha256=digest))
        return Named.model_validate(told["recipe"])

    async def _unprepare(self, call: Call, external: Any, internal: Any) -> tuple[Any, ...]:
        async with self._vision.turn:
            self._vision.may(call, KeyRole.TRIGGER)
            if self._vision.machines.automatic != "Initialized" or not self._vision.machines.is_operational:
                self._vision.check("UnprepareRecipe")
            name = _asked(external) or _asked(internal)
            found = next((each for each in self.prepared.values() if name in (each.name, title_of(each))), None)
            if found is None or (_hash(internal) not in (None, found.sha256)):
                return internal_recipe(_NONE), ERRORS["not-found"]
            coming = self._vision.link.status.change_recipe
            if coming is not None and coming.sha256 == found.sha256:
                try:
                    await self._vision.ask(call, CancelRecipe(why=f"UnprepareRecipe by {call.by or 'a partner'}"))
                except Refused as refused:
                    if refused.name == "forbidden":
                        raise
                    return internal_recipe(_NONE), ERRORS[refused.name]
            del self.prepared[found.sha256]
            if not self.prepared and self._vision.machines.automatic == "Ready":
                await self._vision.step("UnprepareRecipe")
            return internal_recipe(found), 0

    async def _list(
        self, call: Call, external: Any, product: Any, is_prepared: int, most: int, start: int, timeout_ms: int
    ) -> tuple[Any, ...]:
        """`product` narrows to nothing: recipes are not kept by product here."""
        shelf = await self._vision.ask(call, AskRecipes())
        if is_prepared not in (_FALSE, _TRUE, 2):
            raise ServiceError(ua.StatusCodes.BadInvalidArgument)
        name, found = _asked(external), []
        for each in shelf:
            recipe = Named.model_validate(each["recipe"])
            prepared = recipe.sha256 in self.prepared
            if name not in (None, recipe.name, title_of(recipe), each["title"]) or _asked(product) is not None:
                continue
            if is_prepared in (_FALSE, _TRUE) and prepared != (is_prepared == _TRUE):
                continue
            found.append(internal_recipe(recipe))
        page = found[start : start + most] if most else found[start:]
        return start + len(page) >= len(found), len(page), 0, page, 0

    async def _activate(self, call: Call, internal: Any) -> tuple[int]:
        """The one that judges is the only one, and active."""
        self._vision.may(call, KeyRole.TRIGGER)
        return (0 if self._is_known(internal) else ERRORS["not-found"],)

    async def _configuration(self, call: Call, internal: Any, timeout_ms: int) -> tuple[Any, ...]:
        return 0, self._told_configuration(), 0 if self._is_known(internal) else ERRORS["not-found"]

    async def _configurations(self, call: Call, most: int, start: int, timeout_ms: int) -> tuple[Any, ...]:
        page = [self._told_configuration()][start:]
        return True, len(page), 0, page, 0

    def _is_known(self, internal: Any) -> bool:
        known = configuration(self._setup())
        return _asked(internal) == known.Id and _hash(internal) in (None, self._setup())

    def _setup(self) -> str | None:
        return next(iter(self._vision.link.status.setups.values()), None)

    def _told_configuration(self) -> Any:
        known = configuration(self._setup())
        return structure(
            "ConfigurationDataType",
            HasTransferableDataOnFile=False,
            ExternalId=known,
            InternalId=known,
            LastModified=self._since,
        )


_NONE = Named(name="", version="", sha256="")


def _asked(told: Any) -> str | None:
    return (told.Id or None) if told is not None else None


def _hash(told: Any) -> str | None:
    return bytes(told.Hash).hex() if told is not None and told.Hash else None
