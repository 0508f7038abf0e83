// A line's program, written with node-opcua: goes through a shift, and prints what it heard as one line of JSON.
// Arguments: endpoint, security mode (None, Sign, SignAndEncrypt), certificate, key, user, password, recipe.
import * as opcua from "node-opcua-client";

const [endpoint, mode, certificateFile, privateKeyFile, userName, password, recipe] = process.argv.slice(2);
const URI = "http://opcfoundation.org/UA/MachineVision";
const { AttributeIds, DataType, MessageSecurityMode, OPCUAClient, SecurityPolicy, StatusCodes, UserTokenType, Variant, VariantArrayType } = opcua;

const client = OPCUAClient.create({
  applicationName: "a line",
  applicationUri: "urn:a-line",
  endpointMustExist: false,
  connectionStrategy: { maxRetry: 3, initialDelay: 200 },
  securityMode: MessageSecurityMode[mode],
  securityPolicy: mode === "None" ? SecurityPolicy.None : SecurityPolicy.Basic256Sha256,
  ...(certificateFile ? { certificateFile, privateKeyFile } : {}),
});
await client.connect(endpoint);
const session = await client.createSession(
  userName ? { type: UserTokenType.UserName, userName, password } : { type: UserTokenType.Anonymous },
);
const spaces = (await session.read({ nodeId: "i=2255", attributeId: AttributeIds.Value })).value.value;
const model = spaces.indexOf(URI);
const own = spaces.findIndex((each) => each.endsWith(":line"));
const node = (path) => `ns=${own};s=${path}`;

const browsed = await session.browse({ nodeId: node("VisionSystem"), resultMask: 63, browseDirection: 0, includeSubtypes: true, referenceTypeId: "i=33" });
const seen = browsed.references.map((each) => each.browseName.name).sort();

async function structure(id, fields) {
  return await session.constructExtensionObject(opcua.resolveNodeId(`ns=${model};i=${id}`), fields);
}
async function call(object, method, ...inputArguments) {
  const answer = await session.call({ objectId: node(object), methodId: node(`${object}.${method}`), inputArguments });
  if (!answer.statusCode.equals(StatusCodes.Good)) throw new Error(`${method}: ${answer.statusCode.toString()}`);
  return answer.outputArguments.map((each) => each.value);
}
const object = (value) => new Variant({ dataType: DataType.ExtensionObject, value });
const cause = [new Variant({ dataType: DataType.Int32, value: 0 }), new Variant({ dataType: DataType.String, value: "a line" })];
const MACHINE = "VisionSystem.VisionStateMachine";
const AUTOMATIC = `${MACHINE}.AutomaticModeStateMachine`;
const state = async (machine) =>
  (await session.read({ nodeId: node(`${machine}.CurrentState`), attributeId: AttributeIds.Value })).value.value.text;

const heard = [];
const subscription = await session.createSubscription2({
  requestedPublishingInterval: 50, requestedMaxKeepAliveCount: 20, requestedLifetimeCount: 100,
  maxNotificationsPerPublish: 0, publishingEnabled: true, priority: 1,
});
const names = ["EventType", `${model}:ResultId`, `${model}:JobId`, `${model}:ResultContent`];
const item = await subscription.monitor(
  { nodeId: node("VisionSystem"), attributeId: AttributeIds.EventNotifier },
  { samplingInterval: 0, discardOldest: true, queueSize: 400, filter: opcua.constructEventFilter(names) },
  opcua.TimestampsToReturn.Both,
);
item.on("changed", (fields) => heard.push(fields));

if ((await state(MACHINE)) !== "Preoperational") await call(MACHINE, "Reset", ...cause);
const states = [await state(MACHINE)];
await call(MACHINE, "SelectModeAutomatic");
states.push(await state(AUTOMATIC));
const [internal, completed] = await call(
  "VisionSystem.RecipeManagement", "PrepareRecipe",
  object(await structure(3002, { id: recipe })), object(await structure(3013, { id: "" })),
);
states.push(await state(AUTOMATIC));
const [job, error] = await call(
  AUTOMATIC, "StartContinuous",
  object(await structure(3015, { id: "meas" })), object(await structure(3004, { id: "" })),
  object(await structure(3002, { id: recipe })), object(await structure(3003, { id: "" })),
  new Variant({ dataType: DataType.Variant, arrayType: VariantArrayType.Array, value: [] }),
);
states.push(await state(AUTOMATIC));
const ofJob = () => heard.filter((fields) => fields[1].value && fields[2].value && fields[2].value.id === job.id);
while (ofJob().length < 3) await new Promise((go) => setTimeout(go, 20));
await call(AUTOMATIC, "Stop", ...cause);
states.push(await state(AUTOMATIC));
await call(MACHINE, "Halt", ...cause);
states.push(await state(MACHINE));
await call(MACHINE, "Reset", ...cause);
states.push(await state(MACHINE));
const results = ofJob().map((fields) => ({
  id: fields[1].value.id,
  sequence: fields[3].value[1].value[1],
  evaluation: fields[3].value[3].value,
}));
console.log(JSON.stringify({ seen, states, hash: internal.hash.toString("hex"), completed, error, results }));
await session.close();
await client.disconnect();
