using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.AspNetCore.Http;

namespace ServiceHost;

/// <summary>Reads one variable at a time and remembers what is wrong with it, so that all problems can be told together.</summary>
public sealed class SettingsReader(Func<string, string?> environment)
{
    private readonly List<string> problems = [];

    public IReadOnlyList<string> Problems => problems;

    public string ServerName(string name)
    {
        const string meaning = "Set it to the part after the colon in user ids, such as example.org.";
        var value = Value(name);
        if (value is null)
            problems.Add($"{name} is not set. {meaning}");
        else if (!value.All(character => char.IsAsciiLetterOrDigit(character) || character is '.' or '-' or ':' or '[' or ']'))
            problems.Add($"{name} is \"{value}\", which is not a server name. {meaning}");
        return value ?? "";
    }

    public Uri? Url(string name, bool required) => Url(name, required, ["http", "https"], "http://127.0.0.1:8008");

    /// <summary>A URL of one of these schemes, without a user in it.</summary>
    public Uri? Url(string name, bool required, string[] schemes, string example)
    {
        var kinds = string.Join(" or ", schemes);
        var value = Value(name);
        if (value is null)
        {
            if (required)
                problems.Add($"{name} is not set. Set it to an {kinds} address, such as {example}.");
            return null;
        }
        if (IsUrl(value, schemes, out var url))
            return url;
        problems.Add($"{name} is \"{value}\", which is not an {kinds} address.");
        return null;
    }

    /// <summary>URLs by name: <c>NAME=URL</c>, apart by commas or spaces.</summary>
    public IReadOnlyDictionary<string, Uri> Urls(string name)
    {
        var found = new Dictionary<string, Uri>();
        foreach (var item in (Value(name) ?? "").Split([',', ' '], StringSplitOptions.RemoveEmptyEntries))
            if (item.Split('=', 2) is [{ Length: > 0 } key, var value] && IsUrl(value, ["http", "https"], out var url) && found.TryAdd(key, url))
                continue;
            else
                problems.Add($"{name} holds \"{item}\", which is not a name of its own and its URL, such as example.org=http://127.0.0.1:8008.");
        return found;
    }

    /// <summary>A required variable that <paramref name="parse"/> understands, or says why not.</summary>
    public T? Parsed<T>(string name, string meaning, Func<string, (T? Value, string? Problem)> parse) where T : class
    {
        if (Value(name) is not { } text)
        {
            problems.Add($"{name} is not set. {meaning}");
            return null;
        }
        var (value, problem) = parse(text);
        if (problem is not null)
            problems.Add($"{name} {problem}. {meaning}");
        return value;
    }

    /// <summary>A secret that <paramref name="parse"/> understands, or says why not, without telling it.</summary>
    public T? ParsedSecret<T>(string variable, string credential, Func<string, (T? Value, string? Problem)> parse) where T : class
    {
        var text = Secret(variable, credential).Reveal();
        if (text.Length == 0)
            return null;
        var (value, problem) = parse(text);
        if (problem is not null)
            problems.Add($"The {credential} {problem}; see {variable}.");
        return value;
    }

    public string Listen(string name, string fallback)
    {
        var value = Value(name) ?? fallback;
        if (value.StartsWith("unix:", StringComparison.Ordinal))
            value = $"http://{value}";
        try
        {
            var address = BindingAddress.Parse(value);
            if (address.Scheme == "http" && address.PathBase.Length == 0)
                return value;
        }
        catch (FormatException)
        {
            // Told below, with the value.
        }
        problems.Add($"{name} is \"{value}\". Use http://HOST:PORT, or unix:/PATH for a socket; TLS is the gateway's.");
        return fallback;
    }

    /// <summary>A text, where it is set.</summary>
    public string? Text(string name) => Value(name);

    /// <summary>Several words, apart by spaces or commas.</summary>
    public IReadOnlyList<string> Words(string name) =>
        [.. (Value(name) ?? "").Split([',', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];

    /// <summary>A folder that is there.</summary>
    public string Folder(string name)
    {
        var value = Value(name);
        if (value is null)
            problems.Add($"{name} is not set. Give the unit a state directory, or set it to a folder.");
        else if (!Directory.Exists(value))
            problems.Add($"{name} is \"{value}\", which is no folder.");
        return value ?? "";
    }

    public SecretText Secret(string variable, string credential)
    {
        var folder = Value("CREDENTIALS_DIRECTORY");
        var path = Value(variable) ?? (folder is null ? null : Path.Combine(folder, credential));
        if (path is null)
        {
            problems.Add($"There is no {credential}: "
                + $"give the unit LoadCredential={credential}:FILE, or set {variable} to a file that holds it.");
            return new SecretText("");
        }
        try
        {
            var text = File.ReadAllText(path).Trim();
            if (text.Length == 0)
                problems.Add($"{path} is empty. It must hold the {credential}; see {variable}.");
            return new SecretText(text);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            problems.Add($"{path} cannot be read ({error.Message}). Give the unit LoadCredential={credential}:FILE, or set {variable}.");
            return new SecretText("");
        }
    }

    public IReadOnlyList<IPNetwork> Networks(string name, IReadOnlyList<IPNetwork> fallback)
    {
        if (Value(name) is not { } value)
            return fallback;
        var networks = new List<IPNetwork>();
        foreach (var item in value.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (IPNetwork.TryParse(item, out var network))
                networks.Add(network);
            else if (IPAddress.TryParse(item, out var address))
                networks.Add(new IPNetwork(address, address.GetAddressBytes().Length * 8));
            else
                problems.Add($"{name} holds \"{item}\", which is neither an address nor a network such as 10.0.0.0/8.");
        }
        return networks;
    }

    private static bool IsUrl(string value, string[] schemes, [NotNullWhen(true)] out Uri? url) =>
        Uri.TryCreate(value, UriKind.Absolute, out url) && schemes.Contains(url.Scheme) && url.UserInfo.Length == 0;

    private string? Value(string name) => environment(name)?.Trim() is { Length: > 0 } value ? value : null;
}
