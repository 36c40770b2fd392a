namespace Hale.Store.Closure;

/// <summary>Where a secret's value comes from.</summary>
public enum SecretOrigin
{
    /// <summary>Made on the machine at first activation and kept in <c>/var/lib/hale/secrets/NAME</c>, 0600 root.</summary>
    Generated,

    /// <summary>In a sops file that came with the system, encrypted to the machine's key.</summary>
    Provided,
}

/// <summary>Something secret below <c>/run/secrets</c>: who may read it, and whom a change of its content concerns.</summary>
public abstract record ManifestStaged
{
    /// <summary>Path-like name: <c>matrix/registration_token</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The user who owns the file.</summary>
    public string Owner { get; init; } = "root";

    /// <summary>Its group.</summary>
    public string Group { get; init; } = "root";

    /// <summary>Its mode in octal; nothing for others.</summary>
    public string Mode { get; init; } = "0400";

    /// <summary>An absolute path where a link to it stands; empty for none.</summary>
    public string Link { get; init; } = "";

    /// <summary>Units that restart when its content changes, apart from those that name it in <see cref="ManifestUnit.Secrets"/>.</summary>
    public IReadOnlyList<string> Restart { get; init; } = [];

    /// <summary>Units that reload when its content changes, as long as nothing restarts them.</summary>
    public IReadOnlyList<string> Reload { get; init; } = [];
}

/// <summary>A secret's name, source and shape; never its value. It lies at <c>/run/secrets/NAME</c>.</summary>
public sealed record ManifestSecret : ManifestStaged
{
    /// <summary>Where its value comes from.</summary>
    public SecretOrigin Origin { get; init; }

    /// <summary>Characters to draw from, for a generated one; <c>0123456789abcdef</c> by default.</summary>
    public string Alphabet { get; init; } = "0123456789abcdef";

    /// <summary>Number of characters, 1 to 4096; 64 by default (256 bits of hex).</summary>
    public int Length { get; init; } = 64;

    /// <summary>For a provided one, the sops file: its path below <see cref="SystemManifest.Sealed"/>.</summary>
    public string File { get; init; } = "";

    /// <summary>For a provided one, the value's path in the file, keys joined by slashes; empty for the whole file, decrypted.</summary>
    public string Key { get; init; } = "";

    /// <summary>Whether it is there before users are made: also at <c>/run/secrets-for-users/NAME</c>, for root alone.</summary>
    public bool ForUsers { get; init; }
}

/// <summary>A file with secrets in it. It lies at <c>/run/secrets/rendered/NAME</c>.</summary>
public sealed record ManifestTemplate : ManifestStaged
{
    /// <summary>
    /// Store path of the text, with <c>{{secret:NAME}}</c> where the whole quoted value goes, and <c>{{secret:NAME|part}}</c>
    /// (escaped, without quotes), <c>{{secret:NAME|url}}</c> (percent-encoded), <c>{{secret:NAME|raw}}</c> (as it is).
    /// </summary>
    public required string Path { get; init; }

    /// <summary>How values are quoted.</summary>
    public TemplateFormat Format { get; init; }
}

/// <summary>How a template quotes a value.</summary>
public enum TemplateFormat
{
    /// <summary>Not at all.</summary>
    Plain,

    /// <summary>As a value of an environment file (systemd.exec(5), EnvironmentFile=), in double quotes.</summary>
    Environment,

    /// <summary>As a JSON string (RFC 8259, 7).</summary>
    Json,

    /// <summary>As a basic string of TOML 1.0.</summary>
    Toml,

    /// <summary>As a double-quoted scalar of YAML 1.2 (7.3.1).</summary>
    Yaml,
}
