using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using Microsoft.Win32.SafeHandles;

namespace Hale.Lab;

/// <summary>
/// A network namespace without a name: it lives as long as this handle, or a process or socket in it. So it needs no mount under
/// /run/netns, several runs cannot collide, and a killed run leaves none once its machines are ended.
/// </summary>
internal sealed class NetworkNamespace : IDisposable
{
    private readonly SafeFileHandle handle;

    private NetworkNamespace(SafeFileHandle handle) => this.handle = handle;

    /// <summary>Makes an empty namespace; its loopback is down.</summary>
    public static NetworkNamespace Make() => new(OnThreadOfItsOwn(() =>
    {
        Native.UnshareNetwork();
        return Native.OpenForReading("/proc/thread-self/ns/net");
    }));

    /// <summary>What nsenter and ip can open while this process lives.</summary>
    public string Path => $"/proc/{Environment.ProcessId}/fd/{handle.DangerousGetHandle()}";

    /// <summary>A TCP socket in the namespace, for IPv4; a socket belongs to the namespace that it was made in, whoever uses it.</summary>
    public Socket OpenTcpSocket()
    {
        var descriptor = OnThreadOfItsOwn(() =>
        {
            Native.EnterNetwork(handle);
            return Native.OpenTcpSocket();
        });
        return new Socket(new SafeSocketHandle(descriptor, ownsHandle: true)) { NoDelay = true };
    }

    /// <summary>Lets go of the namespace; the kernel removes it with the last process and socket in it.</summary>
    public void Dispose() => handle.Dispose();

    // The thread ends with its task and does nothing else: a thread that it started (the pool starts workers from whatever thread queues
    // work) would stay in the namespace and run other code there.
    private static T OnThreadOfItsOwn<T>(Func<T> task)
    {
        T result = default!;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                result = task();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        }, maxStackSize: 256 * 1024);
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result;
    }
}
