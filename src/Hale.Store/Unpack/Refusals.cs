namespace Hale.Store.Unpack;

/// <summary>How a refused archive is told.</summary>
internal static class Refusals
{
    /// <summary>Names in a message are the archive's: they must not speak to the terminal.</summary>
    public static string Printable(string message) => string.Concat(message.TrimEnd('.').Select(static c => char.IsControl(c) ? '?' : c));
}
