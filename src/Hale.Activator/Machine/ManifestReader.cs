using System.Text.Json;
using Hale.Store.Closure;

namespace Hale.Activator.Machine;

/// <summary>
/// Reads <c>manifest.json</c> by hand. The serializer would compile a thousand methods for it, which is most of the time that an
/// activation with nothing to do takes; and it would take a missing property for zero or null. Here each record has exactly
/// its properties, because the writer writes them all; those that came later may be missing in a manifest that is older.
/// </summary>
internal static class ManifestReader
{
    /// <param name="json">The text.</param>
    /// <param name="version">Told its version before anything else of it is read; refuses by an exception.</param>
    /// <exception cref="JsonException">It is no JSON, or not a manifest.</exception>
    internal static SystemManifest Read(ReadOnlyMemory<byte> json, Action<int>? version = null)
    {
        using var document = JsonDocument.Parse(json);
        var e = document.RootElement;
        version?.Invoke(e.ValueKind == JsonValueKind.Object && e.TryGetProperty("version", out var number) && number.ValueKind == JsonValueKind.Number
            ? number.GetInt32()
            : throw new JsonException("it has no version"));
        return Manifest(e);
    }

    private static SystemManifest Manifest(JsonElement e)
    {
        Exactly(
            e, "the manifest", ["sealed", "templates", "state"],
            "version", "host", "architecture", "revision", "units", "files", "secrets", "checks", "ports", "packages");
        return new SystemManifest
        {
            Version = Int(e, "version"),
            Host = Text(e, "host"),
            Architecture = Text(e, "architecture"),
            Revision = TextOrNull(e, "revision"),
            Units = List(e, "units", Unit),
            Files = List(e, "files", File),
            Sealed = TextOrNull(e, "sealed"),
            Secrets = List(e, "secrets", Secret),
            Templates = List(e, "templates", Template),
            State = List(e, "state", State),
            Checks = List(e, "checks", Check),
            Ports = Texts(e, "ports"),
            Packages = Packages(e.GetProperty("packages")),
        };
    }

    private static ManifestUnit Unit(JsonElement e)
    {
        Exactly(e, "a unit", [], "name", "path", "wantedBy", "onChange", "reloadTriggers", "restartTriggers", "secrets");
        return new ManifestUnit
        {
            Name = Text(e, "name"),
            Path = Text(e, "path"),
            WantedBy = Texts(e, "wantedBy"),
            OnChange = (OnChange)Member(e, "onChange", typeof(OnChange)),
            ReloadTriggers = Texts(e, "reloadTriggers"),
            RestartTriggers = Texts(e, "restartTriggers"),
            Secrets = Texts(e, "secrets"),
        };
    }

    private static ManifestFile File(JsonElement e)
    {
        Exactly(e, "a file", [], "target", "path");
        return new ManifestFile { Target = Text(e, "target"), Path = Text(e, "path") };
    }

    private static ManifestSecret Secret(JsonElement e)
    {
        Exactly(
            e, "a secret", ["file", "key", "forUsers", "owner", "group", "mode", "link", "restart", "reload"],
            "name", "origin", "alphabet", "length");
        return Placed(e, new ManifestSecret
        {
            Name = Text(e, "name"),
            Origin = (SecretOrigin)Member(e, "origin", typeof(SecretOrigin)),
            Alphabet = Text(e, "alphabet"),
            Length = Int(e, "length"),
            File = TextOrNull(e, "file") ?? "",
            Key = TextOrNull(e, "key") ?? "",
            ForUsers = e.TryGetProperty("forUsers", out var early) && early.ValueKind == JsonValueKind.True,
        });
    }

    private static ManifestTemplate Template(JsonElement e)
    {
        Exactly(e, "a template", [], "name", "path", "format", "owner", "group", "mode", "link", "restart", "reload");
        return Placed(e, new ManifestTemplate
        {
            Name = Text(e, "name"),
            Path = Text(e, "path"),
            Format = (TemplateFormat)Member(e, "format", typeof(TemplateFormat)),
        });
    }

    /// <summary>What secrets and templates share: where they lie, whose they are, and who follows them.</summary>
    private static T Placed<T>(JsonElement e, T staged)
        where T : ManifestStaged => (T)((ManifestStaged)staged with
        {
            Owner = TextOrNull(e, "owner") ?? staged.Owner,
            Group = TextOrNull(e, "group") ?? staged.Group,
            Mode = TextOrNull(e, "mode") ?? staged.Mode,
            Link = TextOrNull(e, "link") ?? staged.Link,
            Restart = Texts(e, "restart"),
            Reload = Texts(e, "reload"),
        });

    private static ManifestState State(JsonElement e)
    {
        Exactly(e, "a state directory", [], "name", "paths", "units", "identity", "identityName", "format", "onChange", "upgradesFrom", "goesBack", "advice");
        return new ManifestState
        {
            Name = Text(e, "name"),
            Paths = Texts(e, "paths"),
            Units = Texts(e, "units"),
            Identity = Text(e, "identity"),
            IdentityName = Text(e, "identityName"),
            Format = Text(e, "format"),
            OnChange = (FormatChange)Member(e, "onChange", typeof(FormatChange)),
            UpgradesFrom = Text(e, "upgradesFrom"),
            GoesBack = e.GetProperty("goesBack").ValueKind == JsonValueKind.True,
            Advice = Text(e, "advice"),
        };
    }

    private static ManifestCheck Check(JsonElement e)
    {
        Exactly(e, "a check", ["intervalMilliseconds", "required"], "name", "kind", "unit", "address", "hostHeader", "status", "contains", "limitSeconds");
        return new ManifestCheck
        {
            Name = Text(e, "name"),
            Kind = (CheckKind)Member(e, "kind", typeof(CheckKind)),
            Unit = Text(e, "unit"),
            Address = Text(e, "address"),
            HostHeader = Text(e, "hostHeader"),
            Status = Int(e, "status"),
            Contains = Text(e, "contains"),
            LimitSeconds = Int(e, "limitSeconds"),
            IntervalMilliseconds = e.TryGetProperty("intervalMilliseconds", out _) ? Int(e, "intervalMilliseconds") : 200,
            Required = !e.TryGetProperty("required", out var required) || required.ValueKind != JsonValueKind.False,
        };
    }

    private static Dictionary<string, string> Packages(JsonElement e)
    {
        var packages = new Dictionary<string, string>(StringComparer.Ordinal);
        if (e.ValueKind != JsonValueKind.Object)
            throw new JsonException("packages is not an object");
        foreach (var package in e.EnumerateObject())
            packages[package.Name] = package.Value.ValueKind == JsonValueKind.String
                ? package.Value.GetString()!
                : throw new JsonException($"the version of {package.Name} is not a text");
        return packages;
    }

    /// <param name="e">The object.</param>
    /// <param name="what">What to call it.</param>
    /// <param name="later">Properties that the first version of the format did not have: a machine's older generations lack them.</param>
    /// <param name="names">Properties that every version has.</param>
    private static void Exactly(JsonElement e, string what, ReadOnlySpan<string> later, params ReadOnlySpan<string> names)
    {
        if (e.ValueKind != JsonValueKind.Object)
            throw new JsonException($"{what} is not an object");
        foreach (var property in e.EnumerateObject())
            if (!names.Contains(property.Name) && !later.Contains(property.Name))
                throw new JsonException($"{what} has a property '{property.Name}' that is not known");
        foreach (var name in names)
            if (!e.TryGetProperty(name, out _))
                throw new JsonException($"{what} has no '{name}'");
    }

    private static List<string> Texts(JsonElement e, string name) =>
        List(e, name, item => item.ValueKind == JsonValueKind.String
            ? item.GetString()!
            : throw new JsonException($"{name} holds something else than texts"));

    private static List<T> List<T>(JsonElement e, string name, Func<JsonElement, T> read)
    {
        if (!e.TryGetProperty(name, out var list))
            return [];
        if (list.ValueKind != JsonValueKind.Array)
            throw new JsonException($"{name} is not a list");
        var items = new List<T>();
        foreach (var item in list.EnumerateArray())
            items.Add(read(item));
        return items;
    }

    /// <summary>Null also where an older version has no such property.</summary>
    private static string? TextOrNull(JsonElement e, string name) =>
        !e.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null ? null : Text(e, name);

    private static string Text(JsonElement e, string name) =>
        e.GetProperty(name) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : throw new JsonException($"{name} is not a text");

    private static int Int(JsonElement e, string name) =>
        e.GetProperty(name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out var value)
            ? value
            : throw new JsonException($"{name} is not a number");

    private static object Member(JsonElement e, string name, Type type) =>
        Enum.IsDefined(type, Text(e, name)) ? Enum.Parse(type, Text(e, name)) : throw new JsonException($"{name} '{Text(e, name)}' is not known");
}
