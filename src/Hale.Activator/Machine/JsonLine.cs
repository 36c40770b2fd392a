using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;

namespace Hale.Activator.Machine;

/// <summary>
/// An object of JSON, written by hand to the letter as the serializer does. What every activation writes is written so: the serializer would compile a thousand
/// methods for it first, which is longer than all else that an activation with little to do takes.
/// </summary>
internal sealed class JsonLine
{
    private readonly StringBuilder _text = new("{");

    /// <summary>A text; null is left out.</summary>
    internal JsonLine Add(string name, string? value)
    {
        if (value is not null)
            Text(Named(name), value);
        return this;
    }

    /// <summary>A number; null is left out.</summary>
    internal JsonLine Add(string name, int? value)
    {
        if (value is { } number)
            Named(name).Append(number.ToString(CultureInfo.InvariantCulture));
        return this;
    }

    internal JsonLine Add(string name, double? value)
    {
        if (value is { } number)
            Named(name).Append(number.ToString(CultureInfo.InvariantCulture));
        return this;
    }

    internal JsonLine Add(string name, bool value)
    {
        Named(name).Append(value ? "true" : "false");
        return this;
    }

    internal JsonLine Add(string name, DateTimeOffset value)
    {
        Named(name).Append('"').Append(value.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFFzzz", CultureInfo.InvariantCulture)).Append('"');
        return this;
    }

    /// <summary>An enum's member, in camel case.</summary>
    internal JsonLine Add(string name, Enum value)
    {
        var member = value.ToString();
        return Add(name, char.ToLowerInvariant(member[0]) + member[1..]);
    }

    internal JsonLine Add(string name, JsonLine value)
    {
        Named(name).Append(value.End());
        return this;
    }

    internal JsonLine Add(string name, IReadOnlyList<string>? values) => Add(name, values, Text);

    internal JsonLine Add<T>(string name, IReadOnlyList<T> values, Func<T, JsonLine> each)
        where T : class => Add(name, values, (text, value) => text.Append(each(value).End()));

    internal byte[] Bytes() => Encoding.UTF8.GetBytes(End());

    private string End() => $"{_text}}}";

    private JsonLine Add<T>(string name, IReadOnlyList<T>? values, Action<StringBuilder, T> each)
        where T : class
    {
        if (values is null)
            return this;
        Named(name).Append('[');
        for (var i = 0; i < values.Count; i++)
        {
            if (i > 0)
                _text.Append(',');
            each(_text, values[i]);
        }

        _text.Append(']');
        return this;
    }

    private StringBuilder Named(string name)
    {
        if (_text.Length > 1)
            _text.Append(',');
        return _text.Append('"').Append(name).Append("\":");
    }

    private static void Text(StringBuilder text, string value) =>
        text.Append('"').Append(IsPlain(value) ? value : JavaScriptEncoder.Default.Encode(value)).Append('"');

    /// <summary>Whether the serializer's encoder, which takes its time to begin, would leave all of it as it is.</summary>
    private static bool IsPlain(string value)
    {
        foreach (var c in value)
            if (c is < ' ' or > '~' or '"' or '\\' or '<' or '>' or '&' or '\'' or '+' or '`')
                return false;
        return true;
    }
}
