using Sodium;

namespace Registration.Page;

/// <summary>A file that the page loads. Its address carries its hash: browsers keep it for good and still get a new one.</summary>
internal sealed record Asset(string Path, string ContentType, byte[] Bytes)
{
    public static Asset Style { get; } = Load("app.css", "text/css; charset=utf-8");

    public static Asset Script { get; } = Load("app.js", "text/javascript; charset=utf-8");

    public static Asset Icon { get; } = Load("icon.svg", "image/svg+xml");

    public string Address { get; } = $"{Path}?v={Convert.ToHexStringLower(SodiumHash.Sha256(Bytes))[..12]}";

    private static Asset Load(string name, string contentType)
    {
        using var stream = typeof(Asset).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The asset {name} was not built into the program.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return new Asset($"/register/{name}", contentType, bytes);
    }
}
