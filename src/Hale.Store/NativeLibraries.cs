using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Hale.Store;

/// <summary>
/// The three native libraries the store leans on, beside the platform's C library, and the only place that knows what a platform calls them.
/// Every P/Invoke names one of the constants; the resolver turns it into the platform's file.
/// </summary>
internal static class NativeLibraries
{
    /// <summary>xz's library, ABI 5.</summary>
    internal const string Lzma = "liblzma";

    /// <summary>Zstandard's library, ABI 1.</summary>
    internal const string Zstd = "libzstd";

    /// <summary>OpenSSL's cryptography, ABI 3: the one .NET itself loads on Linux.</summary>
    internal const string Crypto = "libcrypto";

    /// <summary>The platform's C library.</summary>
    internal const string C = "libc";

    // A library may install its resolver once, before its first P/Invoke: that is what a module initializer is for.
#pragma warning disable CA2255
    [ModuleInitializer]
    internal static void Install() => NativeLibrary.SetDllImportResolver(typeof(NativeLibraries).Assembly, Resolve);
#pragma warning restore CA2255

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        var (files, package) = FilesOf(name);
        foreach (var file in files)
            if (NativeLibrary.TryLoad(file, assembly, path, out var handle))
                return handle;
        return files.Length == 0
            ? 0
            : throw new UserError($"The library {files[0]} cannot be loaded.", $"Install it: {package}.");
    }

    private static (string[] Files, string Package) FilesOf(string name) => (name, OperatingSystem.IsMacOS()) switch
    {
        (Lzma, false) => (["liblzma.so.5"], "apt-get install liblzma5"),
        (Zstd, false) => (["libzstd.so.1"], "apt-get install libzstd1"),
        (Crypto, false) => (["libcrypto.so.3"], "apt-get install libssl3"),
        (C, false) => (["libc.so.6"], "apt-get install libc6"),
        (C, true) => (["libSystem.dylib"], "it is part of macOS"),
        (Lzma, true) => (["liblzma.5.dylib", "/opt/homebrew/lib/liblzma.5.dylib", "/usr/local/lib/liblzma.5.dylib"], "brew install xz"),
        (Zstd, true) => (["libzstd.1.dylib", "/opt/homebrew/lib/libzstd.1.dylib", "/usr/local/lib/libzstd.1.dylib"], "brew install zstd"),
        (Crypto, true) =>
            (["libcrypto.3.dylib", "/opt/homebrew/lib/libcrypto.3.dylib", "/usr/local/lib/libcrypto.3.dylib"], "brew install openssl@3"),
        _ => ([], ""),
    };
}
