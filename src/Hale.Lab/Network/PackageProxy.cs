using System.Net;

namespace Hale.Lab;

internal sealed class PackageProxy : IAsyncDisposable
{
    public IPEndPoint EndPoint { get; } = new(LabNetwork.Gateway, 3142);
    public static PackageProxy Start(LabNetwork network, IReadOnlyList<Uri> mirrors, string cache) => new();
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
