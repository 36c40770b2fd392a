namespace Hale.Store.Compression;

/// <summary>Reads a source and refuses to give out more than <paramref name="limit"/> bytes of it.</summary>
internal sealed class LimitedStream(Stream source, long limit, bool leaveOpen) : ForwardStream
{
    private long given;

    public override bool CanRead => true;

    public override bool CanWrite => false;

    public override int Read(Span<byte> buffer)
    {
        var read = source.Read(buffer);
        given += read;
        return given <= limit ? read : throw Decompressor.TooLong(limit);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !leaveOpen)
            source.Dispose();
        base.Dispose(disposing);
    }
}
