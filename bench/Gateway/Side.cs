using System.Diagnostics;

namespace GatewayBench;

/// <summary>One way to the homeserver, and what was measured on it, round by round.</summary>
internal sealed class Side(HttpClient client, Chat chat, Processes processes)
{
    /// <summary>Requests of the mix in a round.</summary>
    public const int Mixed = 300;

    /// <summary>The least request in a round.</summary>
    public const int Many = 1_000;

    private const int Few = 100;

    /// <summary>Seconds of all requests of the mix.</summary>
    public List<double> Mix { get; } = [];

    /// <summary>Seconds of all the least requests.</summary>
    public List<double> Least { get; } = [];

    /// <summary>Milliseconds of each request that was sent alone.</summary>
    public List<double> Alone { get; } = [];

    /// <summary>Processor time during the mix, in seconds.</summary>
    public List<double> GatewayTime { get; } = [];

    public List<double> SynapseTime { get; } = [];

    public List<double> ClientTime { get; } = [];

    public async Task RunAsync(bool isWarming)
    {
        var before = processes.Spent();
        Mix.Add(await AllAsync(Mixed, number => chat.NextAsync(client, number)));
        var after = processes.Spent();
        SynapseTime.Add(after.Synapse - before.Synapse);
        GatewayTime.Add(after.Gateway - before.Gateway);
        ClientTime.Add(after.Client - before.Client);
        Least.Add(await AllAsync(Many, _ => client.GetByteArrayAsync("/_matrix/client/versions")));
        for (var request = 0; request < Few; request++)
        {
            var watch = Stopwatch.StartNew();
            await chat.FollowAsync(client);
            Alone.Add(watch.Elapsed.TotalMilliseconds);
        }
        if (isWarming)
            foreach (var list in new[] { Mix, Least, Alone, SynapseTime, GatewayTime, ClientTime })
                list.Clear();
    }

    private static async Task<double> AllAsync(int count, Func<int, Task> ask)
    {
        var watch = Stopwatch.StartNew();
        await Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = Connection.Most }, async (number, _) => await ask(number));
        return watch.Elapsed.TotalSeconds;
    }
}
