using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hale.Declare;

/// <summary>
/// A reference to a secret: its name and where it comes from, never its value. Evaluation has no values, so there is
/// nothing to print, to compare or to leak; a service is handed the value on the machine, as a systemd credential.
/// </summary>
[JsonConverter(typeof(NoJson))]
public sealed record Secret
{
    /// <summary>The digits a generated secret is drawn from unless said otherwise.</summary>
    public const string Hex = "0123456789abcdef";

    /// <summary>What stands in a text that a secret was written into by mistake; evaluation refuses every text that holds it.</summary>
    internal const string Misplaced = "⟨secret ";

    private Secret(string name) => Name = name;

    /// <summary>The path-like name, the same in every place that means this secret: <c>matrix/registration_token</c>.</summary>
    public string Name { get; }

    /// <summary>Whether the machine makes the value for itself at its first activation.</summary>
    public bool IsGenerated => Origin == SecretOrigin.Machine;

    /// <summary>Where the value comes from.</summary>
    public SecretOrigin Origin { get; private init; }

    /// <summary>The sops file, relative to fleet.cs; empty looks in <c>secrets/HOST</c>, <c>secrets/common</c> and <c>secrets</c>.</summary>
    public string File { get; private init; } = "";

    /// <summary>The value's path in the file, keys joined by slashes; the name where nothing else is said.</summary>
    public string Key { get; private init; } = "";

    /// <summary>
    /// How a value is made: on the machine for a generated one, by <c>hale secrets generate</c> for one in a sops file;
    /// null where only its owner can give it.
    /// </summary>
    public SecretShape? Shape { get; private init; }

    /// <summary>A secret in a sops file beside fleet.cs, under this name.</summary>
    /// <param name="name">Its name; slashes lead into nested keys: <c>bot/access_token</c>.</param>
    /// <param name="shape">How <c>hale secrets generate</c> makes a value; none where only its owner can give it.</param>
    public static Secret Named(string name, SecretShape? shape = null) => new(name) { Key = name, Shape = shape };

    /// <summary>A secret that the machine makes for itself, once, and keeps.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="length">Characters, 8 to 4096; 64 hexadecimal digits are 256 bits.</param>
    /// <param name="alphabet">The characters to draw from, at least two, each once.</param>
    public static Secret Generated(string name, int length = 64, string alphabet = Hex) =>
        new(name) { Origin = SecretOrigin.Machine, Shape = SecretShape.Text(length, alphabet) };

    /// <summary>The same secret, read from this sops file.</summary>
    /// <param name="file">Its path, relative to fleet.cs.</param>
    /// <param name="key">The value's path in it, keys joined by slashes; the secret's name where nothing is said.</param>
    public Secret From(string file, string? key = null) => this with { Origin = SecretOrigin.SopsValue, File = file, Key = key ?? Name };

    /// <summary>The whole of a sops file, decrypted: a binary one, or one that a program reads as it is (<c>.env</c>, <c>.ini</c>).</summary>
    /// <param name="name">The secret's name.</param>
    /// <param name="file">The file's path, relative to fleet.cs.</param>
    public static Secret OfFile(string name, string file) => new(name) { Origin = SecretOrigin.SopsFile, File = file };

    /// <summary>The same secret with another's shape where this one has none.</summary>
    internal Secret WithShapeOf(Secret other) => Shape is null ? this with { Shape = other.Shape } : this;

    /// <summary>The same name with a made-up value, for a test machine.</summary>
    internal Secret StandIn() => IsGenerated ? this : Generated(Name) with { Shape = Shape is { Kind: SecretKind.Text } text ? text : SecretShape.Hex() };

    /// <summary>Where the value lies on a running machine, in memory only.</summary>
    public string MachinePath => $"/run/secrets/{Name}";

    /// <summary>A marker with the name; there is no value to show, and a text with the marker in it is refused.</summary>
    public override string ToString() => $"{Misplaced}{Name}⟩";

    private sealed class NoJson : JsonConverter<Secret>
    {
        public override Secret Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw No("");

        public override void Write(Utf8JsonWriter writer, Secret value, JsonSerializerOptions options) => throw No(value.Name);

        private static NotSupportedException No(string name) =>
            new($"The secret {name} has no value at evaluation, so it cannot be serialised; write a SecretTemplate instead.");
    }
}

/// <summary>Where a secret's value comes from.</summary>
public enum SecretOrigin
{
    /// <summary>One value in a sops file.</summary>
    SopsValue,

    /// <summary>The whole of a sops file.</summary>
    SopsFile,

    /// <summary>The machine, which makes it once and keeps it.</summary>
    Machine,
}
