using Companion.Claude;
using Companion.Conversation;
using Companion.Crypto;
using Companion.Matrix;
using Companion.Settings;
using Companion.Spending;
using Companion.State;
using Companion.Tools;
using Companion.Tools.Mcp;
using Companion.Tools.Sandbox;
using Microsoft.Extensions.Logging;
using ServiceHost;

namespace Companion.Hosting;

/// <summary>Puts the service together: settings in, an assistant that runs until it is told to stop. Tests start the same one.</summary>
internal static class CompanionService
{
    /// <summary>How long answers under way may take when the service stops. The unit's TimeoutStopSec is longer.</summary>
    public static readonly TimeSpan DefaultGrace = TimeSpan.FromSeconds(20);

    /// <param name="settings">What it is told.</param>
    /// <param name="ready">Called once it follows its rooms.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Where it logs to.</param>
    /// <param name="stop">Ends it.</param>
    /// <param name="grace">See <see cref="DefaultGrace"/>.</param>
    /// <exception cref="SettingsException">Settings that do not fit together.</exception>
    /// <exception cref="MatrixException">The homeserver does not know the account.</exception>
    /// <exception cref="IOException">The database or the sandbox cannot be opened.</exception>
    public static async Task RunAsync(
        CompanionSettings settings, Action ready, TimeProvider time, ILoggerFactory loggers, CancellationToken stop, TimeSpan? grace = null)
    {
        var log = loggers.CreateLogger("companion");
        var prices = Prices(settings);
        using var database = Database.Open(settings.DatabasePath);
        using var sandbox = settings.Tools.SandboxDir is { } folder ? new SandboxFolder(folder) : null;
        using var matrixHttp = Http(Connections());
        using var modelHttp = Http(new ShortWaits(Connections(), time));
        using var model = new ModelClient(settings.Claude, modelHttp);
        await using var servers = new McpServers(settings.Tools.McpServers, time, log);

        var client = new MatrixClient(matrixHttp, settings.Matrix.HomeserverUrl, settings.Matrix.AccessToken, time);
        var (userId, deviceId) = await client.WhoAmIAsync(stop);
        if (userId != settings.Matrix.UserId)
            throw new SettingsException([$"The access token is {userId}'s, and matrix.user_id is {settings.Matrix.UserId}."]);

        using var encryption = settings.PickleKey is { } pickleKey
            ? await Encryption.StartAsync(client, new KeyStore(database, pickleKey, time), pickleKey, userId, deviceId, time, log, stop)
            : null;

        var tools = new ToolBox(sandbox is null ? null : new FileTools(sandbox), servers, settings.Tools.Timeout, time, log);
        var ledger = new Ledger(database, settings.Spending.MonthlyLimit, time);
        var answering = new Answering(settings.Claude, settings.Tools, model, tools, prices, ledger);
        var conversations = new ConversationStore(database, new Bounds(), time);
        using var bot = new Bot(settings, client, new RoomSender(client, encryption), answering, conversations, ledger, time, log);
        try
        {
            await new SyncLoop(client, userId, bot, encryption, time, log).RunAsync(ready, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The order to stop comes while it waits for something to happen.
        }
        finally
        {
            await bot.StopAsync(grace ?? DefaultGrace);
        }
    }

    private static PriceList Prices(CompanionSettings settings)
    {
        var problems = new List<string>();
        var prices = PriceList.Read(settings.Spending.Prices, problems);
        if (settings.Spending.MonthlyLimit is not null && prices.Find(settings.Claude.Model) is null)
            problems.Add($"claude.model is \"{settings.Claude.Model}\", of which no price is known: the limit could not be kept. "
                + $"Set spending.prices, or one of {string.Join(", ", prices.Models.Keys)}.");
        if (settings.Spending.MonthlyLimit is { } limit && prices.Find(settings.Claude.Model) is { } price
            && Requests.LeastReserve(settings.Claude, settings.Tools.WebSearchEnabled, prices, price) > limit)
            problems.Add($"spending.monthly_limit is {limit}: less than one answer of claude.max_tokens ({settings.Claude.MaxTokens}) may cost"
                + $"{(settings.Tools.WebSearchEnabled ? ", with what it may search the web for" : "")}. Raise it, or lower claude.max_tokens.");
        return problems.Count == 0 ? prices : throw new SettingsException(problems);
    }

    // Requests have limits of their own, and the longest wait is meant.
    private static HttpClient Http(HttpMessageHandler handler) => new(handler) { Timeout = Timeout.InfiniteTimeSpan };

    private static SocketsHttpHandler Connections() =>
        new() { PooledConnectionLifetime = TimeSpan.FromMinutes(10), ConnectTimeout = TimeSpan.FromSeconds(15) };
}
