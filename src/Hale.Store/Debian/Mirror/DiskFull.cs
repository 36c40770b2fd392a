namespace Hale.Store.Debian;

/// <summary>A file system without room: told apart from other failures, because a person can mend it.</summary>
internal static class DiskFull
{
    private const int NoSpace = 28; // ENOSPC, on Linux and macOS
    private const int QuotaOnLinux = 122; // EDQUOT

    /// <summary>Whether an exception is the system's «no space left», or «quota exceeded».</summary>
    public static bool Is(Exception e) => e is IOException { HResult: NoSpace or QuotaOnLinux };

    /// <summary>The error for a folder that could not take more.</summary>
    public static UserError Error(string folder, Exception e) =>
        new($"The disk is full: {folder} takes no more.", "Make room, or set HALE_CACHE to a folder on a larger disk; then try again.", e);
}
