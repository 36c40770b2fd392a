namespace Hale.Secrets;

/// <summary>The formats of sops files.</summary>
public enum SopsFormat
{
    /// <summary>One YAML document whose top is a map.</summary>
    Yaml,

    /// <summary>One JSON object.</summary>
    Json,

    /// <summary>Lines <c>NAME=value</c>; a line end within a value is written <c>\n</c>.</summary>
    Dotenv,

    /// <summary>Sections of <c>name = value</c>.</summary>
    Ini,

    /// <summary>Any bytes, encrypted as a whole; the encrypted file is JSON.</summary>
    Binary,
}

/// <summary>Which format a file has, by its name, as sops decides it.</summary>
public static class SopsFormats
{
    /// <summary>The format of a file of that name: .yaml, .yml, .json, .env, .ini; any other is binary.</summary>
    /// <param name="path">The file, which need not exist.</param>
    public static SopsFormat Of(string path) => Path.GetExtension(path) switch
    {
        ".yaml" or ".yml" => SopsFormat.Yaml,
        ".json" => SopsFormat.Json,
        ".env" => SopsFormat.Dotenv,
        ".ini" => SopsFormat.Ini,
        _ => Path.GetFileName(path) == ".env" ? SopsFormat.Dotenv : SopsFormat.Binary,
    };
}
