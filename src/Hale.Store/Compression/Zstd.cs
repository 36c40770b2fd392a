using System.Runtime.InteropServices;

namespace Hale.Store.Compression;

/// <summary>The part of libzstd (zstd.h) that is used, and its way to tell errors.</summary>
internal static unsafe partial class Zstd
{
    internal const int ParameterLevel = 100;
    internal const int ParameterChecksum = 201;
    internal const int Continue = 0;
    internal const int FlushBlock = 1;
    internal const int EndFrame = 2;

    /// <summary>The value of a call that returns a size or an error.</summary>
    /// <exception cref="InvalidDataException">It returned an error.</exception>
    internal static nuint Check(nuint result) => ZSTD_isError(result) == 0
        ? result
        : throw new InvalidDataException($"The zstd data cannot be read: {Marshal.PtrToStringUTF8(ZSTD_getErrorName(result))}.");

    [LibraryImport(NativeLibraries.Zstd)]
    internal static partial uint ZSTD_isError(nuint code);

    [LibraryImport(NativeLibraries.Zstd)]
    internal static partial nint ZSTD_getErrorName(nuint code);

    [LibraryImport(NativeLibraries.Zstd)]
    internal static partial nint ZSTD_createDCtx();

    [LibraryImport(NativeLibraries.Zstd)]
    internal static partial nuint ZSTD_freeDCtx(nint context);

    [LibraryImport(NativeLibraries.Zstd)]
    internal static partial nuint ZSTD_decompressStream(nint context, Buffer* output, Buffer* input);

    [LibraryImport(NativeLibraries.Zstd)]
    internal static partial nint ZSTD_createCCtx();

    [LibraryImport(NativeLibraries.Zstd)]
    internal static partial nuint ZSTD_freeCCtx(nint context);

    [LibraryImport(NativeLibraries.Zstd)]
    internal static partial nuint ZSTD_CCtx_setParameter(nint context, int parameter, int value);

    [LibraryImport(NativeLibraries.Zstd)]
    internal static partial nuint ZSTD_compressStream2(nint context, Buffer* output, Buffer* input, int end);

    /// <summary>ZSTD_inBuffer and ZSTD_outBuffer, which have one layout.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Buffer
    {
        public byte* Data;
        public nuint Size;
        public nuint Position;
    }
}

/// <summary>A decompression context of libzstd. Windows over 128 MiB are refused by the library's own default.</summary>
internal sealed class ZstdDecoderHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    internal static ZstdDecoderHandle Create()
    {
        var result = new ZstdDecoderHandle();
        result.SetHandle(Zstd.ZSTD_createDCtx());
        return result.IsInvalid ? throw new InsufficientMemoryException("libzstd found no memory.") : result;
    }

    protected override bool ReleaseHandle() => Zstd.ZSTD_freeDCtx(handle) == 0;
}

/// <summary>A compression context of libzstd.</summary>
internal sealed class ZstdEncoderHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    internal static ZstdEncoderHandle Create()
    {
        var result = new ZstdEncoderHandle();
        result.SetHandle(Zstd.ZSTD_createCCtx());
        return result.IsInvalid ? throw new InsufficientMemoryException("libzstd found no memory.") : result;
    }

    protected override bool ReleaseHandle() => Zstd.ZSTD_freeCCtx(handle) == 0;
}

/// <summary>Decodes zstd frames, one after another.</summary>
internal sealed unsafe class ZstdDecoder : IDecoder
{
    private readonly ZstdDecoderHandle context = ZstdDecoderHandle.Create();
    private bool whole;

    public DecodingStep Decode(ReadOnlySpan<byte> input, Span<byte> output, bool endOfInput)
    {
        // At a frame's end and with nothing to read, the library would begin the next frame and call the data incomplete.
        if (whole && input.IsEmpty)
            return new(0, 0, true);
        fixed (byte* from = input)
        fixed (byte* to = output)
        {
            var source = new Zstd.Buffer { Data = from, Size = (nuint)input.Length };
            var target = new Zstd.Buffer { Data = to, Size = (nuint)output.Length };
            whole = Zstd.Check(Zstd.ZSTD_decompressStream(context.DangerousGetHandle(), &target, &source)) == 0;
            GC.KeepAlive(context);
            return new((int)source.Position, (int)target.Position, whole);
        }
    }

    public void Dispose() => context.Dispose();
}
