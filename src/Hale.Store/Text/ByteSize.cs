using System.Globalization;

namespace Hale.Store.Text;

/// <summary>Sizes as people read them.</summary>
public static class ByteSize
{
    /// <summary>A size in the largest decimal unit of which it has one: <c>1.4 MB</c>. The same in every language.</summary>
    /// <param name="bytes">The size in bytes; not negative.</param>
    public static string Text(long bytes) => bytes switch
    {
        < 1000 => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1000.0:0.#} kB"),
        < 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1_000_000.0:0.#} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1_000_000_000.0:0.##} GB"),
    };
}
