using Microsoft.AspNetCore.Http;

namespace ServiceHost;

/// <summary>The file of a unix socket, where the service listens on one.</summary>
public static class UnixSocket
{
    /// <summary>Removes the socket that a killed predecessor left; nothing else, should the path name something else.</summary>
    public static void RemoveStale(string listen)
    {
        if (PathOf(listen) is { } path && File.Exists(path) && IsSocket(path))
            File.Delete(path);
    }

    /// <summary>Lets the group in, which is the gateway's; the folder's mode decides who gets that far.</summary>
    public static void Open(string listen)
    {
        if (PathOf(listen) is { } path && !OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite);
    }

    private static string? PathOf(string listen)
    {
        var address = BindingAddress.Parse(listen);
        return address.IsUnixPipe ? address.UnixPipePath : null;
    }

    // .NET has no name for a socket's file type, but a socket is the one kind of file that is there and cannot be opened at all.
    private static bool IsSocket(string path)
    {
        try
        {
            File.OpenRead(path).Dispose();
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }
}
