using System.Globalization;

namespace Hale.Declare;

/// <summary>A TCP or UDP port, 1 to 65535. A plain number converts to it.</summary>
public readonly record struct Port
{
    /// <summary>The port of this number.</summary>
    /// <param name="number">1 to 65535.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is no port.</exception>
    public Port(int number)
    {
        if (number is < 1 or > 65535)
            throw new ArgumentOutOfRangeException(nameof(number), number, "A port is a number from 1 to 65535.");
        Number = number;
    }

    /// <summary>The number, 1 to 65535.</summary>
    public int Number { get; }

    /// <summary>The port of this number.</summary>
    public static implicit operator Port(int number) => new(number);

    /// <summary>The port of this number.</summary>
    public static Port FromInt32(int number) => new(number);

    /// <summary>The number in decimal.</summary>
    public override string ToString() => Number.ToString(CultureInfo.InvariantCulture);
}
