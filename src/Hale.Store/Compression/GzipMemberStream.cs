using System.Buffers.Binary;
using System.IO.Compression;

namespace Hale.Store.Compression;

/// <summary>
/// The platform's gzip, made strict. It checks the checksum where it meets one, but takes a source that ends early for a
/// good end; a member's last four bytes are its plain length (RFC 1952, section 2.3.1), so we hold it to that.
/// </summary>
internal sealed class GzipMemberStream : ForwardStream
{
    private readonly TailStream tail;
    private readonly GZipStream inflated;
    private long given;

    internal GzipMemberStream(Stream source, bool leaveOpen)
    {
        tail = new TailStream(source, leaveOpen);
        inflated = new GZipStream(tail, CompressionMode.Decompress);
    }

    public override bool CanRead => true;

    public override bool CanWrite => false;

    public override int Read(Span<byte> buffer)
    {
        var read = inflated.Read(buffer);
        given += read;
        if (read == 0 && buffer.Length > 0 && tail.LastFourBytes() != (uint)given)
            throw new InvalidDataException("The gzip data is truncated, or has more than one member.");
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inflated.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>Remembers the last four bytes that passed.</summary>
    private sealed class TailStream(Stream source, bool leaveOpen) : ForwardStream
    {
        private readonly byte[] last = new byte[4];
        private long total;

        public override bool CanRead => true;

        public override bool CanWrite => false;

        public override int Read(Span<byte> buffer)
        {
            var read = source.Read(buffer);
            var fresh = buffer[..read];
            total += read;
            if (read >= 4)
            {
                fresh[^4..].CopyTo(last);
            }
            else if (read > 0)
            {
                last.AsSpan(read).CopyTo(last);
                fresh.CopyTo(last.AsSpan(4 - read));
            }

            return read;
        }

        /// <summary>The last four bytes as gzip writes its length; none where the source cannot hold a member at all.</summary>
        internal uint? LastFourBytes() => total < 18 ? null : BinaryPrimitives.ReadUInt32LittleEndian(last);

        protected override void Dispose(bool disposing)
        {
            if (disposing && !leaveOpen)
                source.Dispose();
            base.Dispose(disposing);
        }
    }
}
