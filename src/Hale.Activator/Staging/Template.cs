using System.Buffers;
using System.Text;
using System.Text.Unicode;
using Hale.Store.Closure;

namespace Hale.Activator.Staging;

/// <summary>
/// A text with places for secrets, <c>{{secret:NAME}}</c> or <c>{{secret:NAME|part}}</c>, <c>|url</c>, <c>|raw</c>, filled in bytes
/// and never as a string, so that what it makes can be wiped.
/// </summary>
internal static class Template
{
    private static ReadOnlySpan<byte> Begin => "{{secret:"u8;

    private static ReadOnlySpan<byte> End => "}}"u8;

    /// <param name="template">What is filled.</param>
    /// <param name="text">Its text.</param>
    /// <param name="values">Values that could be opened, by name.</param>
    /// <param name="known">All secrets of the system; one that could not be opened has been told of already.</param>
    /// <param name="errors">Takes every problem; values are not in it.</param>
    /// <returns>The filled text; null where there was a problem.</returns>
    internal static byte[]? Render(
        ManifestTemplate template, ReadOnlySpan<byte> text, IReadOnlyDictionary<string, byte[]> values, IReadOnlySet<string> known,
        List<ActivationError> errors)
    {
        var (before, whole) = (errors.Count, true);
        var made = new WipedBuffer();
        try
        {
            while (text.IndexOf(Begin) is >= 0 and var at)
            {
                made.Write(text[..at]);
                text = text[(at + Begin.Length)..];
                var end = text.IndexOf(End);
                if (end < 0)
                {
                    Wrong($"a place for a secret begins and does not end: {{{{secret:{Shown(text)}");
                    text = [];
                    break;
                }

                whole &= Fill(Encoding.UTF8.GetString(text[..end]));
                text = text[(end + End.Length)..];
            }

            made.Write(text);
            return whole && errors.Count == before ? made.ToArray() : null;
        }
        finally
        {
            made.Wipe();
        }

        bool Fill(string place)
        {
            var (name, way) = place.Split('|', 2) is [var n, var w] ? (n, w) : (place, "");
            if (way is not ("" or "part" or "url" or "raw"))
                Wrong($"the secret {name} is to be written as '{way}', which is no way to write one");
            else if (!known.Contains(name))
                Wrong($"it names the secret '{name}', which this system does not have");
            else if (!values.TryGetValue(name, out var value))
                return false;
            else if (!Utf8.IsValid(value))
                Wrong($"the secret '{name}' is not UTF-8 text");
            else if (value.Contains((byte)0))
                Wrong($"the secret '{name}' holds a zero byte, which no text file can carry");
            else
                Quoting.Write(made, value, template.Format, way);
            return true;
        }

        void Wrong(string what) => errors.Add(new ActivationError(
            $"The template '{template.Name}' cannot be filled: {what}.",
            "Write {secret}, {secret:part}, {secret:url} or {secret:raw} in it; a binary secret can only be a file of its own."));
    }

    private static string Shown(ReadOnlySpan<byte> text) => Encoding.UTF8.GetString(text[..Math.Min(text.Length, 40)]).Split('\n')[0];
}

/// <summary>Bytes that grow, and of which nothing is left in memory.</summary>
internal sealed class WipedBuffer
{
    private byte[] _bytes = new byte[256];
    private int _length;

    internal void Write(ReadOnlySpan<byte> more)
    {
        if (_length + more.Length > _bytes.Length)
        {
            var wider = new byte[Math.Max(2 * _bytes.Length, _length + more.Length)];
            _bytes.AsSpan(0, _length).CopyTo(wider);
            Array.Clear(_bytes);
            _bytes = wider;
        }

        more.CopyTo(_bytes.AsSpan(_length));
        _length += more.Length;
    }

    internal byte[] ToArray() => _bytes[.._length];

    internal void Wipe() => Array.Clear(_bytes);
}
