using Hale.Contribute;
using Hale.Produce;
using Hale.Store;
using Hale.Store.Closure;
using Hale.Store.Paths;
using DeclaredPlatform = Hale.Declare.PlatformNames;

namespace Hale.Operator.Build;

/// <summary>From a plan and what its derivations came to, to the manifest. Pure; the same plan and paths give the same manifest.</summary>
internal static class Manifests
{
    /// <summary>The manifest. Its revision stays out: it would give every commit another system.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="path">The store path of a derivation.</param>
    /// <param name="packages">Packages and versions.</param>
    /// <param name="secrets">The encrypted files.</param>
    public static SystemManifest Of(
        HostPlan plan, Func<Derivation, StorePath> path, IReadOnlyDictionary<string, string> packages, SealedSecrets secrets) => new()
        {
            Host = plan.Host.Name,
            Architecture = DeclaredPlatform.Debian(plan.Host.Platform),
            Units = [.. plan.Units.Zip(plan.UnitFiles, (unit, file) => Unit(unit, path(file), path))],
            Files = [.. plan.Files.Select(file => new ManifestFile { Target = file.Path, Path = $"{path(file.Content)}" })],
            Sealed = secrets.Folder?.ToString(),
            Secrets = [.. plan.Secrets.Select(secret => Secret(secret.Staged, secrets))],
            Templates = [.. plan.Templates.Select(template => Template(template, path(template.File)))],
            State = [.. plan.State.Select(state => State(state, packages))],
            Checks = [.. plan.Checks.Select(check => Check(check, path))],
            Ports = [.. plan.Ports.Select(port => port.Label)],
            Packages = new SortedDictionary<string, string>(packages.ToDictionary(), StringComparer.Ordinal),
        };

    private static ManifestUnit Unit(Unit unit, StorePath file, Func<Derivation, StorePath> path) => new()
    {
        Name = unit.Name,
        Path = $"{file}",
        WantedBy = [.. unit.WantedBy.Order(StringComparer.Ordinal)],
        OnChange = unit.WhenChanged switch
        {
            WhenChanged.Reload => OnChange.Reload,
            WhenChanged.StopStart => OnChange.StopStart,
            WhenChanged.Keep => OnChange.Keep,
            _ => OnChange.Restart,
        },
        ReloadTriggers = [.. unit.ReloadOn.Select(trigger => $"{path(trigger)}").Order(StringComparer.Ordinal)],
        RestartTriggers = [.. unit.RestartOn.Select(trigger => $"{path(trigger)}").Order(StringComparer.Ordinal)],
        Secrets = [.. unit.Credentials.Select(credential => credential.StagedName).Distinct().Order(StringComparer.Ordinal)],
    };

    private static ManifestSecret Secret(MachineSecret staged, SealedSecrets secrets)
    {
        var (file, key) = secrets.Places.GetValueOrDefault(staged.Secret.Name, ("", ""));
        var secret = new ManifestSecret
        {
            Name = staged.StagedName,
            Owner = staged.Owner,
            Group = staged.Group,
            Mode = staged.Mode,
            Link = staged.Path,
            Restart = [.. staged.Restart],
            Reload = [.. staged.Reload],
            ForUsers = staged.NeededForUsers,
            File = file,
            Key = key,
        };
        return staged.Secret is { IsGenerated: true, Shape: { } shape }
            ? secret with { Origin = SecretOrigin.Generated, Alphabet = shape.Alphabet, Length = shape.Length }
            : secret with { Origin = SecretOrigin.Provided };
    }

    private static ManifestTemplate Template(SecretTemplate template, StorePath file) => new()
    {
        Name = template.TemplateName,
        Path = $"{file}",
        Format = Enum.Parse<TemplateFormat>($"{template.Format}"),
        Owner = template.Owner,
        Group = template.Group,
        Mode = template.Mode,
        Link = template.Path,
        Restart = [.. template.Restart],
        Reload = [.. template.Reload],
    };

    private static ManifestState State(StateDirectory state, IReadOnlyDictionary<string, string> packages) => new()
    {
        Name = state.Name,
        Paths = [.. state.Places],
        Units = [.. state.Units.Order(StringComparer.Ordinal)],
        Identity = state.Identity,
        IdentityName = state.IdentityName,
        Format = state.Format.Root is not { } root ? state.Format.Text
            : packages.TryGetValue($"{root.Name}/{state.Format.Text}", out var version) ? Upstream(version)
            : throw new UserError(
                $"The format of the state directory {state.Name} is the version of {state.Format.Text}, which {root.Name} does not hold.",
                $"Name a package of that root in StateFormat.OfPackage."),
        OnChange = state.WhenFormatChanges == Produce.FormatChange.Migrate ? Store.Closure.FormatChange.Migrate : Store.Closure.FormatChange.Refuse,
        UpgradesFrom = state.UpgradesFrom,
        GoesBack = state.GoesBack,
        Advice = state.Advice,
    };

    /// <summary>A version without its epoch and Debian's revision (Debian policy, 5.6.12): what Debian changes about a package changes no data.</summary>
    private static string Upstream(string version)
    {
        var begin = version.IndexOf(':', StringComparison.Ordinal) + 1;
        var end = version.LastIndexOf('-');
        return end > begin ? version[begin..end] : version[begin..];
    }

    private static ManifestCheck Check(HealthCheck check, Func<Derivation, StorePath> path)
    {
        var common = new ManifestCheck
        {
            Name = check.Name,
            Kind = CheckKind.Unit,
            Unit = check.Unit,
            LimitSeconds = (int)Math.Clamp(check.Limit.TotalSeconds, 1, 3600),
            IntervalMilliseconds = (int)Math.Clamp(check.Interval.TotalMilliseconds, 100, 3_600_000),
            Required = check.Required,
        };
        return check switch
        {
            TcpCheck tcp => common with { Kind = CheckKind.Tcp, Address = tcp.Address },
            HttpCheck http => common with
            {
                Kind = CheckKind.Http,
                Address = http.Url,
                HostHeader = http.HostHeader,
                Status = http.Status,
                Contains = http.Contains,
            },
            CommandCheck command => common with { Kind = CheckKind.Command, Address = $"{path(command.Script)}" },
            UnitCheck => common,
            _ => throw new NotSupportedException($"There is no health check of the kind {check.GetType().Name} on a machine."),
        };
    }
}
