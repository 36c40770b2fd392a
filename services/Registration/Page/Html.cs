using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace Registration.Page;

/// <summary>
/// Text that is HTML. It is only made from interpolated strings, whose holes are encoded unless they are HTML themselves:
/// forgetting to escape is not possible. Attributes are always quoted.
/// </summary>
internal sealed class Html
{
    public static readonly Html Empty = new("");

    private readonly string text;

    private Html(string text) => this.text = text;

    public static Html Of(HtmlHandler handler) => new(handler.Finish());

    public static Html Join(IEnumerable<Html> parts) => new(string.Concat(parts.Select(part => part.text)));

    public override string ToString() => text;

    [InterpolatedStringHandler]
    public readonly ref struct HtmlHandler
    {
        private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

        private readonly StringBuilder builder;

        public HtmlHandler(int literalLength, int formattedCount) => builder = new StringBuilder(literalLength + formattedCount * 32);

        public void AppendLiteral(string literal) => builder.Append(literal);

        public void AppendFormatted(string? value) => builder.Append(Encoder.Encode(value ?? ""));

        public void AppendFormatted(int value) => builder.Append(value);

        public void AppendFormatted(Html? value) => builder.Append(value?.text);

        public string Finish() => builder.ToString();
    }
}
