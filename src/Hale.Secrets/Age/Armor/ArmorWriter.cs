using System.Buffers.Text;
using System.Text;

namespace Hale.Secrets;

/// <summary>Writes armor: lines of 64 columns, and the last ones when told to finish.</summary>
internal sealed class ArmorWriter : ForwardOnlyStream
{
    private readonly Stream target;
    private readonly byte[] block = new byte[ArmorReader.BytesPerLine];
    private readonly byte[] lines = new byte[1000 * (ArmorReader.Columns + 1)];
    private int filled;
    private int written;

    internal ArmorWriter(Stream target)
    {
        this.target = target;
        written = Encoding.ASCII.GetBytes(ArmorReader.Begin + "\n", lines);
    }

    public override bool CanWrite => true;

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var part = Math.Min(buffer.Length, block.Length - filled);
            buffer[..part].CopyTo(block.AsSpan(filled));
            buffer = buffer[part..];
            filled += part;
            if (filled == block.Length)
                WriteLine();
        }
    }

    /// <summary>What is left, and the last line. Without it the text is refused by every reader.</summary>
    internal void Finish()
    {
        if (filled > 0)
            WriteLine();
        WriteOut();
        target.Write(Encoding.ASCII.GetBytes(ArmorReader.End + "\n"));
    }

    private void WriteLine()
    {
        Base64.EncodeToUtf8(block.AsSpan(0, filled), lines.AsSpan(written), out _, out var columns);
        written += columns;
        lines[written++] = (byte)'\n';
        filled = 0;
        if (lines.Length - written < ArmorReader.Columns + 1)
            WriteOut();
    }

    private void WriteOut()
    {
        target.Write(lines, 0, written);
        written = 0;
    }
}
