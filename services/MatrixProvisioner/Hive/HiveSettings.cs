using System.Text.Json;
using ServiceHost;

namespace MatrixProvisioner.Hive;

/// <summary>What the program is told about the hive: by environment variables, by credentials, and by the declaration they name.</summary>
internal sealed record HiveSettings
{
    public required Uri HomeserverUrl { get; init; }

    /// <summary>The part after the colon in user ids.</summary>
    public required string ServerName { get; init; }

    public required HiveDeclaration Declaration { get; init; }

    /// <summary>What an account is made with.</summary>
    public required SecretText RegistrationToken { get; init; }

    /// <summary>What the accounts' passwords follow from.</summary>
    public required SecretText PasswordSeed { get; init; }

    /// <summary>The folder where room ids and the admin's token are kept.</summary>
    public required string StateFolder { get; init; }

    /// <summary>The folder with one folder for each agent: that agent's own state.</summary>
    public required string AgentsFolder { get; init; }

    /// <summary>How long the homeserver is waited for in all: until it is up, when it says "later", when it went away or failed.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a homeserver is given to end a request whose connection was cut, before what came of it is looked for the last time.</summary>
    public TimeSpan Settling { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How many agents are dealt with at once.</summary>
    public int AtOnce { get; init; } = 4;

    public string UserId(string localPart) => $"@{localPart}:{ServerName}";

    /// <exception cref="SettingsException">Something is missing or cannot be meant.</exception>
    public static HiveSettings FromEnvironment(Func<string, string?> environment)
    {
        var reader = new SettingsReader(environment);
        var problems = new List<string>();
        var settings = new HiveSettings
        {
            HomeserverUrl = reader.Url("HOMESERVER_URL", required: true) ?? new Uri("http://missing.invalid"),
            ServerName = reader.ServerName("SERVER_NAME"),
            RegistrationToken = reader.Secret("REGISTRATION_TOKEN_FILE", "registration_token"),
            PasswordSeed = reader.Secret("PASSWORD_SEED_FILE", "password_seed"),
            Declaration = Read(environment("HIVE_DECLARATION"), problems),
            StateFolder = Folder("STATE_DIRECTORY"),
            AgentsFolder = Folder("AGENTS_DIRECTORY"),
            Patience = TimeSpan.FromSeconds(Seconds("HOMESERVER_WAIT_SECONDS", 300)),
        };
        return reader.Problems.Count + problems.Count == 0 ? settings : throw new SettingsException([.. reader.Problems, .. problems]);

        int Seconds(string variable, int otherwise)
        {
            if (environment(variable) is not { Length: > 0 } text)
                return otherwise;
            if (!int.TryParse(text, out var seconds) || seconds < 0)
                problems.Add($"{variable} is \"{text}\", not a number of seconds.");
            return seconds;
        }

        string Folder(string variable)
        {
            if (environment(variable) is { Length: > 0 } path && Directory.Exists(path))
                return path;
            problems.Add($"{variable} is \"{environment(variable)}\", which is not a folder.");
            return "";
        }
    }

    private static HiveDeclaration Read(string? path, List<string> problems)
    {
        var nothing = new RoomDeclaration("", "", "", []);
        try
        {
            if (!string.IsNullOrEmpty(path))
                return HiveDeclaration.Parse(File.ReadAllText(path));
            problems.Add("HIVE_DECLARATION is not set. Set it to the file that says what there is to be.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            problems.Add($"The declaration {path} cannot be read: {error.Message}");
        }
        return new HiveDeclaration { Admin = "", Space = nothing, Rooms = [], Agents = [], RoomVersion = "" };
    }
}
