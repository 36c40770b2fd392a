using System.Runtime.InteropServices;

namespace Hale.Store.Compression;

/// <summary>liblzma's decoder of .xz files (api/lzma/base.h and container.h); concatenated streams are one.</summary>
internal sealed unsafe partial class XzDecoder : IDecoder
{
    // xz -9 needs 65 MiB to decompress; nothing honest needs four times that.
    private const ulong MemoryLimit = 256UL << 20;
    private const uint Concatenated = 0x08;
    private const int Run = 0;
    private const int Finish = 3;
    private const int Ok = 0;
    private const int StreamEnd = 1;
    private const int BufferError = 10;

    private LzmaStream* stream;
    private bool ended;

    internal XzDecoder()
    {
        stream = (LzmaStream*)NativeMemory.AllocZeroed((nuint)sizeof(LzmaStream));
        Check(lzma_stream_decoder(stream, MemoryLimit, Concatenated));
    }

    ~XzDecoder() => Release();

    public DecodingStep Decode(ReadOnlySpan<byte> input, Span<byte> output, bool endOfInput)
    {
        ObjectDisposedException.ThrowIf(stream is null, this);
        if (ended)
            return input.IsEmpty ? new(0, 0, true) : throw new InvalidDataException("Bytes follow the xz data.");
        fixed (byte* from = input)
        fixed (byte* to = output)
        {
            stream->NextIn = from;
            stream->AvailIn = (nuint)input.Length;
            stream->NextOut = to;
            stream->AvailOut = (nuint)output.Length;
            var code = lzma_code(stream, endOfInput ? Finish : Run);
            ended = code == StreamEnd;
            // No progress for want of input: the reader knows whether more is to come.
            if (code != BufferError && !ended)
                Check(code);
            return new(input.Length - (int)stream->AvailIn, output.Length - (int)stream->AvailOut, ended);
        }
    }

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private static void Check(int code)
    {
        if (code != Ok)
            throw code switch
            {
                5 => new InsufficientMemoryException("liblzma found no memory."),
                6 => new InvalidDataException($"The xz data asks for more than {MemoryLimit >> 20} MiB of memory."),
                7 => new InvalidDataException("The data is not in the xz format."),
                8 => new InvalidDataException("The xz data uses options that this liblzma does not know."),
                9 => new InvalidDataException("The xz data is corrupt."),
                _ => new InvalidDataException($"The xz data cannot be read (liblzma code {code})."),
            };
    }

    private void Release()
    {
        if (stream is null)
            return;
        lzma_end(stream);
        NativeMemory.Free(stream);
        stream = null;
    }

    [LibraryImport(NativeLibraries.Lzma)]
    private static partial int lzma_stream_decoder(LzmaStream* stream, ulong memoryLimit, uint flags);

    [LibraryImport(NativeLibraries.Lzma)]
    private static partial int lzma_code(LzmaStream* stream, int action);

    [LibraryImport(NativeLibraries.Lzma)]
    private static partial void lzma_end(LzmaStream* stream);

    /// <summary>lzma_stream of api/lzma/base.h: 136 bytes where pointers have eight.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct LzmaStream
    {
        public byte* NextIn;
        public nuint AvailIn;
        public ulong TotalIn;
        public byte* NextOut;
        public nuint AvailOut;
        public ulong TotalOut;
        public nint Allocator;
        public nint Internal;
        public nint Reserved1;
        public nint Reserved2;
        public nint Reserved3;
        public nint Reserved4;
        public ulong SeekPosition;
        public ulong Reserved5;
        public nuint Reserved6;
        public nuint Reserved7;
        public int Reserved8;
        public int Reserved9;
    }
}
