// What the gateway costs a client of the homeserver. See README.md.
using GatewayBench;
using Hale.Catalogue;
using Hale.Catalogue.Tests;
using Hale.Declare;

const int Rounds = 10;

var matrix = new Matrix { ServerName = "example.org", GatewayHost = Connection.Name, Port = RunningProgram.FreePort() };
using var synapse = await RunningSynapse.StartAsync(matrix);
using var caddy = await RunningCaddy.StartAsync(new Host("one") { Modules = { new Caddy(), matrix } });
using var direct = Connection.To("http", synapse.Port, null);
using var through = Connection.To("https", caddy.HttpsPort, caddy.Authority);
var chat = await Chat.BeginAsync(direct, synapse.Credential("registration_shared_secret"));

var processes = new Processes(synapse.ProcessId, caddy.ProcessId);
processes.Part();
Side[] sides = [new(direct, chat, processes), new(through, chat, processes)];
// The first round warms everything.
for (var round = 0; round <= Rounds; round++)
    foreach (var side in sides)
        await side.RunAsync(isWarming: round == 0);

const string beside = "at Synapse itself";
var (at, by) = (sides[0], sides[1]);
new Figure($"{Side.Mixed} requests as clients ask, through the gateway, {Connection.Most} at once", by.Mix)
{ GoalRatio = 1 / 0.9, Baseline = beside, BaselineRuns = at.Mix }.Print();
new Figure($"{Side.Many} times the least request, through the gateway, {Connection.Most} at once", by.Least)
{ GoalRatio = 1 / 0.9, Baseline = beside, BaselineRuns = at.Least }.Print();
new Figure("a request through the gateway, alone", by.Alone) { Unit = "ms", Goal = Figure.Median(at.Alone) + 1, Baseline = beside, BaselineRuns = at.Alone }.Print();
new Figure($"{Side.Mixed} requests as clients ask, the gateway's processor time", by.GatewayTime) { Baseline = "Synapse's", BaselineRuns = by.SynapseTime }.Print();
new Figure($"{Side.Mixed} requests as clients ask, this client's processor time", by.ClientTime) { Baseline = beside, BaselineRuns = at.ClientTime }.Print();
