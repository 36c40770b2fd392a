using System.Globalization;
using System.Text;
using Hale.Contribute;
using Hale.Declare;

namespace Hale.Produce;

/// <summary>A plan as people read it: for goldens and <c>hale check --show</c>. Store paths appear as <c>«name»</c>.</summary>
public static class PlanText
{
    /// <summary>The whole plan.</summary>
    public static string Render(HostPlan plan)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"host {plan.Host.Name} ({plan.Host.Platform.ToString().ToLowerInvariant()})\n");
        foreach (var derivation in plan.Derivations)
            if (derivation is not TextFile)
                Block(text, $"build «{derivation.Name}»", derivation.Describe());
        foreach (var file in plan.Files)
            Block(text, $"file {file.Path}", file.Content is TextFile content ? content.Content.ToString() : file.Content.Path);
        foreach (var (unit, file) in plan.Units.Zip(plan.UnitFiles))
            Block(text, $"unit {unit.Name}", file.Content.ToString());
        foreach (var derivation in plan.Derivations.OfType<TextFile>())
            if (!plan.Files.Any(file => file.Content == derivation) && !plan.UnitFiles.Contains(derivation))
                Block(text, $"text «{derivation.Name}»", derivation.Content.ToString());
        foreach (var secret in plan.Secrets)
            text.Append(CultureInfo.InvariantCulture, $"secret {secret.Secret.Name} ({Source(secret.Secret)}){Place(secret.Staged)}\n");
        foreach (var template in plan.Templates)
            text.Append(CultureInfo.InvariantCulture, $"template {template.TemplateName} ({template.Format.ToString().ToLowerInvariant()}){Place(template)}\n");
        foreach (var state in plan.State)
            text.Append(CultureInfo.InvariantCulture, $"state {state.Name}{State(state)}\n");
        foreach (var check in plan.Checks)
            text.Append(CultureInfo.InvariantCulture, $"check {check}\n");
        foreach (var port in plan.Ports)
            text.Append(CultureInfo.InvariantCulture, $"port {port.Label}\n");
        foreach (var reachable in plan.Reachable)
            text.Append(CultureInfo.InvariantCulture, $"reachable {reachable.Name} {reachable.Url}\n");
        foreach (var derivation in plan.Derivations)
            text.Replace(derivation.Path, $"«{derivation.Name}»");
        return text.ToString();
    }

    private static string Source(Secret secret) => secret.Origin switch
    {
        SecretOrigin.Machine => $"generated, {secret.Shape!.Length} characters",
        SecretOrigin.SopsFile => $"all of {secret.File}",
        _ when secret.File.Length > 0 => $"{secret.Key} of {secret.File}",
        _ => "from the sops files",
    };

    private static string Place(StagedFile file) => string.Concat(
        file is { Owner: "root", Group: "root", Mode: "0400" } ? "" : $", {file.Owner}:{file.Group} {file.Mode}",
        file.Path.Length == 0 ? "" : $", at {file.Path}",
        file is MachineSecret { NeededForUsers: true } ? ", before users" : "",
        file.Restart.Count == 0 ? "" : $", restarts {string.Join(' ', file.Restart)}",
        file.Reload.Count == 0 ? "" : $", reloads {string.Join(' ', file.Reload)}");

    private static string State(StateDirectory state) => string.Concat(
        $" at {string.Join(' ', state.Places)}, written by {string.Join(' ', state.Units)}",
        state.Identity.Length == 0 ? "" : $", {state.IdentityName} {state.Identity}",
        state.Format.Text.Length == 0 ? "" : $", format {state.Format}",
        state.WhenFormatChanges != FormatChange.Migrate ? "" : $", migrated{(state.UpgradesFrom.Length == 0 ? "" : $" from {state.UpgradesFrom}")} after a snapshot",
        state.GoesBack ? ", also back" : "");

    private static void Block(StringBuilder text, string title, string body)
    {
        text.Append(title).Append('\n');
        foreach (var line in body.TrimEnd('\n').Split('\n'))
            text.Append(line.Length == 0 ? "" : "    ").Append(line).Append('\n');
    }
}
