using System.Text.Json.Nodes;
using Companion.Hosting;
using Companion.Matrix;
using Microsoft.Extensions.Logging;

namespace Companion.Crypto;

/// <summary>
/// Begins a new session with a device whose messages cannot be read any more, so that the next ones can (specification v1.11, "Recovering
/// from undecryptable messages"). Once an hour for one device: each takes one of its one-time keys.
/// </summary>
internal sealed class OlmRepair(KeyStore store, DeviceKeys keys, OlmMessages olm, ToDevice toDevice, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan Pause = TimeSpan.FromHours(1);
    private readonly Dictionary<Device, DateTimeOffset> begun = [];

    /// <summary>It is a courtesy to the next message: a homeserver that refuses must not hold up this one's.</summary>
    public async Task BeginAnewAsync(IEnumerable<Device> broken, CancellationToken stop)
    {
        var now = time.GetUtcNow();
        foreach (var (device, _) in begun.Where(one => now - one.Value >= Pause).ToList())
            begun.Remove(device);
        var due = broken.Where(device => begun.TryAdd(device, now)).ToList();
        try
        {
            foreach (var (device, session) in await keys.ClaimAsync(due, stop))
                using (session)
                {
                    var message = olm.Write(device, session, "m.dummy", []);
                    store.SaveSession(device.IdentityKey, session);
                    await toDevice.SendAsync("m.room.encrypted", new Dictionary<Device, JsonObject> { [device] = message }, stop);
                    log.SessionBegunAnew(device.User, device.Id);
                }
        }
        catch (MatrixException error)
        {
            foreach (var device in due)
                begun.Remove(device);
            log.MatrixFailed("a new session", error.Message);
        }
    }
}
