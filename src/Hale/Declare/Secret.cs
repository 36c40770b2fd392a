namespace Hale.Declare;

/// <summary>
/// A reference to a secret: its name and how it comes to be, never its value. Evaluation has no values, so there is
/// nothing to print or to leak; a service is handed the value on the machine, as a systemd credential.
/// </summary>
public sealed record Secret
{
    /// <summary>The digits a generated secret is drawn from unless said otherwise.</summary>
    public const string Hex = "0123456789abcdef";

    private Secret(string name) => Name = name;

    /// <summary>The path-like name, the same in every place that means this secret: <c>matrix/registration_token</c>.</summary>
    public string Name { get; }

    /// <summary>Whether the machine makes the value for itself at its first activation.</summary>
    public bool IsGenerated { get; private init; }

    /// <summary>The characters a generated value is drawn from.</summary>
    public string Alphabet { get; private init; } = Hex;

    /// <summary>The number of characters of a generated value.</summary>
    public int Length { get; private init; } = 64;

    /// <summary>A secret that its owner provides.</summary>
    public static Secret Named(string name) => new(name);

    /// <summary>A secret that the machine makes for itself, once, and keeps.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="length">Characters, 8 to 4096; 64 hexadecimal digits are 256 bits.</param>
    /// <param name="alphabet">The characters to draw from, at least two, each once.</param>
    public static Secret Generated(string name, int length = 64, string alphabet = Hex) =>
        new(name) { IsGenerated = true, Length = length, Alphabet = alphabet };

    /// <summary>Where the value lies on the machine: mode 0600, owner root.</summary>
    public string MachinePath => $"/var/lib/hale/secrets/{Name}";

    /// <summary>The name alone; there is no value to show.</summary>
    public override string ToString() => $"Secret({Name})";
}
