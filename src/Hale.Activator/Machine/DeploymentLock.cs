using System.Text.Json;
using Hale.Store;
using Hale.Store.Closure;
using Microsoft.Win32.SafeHandles;

namespace Hale.Activator.Machine;

/// <summary>
/// One activation at a time: <c>/run/hale/lock</c>, held by flock, so that it ends with its process however that ends.
/// The text in it says who holds it.
/// </summary>
internal sealed class DeploymentLock : IDisposable
{
    private const string File = "/run/hale/lock";
    private const UnixFileMode FolderMode = (UnixFileMode)0b111_101_101;
    private readonly SafeFileHandle _handle;

    private DeploymentLock(SafeFileHandle handle) => _handle = handle;

    /// <exception cref="UserError">Somebody else holds it; the text says who, since when and for what.</exception>
    internal static DeploymentLock Take(MachineFiles files, LockHolder self) =>
        TryTake(files, self) ?? throw Busy(Read(files));

    internal static DeploymentLock? TryTake(MachineFiles files, LockHolder self)
    {
        files.MakeFolder("/run/hale", FolderMode);
        var handle = Open(files);
        if (Native.Lock(handle.DangerousGetHandle().ToInt32(), Native.ExclusiveNow) != 0)
        {
            var busy = Native.LastWasBusy;
            handle.Dispose();
            return busy ? null : throw Native.Failure("lock", File);
        }

        RandomAccess.SetLength(handle, 0);
        RandomAccess.Write(handle, JsonSerializer.SerializeToUtf8Bytes(self, EventJson.Default.LockHolder), 0);
        return new DeploymentLock(handle);
    }

    /// <summary>Who holds it at this moment; null for nobody.</summary>
    internal static LockHolder? Holder(MachineFiles files)
    {
        if (!files.Exists(File))
            return null;
        using var handle = Open(files);
        return Native.Lock(handle.DangerousGetHandle().ToInt32(), Native.ExclusiveNow) == 0 ? null : Read(files);
    }

    private static SafeFileHandle Open(MachineFiles files)
    {
        var descriptor = Native.Open(files.At(File), Native.ReadWrite | Native.Create | Native.CloseOnExec, 0b110_000_000);
        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw Native.Failure("open", File);
    }

    private static LockHolder? Read(MachineFiles files)
    {
        try
        {
            return JsonSerializer.Deserialize(files.Read(File) ?? [], EventJson.Default.LockHolder);
        }
        catch (JsonException)
        {
            // Taken this moment and not yet written.
            return null;
        }
    }

    private static UserError Busy(LockHolder? holder) => new(
        holder is null
            ? "Another deployment has just begun on this machine."
            : $"{(holder.Who.Length > 0 ? holder.Who : "Somebody")} is deploying {(holder.System.Length > 0 ? holder.System : "to this machine")} "
                + $"since {holder.Since:yyyy-MM-dd HH:mm:ss}Z (process {holder.Pid} on this machine).",
        "Wait until it ends and try again.");

    public void Dispose()
    {
        RandomAccess.SetLength(_handle, 0);
        _handle.Dispose();
    }
}
