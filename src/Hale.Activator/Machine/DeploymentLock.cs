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
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    // Who has just taken the lock has not written its name yet, and who died has left it; both last no time.
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);

    // A collection takes seconds, and no deployment shall fail because it is Sunday.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly SafeFileHandle _handle;

    private DeploymentLock(SafeFileHandle handle) => _handle = handle;

    /// <summary>Takes the lock; where a collection of garbage holds it, waits for that to end.</summary>
    /// <param name="files">The machine.</param>
    /// <param name="self">Who takes it.</param>
    /// <param name="waits">Told once, if it waits for a collection, who collects.</param>
    /// <exception cref="UserError">Somebody else holds it; the text says who, since when and for what.</exception>
    internal static DeploymentLock Take(MachineFiles files, LockHolder self, Action<LockHolder>? waits = null)
    {
        var told = false;
        for (var waited = TimeSpan.Zero; ; waited += Pause)
        {
            var handle = Open(files);
            if (Hold(handle, self) is { } held)
                return held;
            var holder = Close(handle);
            if (waited >= (holder?.Verb == "gc" ? Patience : holder is null || HasEnded(files, holder) ? Moment : TimeSpan.Zero))
                throw Busy(holder, self.Since + waited);
            if (holder?.Verb == "gc" && !told)
                waits?.Invoke(holder);
            told |= holder?.Verb == "gc";
            Thread.Sleep(Pause);
        }
    }

    /// <returns>The lock; null when somebody else holds it.</returns>
    internal static DeploymentLock? TryTake(MachineFiles files, LockHolder self)
    {
        var handle = Open(files);
        var held = Hold(handle, self);
        if (held is null)
            handle.Dispose();
        return held;
    }

    /// <summary>Who holds it at this moment; null for nobody.</summary>
    internal static LockHolder? Holder(MachineFiles files)
    {
        if (!files.Exists(File))
            return null;
        using var handle = Open(files);
        // The lock is tried only where a text says that somebody held it: a look must not be in the way of a deployment.
        return Read(handle) is { } holder && !IsFree(handle) ? holder : null;
    }

    private static DeploymentLock? Hold(SafeFileHandle handle, LockHolder self)
    {
        if (!IsFree(handle))
            return null;
        RandomAccess.SetLength(handle, 0);
        RandomAccess.Write(handle, Text(self), 0);
        return new DeploymentLock(handle);
    }

    /// <summary>Takes the lock if it is free; it goes with the handle.</summary>
    private static bool IsFree(SafeFileHandle handle)
    {
        if (Native.Lock(handle.DangerousGetHandle().ToInt32(), Native.ExclusiveNow) == 0)
            return true;
        return Native.LastWasBusy ? false : throw Native.Failure("lock", File);
    }

    private static SafeFileHandle Open(MachineFiles files)
    {
        files.MakeFolder("/run/hale", FolderMode);
        var descriptor = Native.Open(files.At(File), Native.ReadWrite | Native.Create | Native.CloseOnExec, 0b110_000_000);
        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw Native.Failure("open", File);
    }

    private static LockHolder? Close(SafeFileHandle handle)
    {
        using (handle)
            return Read(handle);
    }

    /// <summary>Reads through the lock's own handle: opening the file anew the base library's way would try to lock it.</summary>
    private static LockHolder? Read(SafeFileHandle handle)
    {
        var text = new byte[4096];
        var length = RandomAccess.Read(handle, text, 0);
        try
        {
            return length == 0 ? null : JsonSerializer.Deserialize(text.AsSpan(0, length), EventJson.Default.LockHolder);
        }
        catch (JsonException)
        {
            // Taken this moment and not yet written whole.
            return null;
        }
    }

    private static byte[] Text(LockHolder self) => new JsonLine()
        .Add("who", self.Who).Add("since", self.Since).Add("pid", self.Pid).Add("system", self.System).Add("verb", self.Verb).Add("revision", self.Revision).Bytes();

    private static bool HasEnded(MachineFiles files, LockHolder holder) => files.IsLive && !files.Exists($"/proc/{holder.Pid}");

    private static UserError Busy(LockHolder? holder, DateTimeOffset now) => new(
        holder is null
            ? "Another deployment has just begun on this machine."
            : $"{(holder.Who.Length > 0 ? holder.Who : "Somebody")} {holder.Doing} since {holder.Since:yyyy-MM-dd HH:mm:ss}Z, "
                + $"for {Lasted(now - holder.Since)} (process {holder.Pid} on this machine).",
        "Wait until it ends and try again.");

    private static string Lasted(TimeSpan time) => time switch
    {
        { TotalSeconds: < 120 } => $"{Math.Max(0, (int)time.TotalSeconds)} s",
        { TotalMinutes: < 120 } => $"{(int)time.TotalMinutes} min",
        _ => $"{(int)time.TotalHours} h",
    };

    public void Dispose()
    {
        RandomAccess.SetLength(_handle, 0);
        _handle.Dispose();
    }
}
