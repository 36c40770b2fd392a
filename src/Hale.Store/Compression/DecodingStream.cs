using System.Buffers;

namespace Hale.Store.Compression;

/// <summary>A native decoder: plain bytes out of compressed ones, a piece at a time.</summary>
internal interface IDecoder : IDisposable
{
    /// <summary>Decodes what fits.</summary>
    /// <param name="input">The next compressed bytes; may be empty.</param>
    /// <param name="output">Where plain bytes go.</param>
    /// <param name="endOfInput">Whether nothing comes after <paramref name="input"/>.</param>
    /// <returns>How much was taken and given, and whether the data is whole up to here, so that the input may end.</returns>
    /// <exception cref="InvalidDataException">The input is corrupt or truncated.</exception>
    DecodingStep Decode(ReadOnlySpan<byte> input, Span<byte> output, bool endOfInput);
}

/// <summary>What one call of a decoder did.</summary>
internal readonly record struct DecodingStep(int Consumed, int Produced, bool Whole);

/// <summary>Pulls compressed bytes through a decoder.</summary>
internal sealed class DecodingStream(Stream source, IDecoder decoder, long limit, bool leaveOpen) : ForwardStream
{
    private byte[]? input = ArrayPool<byte>.Shared.Rent(128 * 1024);
    private int start;
    private int end;
    private bool sourceEnded;
    private bool whole;
    private long given;

    public override bool CanRead => true;

    public override bool CanWrite => false;

    public override int Read(Span<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(input is null, this);
        if (buffer.IsEmpty)
            return 0;
        while (true)
        {
            if (start == end && !sourceEnded)
            {
                start = 0;
                end = source.Read(input);
                sourceEnded = end == 0;
            }

            var step = decoder.Decode(input.AsSpan(start, end - start), buffer, sourceEnded);
            start += step.Consumed;
            whole = step.Whole;
            given += step.Produced;
            if (given > limit)
                throw Decompressor.TooLong(limit);
            if (step.Produced > 0)
                return step.Produced;
            if (start < end && step.Consumed > 0)
                continue;
            if (sourceEnded)
                return whole ? 0 : throw new InvalidDataException("The compressed data is truncated.");
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && input is not null)
        {
            decoder.Dispose();
            ArrayPool<byte>.Shared.Return(input);
            input = null;
            if (!leaveOpen)
                source.Dispose();
        }

        base.Dispose(disposing);
    }
}
