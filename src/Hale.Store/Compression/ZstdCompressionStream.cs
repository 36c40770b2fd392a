using System.Buffers;

namespace Hale.Store.Compression;

/// <summary>
/// Compresses what is written to it into one zstd frame, on one thread, so that the same bytes give the same bytes.
/// The frame ends when the stream is disposed; frames that follow each other are valid together.
/// </summary>
public sealed unsafe class ZstdCompressionStream : ForwardStream
{
    private readonly ZstdEncoderHandle context = ZstdEncoderHandle.Create();
    private readonly Stream target;
    private readonly bool leaveOpen;
    private byte[]? output = ArrayPool<byte>.Shared.Rent(128 * 1024);

    /// <summary>Begins a frame.</summary>
    /// <param name="target">Where the compressed bytes go.</param>
    /// <param name="level">1 (fast) to 19 (small); 3 is zstd's own default.</param>
    /// <param name="leaveOpen">Whether disposing leaves the target open.</param>
    public ZstdCompressionStream(Stream target, int level = 3, bool leaveOpen = false)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentOutOfRangeException.ThrowIfLessThan(level, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(level, 19);
        this.target = target;
        this.leaveOpen = leaveOpen;
        Zstd.Check(Zstd.ZSTD_CCtx_setParameter(context.DangerousGetHandle(), Zstd.ParameterLevel, level));
        Zstd.Check(Zstd.ZSTD_CCtx_setParameter(context.DangerousGetHandle(), Zstd.ParameterChecksum, 1));
    }

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer) => Compress(buffer, Zstd.Continue);

    /// <summary>Sends on everything written so far, at some cost in size.</summary>
    public override void Flush()
    {
        Compress([], Zstd.FlushBlock);
        target.Flush();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && output is not null)
        {
            try
            {
                Compress([], Zstd.EndFrame);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(output);
                output = null;
                context.Dispose();
                if (!leaveOpen)
                    target.Dispose();
            }
        }

        base.Dispose(disposing);
    }

    private void Compress(ReadOnlySpan<byte> buffer, int end)
    {
        ObjectDisposedException.ThrowIf(output is null, this);
        fixed (byte* from = buffer)
        fixed (byte* to = output)
        {
            var source = new Zstd.Buffer { Data = from, Size = (nuint)buffer.Length };
            nuint left;
            do
            {
                var room = new Zstd.Buffer { Data = to, Size = (nuint)output.Length };
                left = Zstd.Check(Zstd.ZSTD_compressStream2(context.DangerousGetHandle(), &room, &source, end));
                target.Write(output.AsSpan(0, (int)room.Position));
            }
            while (end == Zstd.Continue ? source.Position < source.Size : left != 0);
        }
    }
}
