using System.Text.Json;
using Hale.Activator.Machine;
using Hale.Store.Closure;

namespace Hale.Activator.Commands;

/// <summary>The JSON of events. What an activation says is written by hand (<see cref="JsonLine"/>), all else by the serializer; it is the same text.</summary>
internal static class EventText
{
    internal static byte[] Of(ActivationEvent @event) => Line(@event)?.Bytes() ?? JsonSerializer.SerializeToUtf8Bytes(@event, EventJson.Default.ActivationEvent);

    private static JsonLine? Line(ActivationEvent @event) => @event switch
    {
        StepEvent step => Event("step").Add("step", step.Step).Add("state", step.State).Add("subject", step.Subject).Add("detail", step.Detail),
        CheckEvent check => Event("check").Add("name", check.Name).Add("unit", check.Unit).Add("state", check.State).Add("seconds", check.Seconds).Add("detail", check.Detail),
        WarningEvent warning => Event("warning").Add("message", warning.Message).Add("hint", warning.Hint),
        AwaitingEvent awaiting => Event("awaiting").Add("token", awaiting.Token).Add("seconds", awaiting.Seconds),
        ResultEvent result => Event("result").Add("outcome", result.Outcome).Add("generation", result.Generation).Add("system", result.System)
            .Add("errors", result.Errors, error => new JsonLine().Add("message", error.Message).Add("hint", error.Hint).Add("unit", error.Unit).Add("log", error.Log)),
        PlanEvent { Plan: { State.Count: 0, Detail: null } plan } => Event("plan").Add("plan", Plan(plan)),
        _ => null,
    };

    private static JsonLine Event(string kind) => new JsonLine().Add("event", kind);

    private static JsonLine Plan(ActivationPlan plan) => new JsonLine()
        .Add("host", plan.Host)
        .Add("first", plan.First)
        .Add("oldRevision", plan.OldRevision)
        .Add("newRevision", plan.NewRevision)
        .Add("units", plan.Units, unit => new JsonLine().Add("name", unit.Name).Add("action", unit.Action).Add("reason", unit.Reason).Add("detail", unit.Detail))
        .Add("links", plan.Links, link => new JsonLine().Add("path", link.Path).Add("change", link.Change))
        .Add("files", plan.Files, file => new JsonLine().Add("path", file.Path).Add("change", file.Change))
        .Add("daemonReload", plan.DaemonReload)
        .Add("sysusers", plan.Sysusers)
        .Add("tmpfiles", plan.Tmpfiles)
        .Add("secretsMade", plan.SecretsMade)
        .Add("secretsAwaited", plan.SecretsAwaited)
        .Add("secretsChanged", plan.SecretsChanged)
        .Add("secretsUnknown", plan.SecretsUnknown)
        .Add("portsOpened", plan.PortsOpened)
        .Add("portsClosed", plan.PortsClosed)
        .Add("packages", plan.Packages, package => new JsonLine().Add("name", package.Name).Add("old", package.Old).Add("new", package.New))
        .Add("state", [])
        .Add("isEmpty", plan.IsEmpty);
}
